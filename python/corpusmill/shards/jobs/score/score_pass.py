"""score_pass: the first pass of a score job: the text of every row scored. Decides nothing.

What stays of a row is its place, the number of each field, NaN for none, and, if asked, those of
its tokens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
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
        self._sizes: dict[tuple[int, int], int] = {}  # of files, read for blocks that wait
        self.meter = Meter("score", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        read = 0

        def count(size: int) -> None:
            nonlocal read
            read += size

        with closing(self._shards[shard].first(count, self._fields.names())) as blocks:
            for block in blocks:
                self._sizes[shard, block.index], read = read, 0
                yield block
        self.meter.add_bytes(read)

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        rows = found.rows
        texts = [chunk.cast(pa.large_string()) for chunk in found.texts]
        docs = pa.chunked_array(texts, pa.large_string())
        with self._turn:
            self._go_on()
            size, models = self._sizes.pop((shard, block.index)), len(self._scorer.models)
            share = _Share(self.meter, size, models, self._go_on)
            tables = self._scorer.tables(docs, share)
            share.end()
        numbers = [_numbers(tables, number, name) for number, name in self._values]
        rows.hashes = np.stack(numbers, axis=1).ravel().view(np.uint64)
        if self._with_tokens:
            rows.slots, rows.found = _tokens(tables)
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def _go_on(self) -> None:
        if self._stopped():
            raise Stopped

    def finish(self, shard: int) -> None:
        self._store.end(shard)


class _Share:
    """A block's bytes, counted as models get on with it: it may take them minutes."""

    def __init__(self, meter: Meter, size: int, models: int, go_on: Callable[[], None]) -> None:
        self._meter, self._size, self._models, self._go_on = meter, size, models, go_on
        self._counted = self._finished = 0  # bytes; models

    def __call__(self, done: int, total: int) -> None:
        """After each batch: how much one of the models has read of the block."""
        self._go_on()
        self._count(self._size * (self._finished * total + done) // (self._models * total))
        self._finished += done == total

    def end(self) -> None:
        self._count(self._size)

    def _count(self, size: int) -> None:
        self._meter.add_bytes(size - self._counted)
        self._counted = size


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
