"""text-dedup (datasets + NumPy): its own command, run in this process, then its table as JSONL.

It splits at every `\\W` and keeps the empty strings, drops texts under five such words, and does not
check candidates. Its deciding step has no entry of its own, so it has no `signatures` here.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import datasets
from text_dedup.minhash import main as text_dedup

from bench.rivals import BANDS, ROWS, SLOTS, THRESHOLD, job

PACKAGES = ("text-dedup", "datasets", "numpy")


def run(source: Path, target: Path) -> tuple[int, int]:
    """Rows read and rows kept; all of its caches live and die in one temporary folder."""
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        options = {
            "path": "json",
            "data_files": str(source),
            "split": "train",
            "cache_dir": f"{folder}/cache",
            "output": f"{folder}/kept",
            "column": "text",
            "ngram": 5,
            "num_perm": SLOTS,
            "b": BANDS,
            "r": ROWS,
            "threshold": THRESHOLD,
            "hash_func": "xxh3",
            "hash_bits": 32,
            "num_proc": 1,
        }
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        text_dedup.main(words, standalone_mode=False)
        kept = datasets.load_from_disk(f"{folder}/kept")
        kept.to_json(target, force_ascii=False)
        with source.open("rb") as lines:
            return sum(1 for _ in lines), len(kept)


if __name__ == "__main__":
    STARTUP, BEGAN = time.process_time(), time.perf_counter()
    job.report(STARTUP, BEGAN, *run(Path(sys.argv[1]), Path(sys.argv[2])))
