"""rehydrate: cluster sizes to upsampling weights. Decides nothing about single documents.

Deduplication leaves one document where the crawl had many, and how many there were says something
about quality: middling clusters are filtered out least, singletons and giant clusters most. So a
document is repeated by how well clusters of its size fare in a quality filter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _check

_SMOOTHED = 5  # rates that are averaged, about the middle one


def rehydrate(
    cluster_sizes: Any,
    removal_rates: Any,
    *,
    max_weight: float = 10.0,
    global_rate: float | None = None,
) -> pa.Array:
    """How often to repeat each kept document, from the size of its cluster.

    cluster_sizes   N whole numbers from 1 on: the document and all that were dropped for it, such
                    as `dedup.Index.cluster_sizes`, or the field that `cluster_size` names in what
                    `shards.dedup` keeps
    removal_rates   C shares in [0, 1]: of documents of clusters of size 1, 2, ... C the share that
                    the quality filter removes; the last is for all sizes from C on
    max_weight      the weight of the sizes that are removed least, before smoothing and rounding;
                    at least 1
    global_rate     the share that the filter removes of all documents; None: of these documents,
                    by their sizes and the rates
    returns         int64, N weights of at least 1

    With r the rates, G the global one and M the largest weight, f(c) = max(1, 1 + (M - 1)
    (G - r(c)) / (G - min r)); all but the first two and last two f become the mean of the five
    about them; a weight is f rounded, half to even. If G <= min r every weight is 1. O(N + C).

    Raises ValueError if an argument is out of range, naming it.
    Source: FineWeb2, Penedo et al. 2025, section on rehydration, and its published weights.

    >>> rehydrate([1, 2, 3, 9], [0.5, 0.3, 0.1, 0.4], max_weight=5, global_rate=0.4).to_pylist()
    [1, 2, 5, 1]
    """
    rates = _numbers("removal_rates", removal_rates)
    if not rates.size or not ((rates >= 0) & (rates <= 1)).all():
        raise ValueError("removal_rates: expected shares from 0 to 1, one for size 1, 2, and so on")
    sizes = _sizes(cluster_sizes)
    last = np.minimum(sizes, len(rates)) - 1
    if not 1 <= max_weight < np.inf:
        raise ValueError(f"max_weight: expected a number from 1 on, got {max_weight!r}")
    if global_rate is None:
        own = rates[last] if sizes.size else rates
        # A mean of equal numbers may come out a bit above them, and then nothing else would count.
        overall = float(np.clip(own.mean(), own.min(), own.max()))
    else:
        overall = _check.share("global_rate", global_rate)
    return _arrays.of_numpy(_weights(rates, overall, max_weight)[last])


def _weights(
    rates: npt.NDArray[np.float64], overall: float, max_weight: float
) -> npt.NDArray[np.int64]:
    """The weight of each cluster size from 1 on."""
    least = rates.min()
    if overall <= least:
        return np.ones(len(rates), np.int64)
    raw = np.maximum(1.0, 1.0 + (max_weight - 1.0) * (overall - rates) / (overall - least))
    smooth = raw.copy()
    if len(raw) >= _SMOOTHED:
        edge = _SMOOTHED // 2
        smooth[edge:-edge] = np.lib.stride_tricks.sliding_window_view(raw, _SMOOTHED).mean(axis=1)
    weights: npt.NDArray[np.int64] = np.rint(smooth).astype(np.int64)
    return weights


def _numbers(name: str, values: Any) -> npt.NDArray[np.float64]:
    numbers = _arrays.as_numpy(values)
    if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iuf"):
        raise ValueError(f"{name}: expected a column of numbers without nulls, got {numbers.dtype}")
    return numbers.astype(np.float64)


def _sizes(cluster_sizes: Any) -> npt.NDArray[np.int64]:
    sizes = _arrays.as_numpy(cluster_sizes)
    if sizes.ndim != 1 or (sizes.size and sizes.dtype.kind not in "iu"):
        raise ValueError(
            f"cluster_sizes: expected a column of whole numbers without nulls, got {sizes.dtype}"
        )
    if sizes.size and sizes.min() < 1:
        raise ValueError(f"cluster_sizes: expected numbers from 1 on, got {sizes.min()}")
    return sizes.astype(np.int64)
