"""decide: weights to the rows that are taken, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpusmill.select.dsir import Model
from corpusmill.shards.job import Job
from corpusmill.shards.jobs.select.choices import Choices
from corpusmill.shards.jobs.select.passes import kind_of
from corpusmill.shards.ledger import Counts
from corpusmill.shards.state.table import Table

COLUMN_BYTES = 96
"""Of a row while the decision is made, besides its weights: length, size and hash, places, keys in
order, sums of sizes, flags.
"""


@dataclass(frozen=True)
class Chosen:
    """For N rows and T targets: weights, N x T; which rows are taken, and which are too short."""

    weights: npt.NDArray[np.float64]
    keep: npt.NDArray[np.bool_]
    too_short: npt.NDArray[np.bool_]


def choose(job: Job, table: Table, model: Model, choices: Choices) -> Chosen:
    """The rows of the table that are taken; JobError if memory is too little to decide."""
    job.at("decide", table.num_rows)
    targets = len(model.proportions)
    job.check_columns(table.num_rows, COLUMN_BYTES + 8 * targets)
    numbers = table.preference(kind_of(targets)).view(np.float64).reshape(-1, targets + 2)
    weights = numbers[:, :targets]
    lengths, sizes = (numbers[:, targets + at].copy().view(np.int64) for at in range(2))
    hashes = np.empty(table.num_rows, np.uint64)
    for block in table.blocks(let_go=True):
        block.of(hashes)[:] = block.hashes
    keep = choices.plan(model.proportions).keep(weights, lengths, sizes, hashes)
    return Chosen(weights, keep, lengths < max(1, choices.min_length))


def dropped(table: Table, chosen: Chosen) -> list[Counts]:
    """Per file, the dropped rows by reason."""
    found = []
    for number in range(table.num_shards):
        rows = table.rows_of(number)
        short = int(chosen.too_short[rows].sum())
        others = int((~chosen.keep[rows]).sum()) - short
        counts = {"not_selected": others, "too_short": short}
        found.append({reason: count for reason, count in counts.items() if count})
    return found
