"""table_files: a Parquet or Arrow file as blocks of rows, the first time and again.

A block never spans row groups or record batches. What cannot be decoded is a block without
columns, so that its rows are counted; the file is open already. Interprets no column.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpusmill.shards import ipc_files
from corpusmill.shards.decode import Damage
from corpusmill.shards.ipc_files import DAMAGES, told
from corpusmill.shards.rows import MEAN_ROW
from corpusmill.shards.string_columns import only
from corpusmill.shards.tables import TableBlock

if TYPE_CHECKING:
    from pyarrow import parquet


@dataclass(frozen=True)
class TableFacts:
    """What an output in the format of its input needs to know of the input."""

    format: str  # "parquet", "arrow" (a file) or "arrows" (a stream)
    schema: pa.Schema
    codecs: dict[str, str] | str  # of Parquet by the path of the column; of Arrow one for all


@dataclass(frozen=True)
class _Part:
    """Consecutive rows; no table if they cannot be decoded. `share` of the file is behind them."""

    size: int
    table: pa.Table | None
    share: float
    names: tuple[str, ...]  # of all columns of the file


class TableFile:
    """The blocks of one file. `columns`: those to read, by name; None: all."""

    def __init__(
        self, file: int, file_format: str, block_size: int, columns: Iterable[str] | None
    ) -> None:
        self._source = open(file, "rb", closefd=False)  # noqa: SIM115  the file is not ours
        self._format = file_format
        self._block_size = block_size
        self._columns = None if columns is None else set(columns)

    def first(self, note_to: Callable[[float], None]) -> Iterator[TableBlock]:
        """All blocks; raises Damage behind the last. `note_to` is told what share is done with."""
        row = 0
        for index, part in enumerate(self._parts(lambda _first, _rows: True)):
            yield TableBlock(index, row, part.size, part.table, part.names)
            row += part.size
            note_to(part.share)

    def again(
        self, extents: Sequence[tuple[int, int]], wanted: Sequence[int]
    ) -> Iterator[TableBlock]:
        """The wanted blocks, ascending; others, or none, where the file is not what it was."""
        at = {extents[index][0]: index for index in wanted}
        rows_wanted = sorted(at)

        def needed(first: int, rows: int) -> bool:
            return bisect_left(rows_wanted, first) < bisect_left(rows_wanted, first + rows)

        row = 0
        for part in self._parts(needed):
            if row in at:
                yield TableBlock(at[row], row, part.size, part.table, part.names)
            row += part.size
            if row > rows_wanted[-1]:
                return
        raise Damage("corrupt", "rows are missing")

    def facts(self) -> TableFacts:
        """Of a file that cannot be opened: an empty schema."""
        try:
            if self._format != "parquet":
                opened = ipc_files.opened(self._source)
                codec = ipc_files.codec(self._source, opened.format)
                return TableFacts(opened.format, opened.reader.schema, codec)
            file = self._parquet()
            return TableFacts("parquet", file.schema_arrow, _codecs(file.metadata))
        except (Damage, *DAMAGES):
            return TableFacts(self._format, pa.schema([]), {})

    def _parts(self, needed: Callable[[int, int], bool]) -> Iterator[_Part]:
        """All parts in order; of Parquet, row groups that are not needed are passed over undecoded."""
        if self._format == "parquet":
            yield from self._parquet_parts(needed)
            return
        opened = ipc_files.opened(self._source)
        for batch, share, sound in ipc_files.batches(opened):
            # What an unsound batch holds must not be touched, not even to measure it.
            rows = self._block_rows(batch.nbytes, batch.num_rows) if sound else self._most_rows()
            for start in range(0, batch.num_rows, rows):
                part = batch.slice(start, rows)
                table = only(pa.Table.from_batches([part]), self._columns) if sound else None
                yield _Part(part.num_rows, table, share, tuple(batch.schema.names))
        if opened.damage:
            raise opened.damage

    def _parquet_parts(self, needed: Callable[[int, int], bool]) -> Iterator[_Part]:
        file = self._parquet()
        names = tuple(file.schema_arrow.names)
        row, damage = 0, None
        for group in range(file.metadata.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            share = (group + 1) / file.metadata.num_row_groups
            if not needed(row, rows):
                yield _Part(rows, None, share, names)
                row += rows
                continue
            tables = _Tables(file, group, self._columns, self._rows_of_group(file, group))
            for size, table in tables:
                yield _Part(size, table, share, names)
            row += rows
            if tables.error and not damage:
                damage = Damage("corrupt", f"parquet: row group {group}: {told(tables.error)}")
        if damage:
            raise damage

    def _parquet(self) -> parquet.ParquetFile:
        from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

        ipc_files.check_ends(self._source, "parquet", b"PAR1")
        try:
            file = parquet.ParquetFile(
                self._source, buffer_size=1 << 20, page_checksum_verification=True
            )
            _check_counts(file.metadata)
        except DAMAGES as error:
            raise Damage("corrupt", f"parquet: footer: {told(error)}") from None
        return file

    def _rows_of_group(self, file: parquet.ParquetFile, group: int) -> int:
        facts = file.metadata.row_group(group)
        return self._block_rows(facts.total_byte_size, facts.num_rows)

    def _block_rows(self, num_bytes: int, num_rows: int) -> int:
        rows = self._block_size * num_rows // max(num_bytes, 1)
        return max(1, min(rows, self._most_rows()))

    def _most_rows(self) -> int:
        return max(1, self._block_size // MEAN_ROW)


class _Tables:
    """The rows of one row group, so many at a time, whatever batches the decoder makes of them."""

    def __init__(
        self, file: parquet.ParquetFile, group: int, columns: set[str] | None, rows: int
    ) -> None:
        names = file.schema_arrow.names
        self._empty = file.schema_arrow.empty_table()
        self._num_rows = file.metadata.row_group(group).num_rows
        self._rows = rows
        self._held = self._empty
        self.error: Exception | None = None
        wanted = [name for name in names if columns is None or name in columns]
        self._batches: Iterator[pa.RecordBatch] | None = None
        if wanted:
            self._batches = file.iter_batches(
                rows, row_groups=[group], columns=None if columns is None else wanted,
                use_threads=False,
            )  # fmt: skip

    def __iter__(self) -> Iterator[tuple[int, pa.Table | None]]:
        held: pa.Table | None = None
        for start in range(0, self._num_rows, self._rows):
            size = min(self._rows, self._num_rows - start)
            table = None
            try:
                if self._batches is None:
                    table = self._empty.select([])
                elif not self.error:
                    held = self._filled(held, size, self._batches)
                    table, held = held.slice(0, size), held.slice(size)
            except DAMAGES as error:
                self.error = error
            yield size, table

    @staticmethod
    def _filled(held: pa.Table | None, size: int, batches: Iterator[pa.RecordBatch]) -> pa.Table:
        """At least `size` rows."""
        while held is None or held.num_rows < size:
            batch = next(batches, None)
            if batch is None:
                raise ValueError("it holds fewer rows than the footer says")
            more = pa.Table.from_batches([batch])
            held = more if held is None or not held.num_rows else pa.concat_tables([held, more])
        return held


def _check_counts(facts: Any) -> None:
    """A column chunk without nesting has as many values as its row group rows."""
    flat = [
        column
        for column in range(facts.num_columns)
        if facts.schema.column(column).max_repetition_level == 0
    ]
    for group in map(facts.row_group, range(facts.num_row_groups)):
        if any(group.column(column).num_values != group.num_rows for column in flat):
            raise ValueError("a column does not have as many values as its row group rows")


def _codecs(facts: Any) -> dict[str, str]:
    """The codec of each column by its path, as the first row group has it; none if damage hides it."""
    if not facts.num_row_groups:
        return {}
    group = facts.row_group(0)
    try:
        columns = [group.column(index) for index in range(group.num_columns)]
        return {column.path_in_schema: column.compression for column in columns}
    except DAMAGES:
        return {}
