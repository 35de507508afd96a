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
from corpusmill._tokenizer_added import MAX_ID
from corpusmill._tokenizer_files import Loaded, by_id, digest, joined

PATTERNS = tuple(_core.tokenizer.Pattern.__members__)


def load(path: Path, pattern: str | None, cache_bytes: int) -> Loaded:
    """ValueError naming the line that is none."""
    known(pattern, "ranks")
    found: dict[int, bytes] = {}
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        words = line.split()
        if not words:
            continue
        try:
            token, rank = words
            if not rank.removeprefix(b"-").isdigit():  # int() would take 1_000 and +5
                raise ValueError
            id_, data = int(rank), base64.b64decode(token, validate=True)
        except (ValueError, binascii.Error):
            raise ValueError(
                f"{path}:{number}: expected a token in base64 and its rank, got {line[:60]!r}"
            ) from None
        if id_ in found:
            raise ValueError(f"{path}:{number}: rank {id_} is that of {found[id_]!r}, too")
        found[id_] = data
    tokens = by_id(found, str(path))
    try:
        return of_tokens(tokens, pattern, cache_bytes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def known(pattern: str | None, what: str) -> _core.tokenizer.Pattern:
    """One of PATTERNS; ValueError if it is none, or a file of such that was not said to have one."""
    if pattern is None:
        raise ValueError(
            f"pattern: a file of {what} does not say how text is cut; pass one of "
            + ", ".join(PATTERNS)
        )
    if pattern not in PATTERNS:
        raise ValueError(f"pattern: expected one of {', '.join(PATTERNS)}, got {pattern!r}")
    return _core.tokenizer.Pattern.__members__[pattern]


def of_tokens(tokens: Sequence[bytes], pattern: str | None, cache_bytes: int) -> Loaded:
    """tokens: the bytes of each id, b"" for none; their ids are their ranks."""
    if len(tokens) > MAX_ID + 1:
        raise ValueError(f"tokens: expected at most {MAX_ID + 1:,}, got {len(tokens):,}")
    data, begins = joined(tokens)
    offsets = np.array(begins, np.int64)
    core = _core.tokenizer.byte_bpe(
        np.frombuffer(data, np.uint8), offsets, known(pattern, "ranks"), cache_bytes
    )
    identity = digest(b"ranks", data, offsets.tobytes())
    return Loaded(core, "byte-level BPE", len(tokens), pattern, identity=identity)
