"""table: all rows of a job, in the order of files and lines, in memory or in stage files.

Rows are counted through the whole job, good ones only. Blocks are unpacked, or read, one at a time
and let go again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from corpusmill.shards.reading.strings import StringColumn, offsets_of
from corpusmill.shards.rows import BlockRows, Ints, PackedRows, Signals

Answer = TypeVar("Answer")


class Table:
    """The blocks of every shard, their rows and lines counted through."""

    def __init__(self, shards: Sequence[Sequence[PackedRows]]) -> None:
        self._shards = shards
        first_rows = [0]
        for blocks in shards:
            row, line = first_rows[-1], 0
            for block in blocks:
                block.move(row, line)
                row += block.num_rows
                line += block.num_lines
            first_rows.append(row)
        self.num_rows = first_rows[-1]
        self._first_rows = np.array(first_rows, np.int64)
        self._blocks = [block for blocks in shards for block in blocks]
        self._first_of_block = np.array([block.first_row for block in self._blocks], np.int64)

    @property
    def num_shards(self) -> int:
        return len(self._shards)

    def shard_of(self, rows: Ints) -> Ints:
        """The number of the shard in which each row lies."""
        return np.searchsorted(self._first_rows, rows, side="right") - 1

    def rows_of(self, shard: int) -> slice:
        """The rows of a shard, as a part of a column of the whole job."""
        return slice(int(self._first_rows[shard]), int(self._first_rows[shard + 1]))

    def rejected(self, shard: int) -> Counter[str]:
        """The rejected lines of a shard, by reason."""
        return sum((rows.rejected for rows in self._shards[shard]), Counter())

    def block(self, shard: int, index: int) -> BlockRows:
        """A block's places, ids and rejects."""
        return self._shards[shard][index].rows()

    def blocks(self, shard: int | None = None, *, let_go: bool = False) -> Iterator[Signals]:
        """The signals of all blocks, or of a shard's, in order.

        let_go      whether this is the last time: each block's are let go of behind it
        """
        for block in self._blocks if shard is None else self._shards[shard]:
            yield block.signals()
            if let_go:
                block.let_go("hashes", "slots")

    def rows(self) -> Iterator[BlockRows]:
        """Places, ids and rejects of all blocks, in order, unpacked one at a time."""
        for block in self._blocks:
            yield block.rows()

    def found(self, first: int, stop: int) -> Iterator[PackedRows]:
        """The blocks of which something was found out about some rows, among those with rows from
        `first` to before `stop`, in order."""
        begin, end = np.searchsorted(self._first_of_block, [first, stop], side="right")
        for block in self._blocks[max(begin - 1, 0) : end]:
            inside = block.first_row < stop and block.first_row + block.num_rows > first
            if inside and len(block.found()):
                yield block

    def of_blocks(self, ask: Callable[[PackedRows], Answer]) -> list[list[Answer]]:
        """Per shard, the answers of its blocks; none is loaded."""
        return [[ask(rows) for rows in blocks] for blocks in self._shards]

    def blocks_where(self, wanted: Callable[[PackedRows], bool]) -> list[list[int]]:
        """Per shard, the indices of the blocks that are wanted, ascending; none is loaded."""
        return [np.flatnonzero(of_shard).tolist() for of_shard in self.of_blocks(wanted)]

    def places(self, rows: Ints) -> tuple[Ints, Ints, StringColumn]:
        """The file number, line and id of each of these rows, in any order.

        Reads each block with such a row once: O(rows log rows + blocks touched).
        """
        order = np.argsort(rows, kind="stable")
        ascending = rows[order]
        of_block = np.searchsorted(self._first_of_block, ascending, side="right") - 1
        cuts = [*np.flatnonzero(np.diff(of_block, prepend=-1)).tolist(), len(rows)]
        lines = np.empty(len(rows), np.int64)
        ids = []
        for start, end in pairwise(cuts):
            block = self._blocks[of_block[start]].rows()
            picked = ascending[start:end] - block.first_row
            lines[order[start:end]] = block.line[picked]
            column = StringColumn(offsets_of(block.id_length), block.id_data, block.id_valid)
            ids.append(column.pick(picked))
        rank = np.empty(len(rows), np.int64)
        rank[order] = np.arange(len(rows))
        return self.shard_of(rows), lines, StringColumn.joined(ids).pick(rank)

    def preference(self, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """The rows' preferences as one column, which alone holds them from now on."""
        column = np.empty(self.num_rows, dtype)
        for block in self._blocks:
            if block.num_rows:
                block.of(column)[:] = block.read(("preference",))[0]
            block.let_go("preference")
        return column
