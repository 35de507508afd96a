"""corpusmill as a contender, with the same face as a file of `rivals/`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pyarrow as pa


def column(texts: list[str]) -> pa.Array:
    """The Arrow column that corpusmill reads in place."""
    return pa.array(texts, pa.string())


def signatures(docs: pa.Array, threads: int) -> object:
    """112 slots of 32 bits per document."""
    import corpusmill  # noqa: PLC0415  (rivals are benched before it is built)

    return corpusmill.dedup.signatures(docs, num_hashes=112, threads=threads)


def passages(docs: pa.Array, threads: int) -> object:
    """How many bytes lie in a window of 200 that occurs at least twice."""
    import corpusmill  # noqa: PLC0415

    spans = corpusmill.dedup.passages(docs, keep="none", threads=threads).values
    begin, end = (spans.field(name).to_numpy() for name in ("begin", "end"))
    return {"repeated_bytes": int((end - begin).sum())}


def features(docs: pa.Array, threads: int) -> object:
    """Uni- and bigrams of words in 10,000 buckets."""
    import corpusmill  # noqa: PLC0415

    return corpusmill.ngram.features(docs, threads=threads)


def published_features(docs: pa.Array, threads: int) -> object:
    """The same with the words and the hash of data-selection."""
    import corpusmill  # noqa: PLC0415

    return corpusmill.ngram.features(docs, hash="sha256", tokenizer="wordpunct", threads=threads)


def dedup(*sources: Path, target: Path, verify: str, threads: int) -> list[str | Path]:
    """The command line of the whole job."""
    words: list[str | Path] = [sys.executable, "-m", "corpusmill.cli", "dedup"]
    words += [*sources, "-o", target]
    return [*words, "--threshold", "0.8", "--verify", verify, "--threads", str(threads)]


def missing() -> str | None:
    """Why corpusmill cannot be run here, or None."""
    if importlib.util.find_spec("corpusmill") is None:
        return "corpusmill: not installed in the interpreter that runs the bench"
    return None
