"""oracles_tokenizer_load: vocabularies as the files of the library tokenizers, and what it makes of them.

Imports nothing of ours but the oracle of merges.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import tokenizers

import oracles_tokenizer

VISIBLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
HIDDEN = [byte for byte in range(256) if byte not in VISIBLE]
CHARACTER = {byte: chr(byte) for byte in VISIBLE} | {
    byte: chr(256 + i) for i, byte in enumerate(HIDDEN)
}


def visible(token: bytes) -> str:
    """A token in the alphabet that has a character for each byte."""
    return "".join(CHARACTER[byte] for byte in token)


def merges(tokens: Sequence[bytes]) -> list[tuple[str, str]]:
    """The last merge of each token behind the bytes, by the merges before it."""
    ranks = {token: rank for rank, token in enumerate(tokens)}
    found = []
    for rank, token in enumerate(tokens):
        if len(token) > 1:
            before = {other: at for other, at in ranks.items() if at < rank}
            left, right = (tokens[i] for i in oracles_tokenizer.merged(token, before))
            found.append((visible(left), visible(right)))
    return found


def added(text: str, number: int, **flags: bool) -> dict[str, Any]:
    plain = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": text, "special": True} | plain | flags


def byte_level(prefix: bool = False, use_regex: bool = True) -> dict[str, Any]:
    return {
        "type": "ByteLevel",
        "add_prefix_space": prefix,
        "trim_offsets": True,
        "use_regex": use_regex,
    }


def split(*cutters: str | tuple[str, bool]) -> dict[str, Any]:
    """By expressions; by Digits where there is ("Digits", individual_digits)."""
    splits = [
        {
            "type": "Split",
            "pattern": {"Regex": cutter},
            "behavior": "Isolated",
            "invert": False,
        }
        if isinstance(cutter, str)
        else {"type": cutter[0], "individual_digits": cutter[1]}
        for cutter in cutters
    ]
    return {"type": "Sequence", "pretokenizers": [*splits, byte_level(use_regex=False)]}


def file(
    vocab: Mapping[str, int], merges: Sequence[Any], pre_tokenizer: Any, **parts: Any
) -> dict[str, Any]:
    """A tokenizer.json; parts: of the model those it has, else of the whole."""
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": vocab,
        "merges": merges,
    }
    model |= {name: parts.pop(name) for name in list(parts) if name in model}
    whole = dict.fromkeys(("truncation", "padding", "normalizer", "post_processor"))
    return {
        "version": "1.0",
        **whole,
        "added_tokens": [],
        "pre_tokenizer": pre_tokenizer,
        "decoder": byte_level(),
        "model": model,
        **parts,
    }


def library(file: Mapping[str, Any]) -> tokenizers.Tokenizer:
    return tokenizers.Tokenizer.from_str(json.dumps(file))


def encoded(
    reference: tokenizers.Tokenizer, docs: Sequence[str | None], special: bool
) -> list[Any]:
    """The ids of each document, with special tokens as such or as text."""
    reference.encode_special_tokens = not special
    return [
        None if doc is None else reference.encode(doc, add_special_tokens=False).ids for doc in docs
    ]
