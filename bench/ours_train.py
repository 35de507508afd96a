"""corpusmill learning a vocabulary, with the same face as a file of `rivals/`."""

from __future__ import annotations

import pyarrow as pa

import corpusmill

SIZE = 32_000


def column(texts: list[str]) -> pa.Array:
    return pa.array(texts, pa.large_string())


def signatures(docs: pa.Array, threads: int) -> object:
    return corpusmill.tokenizer.Tokenizer.train(docs, SIZE, pattern="gpt2", threads=threads)


def superwords(docs: pa.Array, threads: int) -> object:
    """An eighth of the vocabulary across words."""
    return corpusmill.tokenizer.Tokenizer.train(
        docs, SIZE, pattern="gpt2", superwords=SIZE // 8, threads=threads
    )
