"""_tokenizer_files: what a tokenizer's file is, by its content; what is read of one. Reads no format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal, TypeAlias

from corpusmill import _core
from corpusmill._tokenizer_added import MAX_ID, Added, described

Kind: TypeAlias = Literal[
    "ranks", "json", "merges", "sentencepiece", "tekken", "vocab", "wordpiece"
]

CACHE_BYTES = 24 << 20
"""Of the pieces that each thread remembers, unless said otherwise."""


@dataclass(frozen=True)
class Loaded:
    """A tokenizer as its file has it."""

    core: _core.tokenizer.Tokenizer
    family: str
    vocab_size: int  # ids are below it
    pattern: str | None = None  # of byte-level BPE
    unknown_id: int | None = None  # of what the vocabulary cannot spell
    special: Mapping[str, int] = field(
        default_factory=dict
    )  # control tokens' ids by their spelling
    added: Sequence[Added] = ()  # such tokens with more to say about them
    ignored: Sequence[str] = ()  # what the file asks for and is not done
    identity: bytes = b""  # digest of what decides ids, but for the fields here; b"": of the file
    file: bytes = b""  # of what is saved as it was learned
    unicode_version: str = _core.tokenizer.CATEGORY_VERSION


def kind(path: Path) -> tuple[Kind, Any]:
    """Of a file, whatever its name says, and what it holds if that is JSON; ValueError if it is none that
    is known.

    ranks           .tiktoken: a token in base64 and its rank on each line
    json            tokenizer.json of the library tokenizers
    tekken          tekken.json of Mistral
    vocab           vocab.json, beside which a merges.txt lies
    merges          merges.txt, beside which a vocab.json lies
    sentencepiece   a .model of SentencePiece
    wordpiece       vocab.txt: a token on each line
    """
    data = path.read_bytes()
    if data.lstrip()[:1] == b"{":
        return _kind_of_json(path, data)
    if data.startswith(b"#version"):
        return "merges", None
    if b"\0" in data[:4096] or data[:1] == b"\n":
        return "sentencepiece", None
    first = data.split(b"\n", 1)[0].split()
    if len(first) == 2 and first[1].lstrip(b"-").isdigit():
        return "ranks", None
    if b"\n[unk]" in b"\n" + data.lower():
        return "wordpiece", None
    raise ValueError(
        f"{path}: this is no tokenizer that is known; expected .tiktoken, tokenizer.json, tekken.json,"
        " vocab.json with merges.txt, vocab.txt or a SentencePiece model"
    )


def _kind_of_json(path: Path, data: bytes) -> tuple[Kind, Any]:
    top = read_json(path, data)
    if isinstance(top.get("model"), dict):
        return "json", top
    if isinstance(top.get("vocab"), list):
        return "tekken", top
    if top and all(isinstance(number, int) for number in top.values()):
        return "vocab", top
    raise ValueError(f"{path}: JSON, but no tokenizer.json, tekken.json or vocab.json")


def read_json(path: Path, data: bytes | None = None) -> Any:
    """Of a file, or of its bytes if they are at hand; ValueError if it is none."""
    try:
        return json.loads(path.read_bytes() if data is None else data)
    except ValueError as error:
        raise ValueError(f"{path}: this begins as JSON and is none: {error}") from None
    except RecursionError:
        raise ValueError(f"{path}: damaged: JSON nested deeper than can be read") from None


def by_id(found: Mapping[int, bytes], name: str) -> list[bytes]:
    """The tokens in the order of their ids, which may have holes: b"" there."""
    if not found:
        raise ValueError(f"{name}: holds no token")
    if not 0 <= min(found) <= max(found) <= MAX_ID:
        wrong = min(found) if min(found) < 0 else max(found)
        raise ValueError(f"{name}: expected ids from 0 to {MAX_ID:,}, got {wrong}")
    return [found.get(number, b"") for number in range(max(found) + 1)]


def digest(*parts: bytes) -> bytes:
    """SHA-256 of parts, each by its own, so that no two lists of them are alike."""
    hashes = (hashlib.sha256(part).digest() for part in parts)
    return hashlib.sha256(b"".join(hashes)).digest()


def fingerprint(loaded: Loaded, added: Sequence[Added]) -> str:
    """Hexadecimal, of all that decides ids."""
    kind = (loaded.family, loaded.pattern, loaded.unicode_version)
    return digest(b"corpusmill 1", repr(kind).encode(), loaded.identity, described(added)).hex()


def joined(tokens: Sequence[bytes]) -> tuple[bytes, list[int]]:
    """All bytes, and where each token begins and the last one ends."""
    return b"".join(tokens), [0, *accumulate(map(len, tokens))]
