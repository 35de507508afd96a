"""_tokenizer_json_marks: how a tokenizer.json of pieces has text normalized and cut, and ids spelled.

Blanks are U+2581 in pieces. What is not known is refused by its name.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpusmill import _core
from corpusmill._tokenizer_files import by_id, digest, joined
from corpusmill._tokenizer_json_bpe import steps

Rule = _core.tokenizer.TextRule

MARK = "\u2581"
_LEADS = {"always": Rule.lead, "first": Rule.lead_first, "never": None}
_PLAIN = {
    "NFC": Rule.nfc,
    "NFD": Rule.nfd,
    "NFKC": Rule.nfkc,
    "NFKD": Rule.nfkd,
    "Lowercase": Rule.lowercase,
    "StripAccents": Rule.strip_accents,
    "Nmt": Rule.nmt,
}
_IS_BYTE = re.compile("<0x[0-9A-Fa-f]{2}>").fullmatch


@dataclass(frozen=True)
class Marks:
    """What is done to a text, and where it is cut."""

    rules: tuple[tuple[str, bytes, bytes], ...]
    cuts_at_blanks: bool = False
    cuts_at_marks: bool = False
    leads: bool = False  # where words are cut, not by a rule


def marks_of(top: Mapping[str, Any], is_unigram: bool) -> Marks:
    """ValueError naming the part that is not supported."""
    rules = [
        rule for step in steps(top.get("normalizer"), "normalizers") for rule in _rules_of(step)
    ]
    normalizes = bool(rules)
    cutters = steps(top.get("pre_tokenizer"), "pretokenizers")
    names = [step["type"] for step in cutters]
    if not is_unigram and names == ["Split"]:
        _check_split(cutters[0], rules)
        cutters, names = [], []
    if names not in (
        [["Metaspace"], ["WhitespaceSplit", "Metaspace"]] if is_unigram else [[], ["Metaspace"]]
    ):
        raise ValueError(f"pre_tokenizer: {', '.join(names) or 'none'} is not supported")
    if not cutters:
        return Marks(_named(rules))
    scheme, cuts = _scheme(cutters[-1]), bool(cutters[-1].get("split", True))
    at_blanks = len(cutters) == 2
    leads = is_unigram and scheme == "always"  # of each word
    if not is_unigram:
        rules.append((Rule.replace, b" ", MARK.encode()))
    lead = None if leads else _LEADS[scheme]
    if lead is not None:
        rules.append((lead, b"", b""))
    if at_blanks and scheme == "first":
        raise ValueError("pre_tokenizer: WhitespaceSplit before a first blank is not supported")
    late = any(token["normalized"] for token in top.get("added_tokens") or ())
    if normalizes and late and (not is_unigram or lead is not None):
        raise ValueError(
            "pre_tokenizer: Metaspace is not supported where a normalizer and added tokens are that"
            " are normalized"
        )
    return Marks(_named(rules), at_blanks, cuts, leads)


def _named(rules: Iterable[tuple[Any, bytes, bytes]]) -> tuple[tuple[str, bytes, bytes], ...]:
    return tuple((kind.name, before, after) for kind, before, after in rules)


def _rules_of(step: Mapping[str, Any]) -> list[tuple[Any, bytes, bytes]]:
    """One step of a normalizer."""
    kind = step["type"]
    if kind in _PLAIN:
        return [(_PLAIN[kind], b"", b"")]
    if kind == "Prepend":
        return [(Rule.prepend, b"", step["prepend"].encode())]
    if kind == "Precompiled":
        return [(Rule.charsmap, base64.b64decode(step["precompiled_charsmap"], validate=True), b"")]
    if kind == "Strip":
        sides = {Rule.strip_left: step["strip_left"], Rule.strip_right: step["strip_right"]}
        return [(rule, b"", b"") for rule, is_done in sides.items() if is_done]
    if kind == "Replace":
        what, content = step["pattern"], step["content"].encode()
        if what.get("String"):
            return [(Rule.replace, what["String"].encode(), content)]
        if what.get("Regex") == " {2,}":
            return [(Rule.runs, b"", content)]
        raise ValueError(f"normalizer: Replace of {what!r} is not supported")
    raise ValueError(f"normalizer: {kind} is not supported for pieces")


def _check_split(step: Mapping[str, Any], rules: Iterable[tuple[Any, bytes, bytes]]) -> None:
    """It cuts at blanks, of which there are none any more."""
    without_blanks = (Rule.replace, b" ", MARK.encode()) in list(rules)[-1:]
    if step["pattern"] != {"String": " "} or not without_blanks:
        raise ValueError(f"pre_tokenizer: Split of {step['pattern']!r} is not supported for pieces")


def _scheme(metaspace: Mapping[str, Any]) -> str:
    """Where a blank is put before a text: always, at the first one, never."""
    if metaspace["replacement"] != MARK:
        raise ValueError(f"Metaspace: expected {MARK!r}, got {metaspace['replacement']!r}")
    scheme = metaspace.get("prepend_scheme", "always")
    if scheme not in _LEADS:
        raise ValueError(f"Metaspace: prepend_scheme {scheme!r} is not supported")
    if metaspace.get("add_prefix_space") is False and scheme != "never":
        raise ValueError("Metaspace: add_prefix_space and prepend_scheme say different things")
    return str(scheme)


def spelling_of(
    top: Mapping[str, Any], tokens: Sequence[bytes], marks: Marks, cache_bytes: int
) -> tuple[_core.tokenizer.Around, bytes]:
    """What C++ is told of a text before and behind the model, and a digest of what of it decides ids."""
    beside = {token["id"]: token["content"].encode() for token in top.get("added_tokens") or ()}
    spelled = by_id({**dict(enumerate(tokens)), **beside}, "added_tokens")
    decoder = steps(top.get("decoder"), "decoders")
    names = [step["type"] for step in decoder]
    falls_back, dropped = "ByteFallback" in names, 0
    if names == ["Metaspace"]:
        inner = " " if _scheme(decoder[0]) == "never" else ""
        first = [token.replace(MARK.encode(), inner.encode()) for token in spelled]
        later = [token.replace(MARK.encode(), b" ") for token in spelled]
    elif names:
        dropped = _check_decoder(decoder, names)
        first = list(spelled)
        for step in decoder[: names.count("Replace")]:
            old, new = step["pattern"]["String"].encode(), step["content"].encode()
            first = [token.replace(old, new) for token in first]
        later = first
    else:
        first, later = spelled, [token and b" " + token for token in spelled]
    byte_of = [
        int(token[3:5], 16) if falls_back and _IS_BYTE(token.decode()) else -1 for token in first
    ]
    rules = [(getattr(Rule, name), before, after) for name, before, after in marks.rules]
    around = _core.tokenizer.Around(
        rules, arrays(first), arrays(later), np.array(byte_of, np.int16), dropped, cache_bytes
    )
    return around, digest(*(part for _, *texts in marks.rules for part in texts))


def _check_decoder(decoder: Sequence[Mapping[str, Any]], names: Sequence[str]) -> int:
    """How many blanks it drops at the begin of a text; ValueError if it is not supported."""
    shape = ["Replace"] * names.count("Replace") + ["ByteFallback"] * ("ByteFallback" in names)
    rest = list(names[len(shape) :])
    if [*shape, *rest] != list(names) or rest not in ([], ["Fuse"], ["Fuse", "Strip"]):
        raise ValueError(f"decoder: {', '.join(names)} is not supported for pieces")
    for step in decoder[: names.count("Replace")]:
        if not step["pattern"].get("String"):
            raise ValueError(f"decoder: Replace of {step['pattern']!r} is not supported")
    if "Strip" not in names:
        return 0
    strip = decoder[-1]
    if strip["content"] != " " or strip["stop"]:
        raise ValueError(f"decoder: Strip of {strip!r} is not supported")
    return int(strip["start"])


def arrays(tokens: Iterable[bytes]) -> tuple[Any, Any]:
    """All bytes, and where each token begins and the last one ends."""
    data, offsets = joined(list(tokens))
    return np.frombuffer(data, np.uint8), np.array(offsets, np.int64)
