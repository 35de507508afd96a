"""choices: what a tokenize job is told, checked: tokenizer, tokens around documents, rows, shards."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from corpusmill import _check
from corpusmill.shards.errors import UsageError
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.tokens.file import NONE, Form
from corpusmill.shards.tokens.megatron import MOST_ID
from corpusmill.tokenizer import Tokenizer

Token: TypeAlias = int | str | None
"""An id, the spelling of a special token of the tokenizer, or "none"."""

MAX_LENGTH = 1 << 20
"""Ids of a row."""


@dataclass(frozen=True)
class Choices:
    """Checked options, as a ledger has them; `form` is what they come to."""

    tokenizer: str
    pattern: str | None
    special: list[str]
    lowercase: bool | None
    strip_accents: bool | None
    eos: int | None
    bos: int | None
    pad: int | None
    max_tokens: int | None
    length: int | None
    pack: bool
    shuffle: int | None
    tokens_per_shard: int
    megatron: bool

    @classmethod
    def checked(
        cls,
        loaded: Tokenizer,
        *,
        tokenizer: AnyPath,
        special: Sequence[str],
        lowercase: bool | None,
        strip_accents: bool | None,
        eos: Token,
        bos: Token,
        pad: Token,
        max_tokens: int | None,
        length: int | None,
        pack: bool,
        shuffle: int | None,
        tokens_per_shard: int,
        megatron: bool,
    ) -> Choices:
        """ValueError for what is wrong."""
        tokens = {"eos": eos, "bos": bos, "pad": pad}
        ids = {name: _id(loaded, name, value) for name, value in tokens.items()}
        if length is None and (pack or ids["pad"] is not None):
            raise ValueError("length: pack and pad are of rows of one length; say it")
        if length is not None and megatron:
            raise ValueError("megatron: takes documents and makes rows itself; leave length away")
        if length is not None and ids["pad"] is None:
            ids["pad"] = ids["eos"] if ids["eos"] is not None else 0
        most = MOST_ID if megatron else 1 << 40
        return cls(
            tokenizer=shown(os.fspath(tokenizer)),
            pattern=loaded.pattern,
            special=sorted(special),
            lowercase=lowercase,
            strip_accents=strip_accents,
            **ids,
            max_tokens=_some("max_tokens", max_tokens, most),
            length=_some("length", length, MAX_LENGTH),
            pack=bool(pack),
            shuffle=None if shuffle is None else _check.whole("shuffle", shuffle, 0, (1 << 64) - 1),
            tokens_per_shard=_check.whole("tokens_per_shard", tokens_per_shard, 1, 1 << 40),
            megatron=bool(megatron),
        )

    def form(self, loaded: Tokenizer) -> Form:
        eos, bos, pad = (NONE if of is None else of for of in (self.eos, self.bos, self.pad))
        vocab_size = loaded.vocab_size
        return Form(
            id_bytes=2 if max(vocab_size - 1, eos, bos, pad) < 1 << 16 else 4,
            length=self.length or 0,
            vocab_size=vocab_size,
            eos=eos,
            bos=bos,
            pad=pad,
            unicode_version=loaded.unicode_version,
            fingerprint=loaded.fingerprint,
        )

    def options(self) -> dict[str, Any]:
        return asdict(self)


def _some(name: str, value: int | None, most: int) -> int | None:
    return None if value is None else _check.whole(name, value, 1, most)


def _id(loaded: Tokenizer, name: str, value: Token) -> int | None:
    """The id of a token that is asked for; None for none."""
    if value is None or value == "none":
        return None
    number = _decimal(value) if isinstance(value, str) else value
    if isinstance(value, str) and number is None:
        special = loaded.special_tokens
        if value not in special:
            known = ", ".join(sorted(special)[:20]) or "none"
            raise ValueError(
                f"{name}: {value!r} is no special token of the tokenizer, which has: {known}; "
                'name one of these, its id, or "none"'
            )
        return special[value]
    return _check.whole(name, number, 0, MOST_ID)


def _decimal(value: str) -> int | None:
    """None unless it is digits of ASCII alone."""
    return int(value) if value.isascii() and value.isdecimal() else None


def loaded(
    path: AnyPath,
    pattern: str | None,
    special: Sequence[str],
    lowercase: bool | None,
    strip_accents: bool | None,
) -> Tokenizer:
    """The tokenizer of a file, with special tokens given as "SPELLING=ID".

    UsageError if it cannot be read, ValueError for what is wrong.
    """
    if isinstance(special, str):
        raise TypeError(f"special: expected a list of SPELLING=ID, got {special!r}")
    ids: dict[str, int] = {}
    for given in sorted(special):
        spelling, _, digits = given.rpartition("=")
        number = _decimal(digits)
        if not spelling or number is None:
            raise ValueError(f"special: expected SPELLING=ID, got {given!r}")
        if spelling in ids:
            raise ValueError(f"special: {spelling!r} is given twice")
        ids[spelling] = _check.whole("special", number, 0, MOST_ID)
    try:
        return Tokenizer.load(
            path,
            pattern=pattern,  # type: ignore[arg-type]
            special_tokens=ids,
            lowercase=lowercase,
            strip_accents=strip_accents,
        )
    except OSError as error:
        raise UsageError(f"tokenizer: {shown(os.fspath(path))!r}: {error.strerror}") from None
