"""scoring documents: reductions equal those taken one document after another in float64."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusmill.scoring.documents import NEEDS, corpus_perplexity, document_statistics


def by_hand(tokens: dict[str, np.ndarray], size: int, k: float) -> dict[str, float]:
    """Of one document's tokens, with sorting where ours selects."""
    scored = {name: of[tokens["rank"] >= 0].astype(np.float64) for name, of in tokens.items()}
    count = len(scored["nll"])
    row: dict[str, float] = {"tokens": count, "bytes": size, "nll_sum": scored["nll"].sum()}
    if not count:
        return row | dict.fromkeys(NEEDS.keys() - row.keys(), math.nan)
    least = max(1, int(k * count))
    deviation = np.sqrt(np.maximum(scored["variance"], 1e-6))
    row |= {f"{name}_mean": scored[name].mean() for name in ("nll", "entropy", "rank", "el2n")}
    return row | {
        "perplexity": math.exp(row["nll_mean"]),
        "bits_per_byte": row["nll_sum"] / math.log(2) / size if size else math.nan,
        "top1": (scored["rank"] == 0).mean(),
        "min_k": np.sort(-scored["nll"])[:least].mean(),
        "min_k_pp": np.sort((scored["entropy"] - scored["nll"]) / deviation)[:least].mean(),
    }


def drawn(lengths: list[int], seed: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    tokens = sum(lengths)
    columns = {
        name: random.exponential(2, tokens).round(1).astype(np.float32)  # some are equal
        for name in ("nll", "entropy", "variance", "el2n")
    }
    columns["rank"] = random.integers(0, 4, tokens).astype(np.int32)
    left_out = random.random(tokens) < 0.2
    for name, column in columns.items():
        column[left_out] = -1 if name == "rank" else np.nan
    return columns, np.cumsum([0, *lengths]), random.integers(0, 50, len(lengths))


@given(
    st.lists(st.integers(0, 40), max_size=600), st.sampled_from([0.05, 0.2, 1.0]), st.integers(0)
)
def test_every_statistic(lengths: list[int], k: float, seed: int) -> None:
    columns, offsets, sizes = drawn(lengths, seed)
    got = document_statistics(columns, offsets, bytes=sizes, statistics=NEEDS, k=k, threads=3)
    alone = document_statistics(columns, offsets, bytes=sizes, statistics=NEEDS, k=k, threads=1)
    for name in NEEDS:
        one = document_statistics(columns, offsets, bytes=sizes, statistics=name, k=k)
        np.testing.assert_equal(one, {name: got[name]})
        assert got[name].shape == (len(lengths),)
        assert got[name].tobytes() == alone[name].tobytes(), name
    for i, (begin, end) in enumerate(pairwise(offsets)):
        tokens = {name: of[begin:end] for name, of in columns.items()}
        for name, value in by_hand(tokens, sizes[i], k).items():
            near = 1e-5 if name == "min_k_pp" else 1e-12  # its scores are floats of 32 bits
            assert got[name][i] == pytest.approx(value, rel=near, abs=near, nan_ok=True), name


def test_selection_does_not_depend_on_order() -> None:
    nll = np.random.default_rng(0).exponential(2, 5000).astype(np.float32)
    want = -np.sort(nll.astype(np.float64))[::-1][:1000].mean()
    for order in (nll, np.sort(nll), np.sort(nll)[::-1]):
        found = document_statistics({"nll": order}, [0, 5000], statistics=["min_k"])["min_k"]
        assert found[0] == pytest.approx(want, rel=1e-12)


def test_a_certain_token_has_no_variance() -> None:
    columns = dict.fromkeys(("nll", "entropy", "variance"), np.zeros(3, np.float32))
    assert document_statistics(columns, [0, 3], statistics=["min_k_pp"])["min_k_pp"] == [0.0]


def test_an_impossible_token() -> None:
    nll = np.array([1, np.inf, 2], np.float32)
    names = ["nll_mean", "perplexity", "min_k"]
    got = document_statistics({"nll": nll}, [0, 3], statistics=names)
    assert [got[name][0] for name in names] == [math.inf, math.inf, -math.inf]


def test_two_averages_of_a_corpus() -> None:
    got = corpus_perplexity([2.0, 30.0, 0.0], [2, 10, 0])
    assert got["token_weighted"] == pytest.approx(math.exp(32 / 12))
    assert got["document_averaged"] == pytest.approx(math.exp((1 + 3) / 2))
    assert all(math.isnan(value) for value in corpus_perplexity([], []).values())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"statistics": ["nll_sums"]}, "statistics names 'nll_sums'; those of a document are"),
        ({"statistics": ["top1"]}, "tokens has no 'rank'"),
        ({"statistics": ["bits_per_byte"]}, "bytes: needed"),
        ({"bytes": [1]}, r"bytes: expected 2, got shape \(1,\)"),
        ({"offsets": [0, 2, 1]}, "offsets: expected D . 1 ascending positions"),
        ({"offsets": []}, "offsets: expected D . 1 ascending positions"),
        ({"offsets": [0, 2, 5]}, r"tokens\['nll'\]: expected 5 numbers"),
        ({"k": 0}, "k: expected 0 < k <= 1"),
    ],
)
def test_errors_name_what_is_wrong(changed: dict[str, Any], said: str) -> None:
    given = {"offsets": [0, 2, 4], "statistics": ["nll_sum"]} | changed
    with pytest.raises(ValueError, match=said):
        document_statistics({"nll": np.ones(4, np.float32)}, given.pop("offsets"), **given)
