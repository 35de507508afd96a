"""splintr (Rust): a list of texts in, bytes of ids and offsets or lists out. Threads are rayon's."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import splintr

from bench.rivals import tokenizers as rival_tokenizers


def load(vocabulary: Path) -> splintr.Tokenizer | splintr.AnyTokenizer:
    """Of a file of ranks, or of a vocab.txt, which it takes as the library tokenizers writes it."""
    if vocabulary.suffix == ".txt":
        return splintr.from_json_bytes(rival_tokenizers.load(vocabulary).to_str().encode())
    return splintr.Tokenizer(str(vocabulary), splintr.CL100K_BASE_PATTERN)


def flat(tokenizer: splintr.Tokenizer | splintr.AnyTokenizer) -> Callable[[list[str]], object]:
    """Ids as the bytes of one array, and of offsets."""
    encode: Callable[[list[str]], object] = tokenizer.encode_batch_flat
    return encode


def lists(tokenizer: splintr.Tokenizer) -> Callable[[list[str]], object]:
    """Ids as lists."""
    encode: Callable[[list[str]], object] = tokenizer.encode_batch
    return encode
