"""walk: the passes of a job on passages that read text: how long the texts are, the walks over them, and
the words in what was found.

Finds nothing by itself: corpusmill._core.dedup.PassageFinder does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corpusmill import _core
from corpusmill.shards.jobs.passages.choices import Choices
from corpusmill.shards.passes import Blocks
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.read import Block, Shard
from corpusmill.shards.rows import BlockRows, Ints, PackedRows
from corpusmill.shards.state.store import Store
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.added import RowSpans


class LengthPass:
    """Scans all blocks, for the places of rows and the bytes of their texts."""

    def __init__(self, shards: Sequence[Shard], store: Store, *, text: str) -> None:
        self._shards = shards
        self._store = store
        self._fields = Fields(text, None, None)
        self.meter = Meter("lengths", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks[Block]:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        rows = found.rows
        # A number a row, kept as those are that rows of other jobs are preferred by.
        rows.preference = found.lengths
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)


class WalkPass:
    """Brings the texts of blocks to the finder, in any order: it is told where each block's lie.

    positions   of each row, with one behind the last: the bytes of the texts before it
    """

    def __init__(
        self,
        shards: Sequence[Shard],
        table: Table,
        finder: _core.dedup.PassageFinder,
        positions: Ints,
        *,
        text: str,
        stage: str,
    ) -> None:
        self._shards = shards
        self._table = table
        self._finder = finder
        self._positions = positions
        self._text = text
        self._wanted = table.blocks_where(self._is_wanted)
        self.meter = Meter(stage, sum(map(Shard.size_of, shards, self._wanted)))

    def _of(self, rows: PackedRows | BlockRows) -> Ints:
        """Of the rows of a block, with the one behind them."""
        return self._positions[rows.first_row : rows.first_row + rows.num_rows + 1]

    def _is_wanted(self, rows: PackedRows) -> bool:
        positions = self._of(rows)
        return rows.num_rows > 0 and self._finder.wants(positions[0], positions[-1])

    def blocks(self, shard: int) -> Blocks[Block]:
        return self._shards[shard].again(self._wanted[shard], self.meter.add_bytes, [self._text])

    def work(self, shard: int, block: Block) -> None:
        rows = self._table.block(shard, block.index)
        texts = block.texts(rows, np.arange(rows.num_rows), self._text)
        capsules = [chunk.__arrow_c_array__() for chunk in texts]
        positions = self._of(rows)
        if not np.array_equal(_core.core.byte_lengths(capsules), np.diff(positions)):
            raise self._shards[shard].changed()
        self._finder.add(capsules, int(positions[0]), 1)
        self.meter.add_rows(rows.num_rows)

    def finish(self, shard: int) -> None:
        """Nothing is left to do."""


class WordPass:
    """Reads the texts that have spans again: `hold` says of each span whether it has enough words."""

    def __init__(
        self, shards: Sequence[Shard], table: Table, spans: RowSpans, choices: Choices
    ) -> None:
        self._shards = shards
        self._table = table
        self._spans = spans
        self._choices = choices
        self.hold = np.zeros(len(spans.begin), np.bool_)
        self._wanted = table.blocks_where(spans.any_in)
        self.meter = Meter("words", sum(map(Shard.size_of, shards, self._wanted)))

    def blocks(self, shard: int) -> Blocks[Block]:
        wanted, columns = self._wanted[shard], [self._choices.text]
        return self._shards[shard].again(wanted, self.meter.add_bytes, columns)

    def work(self, shard: int, block: Block) -> None:
        rows = self._table.block(shard, block.index)
        chosen, lists = self._spans.inside(rows)
        texts = block.texts(rows, chosen, self._choices.text)
        if sum(map(len, texts)) != len(chosen):
            raise self._shards[shard].changed()
        some = slice(lists[0], lists[-1])
        self.hold[some] = _core.text.hold_words(
            [chunk.__arrow_c_array__() for chunk in texts],
            lists - lists[0],
            self._spans.begin[some],
            self._spans.end[some],
            self._choices.min_words,
            1,
        )
        self.meter.add_rows(len(chosen))

    def finish(self, shard: int) -> None:
        """Nothing is left to do."""
