"""tables: results as Parquet in OUT: the same bytes for the same rows, however they come. Counts nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from corpusmill import _arrays
from corpusmill.shards.job import Job
from corpusmill.shards.reading.table_files import TableFacts
from corpusmill.shards.state import stages
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.writing.output import NewWriter, Note
from corpusmill.shards.writing.series import Series, Where
from corpusmill.shards.writing.sink import Sink
from corpusmill.shards.writing.table_writers import ParquetWriter

SLICE = 1 << 16
"""Rows of a row group."""

GROUP_SIZE = 4 << 20
"""Bytes of one, of a table that is gone on with."""

LEVEL = 3  # of zstd


def write(out: OutFolder, name: str, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    """Writes tables one behind the other; how many rows. Holds a row group and a table."""
    from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

    rest, num_rows = _arrays.no_rows(schema), 0
    with out.writing(name), out.create(name) as file:
        with parquet.ParquetWriter(
            file, schema, compression="zstd", compression_level=LEVEL
        ) as writer:
            for table in tables:
                rest = pa.concat_tables([rest, table])
                num_rows += table.num_rows
                whole = rest.num_rows // SLICE * SLICE
                if whole:
                    writer.write_table(rest.slice(0, whole).combine_chunks(), row_group_size=SLICE)
                    rest = rest.slice(whole).combine_chunks()
            if rest.num_rows:
                writer.write_table(rest.combine_chunks(), row_group_size=SLICE)
        file.close()
        out.whole(name)
    return num_rows


class LongTable:
    """A table that comes in parts, and is gone on with where an earlier run of the job was.

    num_rows    that came so far
    """

    def __init__(self, job: Job, name: str, schema: pa.Schema) -> None:
        facts = TableFacts("parquet", schema, "zstd")

        def writer(sink: Sink, notes: Sequence[Note]) -> ParquetWriter:
            return ParquetWriter(sink, facts, notes, zstd_level=LEVEL, group_size=GROUP_SIZE)

        def file_of(_: int) -> tuple[str, NewWriter]:
            return name, writer

        where = Where(job.out, job.written(), job.stop)
        bounds = np.array([0, np.iinfo(np.int64).max])  # nobody knows yet how many there will be
        self._series = Series(bounds, file_of, where, _key(job, name, schema))
        self.num_rows = 0

    @property
    def durable(self) -> int:
        """Rows, from the first, that an earlier run has written."""
        return self._series.durable

    def leave_out(self, num_rows: int) -> None:
        """So many rows come next, which are durable."""
        self.num_rows += num_rows

    def add(self, rows: pa.Table) -> None:
        """The next rows; of those that are durable there are none to be written."""
        new = rows.slice(max(0, self.durable - self.num_rows))
        self.num_rows += rows.num_rows
        if new.num_rows:
            _, write = self._series.add(0, new)
            write()

    def close(self) -> None:
        """All rows were added."""
        self._series.close()


def _key(job: Job, name: str, schema: pa.Schema) -> str | None:
    """Of all that decides the rows; None if a later run could not know the inputs, or need not."""
    inputs = [shard.identity for shard in job.shards]
    if not job.saving or None in inputs:
        return None
    return stages.key_of(job.about, inputs, name, str(schema)).hex()
