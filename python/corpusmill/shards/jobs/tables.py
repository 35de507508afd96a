"""tables: results as Parquet in OUT: the same bytes for the same rows, however they come. Counts nothing."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from corpusmill import _arrays
from corpusmill.shards.state.out import OutFolder

SLICE = 1 << 16
"""Rows of a row group."""


def write(out: OutFolder, name: str, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    """Writes tables one behind the other; how many rows. Holds a row group and a table."""
    from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

    rest, num_rows = _arrays.no_rows(schema), 0
    with out.writing(name), out.create(name) as file:
        with parquet.ParquetWriter(file, schema, compression="zstd", compression_level=3) as writer:
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
