"""_tokenizer_wordpiece: WordPiece as BERT has it: vocab.txt, and tokenizer.json of that kind.

What a file asks for beyond that is refused by name. Encodes nothing itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from corpusmill import _check, _core
from corpusmill._tokenizer_files import Loaded, by_id, digest, joined

REFERENCE = "tokenizers 0.23.3"
"""Whose tables of characters these are; they are of several versions of Unicode."""

RULES = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
CLEANED = (
    *((b" " + mark, mark) for mark in (b".", b"?", b"!", b",")),
    (b" ' ", b"'"),
    (b" n't", b"n't"),
    (b" 'm", b"'m"),
    (b" do not", b" don't"),
    *((b" " + end, end) for end in (b"'s", b"'ve", b"'re")),
)
"""What the reference replaces in a token that is spelled, in this order."""

_TO_CLEAN = re.compile(b"|".join(re.escape(old) for old, _ in CLEANED))


@dataclass(frozen=True)
class _WordPiece:
    """What decides ids and texts, as tokenizer.json names it."""

    tokens: Sequence[bytes]  # by id, b"" for none
    rules: Mapping[str, bool]
    special: Mapping[str, int]
    unk_token: str = "[UNK]"
    continuing_subword_prefix: str = "##"
    max_input_chars_per_word: int = 100
    cleanup: bool = True
    beside: Mapping[int, bytes] = field(default_factory=dict)  # that are only spelled

    def loaded(self, cache_bytes: int) -> Loaded:
        unknown, prefix = self.unk_token.encode(), self.continuing_subword_prefix.encode()
        if unknown not in self.tokens or not unknown:
            raise ValueError(f"holds no {self.unk_token!r}, which unknown words become")

        def arrays(tokens: Iterable[bytes]) -> tuple[Any, Any]:
            data, offsets = joined(list(tokens))
            return np.frombuffer(data, np.uint8), np.array(offsets, np.int64)

        most = self.max_input_chars_per_word
        spelled = by_id({**dict(enumerate(self.tokens)), **self.beside}, "added_tokens")
        decides = (unknown, prefix, most, sorted(self.rules.items()))
        core = _core.tokenizer.wordpiece(
            arrays(self.tokens),
            arrays(self._spelled(token) for token in spelled),
            arrays(self._behind(token) for token in spelled),
            prefix,
            self.tokens.index(unknown),
            most,
            _core.tokenizer.BertRules(**self.rules),
            cache_bytes,
        )
        return Loaded(
            core,
            "WordPiece",
            len(self.tokens),
            special=self.special,
            unknown_id=self.tokens.index(unknown),
            identity=digest(b"wordpiece", *self.tokens, repr(decides).encode()),
            unicode_version=REFERENCE,
        )

    def _behind(self, token: bytes) -> bytes:
        """As it is spelled behind another one."""
        prefix = self.continuing_subword_prefix.encode()
        joins = not token or token.startswith(prefix)
        return self._spelled(token.removeprefix(prefix) if joins else b" " + token)

    def _spelled(self, token: bytes) -> bytes:
        if self.cleanup and _TO_CLEAN.search(token):
            for old, new in CLEANED:
                token = token.replace(old, new)
        return token


def load(
    path: Path,
    pattern: str | None,
    cache_bytes: int,
    *,
    lowercase: bool | None = None,
    strip_accents: bool | None = None,
) -> Loaded:
    """Of a vocab.txt: a token on each line, whose number from 0 is its id. ValueError if it is none."""
    _refuse_pattern(pattern)
    if lowercase is None:
        raise ValueError(
            "lowercase: a vocab.txt does not say whether text is put in lower case; pass True for an"
            " uncased vocabulary, False for a cased one"
        )
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: byte {error.start} is no part of UTF-8") from None
    lines = [line.rstrip(WHITE_SPACE) for line in text.removesuffix("\n").split("\n")]
    if "[UNK]" not in lines and "[unk]" in lines:
        raise ValueError(
            f"{path}:{lines.index('[unk]') + 1}: the special tokens are in lower case, as in damaged"
            " copies; put [PAD], [UNK], [CLS], [SEP] and [MASK] back into capitals"
        )
    number: dict[str, int] = {}
    for id_, line in enumerate(lines):
        if line and number.setdefault(line, id_) != id_:
            raise ValueError(f"{path}:{id_ + 1}: {line!r} stands on line {number[line] + 1}, too")
    rules = {
        "clean_text": True,
        "handle_chinese_chars": True,
        "lowercase": _check.flag("lowercase", lowercase),
        "strip_accents": _accents(strip_accents, lowercase),
    }
    special = {name: number[name] for name in SPECIAL if name in number}
    try:
        return _WordPiece([line.encode() for line in lines], rules, special).loaded(cache_bytes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def of_json(top: Mapping[str, Any], pattern: str | None, cache_bytes: int) -> Loaded:
    """Of a tokenizer.json whose model is WordPiece. ValueError naming the part that is not supported."""
    _refuse_pattern(pattern)
    model = top["model"]
    prefix = model["continuing_subword_prefix"]
    most = model["max_input_chars_per_word"]
    added = top.get("added_tokens") or ()
    _check_added(added)
    return _WordPiece(
        by_id({number: token.encode() for token, number in model["vocab"].items()}, "vocab"),
        _rules(top.get("normalizer"), top.get("pre_tokenizer")),
        {},
        model["unk_token"],
        prefix,
        _check.whole("max_input_chars_per_word", most, 0, 1 << 62),
        _cleanup(top.get("decoder"), prefix),
        {token["id"]: token["content"].encode() for token in added},
    ).loaded(cache_bytes)


def _refuse_pattern(pattern: str | None) -> None:
    if pattern is not None:
        raise ValueError("pattern: is for byte-level BPE; WordPiece cuts text as BERT does")


def _accents(strip_accents: bool | None, lowercase: bool) -> bool:
    return lowercase if strip_accents is None else _check.flag("strip_accents", strip_accents)


def _rules(
    normalizer: Mapping[str, Any] | None, cutter: Mapping[str, Any] | None
) -> dict[str, bool]:
    if (cutter or {}).get("type") != "BertPreTokenizer":
        raise ValueError(f"pre_tokenizer: expected BertPreTokenizer, got {_named(cutter)}")
    if normalizer is None:
        return dict.fromkeys(RULES, False)
    if normalizer.get("type") != "BertNormalizer":
        raise ValueError(f"normalizer: expected BertNormalizer or null, got {_named(normalizer)}")
    lowercase = normalizer["lowercase"]
    strip = _accents(normalizer["strip_accents"], lowercase)
    flags = {name: normalizer[name] for name in RULES if name != "strip_accents"}
    return {name: _check.flag(name, value) for name, value in flags.items()} | {
        "strip_accents": strip
    }


def _check_added(added: Iterable[Mapping[str, Any]]) -> None:
    """Others than special ones would be cut out of every text; normalized ones out of what it becomes."""
    for token in added:
        if not token["special"] or token["normalized"]:
            kind = "not special" if not token["special"] else "normalized"
            raise ValueError(
                f"added_tokens: {token['content']!r} is {kind}, which is not supported for WordPiece"
            )


def _cleanup(decoder: Mapping[str, Any] | None, prefix: str) -> bool:
    if decoder is None or decoder.get("type") != "WordPiece" or decoder["prefix"] != prefix:
        raise ValueError(
            f"decoder: expected WordPiece with the prefix {prefix!r}, got {_named(decoder)}"
        )
    return _check.flag("cleanup", decoder["cleanup"])


def _named(part: Mapping[str, Any] | None) -> str:
    if part is None:
        return "none"
    kinds = [named.get("type") for named in part.get("normalizers", part.get("pretokenizers", ()))]
    return " of ".join([str(part.get("type")), *([", ".join(map(str, kinds))] if kinds else [])])
