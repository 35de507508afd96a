"""score_pass: the first pass of a score job: the text of every row scored. Decides nothing.

What stays of a row is its place, the number of each field, NaN for none, and, if asked, those of
its tokens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow
from corpusmill.shards.jobs.score.choices import DIFFERENCE, TOKEN_NLL, Choices
from corpusmill.shards.passes import Stopped
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.state.store import Store

if TYPE_CHECKING:
    from corpusmill.scoring.scorer import Scorer


class ScorePass:
    """Scores all blocks. Kept as signals are: `hashes` holds the fields' float64, row by row."""

    def __init__(
        self,
        shards: Sequence[Shard],
        store: Store,
        scorer: Scorer,
        choices: Choices,
        text: str,
        *,
        stopped: Callable[[], bool],
    ) -> None:
        self._shards = shards
        self._store = store
        self._scorer = scorer
        self._values = list(choices.fields().values())
        self._with_tokens = choices.tokens
        self._fields = Fields(text, None, None)
        self._stopped = stopped
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
            self._go_on()
            tables = self._scorer.tables(docs, self._go_on)
        numbers = [_numbers(tables, number, name) for number, name in self._values]
        rows.hashes = np.stack(numbers, axis=1).ravel().view(np.uint64)
        if self._with_tokens:
            rows.slots, rows.found = _tokens(tables)
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def _go_on(self, *_: int) -> None:
        """Asked after each batch: a block may take a model minutes."""
        if self._stopped():
            raise Stopped

    def finish(self, shard: int) -> None:
        self._store.end(shard)


def _tokens(
    tables: Sequence[pa.Table],
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """How many scored tokens each row has, and the nll of all of them under each model."""
    lists = [table[TOKEN_NLL].combine_chunks() for table in tables]
    counts = _arrays.filled(lists[0].value_lengths()).astype(np.uint32)
    values = np.concatenate([_arrow.numbers(of.flatten()) for of in lists])
    return counts, values.view(np.uint8)


def _numbers(tables: Sequence[pa.Table], number: int, name: str) -> npt.NDArray[np.float64]:
    """What a field holds, of the tables of all models."""
    if name == DIFFERENCE:
        first, other = (_numbers(tables, of, "nll_mean") for of in (0, number))
        return first - other
    column = tables[number][name]
    values = _arrays.filled(column).astype(np.float64)
    return np.where(_arrays.valid(column), values, np.nan)
