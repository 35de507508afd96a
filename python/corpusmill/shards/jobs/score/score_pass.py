"""score_pass: the first pass of a score job: the text of every row scored, a block at a time. Decides nothing.

What stays of a row is its place and the number of each field, NaN for none.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays
from corpusmill.shards.jobs.score.choices import DIFFERENCE
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.state.store import Store

if TYPE_CHECKING:
    from corpusmill.scoring.scorer import Scorer


class ScorePass:
    """Scores all blocks. Kept as signals are: `hashes` holds the fields' float64, a row after the other."""

    def __init__(
        self,
        shards: Sequence[Shard],
        store: Store,
        scorer: Scorer,
        fields: Mapping[str, tuple[int, str]],
        text: str,
    ) -> None:
        self._shards = shards
        self._store = store
        self._scorer = scorer
        self._values = list(fields.values())
        self._fields = Fields(text, None, None)
        self._turn = threading.Lock()  # models use all threads for one block
        self.meter = Meter("score", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        rows = found.rows
        texts = [chunk.cast(pa.large_string()) for chunk in found.texts]
        docs = pa.chunked_array(texts, pa.large_string())
        with self._turn:
            columns = self._scored(docs)
        rows.hashes = columns.T.ravel().view(np.uint64)
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)

    def _scored(self, docs: pa.ChunkedArray) -> npt.NDArray[np.float64]:
        """[fields, rows]"""
        tables = self._scorer.tables(docs)
        return np.stack([_numbers(tables, number, name) for number, name in self._values])


def _numbers(tables: Sequence[pa.Table], number: int, name: str) -> npt.NDArray[np.float64]:
    """What a field holds, of the tables of all models."""
    if name == DIFFERENCE:
        first, other = (_numbers(tables, of, "nll_mean") for of in (0, number))
        return first - other
    column = tables[number][name]
    values = _arrays.filled(column).astype(np.float64)
    return np.where(_arrays.valid(column), values, np.nan)
