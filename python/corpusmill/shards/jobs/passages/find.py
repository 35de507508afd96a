"""find: the passages of a job's rows, from walks over their texts or from an earlier run of the job.

They wait in a file, mapped, until the rows are written: there may be more of them than fit in memory.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill.shards import ours
from corpusmill.shards.job import Job
from corpusmill.shards.jobs.passages.choices import Choices
from corpusmill.shards.jobs.passages.walk import WalkPass, WordPass
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
    positions = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    finder = _core.dedup.PassageFinder(
        choices.options, int(positions[-1]), folder, memory, job.threads
    )
    stage, more = 1, table.num_rows > 0
    while more:
        walk = WalkPass(
            job.shards, table, finder, positions, text=choices.text, stage=f"walk {stage}"
        )
        job.run(walk)
        stage, more = stage + 1, finder.end_walk()
        job.stopwatch.lap("passages")
    with job.out.writing(f"{ours.STATE}/{ours.SCRATCH}"):
        spans = _mapped(_spans(finder, positions, job.threads), folder)
    if choices.min_words and len(spans.rows):
        counting = WordPass(job.shards, table, spans, choices)
        job.run(counting)
        with job.out.writing(f"{ours.STATE}/{ours.SCRATCH}"):
            spans = _mapped(_chosen(spans, counting.hold), folder)
    saved.save([spans.rows, spans.lists, spans.begin, spans.end], None)
    return spans


def _spans(
    finder: _core.dedup.PassageFinder, positions: Ints, threads: int
) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
    """Of some rows at a time: those that have any, where the spans of each end, and the spans."""
    none = np.empty(0, np.int64)
    before = 0
    yield none, np.zeros(1, np.int64), none, none
    for first in range(0, len(positions) - 1, ROWS_AT_ONCE):
        some = positions[first : first + ROWS_AT_ONCE + 1]
        lists, begin, end = finder.passages(int(some[0]), np.diff(some), threads)
        having = np.flatnonzero(np.diff(lists))
        yield first + having, before + lists[having + 1], begin, end
        before += len(begin)


def _chosen(
    spans: RowSpans, chosen: npt.NDArray[np.bool_]
) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
    """Some of the spans, in parts as `_spans` gives them."""
    none = np.empty(0, np.int64)
    before = 0
    yield none, np.zeros(1, np.int64), none, none
    for at in range(0, len(spans.rows), ROWS_AT_ONCE):
        lists = spans.lists[at : at + ROWS_AT_ONCE + 1]
        some = slice(lists[0], lists[-1])
        of_part = chosen[some]
        count = np.add.reduceat(of_part, lists[:-1] - lists[0], dtype=np.int64)
        rows = spans.rows[at : at + ROWS_AT_ONCE][count > 0]
        yield (
            rows,
            before + np.cumsum(count[count > 0]),
            spans.begin[some][of_part],
            spans.end[some][of_part],
        )
        before += int(count.sum())


def _mapped(parts: Iterator[tuple[Ints, ...]], folder: str) -> RowSpans:
    """Columns that come in parts, each as a file without a name."""
    with ExitStack() as stack:
        files = [stack.enter_context(TemporaryFile(dir=folder)) for _ in range(4)]
        for part in parts:
            for file, numbers in zip(files, part, strict=True):
                file.write(np.ascontiguousarray(numbers).data)
        columns = []
        for file in files:
            file.flush()
            size = file.tell()  # a file of none cannot be mapped
            data = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b""
            columns.append(np.frombuffer(data, np.int64))
    return RowSpans(*columns)


def repeated_bytes(spans: RowSpans, num_rows: int) -> npt.NDArray[np.int64]:
    """Of each row, how many bytes of its text lie in passages."""
    found = np.zeros(num_rows, np.int64)
    for at in range(0, len(spans.rows), ROWS_AT_ONCE):
        lists = spans.lists[at : at + ROWS_AT_ONCE + 1]
        some = slice(lists[0], lists[-1])
        sizes = spans.end[some] - spans.begin[some]
        found[spans.rows[at : at + ROWS_AT_ONCE]] = np.add.reduceat(sizes, lists[:-1] - lists[0])
    return found
