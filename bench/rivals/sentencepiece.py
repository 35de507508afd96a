"""sentencepiece (C++): document by document, ids as an array of each. No cache, so nothing is to be warmed."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sentencepiece


def load(vocabulary: Path) -> sentencepiece.SentencePieceProcessor:
    """Of its own file."""
    return sentencepiece.SentencePieceProcessor(model_file=str(vocabulary))


def flat(tokenizer: sentencepiece.SentencePieceProcessor) -> Callable[[list[str]], object]:
    """Ids as arrays of NumPy."""
    return lambda docs: [tokenizer.encode_as_numpy(doc) for doc in docs]
