"""strings: many strings in three arrays, and some of them as an Arrow column.

pyarrow could do it, but its `array` imports pandas where that is installed and its `take` a module
that takes as long to import as a small job takes to run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrow

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class StringColumn:
    """N strings: their UTF-8 bytes one after the other, and where each begins."""

    offsets: Ints  # N + 1
    data: npt.NDArray[np.uint8]
    valid: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, values: Sequence[str]) -> StringColumn:
        encoded = [value.encode() for value in values]
        data = np.frombuffer(b"".join(encoded), np.uint8)
        return cls(offsets_of(list(map(len, encoded))), data, np.ones(len(values), np.bool_))

    @classmethod
    def joined(cls, columns: Sequence[StringColumn]) -> StringColumn:
        """These columns, one after the other."""
        lengths = [np.empty(0, np.int64), *(np.diff(column.offsets) for column in columns)]
        data = [np.empty(0, np.uint8), *(column.data for column in columns)]
        valid = [np.empty(0, np.bool_), *(column.valid for column in columns)]
        return cls(offsets_of(np.concatenate(lengths)), np.concatenate(data), np.concatenate(valid))

    def pick(self, rows: npt.NDArray[np.integer]) -> StringColumn:
        """The strings of these rows."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        offsets = offsets_of(lengths)
        at = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return StringColumn(offsets, self.data[at], self.valid[rows])

    def arrow(self) -> pa.Array:
        """The column as large_string."""
        valid = self.valid
        bitmap = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
        return _arrow.large_string(self.offsets, self.data, bitmap)

    def take(self, rows: npt.NDArray[np.integer]) -> pa.Array:
        """The strings of these rows as large_string."""
        return self.pick(rows).arrow()


def offsets_of(lengths: npt.ArrayLike) -> Ints:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
