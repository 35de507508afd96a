"""_tokenizer_tekken: tekken.json of Mistral: byte-level BPE of ranks behind the special tokens."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpusmill import _check
from corpusmill._tokenizer_added import MAX_ID
from corpusmill._tokenizer_files import Loaded
from corpusmill._tokenizer_patterns import pattern_of
from corpusmill._tokenizer_ranks import of_tokens


def load(path: Path, pattern: str | None, cache_bytes: int, *, top: Any) -> Loaded:
    """Of what the file holds. The id of a token is its rank behind `default_num_special_tokens`; `default_vocab_size` says how
    many there are in all: what the file has beyond is not used.

    ValueError naming what is damaged or missing.
    """
    try:
        config = top["config"]
        num_special = config["default_num_special_tokens"]
        size = _check.whole("default_vocab_size", config["default_vocab_size"], 0, MAX_ID + 1)
        num_ranks = size - _check.whole("default_num_special_tokens", num_special, 0, size)
        entries = top["vocab"][:num_ranks]
        tokens = [base64.b64decode(entry["token_bytes"], validate=True) for entry in entries]
        ranks = [entry["rank"] for entry in entries]
        special = {entry["token_str"]: entry["rank"] for entry in top.get("special_tokens") or []}
        expression = config["pattern"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path}: damaged or no tekken.json: {error!r}") from None
    if len(tokens) < num_ranks or ranks != list(range(num_ranks)):
        raise ValueError(f"{path}: expected {num_ranks} tokens, each at the place of its rank")
    _check_special(special, num_special, path)
    found = pattern_of([expression], str(path), drops=True)
    if pattern not in (None, found):
        raise ValueError(f"pattern: {path} says {found!r}, got {pattern!r}")
    try:
        loaded = of_tokens([b""] * num_special + tokens, found, cache_bytes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return replace(loaded, special=special)


def _check_special(special: Mapping[str, Any], num_special: int, path: Path) -> None:
    for text, number in special.items():
        if not isinstance(text, str) or number not in range(num_special):
            raise ValueError(
                f"{path}: special token {text!r}: {number!r} is no id below {num_special}"
            )
