"""corpusmill counting 5-grams that come at least twice, with the same face as a file of `rivals/`."""

from __future__ import annotations

import tempfile

import pyarrow as pa

import corpusmill

N, MIN_COUNT = 5, 2
MEMORY_MB = 256  # in which the n-grams of 70 MB of text just fit; more go to a file
MEMORY = f"{MEMORY_MB}MB"


def column(texts: list[str]) -> pa.Array:
    return pa.array(texts, pa.string())


def signatures(docs: pa.Array | pa.ChunkedArray, threads: int) -> pa.Table:
    """In bounded memory."""
    with tempfile.TemporaryDirectory() as scratch:
        return corpusmill.ngram.counts(
            docs, n=N, min_count=MIN_COUNT, memory=MEMORY, scratch=scratch, threads=threads
        )
