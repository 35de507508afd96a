"""dedup_decide: the decision of a near-duplicate job: its rows to the decider, what it asks for after.

An earlier run of the job may have saved the decisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill._dedup_options import DecideOptions, preference_order
from corpusmill.shards import duplicates
from corpusmill.shards.candidates import CandidatePass
from corpusmill.shards.dedup_choices import Choices
from corpusmill.shards.job import Job
from corpusmill.shards.rows import Ints
from corpusmill.shards.table import Table

CAPPED_SHOWN = 20


@dataclass(frozen=True)
class Decided:
    """The decisions, and what max_comparisons cut short."""

    decisions: duplicates.Decisions
    num_capped: int
    capped: list[tuple[int, int, int, int]]


def decide(job: Job, table: Table, options: DecideOptions, choices: Choices) -> Decided:
    """The decisions on all rows of the table."""
    saved = job.decided(table)
    if (found := saved.load()) is not None:
        (dropped, kept, similarity, equal), (num_capped, capped) = found
        decisions = duplicates.Decisions(dropped, kept, similarity, equal, options.verify)
        return Decided(decisions, num_capped, [(a, b, c, d) for a, b, c, d in capped])
    decided = _decide(job, table, options, choices)
    made = decided.decisions
    arrays: list[npt.NDArray[Any]] = [made.dropped, made.kept, made.similarity, made.equal]
    saved.save(arrays, (decided.num_capped, decided.capped))
    return decided


def _decide(job: Job, table: Table, options: DecideOptions, choices: Choices) -> Decided:
    job.at("decide", table.num_rows)
    order = None
    if choices.keep != "first":
        kind = np.int64 if choices.keep == "longest" else np.float64
        order = preference_order(np.arange(table.num_rows), table.preference(kind))
    folder, memory = job.room(table.num_rows)
    decider = options.decider(table.num_rows, order, folder=folder, memory=memory)
    for rows in table.blocks(let_go=options.verify == "exact"):
        decider.add_rows(rows.hashes, rows.slots)
    candidates = decider.find_candidates(job.threads)
    if options.verify != "exact" and len(candidates):
        _add_signatures(table, decider, candidates, options)
    to_verify = decider.rows_to_verify()
    job.stopwatch.lap("decide")
    if len(to_verify):
        verify = CandidatePass(
            job.shards, table, decider, to_verify, text=choices.text, shingles=options.shingles
        )
        job.run(verify)
    dropped = decider.decide()
    num_capped, capped = decider.capped()
    job.stopwatch.lap("decide")
    decisions = duplicates.Decisions(*dropped, options.verify)
    return Decided(decisions, num_capped, capped[:CAPPED_SHOWN])


def _add_signatures(
    table: Table, decider: _core.dedup.Decider, candidates: Ints, options: DecideOptions
) -> None:
    chosen = np.zeros(table.num_rows, np.bool_)
    chosen[candidates] = True
    for rows in table.blocks(let_go=True):
        some = np.flatnonzero(rows.of(chosen))
        if len(some):
            decider.add_signatures(rows.first_row + some, options.chosen(rows.slots, some))
