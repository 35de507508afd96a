"""candidates: the second pass: the texts whose shingle sets the decision needs, again.

Blocks without a candidate are not read; of the others only the candidates' texts are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corpusmill import _core
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.rows import BlockRows, Ints
from corpusmill.shards.state.table import Table

LONG_SHARE = 3
"""Of the size of a block, the text whose shingles take about as much as a thread has for a block: those
of a longer one, eight bytes a character and a table of them, are found by one thread at a time."""


class CandidatePass:
    """Hands the shingle sets of the candidate rows to the decider."""

    def __init__(
        self,
        shards: Sequence[Shard],
        table: Table,
        decider: _core.dedup.Decider,
        candidates: Ints,
        *,
        text: str,
        shingles: _core.ngram.ShingleOptions,
    ) -> None:
        self._shards = shards
        self._table = table
        self._decider = decider
        self._text = text
        self._shingles = shingles
        self._chosen = np.zeros(table.num_rows, np.bool_)
        self._chosen[candidates] = True
        self._wanted = table.blocks_where(lambda rows: bool(rows.of(self._chosen).any()))
        total = sum(map(Shard.size_of, shards, self._wanted))
        self.meter = Meter("verify", total)

    def blocks(self, shard: int) -> Blocks:
        def places(index: int) -> tuple[Ints, Ints]:
            rows, chosen = self._rows(shard, index)
            return rows.offset[chosen], rows.length[chosen]

        source, count = self._shards[shard], self.meter.add_bytes
        return source.again(self._wanted[shard], count, columns=[self._text], places=places)

    def _rows(self, shard: int, index: int) -> tuple[BlockRows, Ints]:
        """A block's rows, and which of them are chosen."""
        rows = self._table.block(shard, index)
        return rows, np.flatnonzero(rows.of(self._chosen))

    def work(self, shard: int, block: Block) -> None:
        rows, chosen = self._rows(shard, block.index)
        texts = block.texts(rows, chosen, self._text)
        numbers = rows.first_row + chosen
        if sum(map(len, texts)) != len(numbers):
            raise self._shards[shard].changed()
        picks = np.arange(len(numbers))
        capsules = [chunk.__arrow_c_array__() for chunk in texts]
        source = self._shards[shard]
        if _core.core.byte_lengths(capsules).max(initial=0) > source.block_size // LONG_SHARE:
            source.large()
        self._decider.add_sets(numbers, picks, capsules, self._shingles, 1)
        self.meter.add_rows(len(numbers))

    def finish(self, shard: int) -> None:
        """Nothing is left to do for a shard alone."""
