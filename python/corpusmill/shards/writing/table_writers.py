"""table_writers: row groups to Parquet and Arrow files; what output asks of a writer.

Settings are fixed and no time is written, so equal rows give equal bytes.
"""

from __future__ import annotations

import pyarrow as pa

from corpusmill.shards.reading.table_files import TableFacts
from corpusmill.shards.writing.row_groups import GROUP_ROWS, GROUP_SIZE, RowGroups, canonical
from corpusmill.shards.writing.sink import Sink

_PARQUET_CODECS = {"UNCOMPRESSED": "none", "LZ4_RAW": "lz4"}
"""Codecs that Parquet's footer calls otherwise than its writer; others differ in case alone."""


class TableWriter:
    """Collects rows into row groups; `encode` may run beside others, `put` in order.

    What ends such a file lists all that is in it, and pyarrow begins that list anew with each writer.
    """

    resumable = False

    def __init__(self) -> None:
        self._groups = RowGroups(GROUP_ROWS, GROUP_SIZE)
        self.cut = self._groups.add
        self.encode = canonical

    def rest(self) -> pa.Table | None:
        return self._groups.rest() if self._groups.any_left else None

    @staticmethod
    def count(rows: pa.Table) -> int:
        return int(rows.num_rows)


class ParquetWriter(TableWriter):
    """A Parquet file, its columns compressed as the facts say."""

    def __init__(self, file: Sink, facts: TableFacts, *, zstd_level: int) -> None:
        from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

        super().__init__()
        codecs = facts.codecs
        level: int | dict[str, int] | None = zstd_level if codecs == "zstd" else None
        if isinstance(codecs, dict):
            added = dict.fromkeys(facts.schema.names, "zstd")  # those that the input has not
            codecs = added | {
                path: _PARQUET_CODECS.get(codec, codec.lower()) for path, codec in codecs.items()
            }
            level = {path: zstd_level for path, codec in codecs.items() if codec == "zstd"} or None
        self._writer = parquet.ParquetWriter(
            file,
            facts.schema,
            compression=codecs or "zstd",
            compression_level=level,
            write_page_checksum=True,
        )

    def put(self, group: pa.Table) -> None:
        self._writer.write_table(group, row_group_size=group.num_rows)

    def end(self) -> None:
        self._writer.close()

    def abandon(self) -> None:
        """Without this it would write a footer when it is collected, to a file that is gone."""
        self._writer.is_open = False


class ArrowWriter(TableWriter):
    """An Arrow file or stream. A dictionary grows from batch to batch, as files must have it."""

    def __init__(self, file: Sink, facts: TableFacts, *, zstd_level: int) -> None:
        super().__init__()
        codec = pa.Codec("zstd", zstd_level) if facts.codecs == "zstd" else facts.codecs
        options = pa.ipc.IpcWriteOptions(
            compression=None if codec in ("none", {}) else codec,
            emit_dictionary_deltas=True,
            use_threads=False,
        )
        new = pa.ipc.new_stream if facts.format == "arrows" else pa.ipc.new_file
        self._writer = new(file, facts.schema, options=options)
        self._dictionaries: dict[int, pa.Array] = {}

    def put(self, group: pa.Table) -> None:
        for place, column in enumerate(group.columns):
            if pa.types.is_dictionary(column.type):
                grown = self._grown(place, column)
                group = group.set_column(place, group.schema.field(place), grown)
        self._writer.write_table(group)

    def _grown(self, place: int, column: pa.ChunkedArray) -> pa.Array:
        chunks = column.chunks
        if place in self._dictionaries:
            none = pa.array([], column.type.index_type)
            known = self._dictionaries[place]
            chunks = [pa.DictionaryArray.from_arrays(none, known, ordered=column.type.ordered)]
            chunks += column.chunks
        unified = pa.chunked_array(chunks, column.type).unify_dictionaries()
        self._dictionaries[place] = unified.chunk(unified.num_chunks - 1).dictionary
        return unified

    def end(self) -> None:
        self._writer.close()

    def abandon(self) -> None:
        """It writes nothing unasked."""
