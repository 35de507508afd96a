"""_tokenizer_json_bpe: a tokenizer.json of byte-level BPE: how it normalizes, cuts and merges.

What is not known is refused by its name: nothing is guessed, nothing left out that decides ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpusmill._tokenizer_files import Loaded
from corpusmill._tokenizer_merges import Change, of_merges
from corpusmill._tokenizer_patterns import DIGITS, GPT2, Cutter, pattern_of

_FORMS = {"NFC": Change.nfc, "NFD": Change.nfd, "NFKC": Change.nfkc, "NFKD": Change.nfkd}


def of_json(top: Mapping[str, Any], pattern: str | None, cache_bytes: int) -> Loaded:
    """ValueError naming the part that is not supported."""
    model = top["model"]
    if model.get("type", "BPE") != "BPE":
        raise ValueError(f"model: {model.get('type')} is not supported here; BPE is")
    for name in ("dropout", "continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(name):
            raise ValueError(f"model: {name} {model[name]!r} is not supported")
    found, prefix = _cut(steps(top.get("pre_tokenizer"), "pretokenizers"))
    if pattern not in (None, found):
        raise ValueError(f"pattern: the file says {found!r}, got {pattern!r}")
    changes = steps(top.get("normalizer"), "normalizers")
    change = Change.blank if prefix else Change.none
    if changes:
        names = ", ".join(step["type"] for step in changes)
        if names not in _FORMS or prefix:
            beside = " with add_prefix_space" if prefix else ""
            raise ValueError(
                f"normalizer: {names}{beside} is not supported; none is, or one of {', '.join(_FORMS)}"
            )
        change = _FORMS[names]
    whole = bool(model.get("ignore_merges"))
    return of_merges(
        model["vocab"],
        model["merges"],
        found,
        cache_bytes,
        whole_pieces=whole,
        change=change,
        unmade=_unmade(top) if whole else (),
    )


def _unmade(top: Mapping[str, Any]) -> set[str]:
    """Special tokens that text never becomes by bytes and merges; nor may it as a whole piece, for
    what spells them is text. The library makes them of it, and of that alone."""
    model = top["model"]
    special = {token["content"] for token in top.get("added_tokens") or () if token["special"]}
    found = {text for text in special.intersection(model["vocab"]) if len(text) > 1}
    if not found:
        return found
    made = (merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"])
    return found.difference("".join(merge) for merge in made)


def steps(block: Mapping[str, Any] | None, name: str) -> list[Mapping[str, Any]]:
    """One after the other; sequences of them taken apart."""
    if block is None:
        return []
    if block["type"] != "Sequence":
        return [block]
    return [step for part in block[name] for step in steps(part, name)]


def _cut(steps: list[Mapping[str, Any]]) -> tuple[str, bool]:
    """The pattern, and whether a blank is put before a text."""
    if not steps or steps[-1]["type"] != "ByteLevel":
        names = ", ".join(step["type"] for step in steps) or "none"
        raise ValueError(f"pre_tokenizer: expected ByteLevel at the end, got {names}")
    level = steps[-1]
    cutters = [_cutter(step) for step in steps[:-1]]
    if level.get("use_regex", True):
        cutters.append(GPT2)
    drops = any(step.get("behavior") == "Removed" for step in steps)
    found = pattern_of(cutters, "pre_tokenizer", drops=drops)
    prefix = bool(level["add_prefix_space"])
    if prefix and len(steps) > 1:
        raise ValueError("pre_tokenizer: add_prefix_space behind a Split is not supported")
    return found, prefix


def _cutter(step: Mapping[str, Any]) -> Cutter:
    """The expression of a Split that keeps what it cuts out, or Digits."""
    if step["type"] == DIGITS[0]:
        return DIGITS[0], bool(step["individual_digits"])
    if step["type"] != "Split":
        raise ValueError(f"pre_tokenizer: {step['type']} is not supported")
    kind = (step["behavior"], bool(step["invert"]))
    if "Regex" not in step["pattern"] or kind not in (("Isolated", False), ("Removed", True)):
        raise ValueError(f"pre_tokenizer: Split of {step['pattern']!r}, {kind} is not supported")
    return str(step["pattern"]["Regex"])
