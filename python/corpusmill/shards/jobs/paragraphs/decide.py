"""decide: which pieces of a job came before: by the order of files, rows and places in them.

An earlier run of the job may have saved the decisions. Reads hashes, never text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill.ngram import BloomFilter
from corpusmill.shards.errors import JobError
from corpusmill.shards.job import Job
from corpusmill.shards.jobs.paragraphs.choices import Choices
from corpusmill.shards.rows import Ints, Signals
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.added import RowSpans

Seen: TypeAlias = _core.dedup.ContentSet | _core.ngram.Bloom | BloomFilter

WORDS = 4
"""Of a piece: the two halves of its hash, begin and end."""

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
    rows, counts, begins, ends, wholes = ([np.empty(0, np.int64)] for _ in range(5))
    num_pieces = held = 0
    known = _known(choices, memory)
    for block, pieces, seen in _blocks(table, choices, memory, known):
        repeated = _repeated(pieces, seen)
        num_pieces += int((pieces[:, :2] != 0).any(axis=1).sum())
        of_row = np.repeat(np.arange(block.num_rows), block.slots)
        found = np.bincount(of_row[repeated], minlength=block.num_rows)
        having = np.flatnonzero(found)
        rows.append(having + block.first_row)
        counts.append(found[having])
        begins.append(pieces[repeated, 2].astype(np.int64))
        ends.append(pieces[repeated, 3].astype(np.int64))
        wholes.append(having[found[having] == block.slots[having]] + block.first_row)
        held += _SPAN_BYTES * (len(begins[-1]) + 2 * len(having))
        _check_room(job, held, seen, memory)
    if choices.save_filter:
        assert isinstance(known, BloomFilter)
        known.save(choices.save_filter)
    lists = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate(counts))])
    spans = RowSpans(
        rows=np.concatenate(rows),
        lists=lists,
        begin=np.concatenate(begins),
        end=np.concatenate(ends),
    )
    return spans, np.concatenate(wholes), num_pieces


def _repeated(pieces: npt.NDArray[np.uint64], seen: Seen) -> npt.NDArray[np.bool_]:
    if isinstance(seen, BloomFilter):
        try:
            return seen.seen_hashes(pieces)
        except ValueError as error:  # overfull by now
            raise JobError(f"against: {error}") from None
    return _core.dedup.seen_before(pieces.ravel(), seen).view(np.bool_)


def _known(choices: Choices, memory: int) -> BloomFilter | None:
    """What came before all inputs, as the file has it."""
    if choices.against is None:
        return None
    known = BloomFilter.load(choices.against)
    _check_size(known.nbytes, f"{known.options['items']:,} items", memory)
    return known


def _blocks(
    table: Table, choices: Choices, memory: int, known: BloomFilter | None
) -> Iterator[tuple[Signals, npt.NDArray[np.uint64], Seen]]:
    """Each block with its pieces and what was seen before it."""
    sizes = [0] * table.num_shards
    if choices.method == "bloom" and known is None:
        for block in table.blocks():
            sizes[_shard_of(table, block)] += len(block.hashes) // WORDS
        if choices.scope == "corpus":
            sizes = [sum(sizes)] * table.num_shards
    seen: Seen | None = known
    of = -1
    for block in table.blocks(let_go=True):
        shard = _shard_of(table, block)
        if seen is None or (choices.scope == "file" and shard != of):
            seen = _nothing_seen(choices, max(sizes[shard], 1), memory)
        of = shard
        yield block, block.hashes.reshape(-1, WORDS), seen


def _shard_of(table: Table, block: Signals) -> int:
    """A block without rows may be said to be in a file before its own: it has no pieces either."""
    return min(int(table.shard_of(np.array([block.first_row]))[0]), table.num_shards - 1)


def _nothing_seen(choices: Choices, num_pieces: int, memory: int) -> Seen:
    if choices.method == "exact":
        return _core.dedup.ContentSet()
    blocks = _core.ngram.bloom_blocks(num_pieces, choices.fp_rate)
    _check_size(32 * blocks, f"{num_pieces:,} pieces", memory)
    return _core.ngram.Bloom(blocks)


def _check_size(size: int, needed: str, memory: int) -> None:
    if size > memory:
        raise JobError(
            f"memory: a filter of {size / 1e6:,.0f} MB is needed for {needed}; "
            "allow more, or a higher fp_rate, and run again to resume"
        )


def _check_room(job: Job, held: int, seen: Seen, memory: int) -> None:
    """JobError if what is held is more than there is room for."""
    exact = isinstance(seen, _core.dedup.ContentSet)
    held += seen.nbytes if isinstance(seen, BloomFilter) else seen.nbytes()
    if held > memory:
        way_out = 'allow more, or use method="bloom"' if exact else "allow more"
        raise JobError(
            f"memory: {job.budget.total / 1e6:,.0f} MB are too few to know the pieces that repeat; "
            f"{way_out}, and run again to resume"
        )
