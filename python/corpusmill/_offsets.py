"""_offsets: spans of bytes as spans of characters, where those are asked for. Finds no spans."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrow, _core

Offsets: TypeAlias = Literal["bytes", "chars"]
"""What spans count: bytes of UTF-8, or characters, as a Python str is sliced."""

Ints: TypeAlias = npt.NDArray[np.int64]


def in_characters(offsets: Any) -> bool:
    """Whether spans are to count characters; ValueError if `offsets` is no `Offsets`."""
    if not isinstance(offsets, str) or offsets not in ("bytes", "chars"):
        raise ValueError(f"offsets: expected 'bytes' or 'chars', got {offsets!r}")
    return offsets == "chars"


def characters(
    column: _arrow.Strings, lists: Ints, begin: Ints, end: Ints, threads: int
) -> pa.Array:
    """Spans of bytes, ascending and apart, as a column of spans of characters."""
    ends = np.stack([begin, end], axis=1).ravel()  # in turn, so that one walk meets them all
    found = _core.text.character_offsets(column.capsules, 2 * lists, ends, threads)
    return _arrow.spans(lists, found[::2].copy(), found[1::2].copy(), column.validity)
