"""tally: the running counts of one file or of many, fed block by block, in any order but hashes'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from corpusmill import _core
from corpusmill.shards.jobs.stats.lengths import Lengths
from corpusmill.shards.jobs.stats.result import Counted
from corpusmill.shards.ledger import Counts
from corpusmill.shards.rows import Ints

MOST_FIELDS = 1000
"""Fields told apart: the first in the order of the bytes of their names, so that which they are and
what is counted of them depend on no order of blocks."""


@dataclass(frozen=True)
class BlockCounts:
    """What is counted of one block."""

    rejected: list[str]  # reasons
    text_bytes: Ints
    characters: Ints
    words: Ints
    letters: Ints
    objects: int
    fields: dict[str, list[int]]
    num_values: int


class Tally:
    """Counts of blocks, or of other tallies."""

    def __init__(self) -> None:
        self._rejected: Counter[str] = Counter()
        self._rows = self._objects = self._num_values = 0
        self._lengths = (Lengths(), Lengths(), Lengths())
        self._letters = np.zeros(len(_core.text.script_names), np.int64)
        self._fields: dict[str, Ints] = {}

    def add(self, block: BlockCounts) -> None:
        self._rejected.update(block.rejected)
        self._rows += len(block.words)
        self._objects += block.objects
        self._letters += block.letters
        columns = (block.text_bytes, block.characters, block.words)
        for lengths, column in zip(self._lengths, columns, strict=True):
            lengths.add(column)
        self._add_fields(
            ((name, np.array(counts)) for name, counts in block.fields.items()), block.num_values
        )

    def merge(self, other: Tally) -> None:
        self._rejected.update(other._rejected)
        self._rows += other._rows
        self._objects += other._objects
        self._letters += other._letters
        for lengths, others in zip(self._lengths, other._lengths, strict=True):
            lengths.merge(others)
        self._add_fields(other._fields.items(), other._num_values)

    def _add_fields(self, fields: Iterable[tuple[str, Ints]], num_values: int) -> None:
        self._num_values += num_values
        for name, counts in fields:
            self._fields[name] = self._fields.get(name, 0) + counts
        if len(self._fields) > MOST_FIELDS:
            first = sorted(self._fields, key=str.encode)[:MOST_FIELDS]
            self._fields = {name: self._fields[name] for name in first}

    def counted(self, repeated: int) -> Counted:
        text_bytes, characters, words = (lengths.spread() for lengths in self._lengths)
        named = zip(_core.text.script_names, self._letters.tolist(), strict=True)
        fields = {
            name: _by_type(self._fields[name]) for name in sorted(self._fields, key=str.encode)
        }
        return Counted(
            rows_read=self._rows + self._rejected.total(),
            rows=self._rows,
            rejected=dict(sorted(self._rejected.items())),
            text_bytes=text_bytes,
            characters=characters,
            words=words,
            letters={name: count for name, count in named if name and count},
            repeated=repeated,
            objects=self._objects,
            fields=fields,
            other_values=self._num_values - sum(sum(types.values()) for types in fields.values()),
        )


def _by_type(counts: Ints) -> Counts:
    named = zip(_core.jsonl.types, counts.tolist(), strict=True)
    return {name: count for name, count in named if count}
