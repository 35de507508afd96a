"""table_files: a Parquet or Arrow file as blocks of rows, the first time and again.

A block never spans row groups or record batches. What cannot be decoded is a block without
columns, so that its rows are counted; the file is open already. Interprets no column.

A row group of Parquet is decodable or it is not, as a whole and in all its columns; but which it is
shows only when they are decoded (late_damage.py).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from corpusmill.shards.reading import ipc_files, parquet_files
from corpusmill.shards.reading.decode import PART_SIZE, Damage
from corpusmill.shards.reading.ipc_files import DAMAGES, told
from corpusmill.shards.reading.parquet_files import GroupTables
from corpusmill.shards.reading.string_columns import only
from corpusmill.shards.reading.tables import TableBlock
from corpusmill.shards.rows import MEAN_ROW

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
    ends: bool = True  # the row group or record batch that they are of


class TableFile:
    """The blocks of one file.

    columns     those to read, by name; None: all
    known       first row and rows of the first blocks, as an earlier reading cut them: this one cuts
                there too, whatever its `block_size`
    parts       numbers of record batches of an Arrow file with their first rows: `first` adds to it
    lost        row groups of Parquet that are known not to be decodable: none of them is tried
    damaged     is told of others that turn out so
    """

    def __init__(
        self,
        file: int,
        file_format: str,
        block_size: int,
        columns: Iterable[str] | None,
        *,
        known: Sequence[tuple[int, int]] = (),
        parts: list[tuple[int, int]],
        lost: Collection[int] = (),
        damaged: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._source = open(file, "rb", closefd=False)  # noqa: SIM115  the file is not ours
        self._format = file_format
        self._block_size = block_size
        self._columns = None if columns is None else set(columns)
        self._known = known
        self._parts_begin = parts
        self._since = 0  # bytes of batches since the last of them
        self._lost = lost
        self._damaged = damaged

    def first(self, note_to: Callable[[float], None]) -> Iterator[TableBlock]:
        """All blocks behind the known ones; raises Damage behind the last.

        `note_to` is told what share is done with. Known row groups of Parquet are passed over, and the
        record batches before the last of `parts` that is known.
        """
        index, behind = len(self._known), sum(self._known[-1]) if self._known else 0
        before = bisect_right(self._parts_begin, behind, key=lambda part: part[1])
        start = self._parts_begin[before - 1] if before else (0, 0)

        def needed(first: int, rows: int) -> bool:
            return self._format != "parquet" or first + rows > behind

        row = start[1]
        for part in self._parts(needed, start):
            if row >= behind:
                yield TableBlock(index, row, part.size, part.table, part.names)
                index += 1
            row += part.size
            note_to(part.share)

    def again(self, wanted: Sequence[int], *, damaged: bool) -> Iterator[TableBlock]:
        """The wanted ones of the known blocks, ascending; none where the file is not what it was.

        A row group is read to its end, so that whether it is damaged depends on no size of blocks. Of
        an Arrow file that is `damaged`, a batch may have been left out: no other is passed over.
        """
        at = {self._known[index][0]: index for index in wanted}
        rows_wanted = sorted(at)

        def needed(first: int, rows: int) -> bool:
            if damaged and self._format != "parquet":
                return True
            return bisect_left(rows_wanted, first) < bisect_left(rows_wanted, first + rows)

        row = 0
        for part in self._parts(needed):
            if row in at:
                yield TableBlock(at[row], row, part.size, part.table, part.names)
            row += part.size
            if row > rows_wanted[-1] and part.ends:
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
            return TableFacts("parquet", file.schema_arrow, parquet_files.codecs(file.metadata))
        except (Damage, *DAMAGES):
            return TableFacts(self._format, pa.schema([]), {})

    def _parts(
        self, needed: Callable[[int, int], bool], start: tuple[int, int] = (0, 0)
    ) -> Iterator[_Part]:
        """All parts in order, of Arrow from the batch `start` on; row groups and record batches that are
        not needed are passed over."""
        if self._format == "parquet":
            yield from self._parquet_parts(needed)
            return
        opened = ipc_files.opened(self._source)
        names = tuple(opened.reader.schema.names)
        opened.number, row = start
        opened.row = row
        for num_rows, batch, share in ipc_files.batches(opened, needed):
            if batch is None:
                yield from self._undecodable(row, num_rows, share, names)
                row += num_rows
                continue
            if opened.format == "arrow" and not opened.damage:  # which must be met again
                self._part_begins(opened.number, row, batch.nbytes)
            behind = 0
            for size in self._cut(row, num_rows, self._block_rows(batch.nbytes, num_rows)):
                table = only(pa.Table.from_batches([batch.slice(behind, size)]), self._columns)
                yield _Part(size, table, share, names)
                behind += size
            row += num_rows
        if opened.damage:
            raise opened.damage

    def _part_begins(self, number: int, row: int, num_bytes: int) -> None:
        """Small batches are not remembered each."""
        last = self._parts_begin[-1][1] if self._parts_begin else -1
        if self._since >= PART_SIZE and row > last:
            self._parts_begin.append((number, row))
            self._since = 0
        self._since += num_bytes

    def _parquet_parts(self, needed: Callable[[int, int], bool]) -> Iterator[_Part]:
        file = self._parquet()
        names = tuple(file.schema_arrow.names)
        row, undecodable = 0, list(self._lost)
        for group in range(file.metadata.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            share = (group + 1) / file.metadata.num_row_groups
            if not needed(row, rows):
                yield _Part(rows, None, share, names)
            elif group in self._lost:
                yield from self._undecodable(row, rows, share, names)
            else:
                most = self._rows_of_group(file, group)
                sizes = self._cut(row, rows, most)
                tables = GroupTables(file, group, self._columns, sizes, most)
                left = rows
                for size, table in tables:
                    left -= size
                    if tables.error and group not in undecodable:
                        undecodable.append(group)
                        self._damaged(group)
                    yield _Part(size, table, share, names, ends=not left)
            row += rows
        if undecodable:
            raise Damage("corrupt", f"parquet: row group {min(undecodable)} cannot be decoded")

    def _parquet(self) -> parquet.ParquetFile:
        from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

        ipc_files.check_ends(self._source, "parquet", b"PAR1")
        try:
            # Not pre-buffered: that holds a whole row group as it lies in the file.
            file = parquet.ParquetFile(
                self._source,
                buffer_size=1 << 20,
                pre_buffer=False,
                page_checksum_verification=True,
            )
            parquet_files.check_counts(file.metadata)
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

    def _undecodable(
        self, row: int, rows: int, share: float, names: tuple[str, ...]
    ) -> Iterator[_Part]:
        for size in self._cut(row, rows, self._most_rows()):
            yield _Part(size, None, share, names)

    def _cut(self, row: int, rows: int, most: int) -> list[int]:
        """So many rows in blocks: the known ones, then such of at most so many rows."""
        sizes, end = [], row + rows
        for first, size in self._known[bisect_left(self._known, (row, 0)) :]:
            if first != row or row + size > end:
                break
            sizes.append(size)
            row += size
        return sizes + [min(most, end - start) for start in range(row, end, most)]
