"""decide: the decision of a near-duplicate job: its rows to the decider, what it asks for after.

An earlier run of the job may have saved the decisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill._dedup_options import DecideOptions, preference_order
from corpusmill.shards.job import Job
from corpusmill.shards.jobs.dedup import duplicates
from corpusmill.shards.jobs.dedup.against import NO_MATCHES, Matches, OldIndex
from corpusmill.shards.jobs.dedup.candidates import CandidatePass
from corpusmill.shards.jobs.dedup.choices import Choices
from corpusmill.shards.jobs.dedup.duplicates import Decisions
from corpusmill.shards.rows import Ints
from corpusmill.shards.state.table import Table

CAPPED_SHOWN = 20

BLOCKS_AT_ONCE = 4
"""Blocks of signals that each thread may hold."""


@dataclass(frozen=True)
class Decided:
    """The decisions, and what max_comparisons cut short."""

    decisions: Decisions
    num_capped: int
    capped: list[tuple[int, int, int, int]]


def decide(
    job: Job, table: Table, options: DecideOptions, choices: Choices, old: OldIndex | None
) -> Decided:
    """The decisions on all rows of the table: against the old index first, then among themselves."""
    saved = job.decided(table)
    if (found := saved.load()) is not None:
        arrays, (num_capped, capped) = found
        decisions = Decisions.of(arrays, options.verify)
        return Decided(decisions, num_capped, [(a, b, c, d) for a, b, c, d in capped])
    decided = _decide(job, table, options, choices, old)
    made = decided.decisions
    arrays = [made.dropped, made.kept, made.similarity, made.reason]
    saved.save(arrays, (decided.num_capped, decided.capped))
    return decided


def _decide(
    job: Job, table: Table, options: DecideOptions, choices: Choices, old: OldIndex | None
) -> Decided:
    job.at("decide", table.num_rows)
    folder, memory = job.room(table.num_rows)
    matches = NO_MATCHES
    if old is not None:
        most = options.max_comparisons
        matches = old.matches(job, table, max_comparisons=most, memory=memory)
        job.stopwatch.lap("against")
    order = _order(table, choices.keep, matches.rows)
    decider = options.decider(
        table.num_rows, order, threads=job.threads, folder=folder, memory=memory
    )
    no_more = choices.new_index is None
    add = decider.add_buckets if choices.buckets_suffice(options) else decider.add_rows
    blocks = table.blocks(let_go=no_more and options.verify == "exact")
    while some := list(islice(blocks, BLOCKS_AT_ONCE * job.threads)):
        add([(rows.hashes, rows.slots) for rows in some])
    candidates = decider.find_candidates()
    if options.verify != "exact" and len(candidates):
        _add_signatures(table, decider, candidates, let_go=no_more)
    to_verify = decider.rows_to_verify()
    job.stopwatch.lap("decide")
    if len(to_verify):
        verify = CandidatePass(
            job.shards, table, decider, to_verify, text=choices.text, shingles=options.shingles
        )
        job.run(verify)
    decisions = _joined(Decisions.of(decider.decide(), options.verify), matches)
    num_capped, capped = decider.capped()
    job.stopwatch.lap("decide")
    return Decided(decisions, num_capped, capped[:CAPPED_SHOWN])


def _order(table: Table, keep: str, gone: Ints) -> Ints | None:
    """The rows but those that are gone, most preferred first; None: all as they come."""
    if keep == "first" and not len(gone):
        return None
    rows = np.delete(np.arange(table.num_rows), gone)
    if keep == "first":
        return rows
    kind = np.int64 if keep == "longest" else np.float64
    return preference_order(rows, table.preference(kind)[rows])


def _joined(decisions: Decisions, matches: Matches) -> Decisions:
    """Those among the job's rows, and those for entries of the index."""
    if not len(matches.rows):
        return decisions
    rows = np.concatenate([decisions.dropped, matches.rows])
    order = np.argsort(rows)
    both: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]] = [
        (decisions.kept, duplicates.cluster_of_entry(matches.entries)),
        (decisions.similarity, matches.similarity),
        (decisions.reason, np.full(len(matches.rows), duplicates.IN_INDEX, np.int8)),
    ]
    columns = [np.concatenate(pair)[order] for pair in both]
    return Decisions.of([rows[order], *columns], decisions.verify)


def _add_signatures(
    table: Table,
    decider: _core.dedup.Decider,
    candidates: Ints,
    *,
    let_go: bool,
) -> None:
    chosen = np.zeros(table.num_rows, np.bool_)
    chosen[candidates] = True
    for rows in table.blocks(let_go=let_go):
        some = np.flatnonzero(rows.of(chosen))
        if len(some):
            decider.add_signatures(rows.first_row + some, some, rows.slots)
