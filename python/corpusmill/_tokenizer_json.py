"""_tokenizer_json: a tokenizer.json: the tokens beside the model, what is not done.

The model itself is the business of _tokenizer_json_bpe and _tokenizer_wordpiece.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpusmill import _tokenizer_json_bpe, _tokenizer_wordpiece
from corpusmill._tokenizer_added import Added, Stage
from corpusmill._tokenizer_files import Loaded, read_json
from corpusmill._tokenizer_json_bpe import steps


def load(path: Path, pattern: str | None, cache_bytes: int) -> Loaded:
    """ValueError naming the part of the file that is damaged or not supported."""
    top = read_json(path)
    try:
        is_wordpiece = top["model"].get("type") == "WordPiece"
        of_json = _tokenizer_wordpiece.of_json if is_wordpiece else _tokenizer_json_bpe.of_json
        loaded = of_json(top, pattern, cache_bytes)
        added = [*loaded.added, *_added(top, top["model"]["vocab"])]
        ignored = _ignored(top)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}: damaged: {error!r}") from None
    return replace(loaded, added=_once(added), ignored=ignored)


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
        if entry.get("single_word"):
            raise ValueError(f"added_tokens: {text!r}: single_word is not supported")
        highest = max(highest, number)
        tokens[text] = Added(
            text,
            number,
            bool(entry["special"]),
            bool(entry.get("lstrip")),
            bool(entry.get("rstrip")),
            late if entry["normalized"] else Stage.first,
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
