"""_tokenizer_save: byte-level BPE as a file that other libraries read. Learns nothing."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from corpusmill import _core, _whole_file
from corpusmill._tokenizer_added import Added, Stage
from corpusmill._tokenizer_files import Loaded
from corpusmill._tokenizer_parts import CHARACTER, Parts
from corpusmill._tokenizer_patterns import WRITTEN, Cutter

_NOTHING = ("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix")
Change = _core.tokenizer.Change
_NO_FORM = (Change.none, Change.blank)


def save(loaded: Loaded, path: Path) -> None:
    """A file of ranks if the name ends in .tiktoken, else a tokenizer.json; see `Tokenizer.save`.

    loaded      all special tokens are among `added`
    """
    _whole_file.write(path, _ranks(loaded) if path.suffix == ".tiktoken" else _json(loaded))


def _ranks(loaded: Loaded) -> bytes:
    """ValueError if ids, as ranks, would merge otherwise."""
    parts = Parts.of(loaded.core)
    if why := parts.no_ranks(loaded.pattern):
        raise ValueError(f"path: {why}; save a tokenizer.json")
    lines = [b"%s %d\n" % (base64.b64encode(t), i) for i, t in enumerate(parts.tokens) if t]
    return b"".join(lines)


def _json(loaded: Loaded) -> bytes:
    parts = Parts.of(loaded.core)
    written = ["".join(CHARACTER[byte] for byte in token) for token in parts.tokens]
    vocab = {token: number for number, token in enumerate(written) if token}
    vocab |= {token.text: token.id for token in loaded.added if token.stage == Stage.never}
    added = [token for token in loaded.added if token.stage != Stage.never]
    added.sort(key=lambda token: token.id)
    if [token.id for token in added] != list(range(len(vocab), len(vocab) + len(added))):
        vocab |= {token.text: token.id for token in added}  # else the library renumbers them
    whole: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(token) for token in added],
        "normalizer": None if parts.change in _NO_FORM else {"type": parts.change.name.upper()},
        "pre_tokenizer": _pre_tokenizer(parts.change, str(loaded.pattern)),
        "post_processor": None,
        "decoder": _byte_level(add_prefix_space=False, use_regex=True),
        "model": {
            "type": "BPE",
            **dict.fromkeys(_NOTHING),
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": parts.whole_pieces,
            "vocab": dict(sorted(vocab.items(), key=lambda item: item[1])),
            "merges": [[written[left], written[right]] for left, right in parts.merges.tolist()],
        },
    }
    return json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n"


def _pre_tokenizer(change: _core.tokenizer.Change, pattern: str) -> dict[str, Any]:
    if change == Change.blank:
        if pattern != "gpt2":
            raise ValueError(f"path: a blank before the text with {pattern!r} cannot be saved")
        return _byte_level(add_prefix_space=True, use_regex=True)
    splits = [_split(cutter) for cutter in WRITTEN[pattern]]
    rest = _byte_level(add_prefix_space=False, use_regex=False)
    return {"type": "Sequence", "pretokenizers": [*splits, rest]}


def _split(cutter: Cutter) -> dict[str, Any]:
    if isinstance(cutter, str):
        isolated = {"behavior": "Isolated", "invert": False}
        return {"type": "Split", "pattern": {"Regex": cutter}, **isolated}
    kind, individual = cutter
    return {"type": kind, "individual_digits": individual}


def _byte_level(**flags: bool) -> dict[str, Any]:
    return {"type": "ByteLevel", "trim_offsets": True, **flags}


def _added(token: Added) -> dict[str, Any]:
    return {
        "id": token.id,
        "content": token.text,
        "single_word": token.single_word,
        "lstrip": token.lstrip,
        "rstrip": token.rstrip,
        "normalized": token.stage != Stage.first,
        "special": token.special,
    }
