"""kept_rows: the rows a job kept, as entries of an index: signature, cluster size, id. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill._dedup_segments import ID_BLOCK, MAX_SIZE
from corpusmill.shards.reading.strings import StringColumn, offsets_of
from corpusmill.shards.rows import BlockRows, Ints, Signals
from corpusmill.shards.state.table import Table

Block = TypeVar("Block", BlockRows, Signals)


@dataclass(frozen=True)
class KeptRows:
    """Rows of the table for which `keep` is true; `sizes` are of all rows. A block at a time."""

    table: Table
    keep: npt.NDArray[np.bool_]
    sizes: Ints
    num_hashes: int

    def __len__(self) -> int:
        return int(self.keep.sum())

    @property
    def has_ids(self) -> bool:
        return any(rows.id_valid[some].any() for rows, some in self._of(self.table.rows()))

    def slot_blocks(self) -> Iterator[npt.NDArray[np.uint32]]:
        for signals, some in self._of(self.table.blocks()):
            yield signals.slots.reshape(-1, self.num_hashes)[some].reshape(-1)

    def size_blocks(self) -> Iterator[npt.NDArray[np.uint32]]:
        for begin in range(0, len(self.keep), ID_BLOCK):
            some = slice(begin, begin + ID_BLOCK)
            yield np.minimum(self.sizes[some][self.keep[some]], MAX_SIZE).astype(np.uint32)

    def id_blocks(self) -> Iterator[pa.Array]:
        for rows, some in self._of(self.table.rows()):
            ids = StringColumn(offsets_of(rows.id_length), rows.id_data, rows.id_valid)
            yield ids.take(some)

    def _of(self, blocks: Iterator[Block]) -> Iterator[tuple[Block, Ints]]:
        """Blocks with kept rows, and these by their numbers in the block."""
        for block in blocks:
            some = np.flatnonzero(block.of(self.keep))
            if len(some):
                yield block, some
