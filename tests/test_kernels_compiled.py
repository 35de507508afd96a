"""kernels_compiled: every kernel compiles for Hopper, with no GPU, within its registers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs torch and triton")
pytest.importorskip("triton", reason="needs torch and triton")

Said = dict[str, int | str | bool]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> list[Said]:
    """In a process of its own, where Triton interprets nothing and finds nothing compiled."""
    surroundings = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    surroundings["TRITON_CACHE_DIR"] = str(tmp_path_factory.mktemp("triton"))
    program = Path(__file__).with_name("kernels_ahead.py")
    done = subprocess.run(
        [sys.executable, str(program)],
        env=surroundings,
        check=True,
        capture_output=True,
        text=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_registers_suffice(compiled: list[Said]) -> None:
    """Nothing spills below the last level; there no more than 128 bytes a thread."""
    for said in compiled:
        assert said["spill"] <= (128 if said["level"] == 2 else 0), said


def test_the_matrix_units_multiply_what_the_copy_engine_brings(compiled: list[Said]) -> None:
    fused = {said["kernel"]: said for said in compiled if said["kernel"].startswith("fused")}
    assert {name for name, said in fused.items() if said["wgmma"]} == fused.keys() - {"fused exact"}
    assert {name for name, said in fused.items() if said["tma"]} == fused.keys() - {
        "fused pointers"
    }
    assert all(said["shared"] <= 232_448 for said in compiled)  # what a program may have on an H200
