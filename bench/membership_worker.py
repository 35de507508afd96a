"""The far end of `process.Worker`: dolma over a folder of documents, once per line of input.

python -m bench.membership_worker FOLDER NUM_LINES RATE
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.rivals import dolma


def main(folder: Path, num_lines: int, rate: float) -> None:
    """Answers each line on standard input with the seconds of one pass."""
    print("{}", flush=True)
    for _ in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        dolma.find(folder, num_lines, rate)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        print(json.dumps({"cpu_s": cpu, "wall_s": wall}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
