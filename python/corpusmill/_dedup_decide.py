"""_dedup_decide: the decision over a column of documents that is all there, in memory.

The shard job takes the same steps with its passes in between: corpusmill.shards.jobs.dedup.job.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrow
from corpusmill._dedup_options import DecideOptions, Keep, visit_order

BLOCK_ROWS = 1 << 14
"""Rows that a thread adds at once."""


def decide(column: _arrow.Strings, options: DecideOptions, keep: Keep, threads: int) -> pa.Table:
    """What `corpusmill.dedup.decide` returns."""
    order = visit_order(keep, column)
    slots, hashes = options.sketch(column.capsules, threads)
    decider = options.decider(column.num_rows, order, threads=threads)
    decider.add_rows(blocks(hashes, slots))
    candidates = decider.find_candidates()
    if options.verify != "exact" and len(candidates):
        decider.add_signatures(candidates, candidates, slots)
    to_verify = decider.rows_to_verify()
    if len(to_verify):
        decider.add_sets(to_verify, to_verify, column.capsules, options.shingles, threads)
    return options.table(*decider.decide())


def blocks(
    hashes: npt.NDArray[np.uint64], slots: npt.NDArray[np.uint32]
) -> list[tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]]:
    """The sketches of all rows, as a decider takes them."""
    num_rows = len(hashes) // 2
    width = len(slots) // max(1, num_rows)
    cuts = [(at, min(at + BLOCK_ROWS, num_rows)) for at in range(0, num_rows, BLOCK_ROWS)]
    return [(hashes[2 * a : 2 * b], slots[width * a : width * b]) for a, b in cuts]
