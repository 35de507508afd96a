"""candidates: the second pass: the texts whose shingle sets the decision needs, again.

Blocks without a candidate are not read; of the others only the candidates' lines are parsed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corpusmill import _arrow, _core
from corpusmill.shards.block import Block, Blocks
from corpusmill.shards.progress import Meter
from corpusmill.shards.read import Shard
from corpusmill.shards.rows import Ints
from corpusmill.shards.table import Table


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
        return self._shards[shard].again(self._wanted[shard], self.meter.add_bytes)

    def work(self, shard: int, block: Block) -> None:
        rows = self._table.block(shard, block.index)
        chosen = rows.of(self._chosen)
        lines = _core.jsonl.gather(block.data, rows.offset, rows.length, chosen)
        found = _core.jsonl.scan(lines, self._text, None, None)
        numbers = rows.first_row + np.flatnonzero(chosen)
        if len(found["line_index"]) != len(numbers):
            raise self._shards[shard].changed()
        texts = _arrow.large_string(found["text_offsets"], found["text_data"])
        picks = np.arange(len(numbers))
        self._decider.add_sets(numbers, picks, [texts.__arrow_c_array__()], self._shingles, 1)
        self.meter.add_rows(len(numbers))

    def finish(self, shard: int) -> None:
        """Nothing is left to do for a shard alone."""
