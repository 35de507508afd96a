"""find: the passages of a job's rows, from walks over their texts or from an earlier run of the job."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill.shards.errors import JobError
from corpusmill.shards.job import Job
from corpusmill.shards.jobs.passages.choices import Choices
from corpusmill.shards.jobs.passages.walk import WalkPass
from corpusmill.shards.rows import Ints
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.added import RowSpans

ROWS_AT_ONCE = 1 << 16


def find(job: Job, table: Table, lengths: Ints, choices: Choices) -> RowSpans:
    """Of all rows of the table, whose texts have these lengths. JobError if texts have changed."""
    saved = job.decided(table)
    if (found := saved.load()) is not None:
        return RowSpans(*found[0])
    folder, memory = job.room(table.num_rows)
    finder = _core.dedup.PassageFinder(choices.options, int(lengths.sum()), folder, memory)
    stage, more = 1, table.num_rows > 0
    while more:
        walk = WalkPass(
            job.shards,
            table,
            text=choices.text,
            stage=f"walk {stage}",
            stop=job.stop,
            take=lambda capsules: finder.add(capsules, job.threads),
        )
        job.run(walk, 1, walk.reads)
        if finder.walked_bytes != lengths.sum():
            raise JobError("an input changed while the job ran; run again when it is at rest")
        stage, more = stage + 1, finder.end_walk(job.threads)
        job.stopwatch.lap("passages")
    spans = _spans(finder, lengths)
    saved.save([spans.rows, spans.lists, spans.begin, spans.end], None)
    return spans


def _spans(finder: _core.dedup.PassageFinder, lengths: Ints) -> RowSpans:
    """Those of rows that have any."""
    rows: list[Ints] = [np.empty(0, np.int64)]
    counts: list[Ints] = [np.zeros(1, np.int64)]
    begins: list[Ints] = [np.empty(0, np.int64)]
    ends: list[Ints] = [np.empty(0, np.int64)]
    for first in range(0, len(lengths), ROWS_AT_ONCE):
        lists, begin, end = finder.passages(lengths[first : first + ROWS_AT_ONCE])
        count = np.diff(lists)
        some = np.flatnonzero(count)
        rows.append(first + some)
        counts.append(count[some])
        begins.append(begin)
        ends.append(end)
    lists = np.cumsum(np.concatenate(counts))
    return RowSpans(np.concatenate(rows), lists, np.concatenate(begins), np.concatenate(ends))


def repeated_bytes(spans: RowSpans, num_rows: int) -> npt.NDArray[np.int64]:
    """Of each row, how many bytes of its text lie in passages."""
    sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(spans.end - spans.begin)])
    found = np.zeros(num_rows, np.int64)
    found[spans.rows] = np.diff(sums[spans.lists])
    return found
