"""signals: the first pass of a near-duplicate job: every row read once, its text let go again.

What stays of a row is its place, its id, its preference, its sketch. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill import _arrow
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.findings import Fields, Found
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.state.store import Store

Sketch: TypeAlias = Callable[
    [_arrow.Capsules, int], tuple[npt.NDArray[np.uint32 | np.uint64], npt.NDArray[np.uint64]]
]
"""Of texts and a number of threads: signatures or buckets, and hashes, as `DecideOptions` has them."""


class SignalPass:
    """Scans and sketches all blocks. `keep` is "first", "longest" or the name of a field."""

    def __init__(
        self,
        shards: Sequence[Shard],
        store: Store,
        sketch: Sketch,
        *,
        text: str,
        id_field: str,
        keep: str,
    ) -> None:
        self._shards = shards
        self._store = store
        self._sketch = sketch
        self._fields = Fields(text, id_field, None if keep in ("first", "longest") else keep)
        self._keep = keep
        self.meter = Meter("signals", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        rows = found.rows
        rows.preference = _preference(found, self._keep)
        capsules = [chunk.__arrow_c_array__() for chunk in found.texts]
        rows.slots, rows.hashes = self._sketch(capsules, 1)
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)


def _preference(found: Found, keep: str) -> npt.NDArray[Any] | None:
    if keep == "first":
        return None
    return found.lengths if keep == "longest" else found.numbers.copy()
