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

    def read(self, columns: Sequence[str] | None, id: str) -> pa.Table:
        """Its rows with some columns, or all, and their ids as a last one."""
        with parquet.ParquetFile(self.path) as file:
            table = file.read_row_group(self.number, columns)
        ids = np.arange(self.first_id, self.first_id + table.num_rows)
        return table.append_column(id, _arrow.primitive(ids))


def row_groups(inputs: AnyPath | Sequence[AnyPath]) -> list[RowGroup]:
    """Of all files, in the order of a job's inputs; UsageError for one that is no Parquet."""
    found = []
    for number, file in enumerate(find(inputs, os.devnull)):
        if file.format != "parquet":
            raise UsageError(
                f"input {shown(file.path)!r} is not Parquet; convert it first: "
                "corpusmill convert IN -o OUT --format parquet"
            )
        first_id, metadata = number << FILE_SHIFT, parquet.read_metadata(file.path)
        for group in range(metadata.num_row_groups):
            found.append(RowGroup(str(file.path.absolute()), group, first_id))
            first_id += metadata.row_group(group).num_rows
    return found
