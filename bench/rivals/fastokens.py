"""fastokens (Rust): a list of texts in, bytes of ids and offsets or encodings out. Threads are rayon's."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import fastokens


def load(vocabulary: Path) -> fastokens.Tokenizer:
    """Of a file of ranks."""
    return fastokens.Tokenizer.from_tiktoken(str(vocabulary), encoding="cl100k_base")


def flat(tokenizer: fastokens.Tokenizer) -> Callable[[list[str]], object]:
    """Ids as the bytes of one array, and of offsets."""
    return lambda docs: tokenizer.encode_batch_flat(docs)


def lists(tokenizer: fastokens.Tokenizer) -> Callable[[list[str]], object]:
    """Ids as lists."""
    return lambda docs: [each.ids for each in tokenizer.encode_batch(docs)]
