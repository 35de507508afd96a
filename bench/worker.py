"""The far end of `process.Worker`: one contender's work in memory, done once per line of input.

    python -m bench.worker bench.rivals.gaoya FILE.jsonl THREADS [signatures [column]]

Runs in the contender's own environment. Documents are loaded, and turned into the column the
contender takes, before the clock starts.
"""

from __future__ import annotations

import importlib
import json
import sys
import time


def main(
    module: str, path: str, threads: int, work: str = "signatures", made_by: str = "column"
) -> None:
    """Answers each line on standard input with the seconds of one pass, and what that said."""
    contender = importlib.import_module(module)
    with open(path, encoding="utf-8") as lines:  # noqa: PTH123
        texts = [json.loads(line)["text"] for line in lines]
    work_on = getattr(contender, work)
    docs = getattr(contender, made_by)(texts) if hasattr(contender, made_by) else texts
    print("{}", flush=True)
    for _ in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        said = work_on(docs, threads)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        said = said if isinstance(said, dict) else None
        print(json.dumps({"cpu_s": cpu, "wall_s": wall, "said": said}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
