"""lengths: how long the rows of a corpus are: exact quantiles, kept as how often each length occurs.

Rows of k different lengths hold at least k * (k - 1) / 2 units, so B units need at most about
sqrt(2 * B) counts: 1.4 million for a terabyte. No sketch is needed to be small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corpusmill.shards.rows import Ints

SLACK = 1 << 12
"""Counts that may wait beside as many as there are already before they are merged."""


@dataclass(frozen=True)
class Spread:
    """N lengths. Quantile p is the smallest length that at least p % of them do not exceed.

    `total` is their sum; the others are None if there are no lengths.
    """

    total: int
    min: int | None
    p1: int | None
    p5: int | None
    p25: int | None
    p50: int | None
    p75: int | None
    p95: int | None
    p99: int | None
    max: int | None


_PERCENTS = np.array([0, 1, 5, 25, 50, 75, 95, 99, 100])


class Lengths:
    """Counts of lengths, added in any order."""

    def __init__(self) -> None:
        self._lengths = np.empty(0, np.int64)  # ascending, each once
        self._counts = np.empty(0, np.int64)
        self._waiting: list[tuple[Ints, Ints]] = []
        self._num_waiting = 0

    def add(self, lengths: Ints) -> None:
        self._wait(*np.unique(lengths, return_counts=True))

    def merge(self, other: Lengths) -> None:
        other.settle()
        self._wait(other._lengths, other._counts)

    def _wait(self, lengths: Ints, counts: Ints) -> None:
        self._waiting.append((lengths, counts))
        self._num_waiting += len(lengths)
        if self._num_waiting > len(self._lengths) + SLACK:
            self.settle()

    def settle(self) -> None:
        """Merges what waits: called as often as the counts double, so all of it is O(n log n)."""
        lengths, counts = zip((self._lengths, self._counts), *self._waiting, strict=True)
        self._lengths, place = np.unique(np.concatenate(lengths), return_inverse=True)
        self._counts = np.zeros(len(self._lengths), np.int64)
        np.add.at(self._counts, place, np.concatenate(counts))
        self._waiting, self._num_waiting = [], 0

    def spread(self) -> Spread:
        self.settle()
        total = int(self._lengths @ self._counts)
        up_to = np.cumsum(self._counts)
        if not len(up_to):
            return Spread(total, *[None] * len(_PERCENTS))
        ranks = np.maximum(-(-_PERCENTS * up_to[-1] // 100), 1)
        return Spread(total, *self._lengths[np.searchsorted(up_to, ranks)].tolist())
