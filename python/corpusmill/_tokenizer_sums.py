"""_tokenizer_sums: signals of documents summed by group, and the table of what that tells. Encodes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _core
from corpusmill._tokenizer_signals import OF_TEXT, OF_TOKENIZER, Counting, Ints

Keys: TypeAlias = npt.NDArray[np.uint64]

MOST_GROUPS = 10_000
"""Of a report: more are hardly languages or sources."""

WHOLE = ("vocab_size", "documents", *OF_TEXT, *OF_TOKENIZER)
RATIOS = {
    "bytes_per_token": ("bytes", "tokens"),
    "tokens_per_byte": ("tokens", "bytes"),
    "tokens_per_character": ("tokens", "characters"),
    "tokens_per_word": ("tokens", "words"),
    "fertility": ("word_tokens", "words"),
    "whole_word_share": ("whole_words", "words"),
    "unknown_rate": ("unknown_tokens", "tokens"),
}
SCHEMA = pa.schema(
    [("tokenizer", pa.large_string()), ("group", pa.large_string())]
    + [(name, pa.int64()) for name in WHOLE]
    + [(name, pa.float64()) for name in RATIOS]
    + [("premium", pa.float64()), ("parallel", pa.int64())]
)


class Tally:
    """Sums of the signals of documents, added in any order."""

    def __init__(self, tokenizers: Mapping[str, Counting]) -> None:
        self._tokenizers = dict(tokenizers)
        self._sums: dict[str | None, Ints] = {}
        self._pairs: dict[str, list[tuple[Keys, Ints]]] = {}

    def add(self, signals: Ints, groups: Sequence[str | None], keys: Keys | None = None) -> None:
        """A row and a group for each document, None for no group; keys: 2 words each, 0 for none.

        ValueError if there are more than MOST_GROUPS groups.
        """
        rows = np.concatenate([np.ones((len(signals), 1), np.int64), signals], axis=1)
        self._add(None, rows.sum(axis=0, dtype=np.int64))
        names = sorted({group for group in groups if group is not None}, key=str.encode)
        number: dict[str | None, int] = {name: place for place, name in enumerate(names)}
        places = np.array([number.get(group, -1) for group in groups], np.int64)
        for place, name in enumerate(names):
            chosen = places == place
            self._add(name, rows[chosen].sum(axis=0, dtype=np.int64))
            if keys is not None:
                paired = chosen & keys.any(axis=1)
                tokens = signals[paired][:, len(OF_TEXT) :: len(OF_TOKENIZER)]
                self._pairs.setdefault(name, []).append((keys[paired], tokens))

    def _add(self, name: str | None, sums: Ints) -> None:
        self._sums[name] = self._sums.get(name, 0) + sums
        if len(self._sums) > MOST_GROUPS + 1:
            raise ValueError(f"by: expected at most {MOST_GROUPS:,} different values; is it an id?")

    def table(self, baseline: str | None = None) -> pa.Table:
        """Of each tokenizer all documents, then the groups in the order of their names."""
        groups = [None, *sorted((name for name in self._sums if name is not None), key=str.encode)]
        none = np.zeros(1 + len(OF_TEXT) + len(OF_TOKENIZER) * len(self._tokenizers), np.int64)
        premiums = {name: self._premiums(name, baseline or "") for name in self._pairs}
        lines: list[dict[str, Any]] = []
        for place, (name, tokenizer) in enumerate(self._tokenizers.items()):
            first = 1 + len(OF_TEXT) + place * len(OF_TOKENIZER)
            for group in groups:
                sums = self._sums.get(group, none)
                of_it = sums[first : first + len(OF_TOKENIZER)]
                numbers = [tokenizer.vocab_size, *sums[: 1 + len(OF_TEXT)], *of_it]
                whole = dict(zip(WHOLE, map(int, numbers), strict=True))
                of_pairs = None if group is None else premiums.get(group)
                lines.append(
                    {"tokenizer": name, "group": group, **whole}
                    | {name: _ratio(whole[of], whole[by]) for name, (of, by) in RATIOS.items()}
                    | {
                        "premium": of_pairs and of_pairs[0][place],
                        "parallel": of_pairs and of_pairs[1],
                    }
                )
        return _table(lines)

    def _premiums(self, group: str, baseline: str) -> tuple[list[float | None], int]:
        """The tokens of a group beside those of the baseline, of the texts that both have."""
        (keys, tokens), (base_keys, base_tokens) = self._paired(group), self._paired(baseline)
        both = np.concatenate([keys, base_keys])
        number = np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)
        mine, theirs = number[: len(keys)], number[len(keys) :]
        shared = np.intersect1d(mine, theirs)
        sums = tokens[np.isin(mine, shared)].sum(axis=0)
        base_sums = base_tokens[np.isin(theirs, shared)].sum(axis=0)
        return [_ratio(*pair) for pair in zip(sums, base_sums, strict=True)], len(shared)

    def _paired(self, group: str) -> tuple[Keys, Ints]:
        none = (np.empty((0, 2), np.uint64), np.empty((0, len(self._tokenizers)), np.int64))
        found = [none, *self._pairs.get(group, [])]
        keys, tokens = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return keys, tokens


def keys(values: _arrow.Strings) -> Keys:
    """Of strings, two words each that tell them apart; 0 for a null."""
    hashes = _core.dedup.content_hashes(values.capsules, 1).reshape(-1, 2)
    found: Keys = np.where(values.valid_mask()[:, None], hashes, np.uint64(0))
    return found


def _table(lines: Sequence[Mapping[str, Any]]) -> pa.Table:
    columns = []
    for field in SCHEMA:
        values = [line[field.name] for line in lines]
        if pa.types.is_large_string(field.type):
            columns.append(_arrays.of_texts(values))
            continue
        numbers = np.array([value or 0 for value in values], field.type.to_pandas_dtype())
        columns.append(_arrays.of_numpy(numbers, np.array([value is not None for value in values])))
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _ratio(of: Any, by: Any) -> float | None:
    return float(of) / float(by) if by else None
