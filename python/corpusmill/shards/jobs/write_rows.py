"""write_rows: the end of every job's work on rows: the types of lines that become tables, then the outputs.

Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill.shards import ours
from corpusmill.shards.entries import entries
from corpusmill.shards.errors import JobError
from corpusmill.shards.job import Job
from corpusmill.shards.ledger import FileEntry
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.json_schema import SchemaPass
from corpusmill.shards.writing.target import Target
from corpusmill.shards.writing.write import WritePass

NO_OUTPUTS = Target(None, None, None, 2, 3)
"""Of jobs whose results are no rows: only rejected ones are written."""


def write_rows(
    job: Job,
    table: Table,
    keep: npt.NDArray[np.bool_],
    target: Target,
    *,
    text: str | None,
    write_dropped: bool,
    change: Change,
    of_schema: Callable[[pa.Schema], pa.Schema] = lambda schema: schema,
    data: bool = True,
) -> WritePass:
    """Writes the rows for which `keep`, a column of the whole job, is true; others if asked.

    text        the field that lines are sure to have, if there is one
    of_schema   what the job makes of the types of changed lines
    data        whether kept rows are written; rejected ones are in any case
    JobError if lines that become tables have no field at all.
    """
    schema = None
    if any(map(target.makes_tables_of, job.shards)):
        written = np.ones_like(keep) if write_dropped else keep
        found, num_rows = _types(job, table, written, text, change)
        schema = of_schema(found)
        if not len(schema) and num_rows:
            raise JobError("no row has a field, and no table can hold such rows; write JSON lines")
    writing = WritePass(
        job.shards,
        table,
        keep,
        out=job.out,
        to=target,
        write_dropped=write_dropped,
        schema=schema,
        stop=job.stop,
        log=job.written(),
        change=change,
        data=data,
    )
    with closing(writing):
        job.run(writing, writing.num_streams, writing.reads)
    return writing


def write_rejected(job: Job, table: Table, target: Target, kept: Sequence[int]) -> list[FileEntry]:
    """Writes the rejected rows alone; the ledger's line for each file, of which so many were kept."""
    written = write_rows(
        job,
        table,
        np.ones(table.num_rows, np.bool_),
        target,
        text=None,
        write_dropped=False,
        change=Change(),
        data=False,
    )
    found = entries(job.shards, table, [{} for _ in job.shards], written)
    return [replace(file, kept=rows) for file, rows in zip(found, kept, strict=True)]


def _types(
    job: Job, table: Table, written: npt.NDArray[np.bool_], text: str | None, change: Change
) -> tuple[pa.Schema, int]:
    """The schema of all lines that become tables, and how many they are."""
    saved = job.decided(table, ours.TYPES, np.packbits(written).tobytes())
    if (found := saved.load()) is not None:
        (serialized,), num_rows = found
        return pa.ipc.read_schema(pa.py_buffer(serialized)), num_rows
    finding = SchemaPass(job.shards, table, written, text=text, change=change.lines)
    job.run(finding)
    schema, num_rows = finding.schema(), finding.meter.read().rows
    saved.save([np.frombuffer(schema.serialize(), np.uint8)], num_rows)
    return schema, num_rows
