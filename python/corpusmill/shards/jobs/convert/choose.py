"""choose: the first pass of a conversion: every row read once, its place and whether it is kept.

Its condition is computed here, block by block, and saved with the places; decides nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from corpusmill.shards.jobs.convert.where import Condition
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.state.store import Store

_ALL = Fields(None, None, None)


class ChoosePass:
    """Scans all blocks. `columns`: those that are written, None: all; they must be decodable."""

    def __init__(
        self,
        shards: Sequence[Shard],
        store: Store,
        *,
        columns: Sequence[str] | None,
        where: Condition | None,
    ) -> None:
        self._shards = shards
        self._store = store
        self._where = where
        more = where.names if where else []
        self._columns = None if columns is None else [*columns, *more]
        self.meter = Meter("choose", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._columns)

    def work(self, shard: int, block: Block) -> None:
        rows = block.rows(_ALL).rows
        if self._where:
            values = block.values(rows, self._where.paths)
            # A number a row, kept as those are that rows of other jobs are preferred by.
            rows.preference = self._where.outcome(values, rows.num_rows)
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)
