"""numbered: parts of files whose rows carry their ids, for engines that keep no order: row groups of
Parquet, lines of JSON.

An id is the file's number << 40 | the row's number in a file of Parquet, or the byte at which the line
begins (unpacked), so ids ascend as the rows of a job do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from corpusmill import _arrow
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.inputs import AnyPath, Input, find
from corpusmill.shards.reading.line_blocks import BOM
from corpusmill.shards.reading.read import Block, Shard
from corpusmill.shards.rows import Ints

FILE_SHIFT = 40

PART_SIZE = 64 << 20
"""Bytes of lines that are read at once."""


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
                f"input {name!r} is not Parquet; read JSON lines with read_json, and convert others: "
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


@dataclass(frozen=True)
class Lines:
    """Whole lines of a file, which has the same absolute name wherever it is read."""

    file: Input
    number: int
    extent: tuple[int, int] | None  # offset and size; None: all of a packed file

    @property
    def name(self) -> str:
        """What errors call it, from which lines are counted."""
        start = self.extent[0] if self.extent else 0
        return shown(self.file.name) + (f", behind byte {start:,}" if start else "")

    def read(self) -> Iterator[tuple[bytes, Ints]]:
        """Its rows, each with a newline, and their ids; JobError if a line holds no object."""
        shard = Shard(self.file, block_size=PART_SIZE)
        if self.extent is None:
            blocks = shard.first(lambda _: None)
        else:
            shard.extents.append(self.extent)
            blocks = shard.again([0], lambda _: None)
        for block in blocks:
            yield self._rows(block)
        if shard.status != "complete":
            raise JobError(f"{self.name}: the file is {shard.status}: {shard.error}")

    def _rows(self, block: Block) -> tuple[bytes, Ints]:
        rows = block.rows(Fields(None, None, None)).rows
        if rows.rejected_reason:
            offset = block.offset + int(rows.rejected_offset[0])
            raise JobError(
                f"{self.name}: the line at byte {offset:,} is no row ({rows.rejected_reason[0]}); "
                "leave such lines out first: corpusmill convert IN -o OUT"
            )
        if block.offset + block.size > 1 << FILE_SHIFT:
            raise JobError(f"{self.name}: lines beyond a terabyte have no ids; cut the file")
        ids = (self.number << FILE_SHIFT) + block.offset + rows.offset
        return bytes(block.lines(rows, np.arange(rows.num_rows))), ids


def line_parts(inputs: AnyPath | Sequence[AnyPath]) -> list[Lines]:
    """Of all files, in the order of a job's inputs; UsageError for one that is no JSON lines."""
    found = []
    for number, file in enumerate(find(inputs, os.devnull)):
        if not file.format.startswith("jsonl"):
            raise UsageError(f"input {shown(file.path)!r} is not JSON lines; see read_parquet")
        there = replace(file, path=file.path.absolute())
        extents = _extents(there) if file.format == "jsonl" else [None]
        found += [Lines(there, number, extent) for extent in extents]
    return found


def _extents(file: Input) -> Iterator[tuple[int, int]]:
    """Of whole lines, of about PART_SIZE."""
    with file.path.open("rb") as opened:
        start = len(BOM) if opened.read(len(BOM)) == BOM else 0
        while start < file.size:
            opened.seek(start + PART_SIZE)
            opened.readline()
            end = min(opened.tell(), file.size)
            yield start, end - start
            start = end
