"""levels: every SIMD level and every number of threads gives the same bits; a wrong level is said."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import fingerprint
from corpusmill import _core

PROGRAM = str(Path(fingerprint.__file__))


def test_levels_and_threads_agree(at_level: Callable[..., str]) -> None:
    here = fingerprint.fingerprint(2)
    assert at_level(PROGRAM, "1") == here
    assert at_level(PROGRAM, "7") == here


def test_a_level_can_be_forced(at_level: Callable[..., str]) -> None:
    level = at_level("-c", "from corpusmill import _core; print(_core.core.simd_level())").strip()
    assert level in _core.core.simd_levels()


def test_an_unknown_level_is_an_error_at_import() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import corpusmill.text"],
        env={"CORPUSMILL_SIMD": "v99"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "CORPUSMILL_SIMD=v99: this machine has the levels baseline" in done.stderr
