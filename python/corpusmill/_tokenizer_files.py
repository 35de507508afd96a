"""_tokenizer_files: the tokens of a vocabulary's file, whatever its name says. Encodes nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path

Ranks = list[bytes]
"""The bytes of each token by its id; b"" where an id stands for nothing."""

MAX_ID = (1 << 24) - 1
"""A larger id is a mistake: the table of tokens has a place for each."""


def ranks(path: Path) -> Ranks:
    """Of a `.tiktoken` file: a line of base64, a space and the rank for each token.

    ValueError naming the line that is none; of another kind of file, naming the kind.
    """
    data = path.read_bytes()
    refused = _other_kind(data)
    if refused:
        raise ValueError(f"{path}: {refused}; expected a .tiktoken file of ranks")
    found: dict[int, bytes] = {}
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            token, rank = line.split()
            found[int(rank)] = base64.b64decode(token, validate=True)
        except (ValueError, binascii.Error):
            raise ValueError(
                f"{path}:{number}: expected a token in base64 and its rank, got {line[:60]!r}"
            ) from None
    return by_id(found, str(path))


def by_id(found: dict[int, bytes], name: str) -> Ranks:
    """The tokens in the order of their ids, which may have holes."""
    if not found:
        raise ValueError(f"{name}: holds no token")
    if not 0 <= min(found) <= max(found) <= MAX_ID:
        wrong = min(found) if min(found) < 0 else max(found)
        raise ValueError(f"{name}: expected ids from 0 to {MAX_ID:,}, got {wrong}")
    return [found.get(number, b"") for number in range(max(found) + 1)]


def _other_kind(data: bytes) -> str:
    """What the file is instead, as its content says."""
    begin = data[:64].lstrip()
    if begin.startswith(b"{"):
        return "this is JSON (tokenizer.json, vocab.json or tekken.json), which is not read yet"
    if begin.startswith(b"#version"):
        return "this is merges.txt, which is not read yet"
    if b"\0" in data[:4096] or begin[:1] == b"\n":
        return "this is binary (a SentencePiece model?), which is not read yet"
    return ""


def joined(tokens: Sequence[bytes]) -> tuple[bytes, list[int]]:
    """All bytes, and where each token begins and the last one ends."""
    offsets = [0]
    for token in tokens:
        offsets.append(offsets[-1] + len(token))
    return b"".join(tokens), offsets
