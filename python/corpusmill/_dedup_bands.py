"""_dedup_bands: in how many bands of how many rows signatures are compared, and what these miss."""

from __future__ import annotations

import math

from corpusmill import _check

MAX_HASHES = 65536

MISS_RATE = 0.02
"""Share of pairs at the threshold that the default bands may fail to compare."""


def candidate_probability(jaccard: float, bands: int, rows: int) -> float:
    """Probability that a pair of this similarity shares a bucket: 1 - (1 - J**rows)**bands."""
    return 1.0 - (1.0 - jaccard**rows) ** bands


def bands_for(
    threshold: float, num_hashes: int, bands: int | None = None, rows: int | None = None
) -> tuple[int, int]:
    """The bands and rows to use; None is chosen as `corpusmill.dedup.pairs` says."""
    if rows is None and bands is None:
        return _default_bands(threshold, num_hashes)
    if bands is not None:
        bands = _check.whole("bands", bands, 1, num_hashes)
    rows = num_hashes // (bands or 1) if rows is None else _check.whole("rows", rows, 1, num_hashes)
    bands = bands or num_hashes // rows
    if bands * rows > num_hashes:
        raise ValueError(
            f"bands * rows must lie between 1 and num_hashes: {bands} * {rows} against {num_hashes}"
        )
    return bands, rows


def _default_bands(threshold: float, num_hashes: int) -> tuple[int, int]:
    for rows in range(num_hashes, 0, -1):
        bands = num_hashes // rows
        if 1 - candidate_probability(threshold, bands, rows) <= MISS_RATE:
            return bands, rows
    needed = math.ceil(math.log(MISS_RATE) / math.log1p(-threshold))
    way_out = f"use num_hashes={needed} or more, or give bands and rows"
    if needed > MAX_HASHES:
        way_out = (
            f"{MAX_HASHES} are the most there can be; raise the threshold, or give bands and rows"
        )
    raise ValueError(
        f"num_hashes={num_hashes} is too few for threshold={threshold}: no bands miss at most "
        f"{MISS_RATE:.0%} of such pairs; {way_out}"
    )
