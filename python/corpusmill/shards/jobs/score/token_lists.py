"""token_lists: the nll of every scored token, or the difference of two, as a field of rows. Scores
nothing.

Of a block, `slots` is how many tokens each row has, `found` their float32, those of one model
behind another's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow
from corpusmill.shards.rows import BlockRows, Ints, PackedRows
from corpusmill.shards.state.table import Table

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class TokenLists:
    """The lists of one of several models; read from memory, or stage files, a block at a time.

    difference      whether they are the first model's less this one's
    kind            float16 or float32, of what is written; a difference is one of float32
    """

    table: Table
    model: int
    num_models: int
    difference: bool
    kind: str

    @property
    def type(self) -> pa.DataType:
        return pa.large_list(pa.from_numpy_dtype(self.kind))

    def of(self, rows: BlockRows, chosen: Ints) -> pa.Array:
        offsets, values = np.zeros(rows.num_rows + 1, np.int64), np.empty(0, self.kind)
        for block in self.table.found(rows.first_row, rows.first_row + rows.num_rows):
            offsets, values = self._block(block)
        lists = _arrow.large_list(offsets, _arrow.primitive(values))
        return lists.take(_arrow.primitive(chosen))

    def key(self, rows: slice) -> Sequence[bytes]:
        return list(self._parts(rows))

    def _parts(self, rows: slice) -> Iterator[bytes]:
        for block in self.table.found(rows.start, rows.stop):
            offsets, values = self._block(block)
            first, stop = (
                min(max(at - block.first_row, 0), block.num_rows) for at in (rows.start, rows.stop)
            )
            yield np.diff(offsets[first : stop + 1]).tobytes()
            yield values[offsets[first] : offsets[stop]].tobytes()

    def _block(self, block: PackedRows) -> tuple[Ints, Floats]:
        """Where the lists of its rows begin, and the last ends, in their values."""
        counts = block.signals().slots
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
        values = block.found().view(np.float32).reshape(self.num_models, -1)
        held = values[self.model]
        return offsets, (values[0] - held if self.difference else held).astype(self.kind)


def difference(first: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.Array:
    """Lists of equal lengths, one less the other; null for null."""
    of_first, of_other = first.combine_chunks(), other.combine_chunks()
    values = _arrow.numbers(of_first.flatten()) - _arrow.numbers(of_other.flatten())
    counts = _arrays.filled(of_first.value_lengths())
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    valid = _arrays.bitmap(_arrays.valid(of_first))
    return _arrow.large_list(offsets, _arrow.primitive(values), valid)
