"""places: rows of a job as its users know them: by file, row of the file, and id; as columns of tables."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from corpusmill import _arrow
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.read import Shard
from corpusmill.shards.reading.strings import StringColumn
from corpusmill.shards.rows import Ints
from corpusmill.shards.state.table import Table

PLACE = [("file", pa.large_string()), ("row", pa.int64()), ("id", pa.large_string())]
"""Rows of a file count from 0, blank lines and rejected ones too; an id is null where there is none."""


class Places:
    """Looks rows up: O(rows log rows + blocks touched), each of which is unpacked."""

    def __init__(self, shards: Sequence[Shard], table: Table) -> None:
        self._table = table
        self._names = StringColumn.of([shown(shard.input.name) for shard in shards])

    def of(self, rows: Ints) -> list[pa.Array]:
        """Of rows of the job, in any order, the columns of PLACE."""
        if not len(rows):
            return [pa.nulls(0, kind) for _, kind in PLACE]
        files, lines, ids = self._table.places(rows)
        return [self._names.take(files), _arrow.primitive(lines), ids.arrow()]
