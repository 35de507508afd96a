"""room: the memory that reading tables may take, and how tables are cut to it. Reads no file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from corpusmill import _core
from corpusmill.shards.reading.string_columns import as_strings, holds_text, taken
from corpusmill.shards.rows import MEAN_ROW, Ints

ENDLESS = 1 << 62

UNDECODABLE = "undecodable"
"""The reason of rows that are counted but cannot be decoded."""

TOO_LARGE = "row_too_large"
"""The reason of a row that does not fit in the job's memory; it is not read, or not kept."""

TOO_LARGE_TO_DECODE = "too_large_to_decode"
"""The reason of rows that no part of could be decoded in the job's memory without all of them."""

NOT_THERE = frozenset({UNDECODABLE, TOO_LARGE, TOO_LARGE_TO_DECODE})
"""Rows rejected for these lose their columns."""


class Decoding(NamedTuple):
    """Bytes that decoding one row group or record batch may take.

    share       who decodes holds its share of that
    refused     is told what is not decoded as it would take more, and how much
    """

    limit: int = ENDLESS
    share: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext()
    refused: Callable[[str, int], None] = lambda _what, _size: None


@dataclass(frozen=True)
class Room:
    """Bytes of a block, and of a text beyond which its row is not read.

    large       is called before more than a block is handed out
    """

    block: int
    row: int
    large: Callable[[], None]
    decoding: Decoding

    @property
    def most_rows(self) -> int:
        """Of a block."""
        return max(1, self.block // MEAN_ROW)

    def rows_of(self, num_bytes: int, num_rows: int) -> int:
        """How many rows of so many that take so much are a block, on average."""
        rows = self.block * num_rows // max(num_bytes, 1)
        return max(1, min(rows, self.most_rows))

    def cut(self, table: pa.Table | None, num_rows: int) -> Iterator[tuple[int, pa.Table | None]]:
        """The blocks that are made of so many rows, and the rows of each: several if texts are long."""
        if table is None or size_of(table) <= 2 * self.block:
            yield num_rows, table
            return
        ends, done = np.cumsum(_text_sizes(table)), 0
        while done < num_rows:
            behind = (ends[done - 1] if done else 0) + self.block
            stop = max(int(np.searchsorted(ends, behind, side="right")), done + 1)
            yield stop - done, table.slice(done, stop - done)
            done = stop

    def handed_out(self, table: pa.Table | None) -> pa.Table | None:
        """A table that goes into a block."""
        if table is not None and size_of(table) > 2 * self.block:
            self.large()
        return table

    def rows_of_batch(self, batch: pa.Table, size: int) -> Callable[[int], pa.Table]:
        """Takes some rows of a record batch of so many bytes after the other, which do not hold it if it
        is large.
        """
        done = 0

        def take(rows: int) -> pa.Table:
            nonlocal done
            part, done = batch.slice(done, rows), done + rows
            if size <= max(self.decoding.limit // 4, 2 * self.block):
                return part
            return taken(part, np.arange(rows))

        return take


def size_of(table: pa.Table) -> int:
    """Bytes of a table; its dictionaries may be those of many."""
    return sum(
        int(_lengths(column).sum()) if pa.types.is_dictionary(column.type) else column.nbytes
        for column in table.columns
    )


def _text_sizes(table: pa.Table) -> Ints:
    """Bytes of the strings of each row."""
    sizes = np.zeros(table.num_rows, np.int64)
    for column in table.columns:
        sizes += _lengths(column)
    return sizes


def _lengths(column: pa.ChunkedArray) -> Ints:
    if not holds_text(column.type) or not column.num_chunks:
        return np.zeros(len(column), np.int64)
    return _core.core.byte_lengths([chunk.__arrow_c_array__() for chunk in as_strings(column)])
