"""packing: windows of documents laid into rows of equal length, longest first. Knows no ids.

A batch has rows as long as its longest window. What that window's row, and the others, have left is
filled with the longest windows that fit, so that next to nothing is padding. What keeps the
documents of a row apart is the model's affair (layouts).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corpusmill.scoring.windows import Ints

MASK_LENGTH = 4096
"""Longer rows hold one window each: what keeps several apart takes memory by the square."""


@dataclass(frozen=True)
class Batch:
    """`rows` rows of `size` inputs. windows[i] begins at places[i], counted through all rows."""

    rows: int
    size: int
    windows: Ints
    places: Ints

    @property
    def shared(self) -> bool:
        """Whether a row holds more than one window."""
        return len(self.windows) > self.rows


def batches(
    lengths: Ints, batch_tokens: int, *, shared: bool, alone: int | None = None
) -> Iterator[Batch]:
    """All windows of these lengths, each once; a batch is at most batch_tokens inputs, or a row.

    shared      whether a row may hold several
    alone       a longer window is a batch by itself
    The answer depends on the lengths alone. O(windows), but for sorting them.
    """
    shelves = _Shelves(lengths)
    while size := shelves.longest():
        by_itself = alone is not None and size > alone
        several = shared and size <= MASK_LENGTH and not by_itself
        windows: list[int] = []
        places: list[int] = []
        rows = 0
        for row in range(1 if by_itself else max(1, batch_tokens // size)):
            at = 0
            while (several or at == 0) and (found := shelves.take(size - at)) is not None:
                windows.append(found)
                places.append(row * size + at)
                at += int(lengths[found])
            if at == 0:
                break
            rows = row + 1
        yield Batch(rows, size, np.array(windows), np.array(places))


class _Shelves:
    """Windows by their lengths; those of one length go in their order."""

    def __init__(self, lengths: Ints) -> None:
        order = np.argsort(lengths, kind="stable")
        found, first = np.unique(lengths[order], return_index=True)
        self._lengths: list[int] = found.tolist()
        self._order: list[int] = order.tolist()
        self._next: list[int] = first.tolist()
        self._ends = [*self._next[1:], len(order)]
        # Shelf i, from 1, or, if it is empty, one below it that may not be; 0 stands for none.
        self._lower = list(range(len(found) + 1))

    def longest(self) -> int:
        """The length of the longest window; 0 if none is left."""
        shelf = self._filled(len(self._lengths))
        return self._lengths[shelf - 1] if shelf else 0

    def take(self, room: int) -> int | None:
        """The longest window that is no longer than `room`; None if there is none."""
        shelf = self._filled(bisect_right(self._lengths, room))
        if shelf == 0:
            return None
        at = self._next[shelf - 1]
        self._next[shelf - 1] = at + 1
        if at + 1 == self._ends[shelf - 1]:
            self._lower[shelf] = shelf - 1
        return self._order[at]

    def _filled(self, shelf: int) -> int:
        lower = self._lower
        while lower[shelf] != shelf:
            lower[shelf] = lower[lower[shelf]]
            shelf = lower[shelf]
        return shelf
