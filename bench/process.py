"""What a process costs: a command run once, or a worker that repeats its work when told to.

CPU seconds come from the kernel's account of the process and the children it waited for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_THREAD_VARIABLES = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Run:
    """One run: seconds, the highest resident memory where it is known, what the process printed."""

    cpu_s: float
    wall_s: float
    max_rss_bytes: int | None = None
    said: Mapping[str, Any] | None = None


def environment(threads: int, simd: str | None = None) -> dict[str, str]:
    """Variables for a contender: its threads, no downloads, and our instruction level if forced."""
    variables = {name: value for name, value in os.environ.items() if name != "CORPUSMILL_SIMD"}
    variables |= dict.fromkeys(_THREAD_VARIABLES, str(threads))
    variables |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    variables |= {"HF_HOME": str(ROOT / "build" / "bench-hf"), "TQDM_DISABLE": "1"}
    return variables | ({"CORPUSMILL_SIMD": simd} if simd else {})


def command(words: Sequence[str | Path], variables: Mapping[str, str]) -> Run:
    """Runs a command to its end; a last line of JSON on its standard output is what it said."""
    launcher = [sys.executable, "-I", "-S", str(ROOT / "bench" / "launch.py")]
    whole = [*launcher, *map(str, words)]
    done = subprocess.run(whole, env=variables, cwd=ROOT, check=True, capture_output=True)
    cost = json.loads(done.stdout)
    if cost["code"]:
        raise RuntimeError(f"{' '.join(whole[len(launcher) :])} failed:\n{cost['err']}")
    last = cost["out"].strip().rpartition("\n")[2]
    said = json.loads(last) if last.startswith("{") else None
    return Run(cost["cpu_s"], cost["wall_s"], cost["max_rss_bytes"], said)


def timed(work: Callable[[], object]) -> Callable[[], Run]:
    """The work as a contender in this process."""

    def once() -> Run:
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        return Run(time.process_time() - cpu, time.perf_counter() - wall)

    return once


class Worker:
    """A process that has loaded its documents and waits; `run` has it work once."""

    def __init__(
        self,
        python: Path,
        arguments: Sequence[str],
        variables: Mapping[str, str],
        module: str = "bench.worker",
    ):
        self._process = subprocess.Popen(
            [python, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=variables,
            cwd=ROOT,
        )
        self._answer()

    def run(self) -> Run:
        """Seconds of one more pass over the documents."""
        assert self._process.stdin
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return Run(**self._answer())

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"worker {self._process.args!r} died with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer
