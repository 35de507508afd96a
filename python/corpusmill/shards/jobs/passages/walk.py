"""walk: the passes of a job on passages that read text: how long the texts are, and the walks over them.

Finds nothing by itself: corpusmill._core.dedup.PassageFinder does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from corpusmill.shards.passes import Blocks, Turns
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.read import Block, Shard
from corpusmill.shards.state.store import Store
from corpusmill.shards.state.table import Table


class LengthPass:
    """Scans all blocks, for the places of rows and the bytes of their texts."""

    def __init__(self, shards: Sequence[Shard], store: Store, *, text: str) -> None:
        self._shards = shards
        self._store = store
        self._fields = Fields(text, None, None)
        self.meter = Meter("lengths", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks[Block]:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        rows = found.rows
        # A number a row, kept as those are that rows of other jobs are preferred by.
        rows.preference = found.lengths
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)


class Placed(NamedTuple):
    """A block of all shards one behind the other."""

    turn: int
    shard: int
    block: Block


class WalkPass:
    """Hands the texts of all rows to `take`, in order, a block at a time: a pass over one stream.

    Blocks are read one behind the other, and taken apart by several threads.
    """

    def __init__(
        self,
        shards: Sequence[Shard],
        table: Table,
        *,
        text: str,
        stage: str,
        stop: threading.Event,
        take: Callable[[list[tuple[Any, Any]]], None],
    ) -> None:
        self._shards = shards
        self._table = table
        self._text = text
        self._take = take
        self._turns = Turns(stop)
        self._reading = 0
        self._wanted = table.blocks_where(lambda rows: rows.num_rows > 0)
        self.meter = Meter(stage, sum(map(Shard.size_of, shards, self._wanted)))

    def reads(self, _: int) -> int:
        """The shard that is being read."""
        return self._reading

    def blocks(self, _: int) -> Blocks[Placed]:
        turn = 0
        for shard, wanted in enumerate(self._wanted):
            self._reading = shard
            for block in self._shards[shard].again(wanted, self.meter.add_bytes, [self._text]):
                yield Placed(turn, shard, block)
                turn += 1

    def work(self, _: int, placed: Placed) -> None:
        rows = self._table.block(placed.shard, placed.block.index)
        texts = placed.block.texts(rows, np.arange(rows.num_rows), self._text)
        if sum(map(len, texts)) != rows.num_rows:
            raise self._shards[placed.shard].changed()
        capsules = [chunk.__arrow_c_array__() for chunk in texts]
        with self._turns.turn(placed.turn):
            self._take(capsules)
        self.meter.add_rows(rows.num_rows)

    def finish(self, _: int) -> None:
        """Nothing is left to do."""
