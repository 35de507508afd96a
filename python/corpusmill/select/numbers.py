"""numbers: logarithms and random numbers of columns that are the same on every machine, and the
largest of many. Knows no documents.

NumPy's own logarithm may differ in its last bit from one CPU to another, and then so might a
selection. What is used here of NumPy is exact: + - * / and splitting a number into its parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

_LN2 = 0.6931471805599453
_TERMS = 12  # of the series: the last is below 2**-60 of the first
_AT_ONCE = (
    1 << 13
)  # numbers, so that what is held between two steps is little, and stays in the cache


def log(x: npt.NDArray[Any]) -> Doubles:
    """The natural logarithm of finite numbers above 0, to within 2 units in the last place or so."""
    mantissa, exponent = np.frexp(x)
    low = mantissa < 0.7071067811865476
    mantissa = np.where(low, 2 * mantissa, mantissa)
    ratio = (mantissa - 1) / (mantissa + 1)
    square = ratio * ratio
    series = np.full_like(ratio, 1 / (2 * _TERMS + 1))
    for term in range(_TERMS - 1, -1, -1):
        series *= square
        series += 1 / (2 * term + 1)
    found: Doubles = (exponent - low) * _LN2 + 2 * ratio * series
    return found


def gumbel(hashes: npt.NDArray[np.uint64], seed: int, number: int) -> Doubles:
    """A number from the standard Gumbel distribution for each hash, seed and number."""
    salt = np.uint64(_stream(seed, number))
    found = np.empty(len(hashes))
    for at in range(0, len(hashes), _AT_ONCE):
        bits = _mix(hashes[at : at + _AT_ONCE] ^ salt) >> np.uint64(12)
        found[at : at + _AT_ONCE] = -log(-log((bits.astype(np.float64) + 0.5) * 2.0**-52))
    return found


def _mix(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """As csrc/core/hash.hpp has it."""
    for _ in range(2):
        x = (x ^ x >> np.uint64(32)) * np.uint64(0xD6E8FEB86659FD93)
    mixed: npt.NDArray[np.uint64] = x ^ x >> np.uint64(32)
    return mixed


def _stream(seed: int, number: int) -> int:
    """The number'th of the numbers that csrc/core/random.hpp gives for a seed."""
    mask = 2**64 - 1
    z = seed + (number + 1) * 0x9E3779B97F4A7C15 & mask
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
    return z ^ z >> 31


def largest(keys: Doubles, count: int) -> npt.NDArray[np.intp]:
    """Where the `count` largest lie, ascending; of equal ones the first. All if there are no more."""
    if count >= len(keys):
        return np.arange(len(keys))
    if count == 0:
        return np.empty(0, np.intp)
    least = np.partition(keys, len(keys) - count)[len(keys) - count]
    above = keys > least
    equal = np.flatnonzero(keys == least)[: count - int(above.sum())]
    above[equal] = True
    return np.flatnonzero(above)


def largest_within(keys: Doubles, sizes: npt.NDArray[np.int64], limit: int) -> npt.NDArray[np.intp]:
    """Where the largest lie, ascending: as many of them, the largest first, as have together at most
    `limit` of these sizes, which are above 0; of equal ones the first. O(N log N).
    """
    order = np.argsort(-keys, kind="stable")
    count = np.searchsorted(np.cumsum(sizes[order]), limit, side="right")
    return np.sort(order[:count])
