"""_tokenizer_json_pieces: a tokenizer.json made of a SentencePiece model: BPE of characters, or Unigram.

Ids are those of the library tokenizers, which are not always SentencePiece's. What is not known is refused by
its name. How text is normalized and cut, and ids are spelled, is the business of _tokenizer_json_marks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill._tokenizer_added import MAX_ID
from corpusmill._tokenizer_files import Loaded, by_id, digest
from corpusmill._tokenizer_json_marks import Marks, arrays, marks_of, spelling_of
from corpusmill._tokenizer_merges import pairs
from corpusmill._tokenizer_wordpiece import REFERENCE

_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6  # of csrc/tokenizer/sentencepiece_file.hpp
_NONE = 0xFFFFFFFF
_IS_BYTE = re.compile("<0x[0-9A-F]{2}>").fullmatch


def of_json(top: Mapping[str, Any], pattern: str | None, cache_bytes: int) -> Loaded:
    """ValueError naming the part that is not supported."""
    if pattern is not None:
        raise ValueError("pattern: is for byte-level BPE; this file says how its text is cut")
    is_unigram = top["model"].get("type") == "Unigram"
    marks = marks_of(top, is_unigram)
    return (_unigram if is_unigram else _merged)(top, marks, cache_bytes)


def _special(top: Mapping[str, Any]) -> set[str]:
    return {token["content"] for token in top.get("added_tokens") or () if token["special"]}


def _merged(top: Mapping[str, Any], marks: Marks, cache_bytes: int) -> Loaded:
    model = top["model"]
    for name in ("dropout", "continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(name):
            raise ValueError(f"model: {name} {model[name]!r} is not supported for BPE of pieces")
    vocab, unknown = model["vocab"], model.get("unk_token")
    if unknown not in vocab or len(unknown) < 2:
        raise ValueError(
            f"model: unk_token: expected a token of several characters, got {unknown!r}"
        )
    fallback, fuses = bool(model.get("byte_fallback")), bool(model.get("fuse_unk"))
    apart = {unknown, *(token for token in vocab if fallback and _IS_BYTE(token))}
    merges = _merges(model["merges"], vocab, apart)
    made = set(merges[:, 2].tolist())
    texts = by_id({number: token.encode() for token, number in vocab.items()}, "vocab")
    types = np.full(len(texts), _CONTROL, np.uint8)
    for token, number in vocab.items():
        if token in apart:
            types[number] = _UNKNOWN if token == unknown else _BYTE
        elif len(token) == 1 or number in made:
            types[number] = _NORMAL
    around, decides = spelling_of(top, texts, marks, cache_bytes)
    whole = _whole(top) if model.get("ignore_merges") else np.empty(0, np.uint8)
    core = _core.tokenizer.merged_pieces(
        arrays(texts),
        types,
        merges.reshape(-1),
        whole,
        fallback,
        fuses,
        marks.cuts_at_marks,
        around,
    )
    flags = repr((fallback, fuses, marks)).encode()
    numbers = [types.tobytes(), merges.tobytes(), *([whole.tobytes()] if len(whole) else [])]
    identity = digest(b"pieces", flags, decides, *texts, *numbers)
    return _loaded(core, "BPE of pieces", len(texts), vocab[unknown], identity)


def _whole(top: Mapping[str, Any]) -> npt.NDArray[np.uint8]:
    """Of each token whether a word that it spells becomes it, whatever the merges are: all but special ones.

    What spells those is text; the library makes them of it where it is a word by itself.
    """
    vocab, special = top["model"]["vocab"], _special(top)
    found = np.zeros(max(vocab.values()) + 1, np.uint8)
    found[[number for token, number in vocab.items() if token and token not in special]] = 1
    return found


def _merges(
    merges: Sequence[Any], vocab: Mapping[str, int], apart: set[str]
) -> npt.NDArray[np.uint32]:
    """Of each the ids of what is merged and of what it becomes."""
    both = pairs(merges, vocab, dict.fromkeys(vocab, b"")).reshape(-1, 2)
    text_of = {number: token for token, number in vocab.items()}
    made = np.empty(len(both), np.uint32)
    for place, (left, right) in enumerate(both.tolist()):
        parts = text_of[left], text_of[right]
        whole = "".join(parts)
        if whole not in vocab:
            raise ValueError(f"merges: {' '.join(parts)!r}: {whole!r} is no token")
        if not apart.isdisjoint((*parts, whole)):
            raise ValueError(f"merges: {' '.join(parts)!r}: bytes and what is unknown never merge")
        made[place] = vocab[whole]
    return np.concatenate([both, made[:, None]], axis=1)


def _unigram(top: Mapping[str, Any], marks: Marks, cache_bytes: int) -> Loaded:
    model = top["model"]
    tokens = [token for token, _ in model["vocab"]]
    if not 0 < len(tokens) <= MAX_ID + 1:
        raise ValueError(f"vocab: expected 1 to {MAX_ID + 1:,} tokens, got {len(tokens):,}")
    texts = [token.encode() for token in tokens]
    scores = np.array([score for _, score in model["vocab"]], np.float64)
    if not np.isfinite(scores).all():
        raise ValueError("vocab: a score is no number")
    unknown = model.get("unk_id")
    if unknown is not None and unknown not in range(len(tokens)):
        raise ValueError(f"model: unk_id: expected one of the tokens, got {unknown!r}")
    special = _special(top)
    is_text = np.array([token not in special for token in tokens], np.uint8)
    fallback = bool(model.get("byte_fallback"))
    around, decides = spelling_of(top, texts, marks, cache_bytes)
    core = _core.tokenizer.word_unigram(
        arrays(texts),
        is_text,
        scores,
        _NONE if unknown is None else unknown,
        fallback,
        marks.cuts_at_blanks,
        marks.cuts_at_marks,
        marks.leads,
        around,
    )
    flags = repr((fallback, unknown, marks)).encode()
    identity = digest(b"unigram", flags, decides, *texts, is_text.tobytes(), scores.tobytes())
    return _loaded(core, "Unigram", len(texts), unknown, identity)


def _loaded(core: Any, family: str, size: int, unknown: int | None, identity: bytes) -> Loaded:
    return Loaded(
        core, family, size, unknown_id=unknown, identity=identity, unicode_version=REFERENCE
    )
