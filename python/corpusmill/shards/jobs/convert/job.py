"""job: files of rows to other formats, other sizes, some of their fields, some of their rows.

    choose      every row once: its place, and whether its condition holds
    schema      where lines become tables: the types of their fields
    write       the rows that are kept

The passes, the ledger and all that makes a job are those of every other job; this file joins them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from corpusmill.shards.entries import entries
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.jobs.asked import Asked, checks
from corpusmill.shards.jobs.convert.choices import COLUMNS_BYTES, OUTCOME_BYTES, SOFTWARE, Choices
from corpusmill.shards.jobs.convert.choose import ChoosePass
from corpusmill.shards.jobs.convert.where import FALSE, KEEP, UNKNOWN, Condition
from corpusmill.shards.jobs.write_rows import write_rows
from corpusmill.shards.ledger import Counts, Ledger
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.columns import Columns
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.joined import check_joined
from corpusmill.shards.writing.target import OutputFormat, Target
from corpusmill.shards.writing.write import WritePass

REASONS = {"filtered": FALSE, "filtered_null": UNKNOWN}
"""Why a row is dropped: its condition is false; it is null."""


def convert(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    columns: Sequence[str] | None = None,
    where: str | None = None,
    threads: int = 0,
    max_rejected: float = 0.001,
    format: OutputFormat | None = None,
    codec: str | None = None,
    rows_per_file: int | None = None,
    join: bool = False,
    write_dropped: bool = False,
    gzip_level: int = 1,
    zstd_level: int = 3,
    memory: int | str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
    notice: Listener | None = None,
) -> Ledger:
    """Writes files of rows in other formats, codecs or sizes, with some of their fields and rows.

    inputs, out     as `dedup` has them; every object of JSON is a row, and every row of a table that
                    can be decoded and whose strings are UTF-8
    columns         the fields to write, in this order; None: all. Of lines the values stay byte for
                    byte, and a field that a row lacks is left out of it; tables must have them all
    where           a condition on the fields of a row: the name of a field of booleans, or an
                    expression such as `lang == "en" and len(text) > 200`. Rows for which it is false
                    are dropped as "filtered", those for which it is null as "filtered_null"
    others          as `dedup` has them: threads, max_rejected, format, codec, rows_per_file, join,
                    write_dropped, gzip_level, zstd_level, memory, overwrite, progress, notice
    returns         the ledger, which also lies in out; read its `problems`

    All of out but run.json is the same for any threads, order of inputs and memory that holds the
    longest row; time is linear, in two passes over the rows (three where lines become tables).
    Lines are copied byte for byte unless columns are chosen. docs/convert.md says what conditions
    mean, docs/shards.md all else.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (out is as it was,
    but for what is saved to go on with).
    """
    with checks():
        target = Target(format, codec, rows_per_file, gzip_level, zstd_level, join)
        asked = Asked(
            inputs, out, target, threads, max_rejected, memory, overwrite, progress, notice
        )
        choices = Choices.checked(columns, where, max_rejected, write_dropped)
        condition = None if where is None else Condition(where)
    asked = asked.found()
    target = asked.target
    job = asked.job(choices.about(target), OUTCOME_BYTES)
    fields.check_columns(job.shards, "columns", choices.columns or ())
    fields.check_columns(job.shards, "where", condition.names if condition else ())
    check_joined(job.shards, target, _change(choices), write_dropped=choices.write_dropped)
    with job.claimed(asked.outputs()):
        table, outcome, written = late_damage.without_lost_rows(
            job, lambda: _results(job, choices, condition, target)
        )
        ledger = Ledger(
            command="convert",
            software=SOFTWARE,
            inputs=asked.names,
            options=choices.options(target),
            files=entries(job.shards, table, _dropped(table, outcome), written),
        )
        job.finish(ledger)
    return ledger


def _results(
    job: Job, choices: Choices, condition: Condition | None, target: Target
) -> tuple[Table, npt.NDArray[np.uint8] | None, WritePass]:
    table = _chosen(job, choices, condition)
    job.check_columns(table.num_rows, COLUMNS_BYTES)
    outcome = table.preference(np.uint8) if condition else None
    return table, outcome, _write(job, table, outcome, choices, target)


def _chosen(job: Job, choices: Choices, condition: Condition | None) -> Table:
    store = job.store({"command": "convert", "columns": choices.columns, "where": choices.where})
    job.run(ChoosePass(job.shards, store, columns=choices.columns, where=condition))
    store.seal()
    return store.table()


def _write(
    job: Job,
    table: Table,
    outcome: npt.NDArray[np.uint8] | None,
    choices: Choices,
    target: Target,
) -> WritePass:
    columns = None if choices.columns is None else Columns(choices.columns)
    return write_rows(
        job,
        table,
        np.ones(table.num_rows, np.bool_) if outcome is None else outcome == KEEP,
        target,
        text=None,
        write_dropped=choices.write_dropped,
        change=_change(choices),
        of_schema=columns.of_schema if columns else lambda schema: schema,
    )


def _change(choices: Choices) -> Change:
    return Change() if choices.columns is None else Columns(choices.columns).change()


def _dropped(table: Table, outcome: npt.NDArray[np.uint8] | None) -> list[Counts]:
    """Per file, the dropped rows by reason."""
    if outcome is None:
        return [{} for _ in range(table.num_shards)]
    of_files = [outcome[table.rows_of(number)] for number in range(table.num_shards)]
    counts = [
        {reason: int((of_file == code).sum()) for reason, code in REASONS.items()}
        for of_file in of_files
    ]
    return [{reason: count for reason, count in of.items() if count} for of in counts]
