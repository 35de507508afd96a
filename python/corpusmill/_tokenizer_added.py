"""_tokenizer_added: tokens beside what a model knows, special ones above all. Looks for none in a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill import _arrow, _check, _core, _tokens

AllowedSpecial: TypeAlias = Literal["all"] | Sequence[str]

MAX_ID = (1 << 24) - 1
"""A larger id is a mistake: the table of tokens has a place for each."""

Stage = _core.tokenizer.Stage


class Added(NamedTuple):
    """One such token, as csrc/tokenizer/token_set.hpp has it."""

    text: str
    id: int
    special: bool = True
    lstrip: bool = False
    rstrip: bool = False
    stage: _core.tokenizer.Stage = Stage.first
    single_word: bool = False


def described(added: Iterable[Added]) -> bytes:
    """All of them as bytes, whatever their order."""
    texts = (
        f"{token.id} {token.special:d} {token.lstrip:d} {token.rstrip + 2 * token.single_word} {token.stage.name} {token.text}"
        for token in added
    )
    return "\0".join(sorted(texts)).encode()


def of_caller(special_tokens: Any) -> list[Added]:
    """Spellings and ids, as they were given; ValueError or TypeError naming what is wrong."""
    if special_tokens is None:
        return []
    if not isinstance(special_tokens, Mapping):
        raise TypeError(
            "special_tokens: expected a mapping of spellings to ids, e.g. "
            f'{{"<|endoftext|>": 100257}}, got {type(special_tokens).__name__}'
        )
    for text in special_tokens:
        if not isinstance(text, str) or not text:
            raise ValueError(f"special_tokens: expected a spelling that is not empty, got {text!r}")
    return [
        Added(text, _check.whole(f"special_tokens[{text!r}]", number, 0, MAX_ID))
        for text, number in special_tokens.items()
    ]


def joined(of_file: Iterable[Added], given: Sequence[Added]) -> list[Added]:
    """Those of a file and those of the caller; ValueError if two do not go together."""
    tokens = {token.text: token for token in of_file}
    for text in (*tokens, *(token.text for token in given)):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"token {text!r} is no text: {error}") from None
    for token in given:
        there = tokens.get(token.text)
        if there is None or (there.id == token.id and there.stage == Stage.never):
            tokens[token.text] = token
        elif there.id != token.id or not there.special:
            kind = "" if there.special else " and is not special"
            raise ValueError(
                f"special_tokens: {token.text!r} has id {there.id} in the file{kind}, got {token.id}"
            )
    by_id: dict[int, str] = {}
    for token in tokens.values():
        other = by_id.setdefault(token.id, token.text)
        if other != token.text:
            raise ValueError(f"id {token.id} is that of {other!r} and of {token.text!r}")
    return list(tokens.values())


def check_places(core: _core.tokenizer.Tokenizer, given: Iterable[Added]) -> None:
    """ValueError if an id that the caller gave is another token of the model."""
    for token in given:
        one = _arrow.large_list(np.array([0, 1]), _arrow.primitive(np.array([token.id])))
        column = _tokens.tokens(one)
        try:
            data = core.decode(column.capsules, column.item_bytes, column.signed)[1].tobytes()
        except IndexError:  # it is free
            continue
        if data not in (b"", token.text.encode()):
            raise ValueError(f"special_tokens: {token.text!r}: {token.id} is the id of {data!r}")


NONE = np.empty(0, np.uint8)


def allowed(added: Sequence[Added], chosen: Any) -> npt.NDArray[np.uint8]:
    """For each added token whether it is more than text, as `allowed_special` says; empty if none is."""
    if chosen == ():
        return NONE
    special = [token.text for token in added if token.special]
    if chosen == "all":
        wanted = set(special)
    elif isinstance(chosen, str) or not all(isinstance(text, str) for text in chosen):
        raise ValueError(
            f"allowed_special: expected 'all' or a tuple of spellings, got {chosen!r}; "
            "one spelling is a tuple, too: ('<|endoftext|>',)"
        )
    else:
        wanted = set(chosen)
    unknown = sorted(wanted.difference(special))
    if unknown:
        raise ValueError(
            f"allowed_special: {unknown[0]!r} is no special token of this tokenizer; "
            f"it has {', '.join(special[:20]) or 'none: load it with special_tokens='}"
        )
    if not wanted:
        return NONE
    return np.fromiter((token.text in wanted for token in added), np.uint8, len(added))
