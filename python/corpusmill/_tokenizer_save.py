"""_tokenizer_save: byte-level BPE as a file that other libraries read. Learns nothing."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from corpusmill import _core
from corpusmill._tokenizer_ranks import of_tokens
from corpusmill._tokenizer_train import BYTES, Parts

_CASED = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+%s"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*%s"
)
_SUFFIX = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_WORDS = _SUFFIX + r"|[^\r\n\p{L}\p{N}]?\p{L}+"
_MARKS = r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
_BLANKS = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
REGEX = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "cl100k": _WORDS + r"|\p{N}{1,3}" + _MARKS + r"|\s+\z" + _BLANKS,
    "llama3": _WORDS + r"|\p{N}{1,3}" + _MARKS + _BLANKS,
    "qwen2": _WORDS + r"|\p{N}" + _MARKS + _BLANKS,
    "o200k": _CASED % (f"{_SUFFIX}?", f"{_SUFFIX}?")
    + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*"
    + _BLANKS,
    "tekken": _CASED % ("", "") + r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + _BLANKS,
    "lines": r"[^\n]*\n+|[^\n]+",
}
"""The patterns as Oniguruma, which the library tokenizers uses, understands them."""

_PRINTED = sum(chr(byte).isprintable() and byte != 32 for byte in range(256))
_CHARACTER = {
    byte: chr(byte) if number < _PRINTED else chr(256 + number - _PRINTED)
    for number, byte in enumerate(BYTES)
}
"""How a byte is written in a vocabulary."""


def save(
    core: _core.tokenizer.Tokenizer, pattern: str, special: Mapping[str, int], path: Path
) -> None:
    """A file of ranks if the name ends in .tiktoken, else a tokenizer.json; see `Tokenizer.save`."""
    parts = Parts.of(core)
    data = _ranks(parts, pattern) if path.suffix == ".tiktoken" else _json(parts, pattern, special)
    new = path.with_name(f"{path.name}.partial")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _ranks(parts: Parts, pattern: str) -> bytes:
    """ValueError if ids, as ranks, would merge otherwise."""
    ranked = Parts.of(of_tokens(parts.tokens, pattern, 0).core)
    reachable = len(parts.merges) == sum(len(token) > 1 for token in parts.tokens)
    if not np.array_equal(ranked.merges, parts.merges) or not (parts.whole_pieces or reachable):
        raise ValueError("path: these merges are not in the order of ids; save a tokenizer.json")
    lines = [b"%s %d\n" % (base64.b64encode(t), i) for i, t in enumerate(parts.tokens) if t]
    return b"".join(lines)


def _json(parts: Parts, pattern: str, special: Mapping[str, int]) -> bytes:
    written = ["".join(_CHARACTER[byte] for byte in token) for token in parts.tokens]
    vocab = {token: number for number, token in enumerate(written) if token}
    if sorted(special.values()) != list(range(len(vocab), len(vocab) + len(special))):
        vocab |= special  # else the library would give them other ids
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    split = {
        "type": "Split",
        "pattern": {"Regex": REGEX[pattern]},
        "behavior": "Isolated",
        "invert": False,
    }
    whole: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(token, number) for token, number in _by_id(special)],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [split, byte_level | {"use_regex": False}],
        },
        "post_processor": None,
        "decoder": byte_level | {"use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": parts.whole_pieces,
            "vocab": dict(_by_id(vocab)),
            "merges": [[written[left], written[right]] for left, right in parts.merges.tolist()],
        },
    }
    return json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n"


def _by_id(tokens: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(tokens.items(), key=lambda item: item[1])


def _added(token: str, number: int) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": token, **flags, "special": True}
