"""gigatoken (Rust): a list of texts in, an array of awkward or lists out; on the calling thread."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gigatoken


def load(vocabulary: Path) -> gigatoken.Tokenizer:
    """Of a file of ranks or a model of SentencePiece."""
    if vocabulary.suffix == ".model":
        return gigatoken.Tokenizer.from_sentencepiece(vocabulary)
    return gigatoken.Tokenizer.from_tiktoken(vocabulary, pretokenizer="cl100k")


def flat(tokenizer: gigatoken.Tokenizer) -> Callable[[list[str]], object]:
    """Ids as one array and offsets."""
    return lambda docs: tokenizer.encode_batch(docs, parallel=False)


def lists(tokenizer: gigatoken.Tokenizer) -> Callable[[list[str]], object]:
    """Ids as lists."""
    return lambda docs: tokenizer.encode_batch_list(docs, parallel=False)
