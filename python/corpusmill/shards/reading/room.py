"""room: the memory that reading tables may take, and how tables are cut to it. Reads no file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

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


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Room:
    """In bytes: a block; a text beyond which its row is not read; what decoding one row group or record
    batch may take.

    share       who decodes holds its share of that
    large       is called before more than a block is handed out
    refused     is told what is not decoded as it would take more, and how much
    """

    block: int
    row: int = ENDLESS
    decoding: int = ENDLESS
    share: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext()
    large: Callable[[], None] = _nothing
    refused: Callable[[str, int], None] = lambda _what, _size: None

    @property
    def most_rows(self) -> int:
        """Of a block."""
        return max(1, self.block // MEAN_ROW)

    def rows_of(self, num_bytes: int, num_rows: int) -> int:
        """How many rows of so many that take so much are a block, on average."""
        rows = self.block * num_rows // max(num_bytes, 1)
        return max(1, min(rows, self.most_rows))

    def cut(self, table: pa.Table | None, num_rows: int) -> Iterator[int]:
        """Rows of each of the blocks that are made of these: more than one if some texts are long."""
        done = 0
        if table is not None and _size(table) > 2 * self.block:
            ends = np.cumsum(_text_sizes(table))
            while done < num_rows:
                behind = (ends[done - 1] if done else 0) + self.block
                stop = max(int(np.searchsorted(ends, behind, side="right")), done + 1)
                yield stop - done
                done = stop
        elif num_rows:
            yield num_rows

    def handed_out(self, table: pa.Table | None) -> pa.Table | None:
        """A table that goes into a block."""
        if table is not None and _size(table) > 2 * self.block:
            self.large()
        return table

    def alone(self, table: pa.Table, of: int) -> pa.Table:
        """Some rows of a record batch of so many bytes, which they do not hold if it is large."""
        if of <= max(self.decoding // 4, 2 * self.block):
            return table
        return taken(table, np.arange(table.num_rows))


def _size(table: pa.Table) -> int:
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
