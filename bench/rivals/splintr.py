"""splintr (Rust): a list of texts in, bytes of ids and offsets or lists out. Threads are rayon's."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import splintr


def load(vocabulary: Path) -> splintr.Tokenizer:
    """Of a file of ranks."""
    tokenizer: splintr.Tokenizer = splintr.Tokenizer(str(vocabulary), splintr.CL100K_BASE_PATTERN)
    return tokenizer


def flat(tokenizer: splintr.Tokenizer) -> Callable[[list[str]], object]:
    """Ids as the bytes of one array, and of offsets."""
    encode: Callable[[list[str]], object] = tokenizer.encode_batch_flat
    return encode


def lists(tokenizer: splintr.Tokenizer) -> Callable[[list[str]], object]:
    """Ids as lists."""
    encode: Callable[[list[str]], object] = tokenizer.encode_batch
    return encode
