"""The far end of `process.Worker` for scoring: one contender's work on drawn tokens, once per line of input.

    python -m bench.scoring_worker bench.rivals.torch_scoring "compiled all" hidden float32 TOKENS THREADS

Runs in the contender's own environment. What a pass takes of memory beyond its input is its peak less what was
resident before it; Linux alone tells a process's peak since a moment.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

from bench.scoring_input import drawn


def main() -> None:
    """Answers each line on standard input with the seconds and the memory of one pass."""
    module, work, entry, dtype, tokens, threads = sys.argv[1:]
    contender = importlib.import_module(module)
    score = contender.prepare(work, drawn(entry, dtype, int(tokens)), int(threads))
    score()  # compiled where it is
    print("{}", flush=True)
    for _ in sys.stdin:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = _kilobytes("VmRSS")
        cpu, wall = time.process_time(), time.perf_counter()
        score()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        extra = 1024 * (_kilobytes("VmHWM") - before)
        print(json.dumps({"cpu_s": cpu, "wall_s": wall, "max_rss_bytes": extra}), flush=True)


def _kilobytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
