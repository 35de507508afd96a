"""_tokenizer_merges: byte-level BPE of merges: vocab.json with merges.txt. Ids are not ranks here.

Tokens are written in the alphabet of GPT-2, which has a visible character for each byte.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill._tokenizer_added import Added, Stage
from corpusmill._tokenizer_files import Loaded, by_id, digest, joined, read_json
from corpusmill._tokenizer_ranks import known

Change = _core.tokenizer.Change

_VISIBLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
_HIDDEN = sorted(set(range(0x100)).difference(_VISIBLE))
# The byte of each character; one that is none is made one that no byte is.
_BYTE_OF = dict.fromkeys(_HIDDEN, 0xE000) | {0x100 + i: byte for i, byte in enumerate(_HIDDEN)}


def load(path: Path, pattern: str | None, cache_bytes: int, *, top: Any = None) -> Loaded:
    """Of either of the two files; the other lies beside it. top: what vocab.json holds, if it was read.

    They have the names vocab.json and merges.txt, or end in them: gpt2.vocab.json, gpt2.merges.txt.
    """
    known(pattern, "merges")
    is_vocab = path.name.endswith("vocab.json")
    ending, other = ("vocab.json", "merges.txt") if is_vocab else ("merges.txt", "vocab.json")
    beside = path.with_name(path.name.removesuffix(ending) + other)
    if not path.name.endswith(ending) or not beside.exists():
        raise ValueError(
            f"{path}: needs vocab.json and merges.txt side by side, or files that end in these"
            f" names; there is no {beside.name}"
        )
    vocab_path, merges_path = (path, beside) if is_vocab else (beside, path)
    try:
        return of_merges(
            read_json(vocab_path) if top is None else top,
            _lines(merges_path.read_bytes().decode()),
            pattern,
            cache_bytes,
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    except (TypeError, AttributeError) as error:
        raise ValueError(f"{path}: damaged: {error!r}") from None


def _lines(text: str) -> list[str]:
    """Line ends alone end lines, of all white space: the rest may be part of tokens."""
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    return [line for line in lines if not line.startswith("#version")]


def of_merges(
    vocab: Mapping[str, Any],
    merges: Sequence[Any],
    pattern: str | None,
    cache_bytes: int,
    *,
    whole_pieces: bool = False,
    change: _core.tokenizer.Change = Change.none,
    unmade: Collection[str] = (),
) -> Loaded:
    """vocab: the id of each token; merges: "a b" or [a, b], the first is merged first.

    A token that has a character of no byte is never made, as in the library tokenizers; nor is one
    of `unmade`.
    """
    if not all(isinstance(number, int) for number in vocab.values()):
        raise ValueError("vocab: expected ids that are whole numbers")
    tokens = {token: None if token in unmade else as_bytes(token) for token in vocab}
    found = {vocab[token]: data or b"" for token, data in tokens.items()}
    if len(found) < len(vocab):
        raise ValueError("vocab: two tokens have the same id")
    data, begins = joined(by_id(found, "vocab"))
    offsets = np.array(begins, np.int64)
    joins = pairs(merges, vocab, tokens)
    core = _core.tokenizer.merged_bpe(
        np.frombuffer(data, np.uint8),
        offsets,
        joins,
        whole_pieces,
        known(pattern, "merges"),
        change,
        cache_bytes,
    )
    kind = f"merges {whole_pieces} {change!s}".encode()
    return Loaded(
        core,
        "byte-level BPE",
        len(offsets) - 1,
        pattern,
        added=[
            Added(token, vocab[token], special=False, stage=Stage.never)
            for token, data in tokens.items()
            if data is None and token
        ],
        identity=digest(kind, data, offsets.tobytes(), joins.tobytes()),
    )


def as_bytes(token: str) -> bytes | None:
    """None if a character stands for no byte."""
    try:
        return token.translate(_BYTE_OF).encode("latin-1")
    except UnicodeEncodeError:
        return None


def pairs(
    merges: Iterable[Any], vocab: Mapping[str, int], tokens: Mapping[str, bytes | None]
) -> npt.NDArray[np.uint32]:
    """The ids of what is merged, left and right in turn. Of a pair that is there twice the last counts."""
    parts = [merge.split(" ") if isinstance(merge, str) else merge for merge in merges]
    try:
        left = np.array([vocab[token] for token, _ in parts], np.uint64)
        right = np.array([vocab[token] for _, token in parts], np.uint64)
    except (KeyError, ValueError):
        raise ValueError(_wrong(parts, vocab)) from None
    unmade = [vocab[token] for token, data in tokens.items() if data is None]
    made = ~(np.isin(left, unmade) | np.isin(right, unmade))
    keys = (left[made] << np.uint64(32) | right[made])[::-1]
    last = np.sort(np.unique(keys, return_index=True)[1])
    found = keys[last][::-1]
    both = np.stack([found >> np.uint64(32), found & np.uint64(0xFFFFFFFF)], axis=1)
    return both.astype(np.uint32).reshape(-1)


def _wrong(parts: Iterable[Any], vocab: Mapping[str, int]) -> str:
    """What is wrong with the first merge that is."""
    for number, merge in enumerate(parts):
        if len(merge) != 2:
            return f"merges: merge {number}: expected two tokens, got {' '.join(merge)!r}"
        for token in merge:
            if token not in vocab:
                return f"merges: merge {number}: {token!r} is no token"
    return "merges: damaged"
