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

    def take(self, rows: npt.NDArray[np.integer]) -> pa.Array:
        """The strings of these rows as large_string."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        offsets = offsets_of(lengths)
        at = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        valid = self.valid[rows]
        bitmap = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
        return _arrow.large_string(offsets, self.data[at], bitmap)


def offsets_of(lengths: npt.ArrayLike) -> Ints:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
