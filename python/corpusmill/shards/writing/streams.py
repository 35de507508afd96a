"""streams: consecutive inputs whose rows flow into the same outputs, and where each block's rows lie.

Opens no file.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from corpusmill.shards.rows import Ints, PackedRows
from corpusmill.shards.state.table import Table

KINDS = KEPT, DROPPED, REJECTED = range(3)
"""What becomes of a row; each kind of a stream's rows is counted from 0 by itself."""


class Stream:
    """Rows of some shards, in order. `counts`: per shard, of each block the rows of each kind."""

    def __init__(self, shards: range, counts: Sequence[Ints]) -> None:
        self.shards = shards
        self.total = np.zeros(len(KINDS), np.int64)
        self._before: dict[
            int, Ints
        ] = {}  # rows of each kind before each block, and behind the last
        for shard, of_blocks in zip(shards, counts, strict=True):
            ends = self.total + np.cumsum(of_blocks, axis=0)
            self._before[shard] = np.vstack([self.total, ends])
            self.total = self._before[shard][-1]

    def before(self, shard: int, block: int) -> Ints:
        """Rows of each kind that lie before a block."""
        of_block: Ints = self._before[shard][block]
        return of_block

    def rows_of(self, shard: int, kind: int) -> tuple[int, int]:
        """The first of a shard's rows of a kind, and the one behind the last."""
        return int(self._before[shard][0, kind]), int(self._before[shard][-1, kind])

    def beyond(self, shard: int, durable: Ints) -> list[int]:
        """The blocks of a shard that hold rows behind the first so many of each kind."""
        before = self._before[shard]
        there = np.maximum(before, durable)
        found: list[int] = np.flatnonzero((there[1:] > there[:-1]).any(axis=1)).tolist()
        return found


def streams(table: Table, keep: npt.NDArray[np.bool_], *, join: bool) -> list[Stream]:
    """One for each shard, or one for all."""

    def counts(rows: PackedRows) -> tuple[int, int, int]:
        kept = int(rows.of(keep).sum())
        return kept, rows.num_rows - kept, rows.rejected.total()

    found = [np.array(of, np.int64).reshape(-1, len(KINDS)) for of in table.of_blocks(counts)]
    if join:
        return [Stream(range(len(found)), found)]
    return [Stream(range(shard, shard + 1), [of]) for shard, of in enumerate(found)]
