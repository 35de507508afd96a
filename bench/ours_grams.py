"""corpusmill counting 5-grams that come at least twice, with the same face as a file of `rivals/`."""

from __future__ import annotations

import tempfile

import pyarrow as pa

import corpusmill

N, MIN_COUNT = 5, 2
MEMORY = "256MB"  # in which the n-grams of 70 MB of text just fit; more go to a file


def column(texts: list[str]) -> pa.Array:
    return pa.array(texts, pa.string())


def signatures(docs: pa.Array, threads: int) -> object:
    """In bounded memory."""
    with tempfile.TemporaryDirectory() as scratch:
        return corpusmill.ngram.counts(
            docs, n=N, min_count=MIN_COUNT, memory=MEMORY, scratch=scratch, threads=threads
        )
