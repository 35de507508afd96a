"""The far end of `process.Worker` for scoring: one contender's work on drawn tokens, once per line of input.

    python -m bench.scoring_worker bench.rivals.torch_scoring "compiled all" hidden float32 TOKENS THREADS

Runs in the contender's own environment. What a pass takes of memory beyond its input is found in a pass of its
own, in which nothing is left of those before it: its peak less what was resident when it began.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.scoring_input import drawn


def main() -> None:
    """Answers each line on standard input with the seconds and the memory of one pass."""
    module, work, entry, dtype, tokens, threads = sys.argv[1:]
    contender = importlib.import_module(module)
    score = contender.prepare(work, drawn(entry, dtype, int(tokens)), int(threads))
    score()  # compiled where it is
    extra = _extra_bytes(score)
    print("{}", flush=True)
    for _ in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        score()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        print(json.dumps({"cpu_s": cpu, "wall_s": wall, "max_rss_bytes": extra}), flush=True)


def _extra_bytes(score: Callable[[], object]) -> int:
    """Of one more pass. Linux and glibc alone tell a peak since a moment and give back what was freed."""
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _kilobytes("VmRSS")
    score()
    return 1024 * (_kilobytes("VmHWM") - before)


def _kilobytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
