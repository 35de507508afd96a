"""listed: which rows of files hold which terms and pairs of terms, kept beside their places and written as
tables. Counts nothing.

Kept where the results of a first pass are, in memory or in stage files, and unpacked a block at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _core
from corpusmill._ngram_terms import Counting
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import tables
from corpusmill.shards.jobs.places import PLACE, Places
from corpusmill.shards.ours import PAIR_ROWS, TERM_ROWS
from corpusmill.shards.rows import narrow
from corpusmill.shards.state.table import Table

Bytes: TypeAlias = npt.NDArray[np.uint8]

LISTED_BYTES = 400
"""Of a row, as it is kept: about fifty terms and pairs; of the shortest rows each word is one."""


def packed(listed: _core.ListedTerms) -> Bytes:
    """What is listed of the texts of a block, as it is kept."""
    if not len(listed[0][0]):
        return np.empty(0, np.uint8)
    sink = pa.BufferOutputStream()
    for row, what, counts in listed:
        numbers = [narrow(row), narrow(what), *map(narrow, counts)]
        columns = [_arrow.primitive(column) for column in numbers]
        batch = pa.RecordBatch.from_arrays(columns, [str(i) for i in range(len(columns))])
        with pa.ipc.new_stream(sink, batch.schema) as stream:
            stream.write_batch(batch)
    return np.frombuffer(sink.getvalue(), np.uint8)


def write(job: Job, table: Table, counting: Counting) -> dict[str, int]:
    """Writes what is listed of all rows, in their order; how many rows each table has.

    Holds what is kept of a block, and a row group.
    """
    places, none = Places(job.shards, table), counting.counter.add([], 1)
    sides = ((TERM_ROWS, counting.term_rows), (PAIR_ROWS, counting.pair_rows))
    sizes = {}
    for side, (name, rows_of) in enumerate(sides):
        parts = _parts(table, side, rows_of)
        schema = _placed(places, 0, rows_of(*none[side])).schema
        found = (_placed(places, first_row, part) for first_row, part in parts)
        sizes[name] = tables.write(job.out, name, schema, found)
    return sizes


def _parts(
    table: Table, side: int, rows_of: Callable[..., pa.Table]
) -> Iterator[tuple[int, pa.Table]]:
    """What is listed of blocks, at most a row group at a time, with the first row of each block."""
    for block in table.found(0, table.num_rows):
        source = pa.BufferReader(pa.py_buffer(block.found()))
        both = [pa.ipc.open_stream(source).read_all() for _ in range(2)]
        row, what, *counts = map(_arrow.numbers, both[side].columns)
        for first in range(0, len(row), tables.SLICE):
            some = slice(first, first + tables.SLICE)
            of_kinds = [of_kind[some].astype(np.int64) for of_kind in counts]
            yield block.first_row, rows_of(row[some].astype(np.int64), what[some], of_kinds)


def _placed(places: Places, first_row: int, part: pa.Table) -> pa.Table:
    """With the places of its rows, which are counted from `first_row`."""
    rows = _arrow.numbers(part["row"])
    is_new = np.diff(rows, prepend=-1) > 0
    at = _arrays.of_numpy(np.cumsum(is_new) - 1)
    of_rows = [column.take(at) for column in places.of(first_row + rows[is_new])]
    names = [*(name for name, _ in PLACE), *part.column_names[1:]]
    return pa.table([*of_rows, *part.columns[1:]], names)
