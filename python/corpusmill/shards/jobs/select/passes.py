"""passes: the n-grams of files counted by bucket, and the rows of a job weighed by them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrow, _core
from corpusmill._ngram_features import FeatureOptions, feature_sums, feature_totals
from corpusmill.select.dsir import Model
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.state.store import Store

Ints = npt.NDArray[np.int64]


def _column(texts: Sequence[pa.Array]) -> _arrow.Strings:
    """The texts of a block, of which none is null."""
    capsules = [chunk.__arrow_c_array__() for chunk in texts]
    return _arrow.Strings(capsules, sum(map(len, texts)), None)


class CountPass:
    """Adds up the n-grams of all texts of each shard.

    ended   what is told of a shard's number and counts at its end, by one thread at a time
    """

    def __init__(
        self,
        stage: str,
        shards: Sequence[Shard],
        features: FeatureOptions,
        text: str,
        ended: Callable[[int, Ints], None],
    ) -> None:
        self._shards = shards
        self._features = features
        self._fields = Fields(text, None, None)
        self._ended = ended
        self._lock = threading.Lock()
        self._totals: dict[int, Ints] = {}  # of the shards that are being read
        self.num_rows = [0] * len(shards)
        self.meter = Meter(stage, sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        totals = feature_totals(_column(found.texts), self._features, threads=1)
        with self._lock:
            self._totals[shard] = self._totals.get(shard, 0) + totals
            self.num_rows[shard] += found.rows.num_rows
        self.meter.add_rows(found.rows.num_rows + len(found.rows.rejected_reason))

    def finish(self, shard: int) -> None:
        with self._lock:
            if shard in self._totals:  # else it has no rows
                self._ended(shard, self._totals.pop(shard))


class WeighPass:
    """Every row once: its place, its weight for each target, length, size and a hash of its text."""

    def __init__(self, shards: Sequence[Shard], store: Store, model: Model, text: str) -> None:
        self._shards = shards
        self._store = store
        self._model = model
        self._fields = Fields(text, None, None)
        self.meter = Meter("weigh", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        rows, column = found.rows, _column(found.texts)
        sums = feature_sums(column, self._model.features, self._model.log_ratios, threads=1)
        # Numbers of a row side by side, kept as those are that rows of other jobs are preferred by.
        of_text = (of.view(np.float64) for of in (sums.units, sums.bytes))
        numbers = np.column_stack([sums.weights, *of_text])
        rows.preference = numbers.view(kind_of(sums.weights.shape[1])).ravel()
        rows.hashes = _core.dedup.content_hashes(column.capsules, 1)[::2].copy()
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)


def kind_of(num_targets: int) -> np.dtype[Any]:
    """What a row's weights, its length and its size are kept as."""
    return np.dtype(f"V{8 * (num_targets + 2)}")
