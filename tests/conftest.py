"""conftest: what tests share. `--corpus DIR` names a folder of JSONL with labelled near-duplicates."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from corpusmill import _core
from corpusmill.shards import memory
from corpusmill.shards.jobs.count import saved_counts
from corpusmill.shards.jobs.membership import build
from corpusmill.shards.reading import read
from corpusmill.shards.state import store
from corpusmill.shards.writing import encode, output

# Kernels are run by Triton's interpreter, which must be asked for before anything imports Triton.
os.environ.setdefault("TRITON_INTERPRET", "1")

settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("house")

# A shell starts what runs in its background with Ctrl-C ignored, and so would all that tests start be.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--corpus", type=Path, help="folder of *.jsonl.zst with labelled pairs")
    parser.addoption("--large", action="store_true", help="also tests that write gigabytes")
    parser.addoption("--wheel", type=Path, help="a wheel, to look at what it holds")


@pytest.fixture(scope="session")
def corpus(request: pytest.FixtureRequest) -> Path:
    folder = request.config.getoption("--corpus")
    if folder is None:
        pytest.skip("needs --corpus DIR, a folder of JSONL with labelled near-duplicates")
    return Path(folder)


@pytest.fixture
def large(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--large"))


@pytest.fixture
def tight_memory() -> int:
    """A budget that leaves a job little, whatever the process of the tests holds already."""
    return memory._resident() + (288 << 20)


@pytest.fixture
def on_a_terminal() -> Callable[..., bytes]:
    """Runs a command that must end well; gives what a terminal at one of its streams was shown."""

    def run(command: Sequence[object], stream: str, **options: object) -> bytes:
        main, side = pty.openpty()
        given = {"stdout": subprocess.DEVNULL, **options, stream: side}
        shown = b""
        with subprocess.Popen([str(word) for word in command], **given) as process:
            os.close(side)
            try:
                while piece := os.read(main, 4096):
                    shown += piece
            except OSError:  # the other side is closed
                pass
            assert process.wait() == 0
        os.close(main)
        return shown

    return run


@pytest.fixture(params=_core.core.simd_levels())
def at_level(request: pytest.FixtureRequest) -> Callable[..., str]:
    """Runs a Python program at one SIMD level in a process of its own; gives what it printed."""

    def run(*arguments: str) -> str:
        environment = os.environ | {"CORPUSMILL_SIMD": request.param}
        done = subprocess.run(
            [sys.executable, *arguments],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    return run


@pytest.fixture
def small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks, frames, stage files and steps so small that a small job has many of each."""
    monkeypatch.setattr(read, "BLOCK_SIZE", 4_000)
    monkeypatch.setattr(encode, "FRAME_SIZE", 6_000)
    monkeypatch.setattr(output, "NOTED_SIZE", 10_000)
    monkeypatch.setattr(output, "SYNCED_SIZE", 25_000)
    monkeypatch.setattr(store, "UNIT_SIZE", 40_000)
    monkeypatch.setattr(store, "SMALL_JOB", 0)
    monkeypatch.setattr(saved_counts, "UNIT_SIZE", 5_000)
    monkeypatch.setattr(build, "UNIT_SIZE", 5_000)
