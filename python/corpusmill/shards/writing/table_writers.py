"""table_writers: row groups to Parquet and Arrow files; what output asks of a writer.

Settings are fixed and no time is written, so equal rows give equal bytes, however many writers went
on with a file one after the other: pyarrow makes row groups and messages, and the list of them at the
end is made here of notes (parquet_footer, arrow_footer).
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from corpusmill.shards.reading.table_files import TableFacts
from corpusmill.shards.writing import arrow_footer, parquet_footer
from corpusmill.shards.writing.arrow_footer import Block
from corpusmill.shards.writing.row_groups import (
    GROUP_ROWS,
    GROUP_SIZE,
    RowGroups,
    batch_size,
    canonical,
)
from corpusmill.shards.writing.sink import Sink

if TYPE_CHECKING:
    from pyarrow import parquet

_PARQUET_CODECS = {"UNCOMPRESSED": "none", "LZ4_RAW": "lz4"}
"""Codecs that Parquet's footer calls otherwise than its writer; others differ in case alone."""


PAGE_SIZE, PAGE_ROWS = 1 << 20, 1024
"""Of Parquet, as its writer has them; rows of kilobytes would else make pages of many times the size."""


class TableWriter:
    """Collects rows into row groups."""

    def __init__(self, group_size: int) -> None:
        self._groups = RowGroups(GROUP_ROWS, group_size)
        self.cut = self._groups.add

    def rest(self) -> pa.Table | None:
        return self._groups.rest() if self._groups.any_left else None

    def abandon(self) -> None:
        """Nothing is written unasked."""

    @staticmethod
    def count(rows: pa.Table) -> int:
        return int(rows.num_rows)

    @staticmethod
    def size(rows: pa.Table) -> int:
        return int(rows.nbytes)


class EncodedGroup(NamedTuple):
    """A row group as it lies in a file of its own."""

    pages: memoryview
    group: bytes  # of the footer


class ParquetWriter(TableWriter):
    """A Parquet file, its columns compressed as the facts say; a note is a row group of its footer."""

    def __init__(
        self,
        file: Sink,
        facts: TableFacts,
        notes: Sequence[str],
        *,
        zstd_level: int,
        group_size: int = GROUP_SIZE,
    ) -> None:
        super().__init__(group_size)
        self.notes = list(notes)
        self._file = file
        self._new = _parquet(facts, zstd_level)
        _, _, self._empty = parquet_footer.taken_apart(self._alone(None))
        if not file.num_bytes:
            file.write(parquet_footer.MAGIC)

    def _alone(self, group: pa.Table | None) -> memoryview:
        """A file of one row group, or of none."""
        sink = pa.BufferOutputStream()
        batch = PAGE_ROWS if group is None else _page_rows(group)
        with self._new(sink, write_batch_size=batch) as writer:
            if group is not None:
                writer.write_table(group, row_group_size=group.num_rows)
        return memoryview(sink.getvalue())

    def encode(self, group: pa.Table) -> EncodedGroup:
        pages, of_footer, _ = parquet_footer.taken_apart(self._alone(canonical(group)))
        return EncodedGroup(pages, of_footer)

    def put(self, encoded: EncodedGroup) -> None:
        by = self._file.num_bytes - len(parquet_footer.MAGIC)
        self._file.write(encoded.pages)
        moved = parquet_footer.moved(encoded.group, by)
        self.notes.append(base64.b64encode(moved).decode("ascii"))

    def end(self) -> None:
        groups = [base64.b64decode(note) for note in self.notes]
        self._file.write(parquet_footer.joined(self._empty, groups))


