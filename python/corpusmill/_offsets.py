"""_offsets: spans of bytes as spans of characters, where those are asked for; spans as cuts leave them.

Finds no spans, and cuts nothing.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrow, _core

Offsets: TypeAlias = Literal["bytes", "chars"]
"""What spans count: bytes of UTF-8, or characters, as a Python str is sliced."""

Ints: TypeAlias = npt.NDArray[np.int64]


def in_characters(offsets: Any, unit: str = "char") -> bool:
    """Whether spans are to count characters.

    ValueError if `offsets` is no `Offsets`, or if spans of such units may end inside of characters.
    """
    if not isinstance(offsets, str) or offsets not in ("bytes", "chars"):
        raise ValueError(f"offsets: expected 'bytes' or 'chars', got {offsets!r}")
    if offsets == "chars" and unit in ("byte", "token"):
        raise ValueError(f"offsets: spans of unit {unit!r} count no characters; leave 'chars' out")
    return offsets == "chars"


def characters(
    column: _arrow.Strings, lists: Ints, begin: Ints, end: Ints, threads: int
) -> pa.Array:
    """Spans of bytes, ascending and apart, as a column of spans of characters."""
    ends = np.stack([begin, end], axis=1).ravel()  # in turn, so that one walk meets them all
    found = _core.text.character_offsets(column.capsules, 2 * lists, ends, threads)
    return _arrow.spans(lists, found[::2].copy(), found[1::2].copy(), column.validity)


def moved(spans: tuple[Ints, ...], cuts: tuple[Ints, ...]) -> tuple[Ints, Ints, Ints]:
    """Where spans are once cuts are gone; both as `_arrow.span_arrays` has them.

    ValueError if they are not of as many rows, or naming the first row where they are no spans or
    cuts.
    """
    lists, begin, end = spans
    of_row, first, last = cuts
    if len(of_row) != len(lists):
        raise ValueError(f"cuts: expected {len(lists) - 1} lists, got {len(of_row) - 1}")
    _refuse("spans", lists, (begin < 0) | (end < begin), "begin below 0 or behind their ends")
    having = np.diff(of_row) > 0
    before = np.roll(last, 1)
    before[of_row[:-1][having]] = 0
    _refuse("cuts", of_row, (first < before) | (last < first), "are not ascending")

    # All rows on one line, each as long as its last cut reaches, so that one search serves all.
    reach = np.zeros(len(having), np.int64)
    reach[having] = last[of_row[1:][having] - 1]
    origin = np.concatenate([np.zeros(1, np.int64), np.cumsum(reach)])
    if origin.min() < 0:
        raise ValueError("cuts: reach further than 2**63 - 1 in all")
    rows = np.repeat(np.arange(len(having)), np.diff(of_row))
    begins, ends = np.append(origin[rows] + first, origin[-1]), origin[rows] + last
    gone = np.concatenate([np.zeros(1, np.int64), np.cumsum(last - first)])
    rows = np.repeat(np.arange(len(having)), np.diff(lists))

    def place(at: Ints) -> Ints:
        here = origin[rows] + np.minimum(at, reach[rows])
        cut = np.searchsorted(ends, here, side="right")  # the first that ends behind it
        inside = np.maximum(here - begins[cut], 0)
        left: Ints = at - (gone[cut] - gone[of_row[rows]] + inside)
        return left

    return lists, place(begin), place(end)


def _refuse(name: str, lists: Ints, wrong: npt.NDArray[np.bool_], what: str) -> None:
    """ValueError naming the row of the first that is wrong."""
    if wrong.any():
        row = int(np.searchsorted(lists, int(wrong.argmax()), side="right")) - 1
        raise ValueError(f"{name}: those of document {row} {what}")
