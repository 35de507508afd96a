"""parquet_files: what table_files needs of Parquet: a row group as tables, what the footer says.

Believes nothing of a decoded batch before it has looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpusmill import _arrays
from corpusmill.shards.reading.ipc_files import DAMAGES, is_sound

if TYPE_CHECKING:
    from pyarrow import parquet


class GroupTables:
    """The rows of one row group in parts of these sizes, whatever batches the decoder makes of them.

    at_once     rows of its batches
    """

    def __init__(
        self,
        file: parquet.ParquetFile,
        group: int,
        columns: set[str] | None,
        sizes: Sequence[int],
        at_once: int,
    ) -> None:
        names = file.schema_arrow.names
        self._empty = _arrays.no_rows(file.schema_arrow)
        self._sizes = sizes
        self.error: Exception | None = None
        wanted = [name for name in names if columns is None or name in columns]
        self._batches: Iterator[pa.RecordBatch] | None = None
        if wanted:
            self._batches = file.iter_batches(
                at_once, row_groups=[group], columns=None if columns is None else wanted,
                use_threads=False,
            )  # fmt: skip

    def __iter__(self) -> Iterator[tuple[int, pa.Table | None]]:
        held: pa.Table | None = None
        for size in self._sizes:
            table = None
            try:
                if self._batches is None:
                    table = self._empty.select([])
                elif not self.error:
                    held = self._filled(held, size, self._batches)
                    table, held = held.slice(0, size), held.slice(size)
            except DAMAGES as error:
                self.error = error
            yield size, table

    @staticmethod
    def _filled(held: pa.Table | None, size: int, batches: Iterator[pa.RecordBatch]) -> pa.Table:
        """At least `size` rows."""
        while held is None or held.num_rows < size:
            batch = next(batches, None)
            if batch is None:
                raise ValueError("it holds fewer rows than the footer says")
            if not is_sound(batch):
                raise ValueError("it does not hold what it says")
            more = pa.Table.from_batches([batch])
            held = more if held is None or not held.num_rows else pa.concat_tables([held, more])
        return held


def check_counts(facts: Any) -> None:
    """A column chunk without nesting has as many values as its row group rows."""
    flat = [
        column
        for column in range(facts.num_columns)
        if facts.schema.column(column).max_repetition_level == 0
    ]
    for group in map(facts.row_group, range(facts.num_row_groups)):
        if any(group.column(column).num_values != group.num_rows for column in flat):
            raise ValueError("a column does not have as many values as its row group rows")


def codecs(facts: Any) -> dict[str, str]:
    """The codec of each column by its path, as the first row group has it; none if damage hides it."""
    if not facts.num_row_groups:
        return {}
    group = facts.row_group(0)
    try:
        columns = [group.column(index) for index in range(group.num_columns)]
        return {column.path_in_schema: column.compression for column in columns}
    except DAMAGES:
        return {}
