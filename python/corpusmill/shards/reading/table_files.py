"""table_files: a Parquet or Arrow file as blocks of rows, the first time and again.

A block never spans row groups or record batches. What cannot be decoded is a block without
columns, so that its rows are counted; the file is open already. Interprets no column.

A row group of Parquet is decodable or it is not, as a whole and in all its columns; but which it is
shows only when they are decoded (late_damage.py).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from corpusmill.shards.reading import ipc_batches, ipc_files, parquet_files, parquet_pages
from corpusmill.shards.reading.decode import PART_SIZE, Damage
from corpusmill.shards.reading.ipc_files import DAMAGES, told
from corpusmill.shards.reading.parquet_files import GroupTables
from corpusmill.shards.reading.parquet_steps import Steps
from corpusmill.shards.reading.pieces import part_of
from corpusmill.shards.reading.room import TOO_LARGE_TO_DECODE, UNDECODABLE, Room
from corpusmill.shards.reading.string_columns import only
from corpusmill.shards.reading.tables import TableBlock

if TYPE_CHECKING:
    from pyarrow import parquet


@dataclass(frozen=True)
class TableFacts:
    """What an output in the format of its input needs to know of the input."""

    format: str  # "parquet", "arrow" (a file) or "arrows" (a stream)
    schema: pa.Schema
    codecs: dict[str, str] | str  # of Parquet by the path of the column; of Arrow one for all


_NOTHING: Callable[[int], pa.Table | None] = lambda _: None


@dataclass(frozen=True)
class _Stretch:
    """The rows of a row group or a record batch, to be taken one after the other.

    take        the next so many; None if they cannot be decoded, for this `reason`
    step        about a block, and no more than may be decoded at a time
    share       of the file is behind them
    """

    rows: int
    step: int
    take: Callable[[int], pa.Table | None]
    share: float
    names: tuple[str, ...]  # of all columns of the file
    reason: str = UNDECODABLE


class TableFile:
    """The blocks of one file.

    columns     those to read, by name; None: all
    known       first row and rows of the first blocks, as an earlier reading cut them: this one cuts
                there too
    parts       numbers of record batches of an Arrow file with their first rows: `first` adds to it
    steps       of row groups of Parquet, as far as earlier readings know
    lost        row groups of Parquet that are known not to be decodable: none of them is tried
    damaged     is told of others that turn out so
    """

    def __init__(
        self,
        file: int,
        file_format: str,
        room: Room,
        columns: Iterable[str] | None,
        *,
        known: Sequence[tuple[int, int]] = (),
        parts: list[tuple[int, int]],
        steps: Steps,
        lost: Collection[int] = (),
        damaged: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._source = open(file, "rb", closefd=False)  # noqa: SIM115  the file is not ours
        self._format = file_format
        self._room = room
        self._columns = None if columns is None else set(columns)
        self._known = known
        self._parts_begin = parts
        self._since = 0  # bytes of batches since the last of them
        self._steps = steps
        self._lost = lost
        self._damaged = damaged

    def first(self, note_to: Callable[[float], None]) -> Iterator[TableBlock]:
        """All blocks behind the known ones; raises Damage behind the last.

        `note_to` is told what share is done with. Known row groups of Parquet are passed over, and the
        record batches before the last of `parts` that is known.
        """
        index, begin = len(self._known), sum(self._known[-1]) if self._known else 0
        start = part_of(self._parts_begin, begin)

        def needed(first: int, rows: int) -> bool:
            return self._format != "parquet" or first + rows > begin

        row = start[1]
        for stretch in self._stretches(needed, start):
            end = row + stretch.rows
            if end <= begin:
                row = end
            while row < end:
                size = min(stretch.step, (begin if row < begin else end) - row)
                table = stretch.take(size)
                if row < begin:
                    row += size
                    continue
                for rows, part in self._room.cut(table, size):
                    yield self._block(index, row, rows, part, stretch)
                    del part  # it may be large, and goes before the next one comes
                    index, row = index + 1, row + rows
            note_to(stretch.share)

    def again(self, wanted: Sequence[int], *, damaged: bool) -> Iterator[TableBlock]:
        """The wanted ones of the known blocks, ascending; none where the file is not what it was.

        A row group is read to its end, so that whether it is damaged depends on no size of blocks. Of
        an Arrow file that is `damaged`, a batch may have been left out: no other is passed over.
        """
        extents, some = self._known, set(wanted)
        rows_wanted = [extents[index][0] for index in wanted]

        def needed(first: int, rows: int) -> bool:
            if damaged and self._format != "parquet":
                return True
            return bisect_left(rows_wanted, first) < bisect_left(rows_wanted, first + rows)

        row = 0
        for stretch in self._stretches(needed):
            end = row + stretch.rows
            index = bisect_left(extents, (row, 0)) if needed(row, stretch.rows) else len(extents)
            while row < end and index < len(extents):
                size = min(extents[index][1], end - row)
                table = stretch.take(size)
                if index in some:
                    yield self._block(index, row, size, table, stretch)
                del table  # as above
                index, row = index + 1, row + size
            row = end
            if row > rows_wanted[-1]:
                return
        raise Damage("corrupt", "rows are missing")

    def _block(
        self, index: int, row: int, size: int, table: pa.Table | None, stretch: _Stretch
    ) -> TableBlock:
        table = self._room.handed_out(table)
        limit = self._room.row
        return TableBlock(index, row, size, table, stretch.names, stretch.reason, limit)

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

    def _stretches(
        self, needed: Callable[[int, int], bool], start: tuple[int, int] = (0, 0)
    ) -> Iterator[_Stretch]:
        """All rows in order, of Arrow from the batch `start` on; row groups and record batches that are
        not needed are passed over.
        """
        if self._format == "parquet":
            yield from self._row_groups(needed)
            return
        opened = ipc_files.opened(self._source)
        names = tuple(opened.reader.schema.names)
        opened.number, opened.row = start
        for batch in ipc_batches.batches(opened, needed, self._room.decoding):
            step, take = self._room.most_rows, _NOTHING
            if batch.table is not None:
                if opened.format == "arrow" and not opened.damage:  # which must be met again
                    self._part_begins(opened.number, opened.row, batch.table.nbytes)
                step = self._room.rows_of(batch.table.nbytes, batch.rows)
                whole = only(pa.Table.from_batches([batch.table]), self._columns)
                take = self._room.rows_of_batch(whole, batch.table.nbytes)
                del whole
            yield _Stretch(batch.rows, step, take, batch.share, names, batch.reason)
            del batch, take  # they may be large, and go before the next one comes
        if opened.damage:
            raise opened.damage

    def _part_begins(self, number: int, row: int, num_bytes: int) -> None:
        """Small batches are not remembered each."""
        last = self._parts_begin[-1][1] if self._parts_begin else -1
        if self._since >= PART_SIZE and row > last:
            self._parts_begin.append((number, row))
            self._since = 0
        self._since += num_bytes

    def _row_groups(self, needed: Callable[[int, int], bool]) -> Iterator[_Stretch]:
        file = self._parquet()
        names, num_groups = tuple(file.schema_arrow.names), file.metadata.num_row_groups
        row, undecodable = 0, set(self._lost)
        for group in range(num_groups):
            facts = file.metadata.row_group(group)
            passed = _Stretch(
                facts.num_rows, self._room.most_rows, _NOTHING, (group + 1) / num_groups, names
            )
            row += facts.num_rows
            if not needed(row - facts.num_rows, facts.num_rows) or group in self._lost:
                yield passed
                continue
            source = self._source.fileno()
            step = self._steps.of(source, file.metadata, group, self._room)
            if not step.rows:
                yield replace(passed, reason=TOO_LARGE_TO_DECODE)
                continue

            def damaged(group: int = group) -> None:
                undecodable.add(group)
                self._damaged(group)

            with self._room.decoding.share(step.size):
                tables = GroupTables(
                    file, group, self._columns, step.rows, damaged, source=source, sound=step.sound
                )
                yield replace(passed, step=step.rows, take=tables.take)
                del tables
        if undecodable:
            raise Damage("corrupt", f"parquet: row group {min(undecodable)} cannot be decoded")

    def _parquet(self) -> parquet.ParquetFile:
        from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

        ipc_files.check_ends(self._source, "parquet", b"PAR1")
        try:
            # Not pre-buffered: that holds a whole row group as it lies in the file.
            file = parquet.ParquetFile(
                self._source,
                buffer_size=parquet_pages.BUFFER,
                pre_buffer=False,
                page_checksum_verification=True,
            )
            parquet_files.check_counts(file.metadata)
            self._steps.check_codecs(self._source.fileno())
        except DAMAGES as error:
            raise Damage("corrupt", f"parquet: footer: {told(error)}") from None
        return file
