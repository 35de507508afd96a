"""look_pass: the first pass of a membership job: every row read once, and looked up in the filter.

What stays of a row is its place, its share of members and its longest span. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from corpusmill import _arrays, _arrow, ngram
from corpusmill.ngram import BloomFilter
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.state.store import Store

ROW_BYTES = 24
"""Of a row: its share, begin and end of its span."""


class LookPass:
    """Scans all blocks. Kept as signals are: `preference` is the share, `hashes` the span."""

    def __init__(
        self, shards: Sequence[Shard], store: Store, bloom: BloomFilter, text: str
    ) -> None:
        self._shards = shards
        self._store = store
        self._bloom = bloom
        self._fields = Fields(text, None, None)
        self.meter = Meter("look", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        rows = found.rows
        parts = [_looked_up(_arrow.strings(chunk), self._bloom) for chunk in found.texts]
        rows.preference = np.concatenate([np.empty(0), *(share for share, _ in parts)])
        rows.hashes = np.concatenate([np.empty(0, np.uint64), *(span for _, span in parts)])
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)


def _looked_up(
    docs: _arrow.Strings, bloom: BloomFilter
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint64]]:
    """The share of each row, NaN for none, and begin and end of its span, equal if it has none."""
    shares = ngram.quip(docs, bloom, threads=1)
    lists, begin, end = _arrow.span_arrays(ngram.longest_span(docs, bloom, threads=1))
    spans = np.zeros((docs.num_rows, 2), np.uint64)
    having = np.diff(lists) > 0
    spans[having, 0], spans[having, 1] = begin, end
    return np.where(_arrays.valid(shares), _arrays.filled(shares), np.nan), spans.ravel()
