"""corpusmill's tokenizers as a contender, with the same face as a tokenizer of `rivals/`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa


def column(texts: list[str]) -> pa.Array:
    """The Arrow column that corpusmill reads in place."""
    return pa.array(texts, pa.large_string())


def load(vocabulary: Path) -> Any:
    """Of a file of ranks, a model of SentencePiece or a vocab.txt."""
    import corpusmill  # noqa: PLC0415  (may not be built yet when the rivals are benched)

    said: dict[str, dict[str, Any]] = {
        ".tiktoken": {"pattern": "cl100k"},
        ".txt": {"lowercase": True},
    }
    return corpusmill.tokenizer.Tokenizer.load(vocabulary, **said.get(vocabulary.suffix, {}))


def flat(tokenizer: Any) -> Callable[[pa.Array], object]:
    """Ids as one array and offsets."""
    return lambda docs: tokenizer.encode_batch(docs, threads=1)


def flat_by_two(tokenizer: Any) -> Callable[[pa.Array], object]:
    """The same with two threads."""
    return lambda docs: tokenizer.encode_batch(docs, threads=2)


def count(tokenizer: Any) -> Callable[[pa.Array], object]:
    """How many ids."""
    return lambda docs: tokenizer.count(docs, threads=1)
