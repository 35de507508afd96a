"""select: weights equal the published rule worked by hand, and its laws hold."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
from corpusmill.select import rehydrate

rates = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def by_hand(removal: list[float], overall: float, most: float) -> list[int]:
    """The weight of each size: the rule, one size at a time. Python's round is half to even."""
    least = min(removal)
    if overall <= least:
        return [1] * len(removal)
    raw = [max(1.0, 1 + (most - 1) * (overall - rate) / (overall - least)) for rate in removal]
    last = len(raw) - 1
    return [
        round(sum(raw[i - 2 : i + 3]) / 5 if 2 <= i <= last - 2 else value)
        for i, value in enumerate(raw)
    ]


@given(rates, st.floats(0.01, 1), st.floats(1, 20))
def test_weights_follow_the_rule(removal: list[float], overall: float, most: float) -> None:
    sizes = [*range(1, len(removal) + 3), 10**9]
    got = rehydrate(sizes, removal, max_weight=most, global_rate=overall).to_pylist()
    table = by_hand(removal, overall, most)
    expected = [*table, table[-1], table[-1], table[-1]]
    # A sum taken in another order may fall on the other side of a half, by the last bit.
    assert all(abs(a - b) <= 1 for a, b in zip(got, expected, strict=True))
    assert sum(a != b for a, b in zip(got, expected, strict=True)) <= 1
    assert all(1 <= weight <= round(most) + 1 for weight in got)


def test_weights_by_hand() -> None:
    """Raw: 1, 2.5, 4, 5.5, 7, 8.5, 10, 1; smoothed: the third to the sixth; halves go to even."""
    removal = [0.9, 0.75, 0.6, 0.45, 0.3, 0.15, 0.0, 1.0]
    sizes = np.arange(1, 11)
    got = rehydrate(sizes, removal, max_weight=10, global_rate=0.9)
    assert got.to_pylist() == [1, 2, 4, 6, 7, 6, 10, 1, 1, 1]
    assert got.type == pa.int64()


def test_a_filter_that_removes_no_size_less_repeats_nothing() -> None:
    assert rehydrate([1, 2, 50], [0.4, 0.4]).to_pylist() == [1, 1, 1]
    assert rehydrate([1, 2, 50], [0.4, 0.6], global_rate=0.3).to_pylist() == [1, 1, 1]
    assert rehydrate(pa.array([], pa.uint32()), [0.4]).to_pylist() == []


def test_the_global_rate_is_that_of_the_documents() -> None:
    sizes, removal = [1, 1, 1, 2], [0.8, 0.2]
    assert rehydrate(sizes, removal).equals(rehydrate(sizes, removal, global_rate=0.65))


def test_cluster_sizes_of_an_index() -> None:
    index = cm.dedup.Index()
    index.add(["a b c", "d e f"])
    index.count(index.query(["A b c", "a, b, c", "x"])["match"])
    assert rehydrate(index.cluster_sizes, [0.9, 0.5, 0.1], max_weight=3).to_pylist() == [3, 1]


@pytest.mark.parametrize(
    ("sizes", "removal", "options", "message"),
    [
        ([0], [0.5], {}, "cluster_sizes: expected numbers from 1 on, got 0"),
        ([1.5], [0.5], {}, "cluster_sizes: expected a column of whole numbers"),
        ([1], [], {}, "removal_rates: expected shares from 0 to 1"),
        ([1], [1.5], {}, "removal_rates: expected shares from 0 to 1"),
        ([1], [float("nan")], {}, "removal_rates: expected shares from 0 to 1"),
        ([1], ["x"], {}, "removal_rates: expected a column of numbers"),
        ([1], [0.5], {"max_weight": 0.5}, "max_weight: expected a number from 1 on"),
        ([1], [0.5], {"global_rate": 2}, "global_rate: expected 0 < global_rate <= 1"),
    ],
)
def test_wrong_arguments(
    sizes: list[float], removal: list[float], options: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        rehydrate(sizes, removal, **options)
