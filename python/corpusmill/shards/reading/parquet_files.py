"""parquet_files: what table_files needs of Parquet: a row group as tables, what the footer says.

Believes nothing of a decoded batch before it has looked.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpusmill import _arrays
from corpusmill.shards.reading import parquet_pages, thrift
from corpusmill.shards.reading.ipc_files import DAMAGES, is_sound
from corpusmill.shards.reading.pieces import read_at

if TYPE_CHECKING:
    from pyarrow import parquet


_TAIL = struct.Struct("<I4x")  # size of the footer, magic
_COLUMNS = 0x19  # head of the first field of a row group: a list
_CODECS = frozenset(range(8))  # CompressionCodec of parquet.thrift


class GroupTables:
    """The rows of one row group, as many at a time as are asked for.

    rows        to be decoded at a time
    damaged     is called once if they cannot be
    source      the file, to look at the heads of pages
    sound       paths of columns whose heads need not be looked at
    """

    def __init__(
        self,
        file: parquet.ParquetFile,
        group: int,
        columns: set[str] | None,
        rows: int,
        damaged: Callable[[], None],
        *,
        source: int,
        sound: Collection[str],
    ) -> None:
        names = file.schema_arrow.names
        self._empty = _arrays.no_rows(file.schema_arrow)
        self._held: list[pa.Table] = []
        self._damaged = damaged
        self._is_damaged = False
        wanted = [name for name in names if columns is None or name in columns]
        self._batches: Iterator[pa.RecordBatch] | None = None
        if wanted:
            batches = file.iter_batches(
                rows, row_groups=[group], columns=None if columns is None else wanted,
                use_threads=False,
            )  # fmt: skip

            def checked() -> Iterator[pa.RecordBatch]:
                parquet_pages.check(source, file.metadata, group, wanted, sound)
                yield from batches

            self._batches = checked()

    def take(self, rows: int) -> pa.Table | None:
        """The next rows; None if they cannot be decoded."""
        try:
            return None if self._is_damaged else self._taken(rows)
        except DAMAGES:
            self._is_damaged = True
            self._held = []
            self._damaged()
        return None

    def _taken(self, rows: int) -> pa.Table:
        if self._batches is None:
            return self._empty.select([])
        held = sum(table.num_rows for table in self._held)
        while held < rows:
            batch = next(self._batches, None)
            if batch is None:
                raise ValueError("it holds fewer rows than the footer says")
            if not is_sound(batch):
                raise ValueError("it does not hold what it says")
            if batch.num_rows:
                self._held.append(pa.Table.from_batches([batch]))
                held += batch.num_rows
        whole = self._held[0] if len(self._held) == 1 else pa.concat_tables(self._held)
        self._held = [whole.slice(rows)] if held > rows else []
        return whole.slice(0, rows)


def check_counts(facts: Any) -> None:
    """A column chunk without nesting has as many values as its row group rows."""
    flat = [
        column
        for column in range(facts.num_columns)
        if facts.schema.column(column).max_repetition_level == 0
    ]
    for group in map(facts.row_group, range(facts.num_row_groups)):
        if any(group.column(column).num_values != group.num_rows for column in flat):
            raise ValueError("a column does not have as many values as its row group rows")


def check_codecs(file: int) -> None:
    """ValueError if a column names a codec that is none: pyarrow, asked for its name, ends the process.

    Of a footer in which this finds no codecs nothing is said.
    """
    end = os.fstat(file).st_size - _TAIL.size
    (size,) = _TAIL.unpack(read_at(file, end, _TAIL.size))
    data = read_at(file, end - size, size)
    found: list[int] = []
    with suppress(StopIteration, *thrift.DAMAGED):
        num_groups, at = thrift.list_at(data, thrift.field(data, 4).start)
        for _ in range(num_groups):
            if data[at] != _COLUMNS:
                break
            num_columns, at = thrift.list_at(data, at + 1)
            for _ in range(num_columns):
                for of in thrift.fields(data, at):
                    if of.number == 3:
                        codec = thrift.field(data, 4, of.start)
                        found.append(thrift.signed(thrift.varint(data, codec.start)[0]))
                    at = of.stop
            for of in thrift.fields(data, at):  # the others of the row group
                at = of.stop
    if not _CODECS.issuperset(found):
        raise ValueError("a column is packed by a codec that is none")


def codecs(facts: Any) -> dict[str, str]:
    """The codec of each column by its path, as the first row group has it; none if damage hides it."""
    if not facts.num_row_groups:
        return {}
    group = facts.row_group(0)
    try:
        columns = [group.column(index) for index in range(group.num_columns)]
        return {column.path_in_schema: column.compression for column in columns}
    except DAMAGES:
        return {}
