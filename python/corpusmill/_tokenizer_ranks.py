"""_tokenizer_ranks: byte-level BPE of ranks (.tiktoken files), where a token's id tells when it is merged.

Knows no merges that are written down.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from corpusmill import _core
from corpusmill._tokenizer_files import Loaded, by_id, joined

PATTERNS = tuple(_core.tokenizer.Pattern.__members__)


def load(path: Path, pattern: str | None, cache_bytes: int) -> Loaded:
    """ValueError naming the line that is none."""
    if pattern is None:
        raise ValueError(
            "pattern: a file of ranks does not say how text is cut; pass one of "
            + ", ".join(PATTERNS)
        )
    found: dict[int, bytes] = {}
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            token, rank = line.split()
            found[int(rank)] = base64.b64decode(token, validate=True)
        except (ValueError, binascii.Error):
            raise ValueError(
                f"{path}:{number}: expected a token in base64 and its rank, got {line[:60]!r}"
            ) from None
    tokens = by_id(found, str(path))
    try:
        return of_tokens(tokens, pattern, cache_bytes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def of_tokens(tokens: Sequence[bytes], pattern: str, cache_bytes: int) -> Loaded:
    """tokens: the bytes of each id, b"" for none; their ids are their ranks."""
    if pattern not in PATTERNS:
        raise ValueError(f"pattern: expected one of {', '.join(PATTERNS)}, got {pattern!r}")
    data, offsets = joined(tokens)
    core = _core.tokenizer.byte_bpe(
        np.frombuffer(data, np.uint8),
        np.array(offsets, np.int64),
        _core.tokenizer.Pattern.__members__[pattern],
        cache_bytes,
    )
    return Loaded(core, "byte-level BPE", len(tokens), pattern, ids_are_ranks=True)
