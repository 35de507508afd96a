"""kept_rows: the rows a job kept, as entries of an index: signature, cluster size, id. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill._dedup_segments import MAX_SIZE
from corpusmill.shards.rows import BlockRows, Ints
from corpusmill.shards.strings import StringColumn, offsets_of
from corpusmill.shards.table import Table


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
        return any(rows.id_valid[some].any() for rows, some in self._blocks(signals=False))

    def slot_blocks(self) -> Iterator[npt.NDArray[np.uint32]]:
        for rows, some in self._blocks(signals=True):
            yield rows.slots.reshape(-1, self.num_hashes)[some].reshape(-1)

    def size_blocks(self) -> Iterator[npt.NDArray[np.uint32]]:
        for rows, some in self._blocks(signals=False):
            yield np.minimum(rows.of(self.sizes)[some], MAX_SIZE).astype(np.uint32)

    def id_blocks(self) -> Iterator[pa.Array]:
        for rows, some in self._blocks(signals=False):
            ids = StringColumn(offsets_of(rows.id_length), rows.id_data, rows.id_valid)
            yield ids.take(some)

    def _blocks(self, *, signals: bool) -> Iterator[tuple[BlockRows, Ints]]:
        for rows in self.table.blocks(signals=signals):
            some = np.flatnonzero(rows.of(self.keep))
            if len(some):
                yield rows, some
