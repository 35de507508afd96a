"""The far end of `process.Worker`: a tokenizer, made anew for each line of input, encodes texts.

    python -m bench.tokenize_worker bench.rivals.gigatoken VOCABULARY flat WARM.jsonl UNSEEN.jsonl 0

It has encoded the first file when the clock starts, and encodes the second, in one call, or, if
the last word is not 0, in calls of about so many bytes. "load" as work takes the time of reading the vocabulary.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from pathlib import Path


def main(module: str, vocabulary: str, work: str, *texts_and_size: str) -> None:
    """Answers each line on standard input with the seconds of the second file, or of loading."""
    warm_file, unseen_file, size = texts_and_size
    contender = importlib.import_module(module)
    column = getattr(contender, "column", list)
    warm = column(_texts(Path(warm_file)))
    unseen = [column(texts) for texts in _calls(_texts(Path(unseen_file)), int(size))]
    print("{}", flush=True)
    for _ in sys.stdin:
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        tokenizer = contender.load(Path(vocabulary))
        if work != "load":
            encode = getattr(contender, work)(tokenizer)
            encode(warm)
            cpu, wall = time.process_time(), time.perf_counter()
            for texts in unseen:
                encode(texts)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        print(json.dumps({"cpu_s": cpu, "wall_s": wall}), flush=True)


def _calls(texts: list[str], size: int) -> list[list[str]]:
    """Runs of texts that reach so many bytes; 0: one of all."""
    if size == 0:
        return [texts]
    calls: list[list[str]] = [[]]
    left = size
    for text in texts:
        if left <= 0:
            calls.append([])
            left = size
        calls[-1].append(text)
        left -= len(text.encode())
    return calls


def _texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


if __name__ == "__main__":
    main(*sys.argv[1:])
