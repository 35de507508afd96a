"""_tokenizer_json: a tokenizer.json: the tokens beside the model, what is not done.

The model itself is the business of _tokenizer_json_bpe, _tokenizer_json_pieces and _tokenizer_wordpiece.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpusmill import _tokenizer_json_bpe, _tokenizer_json_pieces, _tokenizer_wordpiece
from corpusmill._tokenizer_added import Added, Stage
from corpusmill._tokenizer_files import Loaded
from corpusmill._tokenizer_json_bpe import steps


def load(path: Path, pattern: str | None, cache_bytes: int, *, top: Any) -> Loaded:
    """Of what the file holds; ValueError naming it, and the part that is damaged or not supported."""
    try:
        return of_top(top, pattern, cache_bytes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def of_top(top: Any, pattern: str | None, cache_bytes: int) -> Loaded:
    """Of the JSON itself."""
    try:
        loaded = _family(top)(top, pattern, cache_bytes)
        vocab = top["model"]["vocab"]
        if isinstance(vocab, list):  # of a Unigram: tokens with their scores
            vocab = {token: number for number, (token, _) in enumerate(vocab)}
        added = [*loaded.added, *_added(top, vocab)]
        ignored = _ignored(top)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"damaged: {error!r}") from None
    return replace(loaded, added=_once(added), ignored=ignored)


def _family(top: Mapping[str, Any]) -> Callable[..., Loaded]:
    """Who knows such a model."""
    kind = top["model"].get("type", "BPE")
    if kind == "WordPiece":
        return _tokenizer_wordpiece.of_json
    cutters = [step["type"] for step in steps(top.get("pre_tokenizer"), "pretokenizers")]
    pieces = kind == "BPE" and cutters in ([], ["Metaspace"], ["Split"])
    if kind == "Unigram" or pieces:
        return _tokenizer_json_pieces.of_json
    return _tokenizer_json_bpe.of_json


def _added(top: Mapping[str, Any], known: Mapping[str, int]) -> list[Added]:
    """The added tokens; ValueError if the library would not give one the id that is written there."""
    late = Stage.normalized if steps(top.get("normalizer"), "normalizers") else Stage.second
    tokens: dict[str, Added] = {}
    highest = len(known) - 1
    for entry in top.get("added_tokens") or []:
        text, number = entry["content"], entry["id"]
        if not isinstance(text, str) or type(number) is not int:
            raise ValueError(f"added_tokens: expected a text and its id, got {text!r}, {number!r}")
        if not text or text in tokens:
            raise ValueError(f"added_tokens: {text!r} is empty or there twice")
        expected = known.get(text, highest + 1)
        if number != expected:
            raise ValueError(
                f"added_tokens: {text!r} has id {number}, but the library tokenizers would make it"
                f" {expected}; renumber it or add what is missing before it"
            )
        highest = max(highest, number)
        tokens[text] = Added(
            text,
            number,
            bool(entry["special"]),
            bool(entry.get("lstrip")),
            bool(entry.get("rstrip")),
            late if entry["normalized"] else Stage.first,
            bool(entry.get("single_word")),
        )
    return list(tokens.values())


def _once(added: list[Added]) -> list[Added]:
    """An added token stands for what the model's vocabulary has of the same text."""
    return list({token.text: token for token in added}.values())


def _ignored(top: Mapping[str, Any]) -> list[str]:
    """What would change ids or their number if the library were asked for more than plain encoding."""
    post = steps(top.get("post_processor"), "processors")
    names = [step["type"] for step in post if step["type"] != "ByteLevel"]  # of offsets alone
    return [*(name for name in ("truncation", "padding") if top.get(name)), *names]
