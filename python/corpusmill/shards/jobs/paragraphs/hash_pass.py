"""hash_pass: the first pass over repeated pieces: every row read once, its pieces as hashes and spans.

What stays of a row is its place, the length of its text and 32 bytes a piece. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from corpusmill import _core
from corpusmill.shards.jobs.paragraphs.choices import Choices
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.state.store import Store


class HashPass:
    """Scans all blocks. Kept as signals are: `hashes` are pieces, `slots` how many a row has."""

    def __init__(self, shards: Sequence[Shard], store: Store, choices: Choices) -> None:
        self._shards = shards
        self._store = store
        self._fields = Fields(choices.text, None, None)
        self._piece = getattr(_core.dedup.Piece, choices.unit)
        self._min_bytes = choices.min_bytes
        self._for_filter = choices.method == "bloom"
        self.meter = Meter("hashes", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        rows = found.rows
        rows.preference = found.lengths
        capsules = [chunk.__arrow_c_array__() for chunk in found.texts]
        rows.slots, rows.hashes = _core.dedup.hash_pieces(
            capsules, self._piece, self._min_bytes, self._for_filter
        )
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)
