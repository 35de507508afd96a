"""The far end of `process.Worker`: a tokenizer, made anew for each line of input, encodes texts.

    python -m bench.tokenize_worker bench.rivals.gigatoken VOCABULARY flat WARM.jsonl UNSEEN.jsonl

It has encoded the first file when the clock starts, and encodes the second. "load" as work takes the time
of reading the vocabulary.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from pathlib import Path


def main(module: str, vocabulary: str, work: str, *files: str) -> None:
    """Answers each line on standard input with the seconds of the second file, or of loading."""
    contender = importlib.import_module(module)
    column = getattr(contender, "column", list)
    warm, unseen = (column(_texts(Path(path))) for path in files)
    print("{}", flush=True)
    for _ in sys.stdin:
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        tokenizer = contender.load(Path(vocabulary))
        if work != "load":
            encode = getattr(contender, work)(tokenizer)
            encode(warm)
            cpu, wall = time.process_time(), time.perf_counter()
            encode(unseen)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        print(json.dumps({"cpu_s": cpu, "wall_s": wall}), flush=True)


def _texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


if __name__ == "__main__":
    main(*sys.argv[1:])
