"""order: the rows of an epoch in an order that is computed for each place by itself. Holds none.

A Feistel network of six rounds over as many bits, an even number, as the places have (Luby and Rackoff 1988); what falls
beyond the last row goes through again until it does not. Round keys are the numbers of SplitMix64 that seed
and epoch give.
"""

from __future__ import annotations

import numpy as np

from corpusmill.shards.rows import Ints
from corpusmill.shards.tokens.shuffle import Keys, keys, mixed

ROUNDS = 6


class Order:
    """A permutation of the numbers below `num_rows`."""

    def __init__(self, num_rows: int, seed: int, epoch: int) -> None:
        self._num_rows = np.uint64(num_rows)
        half = max((max(num_rows - 1, 1).bit_length() + 1) // 2, 1)
        self._half, self._mask = np.uint64(half), np.uint64((1 << half) - 1)
        of_epoch = int(keys(seed, np.array([epoch]))[0])
        self._keys = keys(of_epoch, np.arange(ROUNDS))

    def at(self, places: Ints) -> Ints:
        """The rows at these places, each below the number of rows."""
        found = self._through(places.astype(np.uint64))
        beyond = np.flatnonzero(found >= self._num_rows)
        while len(beyond):
            found[beyond] = self._through(found[beyond])
            beyond = beyond[found[beyond] >= self._num_rows]
        return found.astype(np.int64)

    def _through(self, numbers: Keys) -> Keys:
        left, right = numbers >> self._half, numbers & self._mask
        for of_round in self._keys:
            left, right = right, left ^ (mixed(right ^ of_round) & self._mask)
        found: Keys = (left << self._half) | right
        return found
