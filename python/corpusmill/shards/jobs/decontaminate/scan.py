"""scan: the passes of a decontamination: which rows hold a text, and for those alone what and where.

Decides nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays
from corpusmill import text as texts_of
from corpusmill.ngram import ContaminationIndex
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.rows import Ints
from corpusmill.shards.state.store import Store
from corpusmill.shards.state.table import Table


class ScanPass:
    """Every row once: its place, its id, and whether a text is found in it."""

    def __init__(
        self,
        shards: Sequence[Shard],
        store: Store,
        index: ContaminationIndex,
        *,
        text: str,
        id_field: str,
    ) -> None:
        self._shards = shards
        self._store = store
        self._index = index
        self._fields = Fields(text, id_field, None)
        self.meter = Meter("scan", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        rows = found.rows
        lists = self._index.find(_column(found.texts), threads=1)["found"].combine_chunks()
        lengths = _arrays.filled(lists.value_lengths())
        # A number a row, kept as those are that rows of other jobs are preferred by.
        rows.preference = (lengths > 0).astype(np.uint8)
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)


class Found(NamedTuple):
    """The rows that hold a text, ascending, and what `ContaminationIndex.find` says of each.

    cuts        what is to be cut out of each: a list of spans; null: more than the rule lets be cut
    emptied     whether no word would be left
    """

    rows: Ints
    table: pa.Table
    cuts: pa.Array
    emptied: npt.NDArray[np.bool_]


class MatchPass:
    """The rows in which a text is found, again: their texts are let go, what is found stays."""

    def __init__(
        self,
        shards: Sequence[Shard],
        table: Table,
        index: ContaminationIndex,
        flags: npt.NDArray[np.uint8],
        *,
        text: str,
    ) -> None:
        self._shards = shards
        self._table = table
        self._index = index
        self._flags = flags
        self._text = text
        self._lock = threading.Lock()
        self._parts: list[Found] = []
        self._wanted = table.blocks_where(lambda rows: bool(rows.of(flags).any()))
        self.meter = Meter("match", sum(map(Shard.size_of, shards, self._wanted)))

    def blocks(self, shard: int) -> Blocks:
        source, count = self._shards[shard], self.meter.add_bytes
        return source.again(self._wanted[shard], count, columns=[self._text])

    def work(self, shard: int, block: Block) -> None:
        rows = self._table.block(shard, block.index)
        chosen = np.flatnonzero(rows.of(self._flags))
        docs = _column(block.texts(rows, chosen, self._text))
        if len(docs) != len(chosen):
            raise self._shards[shard].changed()
        found = self._index.find(docs, threads=1)
        cuts = self._index.cuts(docs, found["spans"])
        words = texts_of.words(texts_of.cut(docs, cuts), threads=1)
        emptied = _arrays.filled(words.value_lengths()) == 0
        part = Found(rows.first_row + chosen, found, cuts, emptied)
        with self._lock:
            self._parts.append(part)
        self.meter.add_rows(len(chosen))

    def finish(self, shard: int) -> None:
        """Nothing is left to do for a shard alone."""

    def found(self) -> Found:
        """All of it, in the order of rows."""
        nothing = _column([])
        none = self._index.find(nothing, threads=1)
        cuts = self._index.cuts(nothing, none["spans"])
        empty = Found(np.zeros(0, np.int64), none, cuts, np.zeros(0, np.bool_))
        parts = [empty, *sorted(self._parts, key=lambda part: part.rows[0])]
        return Found(
            np.concatenate([part.rows for part in parts]),
            pa.concat_tables([part.table for part in parts]).combine_chunks(),
            pa.concat_arrays([part.cuts for part in parts]),
            np.concatenate([part.emptied for part in parts]),
        )


def _column(chunks: list[pa.Array]) -> pa.ChunkedArray:
    return pa.chunked_array(chunks, chunks[0].type if chunks else pa.large_string())
