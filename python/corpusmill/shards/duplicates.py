"""duplicates: which row went for which, as OUT/duplicates.parquet. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrow
from corpusmill.shards.ours import DUPLICATES, shown
from corpusmill.shards.out import OutFolder
from corpusmill.shards.read import Shard
from corpusmill.shards.rows import Ints
from corpusmill.shards.strings import StringColumn
from corpusmill.shards.table import Table

SCHEMA = pa.schema(
    {
        "dropped_id": pa.large_string(),
        "kept_id": pa.large_string(),
        "dropped_file": pa.large_string(),
        "dropped_row": pa.int64(),
        "kept_file": pa.large_string(),
        "kept_row": pa.int64(),
        "similarity": pa.float64(),
        "verified": pa.large_string(),
        "cluster": pa.int64(),
        "size": pa.int64(),
    }
)

SLICE = 1 << 16
"""Rows of a row group."""

ROOM_OF_A_ROW = 300
"""Bytes, about, to look up where a dropped row and its kept one lie."""


@dataclass(frozen=True)
class Decisions:
    """What the Decider says of dropped rows, ascending; rows of the whole job."""

    dropped: Ints
    kept: Ints
    similarity: npt.NDArray[np.float64]
    equal: npt.NDArray[np.int8]  # 1: the same shingle set, or the same bytes
    verify: str

    def sizes(self) -> Ints:
        """For each dropped row, the rows of its cluster, the kept one included."""
        _, cluster, count = np.unique(self.kept, return_inverse=True, return_counts=True)
        return count[cluster] + 1


class Places:
    """Rows of the job as users know them: by file, line (from 0, blank lines counted) and id."""

    def __init__(self, shards: Sequence[Shard], table: Table) -> None:
        self._table = table
        self._names = StringColumn.of([shown(shard.input.name) for shard in shards])

    def of(self, rows: Ints) -> tuple[pa.Array, pa.Array, Ints]:
        """Ids, files and lines."""
        files, lines, ids = self._table.places(rows)
        return ids.arrow(), self._names.take(files), lines


def write(out: OutFolder, decisions: Decisions, places: Places, memory: int) -> None:
    """Writes the file: fixed settings and no time, so equal decisions give equal bytes.

    As many rows are looked up at once as `memory` bytes allow, for each time reads nearly all places.
    """
    from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

    sizes = decisions.sizes()
    at_once = max(1, memory // ROOM_OF_A_ROW // SLICE) * SLICE
    with out.writing(DUPLICATES), out.create(DUPLICATES) as file:
        with parquet.ParquetWriter(file, SCHEMA, compression="zstd", compression_level=3) as writer:
            for start in range(0, len(sizes), at_once):
                part = _part(decisions, sizes, places, slice(start, start + at_once))
                writer.write_table(part, row_group_size=SLICE)
        file.close()
        out.whole(DUPLICATES)


def _part(decisions: Decisions, sizes: Ints, places: Places, some: slice) -> pa.Table:
    dropped, kept = decisions.dropped[some], decisions.kept[some]
    dropped_id, dropped_file, dropped_line = places.of(dropped)
    kept_id, kept_file, kept_line = places.of(kept)
    columns = [
        dropped_id,
        kept_id,
        dropped_file,
        _arrow.primitive(dropped_line),
        kept_file,
        _arrow.primitive(kept_line),
        _arrow.primitive(decisions.similarity[some]),
        StringColumn.of([decisions.verify, "exact"]).take(decisions.equal[some]),
        _arrow.primitive(kept),
        _arrow.primitive(sizes[some]),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)
