"""The far end of `process.Worker`: datatrove's filter over the documents of a file, once per line of input.

python -m bench.contamination_worker FILE.jsonl
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.rivals import datatrove


def main(path: Path) -> None:
    """Answers each line on standard input with the seconds of one pass."""
    with path.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    filters = datatrove.prepared(path)
    print("{}", flush=True)
    for _ in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        datatrove.find(filters, texts)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        print(json.dumps({"cpu_s": cpu, "wall_s": wall}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
