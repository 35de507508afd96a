"""ray: runs ray_cases, which start a Ray, in a process of their own."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest


def test_ray_gives_the_answers_of_one_machine() -> None:
    if importlib.util.find_spec("ray") is None:
        pytest.skip('needs Ray Data: pip install "corpusmill[ray]"')
    cases = Path(__file__).with_name("ray_cases.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "--show-capture=no", cases]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    if " passed" not in done.stdout.splitlines()[-1]:
        pytest.skip(done.stdout.splitlines()[-2])
