"""decide: which pieces of a job repeat: by the order of files, rows and places in them.

An earlier run of the job may have saved the decisions. Reads hashes, never text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpusmill.shards.errors import JobError
from corpusmill.shards.job import Job
from corpusmill.shards.jobs.paragraphs.choices import Choices
from corpusmill.shards.jobs.paragraphs.known import (
    Known,
    known_after,
    nothing_known,
    pieces_of,
    what_came_before,
)
from corpusmill.shards.rows import Ints, Signals
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.added import RowSpans

_NONE = np.empty(0, np.int64)
_SPAN_BYTES = 16


@dataclass(frozen=True)
class Decisions:
    """The spans of repeated pieces, and what they come to."""

    spans: RowSpans
    keep: npt.NDArray[np.bool_]  # of rows
    num_pieces: int  # that take part

    @property
    def num_repeated(self) -> int:
        return len(self.spans.begin)

    @property
    def repeated_bytes(self) -> int:
        return int((self.spans.end - self.spans.begin).sum())


def decide(job: Job, table: Table, choices: Choices) -> Decisions:
    """The decisions on all rows of the table."""
    saved = job.decided(table)
    grown = Path(choices.save_filter) if choices.save_filter else None
    if (found := saved.load()) is not None and (grown is None or grown.exists()):
        (rows, lists, begin, end, dropped), num_pieces = found
        spans = RowSpans(rows, lists, begin, end)
        return Decisions(spans, _kept(table, dropped), num_pieces)
    job.at("decide", table.num_rows)
    spans, whole, num_pieces = _spans(job, table, choices)
    dropped = _dropped(table, spans, whole, choices)
    saved.save([spans.rows, spans.lists, spans.begin, spans.end, dropped], num_pieces)
    job.stopwatch.lap("decide")
    return Decisions(spans, _kept(table, dropped), num_pieces)


def _kept(table: Table, dropped: Ints) -> npt.NDArray[np.bool_]:
    keep = np.ones(table.num_rows, np.bool_)
    keep[dropped] = False
    return keep


def _dropped(table: Table, spans: RowSpans, whole: Ints, choices: Choices) -> Ints:
    """Rows of which nothing is left, or of which as much repeats as is asked for."""
    if choices.action == "tag":
        return np.empty(0, np.int64)
    if choices.action == "cut":
        return whole
    lengths = table.preference(np.int64)[spans.rows]
    repeated = np.add.reduceat(np.append(spans.end - spans.begin, 0), spans.lists[:-1])
    return spans.rows[repeated >= choices.share * lengths]


def _spans(job: Job, table: Table, choices: Choices) -> tuple[RowSpans, Ints, int]:
    """The spans; the rows all of whose pieces repeat; how many pieces take part."""
    _, memory = job.room(table.num_rows)
    found = _Found()
    before = what_came_before(choices, memory)
    for shard in [None] if choices.scope == "corpus" else range(table.num_shards):
        if before is not None:
            known = known_after(before, choices)
        else:
            known = nothing_known(_num_pieces(table, shard, choices), choices, memory)
        if choices.keep == "none":
            for block in table.blocks(shard):
                known.note(pieces_of(block))
                _check_room(job, found.nbytes + known.nbytes, choices, memory)
            known.all_noted()
        for block in table.blocks(shard, let_go=True):
            found.add(block, known)
            _check_room(job, found.nbytes + known.nbytes, choices, memory)
    if choices.save_filter:
        assert before is not None
        before.save(choices.save_filter)
    return found.spans(), np.concatenate(found.wholes), found.num_pieces


def _num_pieces(table: Table, shard: int | None, choices: Choices) -> int:
    """Which a filter is made for."""
    if choices.method == "exact":
        return 0
    return sum(len(pieces_of(block)) for block in table.blocks(shard))


@dataclass
class _Found:
    """The pieces that repeat, block by block."""

    rows: list[Ints] = field(default_factory=lambda: [_NONE])
    counts: list[Ints] = field(default_factory=lambda: [_NONE])  # of spans of a row
    begins: list[Ints] = field(default_factory=lambda: [_NONE])
    ends: list[Ints] = field(default_factory=lambda: [_NONE])
    wholes: list[Ints] = field(default_factory=lambda: [_NONE])  # rows all of whose pieces repeat
    num_pieces: int = 0
    nbytes: int = 0

    def add(self, block: Signals, known: Known) -> None:
        pieces = pieces_of(block)
        repeated = known.repeated(pieces)
        self.num_pieces += int((pieces[:, :2] != 0).any(axis=1).sum())
        of_row = np.repeat(np.arange(block.num_rows), block.slots)
        found = np.bincount(of_row[repeated], minlength=block.num_rows)
        having = np.flatnonzero(found)
        self.rows.append(having + block.first_row)
        self.counts.append(found[having])
        self.begins.append(pieces[repeated, 2].astype(np.int64))
        self.ends.append(pieces[repeated, 3].astype(np.int64))
        self.wholes.append(having[found[having] == block.slots[having]] + block.first_row)
        self.nbytes += _SPAN_BYTES * (len(self.begins[-1]) + 2 * len(having))

    def spans(self) -> RowSpans:
        ends = np.cumsum(np.concatenate(self.counts))
        return RowSpans(
            rows=np.concatenate(self.rows),
            lists=np.concatenate([np.zeros(1, np.int64), ends]),
            begin=np.concatenate(self.begins),
            end=np.concatenate(self.ends),
        )


def _check_room(job: Job, held: int, choices: Choices, memory: int) -> None:
    """JobError if what is held is more than there is room for."""
    if held > memory:
        way_out = 'allow more, or use method="bloom"' if choices.method == "exact" else "allow more"
        raise JobError(
            f"memory: {job.budget.total / 1e6:,.0f} MB are too few to know the pieces that repeat; "
            f"{way_out}, and run again to resume"
        )
