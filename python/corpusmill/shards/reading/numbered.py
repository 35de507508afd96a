"""numbered: row groups of Parquet whose rows carry their ids, for engines that keep no order.

An id is the file's number << 40 | the row's number in the file, so ids ascend as the rows of a job do.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from corpusmill import _arrow
from corpusmill.shards.errors import UsageError
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.inputs import AnyPath, find

FILE_SHIFT = 40


@dataclass(frozen=True)
class RowGroup:
    """One of a file, which has the same absolute name wherever it is read."""

    path: str
    number: int
    first_id: int
    columns: tuple[str, ...]
    id: str

    def read(self) -> pa.Table:
        """Its rows with these columns, and their ids as a last one."""
        with parquet.ParquetFile(self.path) as file:
            table = file.read_row_group(self.number, list(self.columns))
        ids = np.arange(self.first_id, self.first_id + table.num_rows)
        return table.append_column(self.id, _arrow.primitive(ids))


def row_groups(
    inputs: AnyPath | Sequence[AnyPath], columns: Sequence[str] | None, id: str
) -> list[RowGroup]:
    """Of all files, in the order of a job's inputs; `columns` None: all.

    UsageError for a file that is no Parquet, lacks a column, or has one of the name of the new one.
    """
    found = []
    for number, file in enumerate(find(inputs, os.devnull)):
        name = shown(file.path)
        if file.format != "parquet":
            raise UsageError(
                f"input {name!r} is not Parquet; convert it first: "
                "corpusmill convert IN -o OUT --format parquet"
            )
        first_id, metadata = number << FILE_SHIFT, parquet.read_metadata(file.path)
        there = metadata.schema.to_arrow_schema().names
        chosen = tuple(there if columns is None else columns)
        lacking = [column for column in chosen if column not in there]
        if lacking:
            raise UsageError(f"columns: no column {lacking[0]!r} in {name!r}; it holds {there}")
        if id in chosen:
            raise UsageError(f"id: {name!r} has a column {id!r} already; name another")
        for group in range(metadata.num_row_groups):
            path = str(file.path.absolute())
            found.append(RowGroup(path, group, first_id, chosen, id))
            first_id += metadata.row_group(group).num_rows
    return found
