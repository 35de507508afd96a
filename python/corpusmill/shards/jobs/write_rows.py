"""write_rows: the end of every job's work on rows: the types of lines that become tables, then the outputs.

Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill.shards.errors import JobError
from corpusmill.shards.job import Job
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.json_schema import SchemaPass
from corpusmill.shards.writing.target import Target
from corpusmill.shards.writing.write import WritePass


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
        finding = SchemaPass(job.shards, table, written, text=text, change=change.lines)
        job.run(finding)
        schema = of_schema(finding.schema())
        if not len(schema) and finding.meter.read().rows:
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