def _page_rows(group: pa.Table) -> int:
    """After how many rows it is looked whether a page is full: in that many are no many pages."""
    mean: int = max(1, group.nbytes // max(1, group.num_rows))
    return min(max(1, PAGE_SIZE // mean), PAGE_ROWS)


def _parquet(facts: TableFacts, zstd_level: int) -> Callable[..., parquet.ParquetWriter]:
    from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

    codecs = facts.codecs
    level: int | dict[str, int] | None = zstd_level if codecs == "zstd" else None
    if isinstance(codecs, dict):
        added = dict.fromkeys(facts.schema.names, "zstd")  # those that the input has not
        codecs = added | {
            path: _PARQUET_CODECS.get(codec, codec.lower()) for path, codec in codecs.items()
        }
        level = {path: zstd_level for path, codec in codecs.items() if codec == "zstd"} or None
    return partial(
        parquet.ParquetWriter,
        schema=facts.schema,
        compression=codecs or "zstd",
        compression_level=level,
        write_page_checksum=True,
    )


class ArrowWriter(TableWriter):
    """An Arrow file or stream; a note is the place of a message.

    A dictionary grows from batch to batch, as files must have it.
    """

    def __init__(
        self, file: Sink, facts: TableFacts, notes: Sequence[Sequence[Any]], *, zstd_level: int
    ) -> None:
        super().__init__(batch_size(facts.schema))
        codec = pa.Codec("zstd", zstd_level) if facts.codecs == "zstd" else facts.codecs
        options = pa.ipc.IpcWriteOptions(
            compression=None if codec in ("none", {}) else codec,
            emit_dictionary_deltas=True,
            use_threads=False,
        )
        self.notes = [Block(*note) for note in notes]
        self.encode = canonical
        self._file = file
        self._facts = facts
        self._messages = _Messages()
        self._writer = pa.ipc.new_stream(self._messages, facts.schema, options=options)
        self._dictionaries: dict[int, pa.Array] = {}  # by column, as far as they are written
        self._ids: set[int] = set()  # of all dictionaries, those inside other columns too
        if file.num_bytes:
            self._go_on()
        elif self._is_file:
            file.write(arrow_footer.HEAD)

    @property
    def _is_file(self) -> bool:
        return self._facts.format != "arrows"

    def _go_on(self) -> None:
        """pyarrow's writer is told of the schema and the dictionaries that the file has already."""
        last = arrow_footer.no_rows(self._file.path, self._facts.schema, self.notes)
        for place, column in enumerate(last.columns):
            if pa.types.is_dictionary(column.type):
                self._dictionaries[place] = column.dictionary
        self._writer.write_batch(last)
        self._placed(self._messages.taken())

    def put(self, group: pa.Table) -> None:
        for place, column in enumerate(group.columns):
            if pa.types.is_dictionary(column.type):
                grown = self._grown(place, column)
                group = group.set_column(place, group.schema.field(place), grown)
        self._writer.write_table(group)
        messages = self._messages.taken()
        self.notes += self._placed(messages)
        self._file.write(messages)

    def _grown(self, place: int, column: pa.ChunkedArray) -> pa.Array:
        chunks = column.chunks
        if place in self._dictionaries:
            none = pa.nulls(0, column.type.index_type)
            known = self._dictionaries[place]
            chunks = [pa.DictionaryArray.from_arrays(none, known, ordered=column.type.ordered)]
            chunks += column.chunks
        *_, grown = pa.chunked_array(chunks, column.type).unify_dictionaries().chunks
        self._dictionaries[place] = grown.dictionary
        return grown

    def _placed(self, messages: bytes) -> list[Block]:
        """Where these messages will lie; ValueError if the file cannot hold one of them."""
        found = arrow_footer.blocks(messages, self._file.num_bytes)
        for block in found:
            if block.dictionary is None or block.delta:
                continue
            if self._is_file and block.dictionary in self._ids:
                raise ValueError(
                    "a dictionary inside another column changes between record batches, which an "
                    "Arrow file cannot hold; write Parquet"
                )
            self._ids.add(block.dictionary)
        return found

    def end(self) -> None:
        self._writer.close()
        self._file.write(self._messages.taken())
        if self._is_file:
            self._file.write(arrow_footer.footer(self._facts.schema, self.notes))


class _Messages(io.BytesIO):
    """What pyarrow writes, held until it is taken."""

    def taken(self) -> bytes:
        found = self.getvalue()  # shares its memory with what is held, which goes
        self.seek(0)
        self.truncate()
        return found
