"""signals: the first pass of a near-duplicate job: every line read once, its text let go again.

What stays of a row is its place, its id, its preference, a signature and a hash of its bytes. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusmill import _arrow, _core
from corpusmill._dedup_options import DecideOptions
from corpusmill.shards.block import Block, Blocks
from corpusmill.shards.progress import Meter
from corpusmill.shards.read import Shard
from corpusmill.shards.rows import BlockRows
from corpusmill.shards.store import Store

TORN = "truncated"
"""The reason of a last line that damage cuts off."""

TOO_LARGE = "row_too_large"
"""The reason of a line that does not fit in the job's memory; it is not read."""

REASONS = (*_core.jsonl.reasons, TORN)


class SignalPass:
    """Scans and sketches all blocks. `keep` is "first", "longest" or the name of a field."""

    def __init__(
        self,
        shards: Sequence[Shard],
        store: Store,
        options: DecideOptions,
        *,
        text: str,
        id_field: str,
        keep: str,
    ) -> None:
        self._shards = shards
        self._store = store
        self._options = options
        self._fields = (text, id_field, None if keep in ("first", "longest") else keep)
        self._keep = keep
        self.meter = Meter("signals", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes)

    def work(self, shard: int, block: Block) -> None:
        found = _core.jsonl.scan(block.data, *self._fields)
        rows = _places(found, torn=block.torn)
        if block.too_large:
            _refuse(rows, block.too_large)
        rows.preference = _preference(found, self._keep)
        texts = _arrow.large_string(found["text_offsets"], found["text_data"])
        rows.slots, rows.hashes = self._options.sketch([texts.__arrow_c_array__()], threads=1)
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)


def _refuse(rows: BlockRows, length: int) -> None:
    """The one row of a block that was too large to be read."""
    rows.num_lines = 1
    rows.rejected_line = rows.rejected_offset = np.zeros(1, np.int64)
    rows.rejected_length = np.array([length], np.int64)
    rows.rejected_reason = [TOO_LARGE]


def _places(found: _core.jsonl.Scan, *, torn: bool) -> BlockRows:
    # Copies: what the scanner returns keeps room to grow, and these stay for the whole job.
    reasons = [REASONS[code] for code in found["rejected_reason"].tolist()]
    if torn and reasons and found["rejected_index"][-1] == found["num_lines"] - 1:
        reasons[-1] = TORN
    return BlockRows(
        num_lines=found["num_lines"],
        line=found["line_index"].copy(),
        offset=found["line_offset"].copy(),
        length=found["line_length"].copy(),
        rejected_line=found["rejected_index"].copy(),
        rejected_offset=found["rejected_offset"].copy(),
        rejected_length=found["rejected_length"].copy(),
        rejected_reason=reasons,
        id_length=np.diff(found["id_offsets"]),
        id_data=found["id_data"].copy(),
        id_valid=np.unpackbits(
            found["id_validity"], count=len(found["line_index"]), bitorder="little"
        ).view(np.bool_),
    )


def _preference(found: _core.jsonl.Scan, keep: str) -> npt.NDArray[Any] | None:
    if keep == "first":
        return None
    return np.diff(found["text_offsets"]) if keep == "longest" else found["order"].copy()
