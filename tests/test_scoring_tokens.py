"""scoring tokens: statistics on the CPU equal float64 of the same rounded inputs, and their laws hold."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracles_scoring as oracles
from corpusmill import _core
from corpusmill.scoring.statistics import LEVELS, STATISTICS
from corpusmill.scoring.tokens import linear_token_statistics, token_statistics

Columns = dict[str, np.ndarray]
SHAPES = [(1, 1, 1), (1, 3, 2), (13, 96, 1003), (101, 17, 2500), (5, 1100, 70), (0, 4, 7)]


def rounded(values: np.ndarray, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Floats as this dtype holds them, and their values."""
    if dtype != "bfloat16":
        kept = values.astype(dtype)
        return kept, kept.astype(np.float64)
    bits = values.astype(np.float32).view(np.uint32)
    bits = ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)
    return bits, (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def from_logits(logits: np.ndarray, targets: np.ndarray, dtype: str, **options: Any) -> Columns:
    """All statistics, by the compiled face: NumPy has no bfloat16 that the public one could take."""
    scale, softcap, threads = (options.get(k) for k in ("scale", "softcap", "threads"))
    return _core.scoring.from_logits(
        logits, targets.astype(np.int64), dtype, 2, scale or 1.0, softcap, threads or 2
    )


def from_hidden(
    hidden: np.ndarray, weight: np.ndarray, targets: np.ndarray, dtype: str, **options: Any
) -> Columns:
    bias, scale, softcap, threads = (
        options.get(k) for k in ("bias", "scale", "softcap", "threads")
    )
    ids = targets.astype(np.int64)
    return _core.scoring.from_hidden(
        hidden, weight, ids, dtype, bias, 2, scale or 1.0, softcap, threads or 2
    )


def assert_agree(got: Columns, logits: np.ndarray, targets: np.ndarray) -> None:
    """With float64 of these final logits, as docs/scoring.md promises it."""
    want = oracles.token_statistics(logits, targets)
    size = np.abs(np.where(np.isfinite(logits), logits, 0)).max(initial=0)
    near, band = 2e-5 + 2e-6 * size, 4e-6 * size
    limits = {name: np.full(len(targets), near) for name in oracles.FLOATS}
    limits["variance"] = np.maximum(1e-4, 1e-3 * want["variance"])
    for row in np.flatnonzero(want["rank"] >= 0):
        x = logits[row].astype(np.float64)
        assert x[got["argmax"][row]] >= x.max() - band
        tied = np.flatnonzero(np.abs(x - x[targets[row]]) <= band)
        assert abs(got["rank"][row] - want["rank"][row]) < max(1, len(tied))
        others = tied[tied != targets[row]]
        limits["mass_above"][row] += np.exp(x[others] - want["lse"][row]).sum()
    for name, limit in limits.items():
        assert np.array_equal(np.isnan(got[name]), np.isnan(want[name])), name
        off = np.where(got[name] == want[name], 0, np.abs(got[name] - want[name]))
        assert (np.isnan(off) | (off <= limit)).all(), (name, np.nanmax(off), limit)
    nothing = want["rank"] < 0
    assert (got["rank"][nothing] == -1).all()
    assert (got["argmax"][nothing] == -1).all()


def drawn(shape: tuple[int, int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    tokens, depth, vocabulary = shape
    hidden = random.normal(size=(tokens, depth))
    weight = random.normal(size=(vocabulary, depth)) * 3 / depth**0.5
    return hidden, weight, random.integers(0, vocabulary, tokens)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("shape", SHAPES)
def test_of_hidden_states(shape: tuple[int, int, int], dtype: str) -> None:
    hidden, weight, targets = drawn(shape)
    (hidden, exact), (weight, columns) = rounded(hidden, dtype), rounded(weight, dtype)
    got = from_hidden(hidden, weight, targets, dtype)
    assert_agree(got, oracles.final_logits(exact, columns), targets)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("shape", SHAPES)
def test_of_logits(shape: tuple[int, int, int], dtype: str) -> None:
    hidden, weight, targets = drawn(shape)
    logits, exact = rounded(hidden @ weight.T, dtype)
    assert_agree(from_logits(logits, targets, dtype), exact, targets)


@pytest.mark.parametrize(("scale", "softcap"), [(0.25, None), (1.0, 30.0), (2.0, 0.5), (-1.0, 9.0)])
def test_scale_softcap_and_bias(scale: float, softcap: float | None) -> None:
    hidden, weight, targets = drawn((29, 40, 777))
    hidden, weight = hidden.astype(np.float32), weight.astype(np.float32)
    bias = np.random.default_rng(1).normal(size=777).astype(np.float32)
    options = {"scale": scale, "softcap": softcap}
    exact = oracles.final_logits(hidden, weight, bias, scale, softcap)
    assert_agree(
        from_hidden(hidden, weight, targets, "float32", bias=bias, **options), exact, targets
    )
    for dtype in ("float32", "float16", "bfloat16"):
        logits, values = rounded(hidden @ weight.T, dtype)
        got = from_logits(logits, targets, dtype, **options)
        assert_agree(got, oracles.transformed(values, scale, softcap), targets)


@pytest.mark.parametrize("cap", [30.0, 1e3, 1e5])
def test_a_soft_cap_costs_a_share_of_itself(cap: float) -> None:
    logits = np.random.default_rng(0).normal(0, 5, (20, 400)).astype(np.float32)
    targets = np.arange(20)
    got = from_logits(logits, targets, "float32", softcap=cap)["nll"]
    want = oracles.token_statistics(oracles.transformed(logits, 1.0, cap), targets)["nll"]
    assert np.abs(got - want).max() <= 2e-5 + 2e-7 * cap


@pytest.mark.parametrize("width", [1, 2, 63, 64, 65, 1000, 5003])
@pytest.mark.parametrize("offset", [-200.0, 1000.0])
def test_logits_far_from_zero(width: int, offset: float) -> None:
    logits = np.random.default_rng(width).normal(offset, 2, (4, width)).astype(np.float32)
    targets = np.arange(4) % width
    assert_agree(from_logits(logits, targets, "float32"), logits, targets)
    want = oracles.token_statistics(logits, targets)["nll"]
    got = from_logits(logits, targets, "float32")["nll"]
    assert np.abs(got - want).max() < 2e-6 * max(1, want.max())  # no digit goes with the offset


def test_one_finite_logit_and_none() -> None:
    logits = np.full((6, 700), -np.inf, np.float32)
    logits[0, 699] = logits[1, 0] = 5.0
    logits[2, 3], logits[2, 4] = np.array(0x7FC01FFF, np.uint32).view(np.float32), 1.0
    logits[3, :] = np.inf
    logits[4, :] = np.finfo(np.float32).min
    logits[5, :] = np.finfo(np.float32).max * np.linspace(-1, 1, 700)
    for target in (0, 699):
        targets = np.full(6, target)
        got = from_logits(logits, targets, "float32")
        for name, column in oracles.token_statistics(logits[:5], targets[:5]).items():
            np.testing.assert_allclose(got[name][:5], column, rtol=1e-6, atol=1e-6, err_msg=name)
        assert got["argmax"][5] == 699
        assert not np.isnan([got[name][5] for name in oracles.FLOATS]).any()


def test_ties_go_to_the_lowest_index_and_are_above() -> None:
    logits = np.tile(np.array([1, 3, 3, 0, 3, 1], np.float32), (6, 50))
    targets = np.arange(6)
    got = from_logits(logits, targets, "float32")
    assert got["argmax"].tolist() == [1] * 6
    assert got["rank"].tolist() == [150, 0, 0, 250, 0, 150]
    assert_agree(got, logits, targets)


@pytest.mark.parametrize("others", [1, 4, 64])
def test_el2n_of_a_token_that_is_nearly_certain(others: int) -> None:
    """Its square is what float32 sums keep beside 1: at each step between lanes 2**-24 may be lost,
    and the root of four such is 5e-4."""
    random = np.random.default_rng(others)
    logits = np.full((200, 150), -60.0, np.float32)
    for row in logits:
        row[1 + random.choice(149, others, replace=False)] = random.uniform(-14, -5)
    logits[:, 0] = 0
    targets = np.zeros(len(logits), np.int64)
    wanted = oracles.token_statistics(logits, targets)["el2n"]
    got = from_logits(logits, targets, "float32")["el2n"]
    np.testing.assert_allclose(got, wanted, rtol=2e-6, atol=5e-4)


def test_ascending_logits() -> None:
    """Each group of logits is greater than all before."""
    logits = np.linspace(-50, 50, 4 * 3001).reshape(4, 3001).astype(np.float32)
    targets = np.array([0, 3000, 1500, 7])
    assert_agree(from_logits(logits, targets, "float32"), logits, targets)


def test_negative_targets_are_not_scored() -> None:
    hidden, weight, targets = drawn((40, 8, 90))
    hidden, weight = hidden.astype(np.float32), weight.astype(np.float32)
    targets[::3] = -100
    logits = oracles.final_logits(hidden, weight)
    for got in (
        from_hidden(hidden, weight, targets, "float32"),
        from_logits(logits.astype(np.float32), targets, "float32"),
    ):
        assert np.isnan(got["nll"][::3]).all()
        assert_agree(got, logits, targets)


def test_a_state_that_is_not_finite_spoils_its_token_alone() -> None:
    hidden, weight, targets = drawn((20, 8, 90))
    hidden[7, 3], hidden[11, 0] = np.nan, np.inf
    got = from_hidden(hidden.astype(np.float32), weight.astype(np.float32), targets, "float32")
    assert np.flatnonzero(np.isnan(got["nll"])).tolist() == [7, 11]
    assert np.flatnonzero(got["rank"] < 0).tolist() == [7, 11]


@given(
    st.integers(1, 40), st.integers(1, 30), st.integers(1, 300), st.floats(0.01, 8), st.integers()
)
def test_bounds(tokens: int, depth: int, vocabulary: int, spread: float, seed: int) -> None:
    hidden, weight, targets = drawn((tokens, depth, vocabulary), abs(seed))
    hidden = (spread * hidden).astype(np.float32)
    got = from_hidden(hidden, weight.astype(np.float32), targets, "float32")
    assert (got["nll"] >= 0).all()
    assert (got["max_logprob"] <= 0).all()
    assert (-got["nll"] <= got["max_logprob"] + 1e-5).all()
    assert (got["entropy"] >= 0).all()
    assert (got["entropy"] <= np.log(vocabulary) + 1e-5).all()
    assert (got["variance"] >= 0).all()
    assert (got["sum_p2"] >= 1 / vocabulary - 1e-6).all()
    assert (got["el2n"] <= 2**0.5 + 1e-6).all()
    assert (got["mass_above"] <= 1 + 1e-6).all()
    assert (np.exp(-got["nll"]) <= got["mass_above"] + 1e-6).all()
    assert ((got["rank"] >= 0) & (got["rank"] < vocabulary)).all()
    assert ((got["rank"] == 0) | (got["argmax"] != targets)).all()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_token_is_alone(dtype: str) -> None:
    """The same bits for any number of threads, and whatever else is scored with it."""
    hidden, weight, targets = drawn((150, 33, 1500))
    hidden, weight = rounded(hidden, dtype)[0], rounded(weight, dtype)[0]
    whole = from_hidden(hidden, weight, targets, dtype, threads=1)
    for threads in (2, 7):
        again = from_hidden(hidden, weight, targets, dtype, threads=threads)
        assert all(again[name].tobytes() == whole[name].tobytes() for name in STATISTICS)
    some = np.random.default_rng(0).permutation(150)[:61]
    part = from_hidden(hidden[some], weight, targets[some], dtype, threads=3)
    assert all(part[name].tobytes() == whole[name][some].tobytes() for name in STATISTICS)


def test_many_batches_and_chunks() -> None:
    """More hidden states than are packed at once, and weights of four chunks, which threads run through
    without waiting for one another at each.
    """
    hidden, weight, targets = drawn((150, 50_000, 100))
    hidden, weight = hidden.astype(np.float32), weight.astype(np.float32)
    got = from_hidden(hidden, weight, targets, "float32", threads=1)
    assert_agree(got, oracles.final_logits(hidden, weight), targets)
    for threads in (2, 7):
        again = from_hidden(hidden, weight, targets, "float32", threads=threads)
        assert all(again[name].tobytes() == got[name].tobytes() for name in STATISTICS)


def test_more_logits_than_32_bits_count() -> None:
    """By rows that all lie at one place."""
    row = np.random.default_rng(0).normal(size=70_001).astype(np.float32)
    logits = np.broadcast_to(row, (31_000, 70_001))
    targets = np.full(31_000, -1)
    targets[[0, 30_999]] = 70_000
    assert logits.size > 2**31
    got = token_statistics(logits, targets, statistics=STATISTICS)
    assert all(got[name][0] == got[name][-1] for name in STATISTICS)
    assert_agree({name: of[-1:] for name, of in got.items()}, row[None], targets[-1:])
    tall = np.lib.stride_tricks.as_strided(row, (2, 70_000), (4, 4))
    shifted = token_statistics(tall, [5, 4], statistics=["nll"])["nll"]
    assert shifted[0] == pytest.approx(shifted[1], abs=1e-4)


LEVEL_PROGRAM = """
import json, sys
import numpy as np
from test_scoring_tokens import drawn, rounded, from_hidden, from_logits
import test_scoring_tokens as tests
tests.test_one_finite_logit_and_none()
found = {}
for dtype in ("float32", "float16", "bfloat16"):
    hidden, weight, targets = drawn((50, 70, 901))
    h, w = rounded(hidden, dtype)[0], rounded(weight, dtype)[0]
    logits = rounded(hidden @ weight.T, dtype)[0]
    for threads in (1, 3):
        found[f"{dtype} hidden {threads}"] = from_hidden(h, w, targets, dtype, threads=threads)
        found[f"{dtype} logits {threads}"] = from_logits(
            logits, targets, dtype, scale=0.5, softcap=20.0, threads=threads)
print(json.dumps({k: {n: c.tolist() for n, c in of.items()} for k, of in found.items()}))
"""


def test_levels_agree(at_level: Callable[..., str]) -> None:
    """With float64, so with one another; and a level's bits depend on no number of threads."""
    code = f"import sys; sys.path[:0] = {sys.path!r}\n{LEVEL_PROGRAM}"
    found = json.loads(at_level("-c", code))
    for dtype in ("float32", "float16", "bfloat16"):
        hidden, weight, targets = drawn((50, 70, 901))
        exact = oracles.final_logits(rounded(hidden, dtype)[1], rounded(weight, dtype)[1])
        capped = oracles.transformed(rounded(hidden @ weight.T, dtype)[1], 0.5, 20.0)
        for kind, logits in (("hidden", exact), ("logits", capped)):
            one, many = (found[f"{dtype} {kind} {threads}"] for threads in (1, 3))
            assert one == many
            assert_agree({name: np.array(of) for name, of in one.items()}, logits, targets)


def test_what_is_asked_for_comes_back() -> None:
    hidden, weight, targets = drawn((9, 5, 30))
    every = linear_token_statistics(hidden, weight, targets, statistics=STATISTICS)
    for level, names in enumerate(LEVELS):
        for name in names:
            alone = linear_token_statistics(hidden, weight, targets, statistics=[name])
            assert list(alone) == [name]
            np.testing.assert_array_equal(alone[name], every[name], err_msg=f"{name}, {level}")
            one = linear_token_statistics(hidden, weight, targets, statistics=name)
            np.testing.assert_equal(one, alone)
            logits = token_statistics(hidden @ weight.T, targets, statistics=name)
            np.testing.assert_allclose(logits[name], every[name], rtol=1e-4, atol=1e-5)
        kinds = {name: every[name].dtype for name in names}
        assert all((k == np.int32) == (n in ("argmax", "rank")) for n, k in kinds.items())


def test_arrays_of_every_layout() -> None:
    hidden, weight, targets = drawn((12, 16, 200))
    hidden, weight = hidden.astype(np.float32), weight.astype(np.float32)
    want = linear_token_statistics(hidden, weight, targets, statistics=["nll", "rank"])
    wide = np.zeros((12, 40), np.float32)
    wide[:, 7:23] = hidden
    swapped = hidden.astype(hidden.dtype.newbyteorder())
    for states in (
        wide[:, 7:23], np.asfortranarray(hidden), hidden[::-1][::-1], hidden.tolist(), swapped
    ):  # fmt: skip
        got = linear_token_statistics(states, weight, targets.astype(np.uint16), statistics=want)
        assert all(np.array_equal(got[name], want[name]) for name in want)


def test_no_tokens_at_all() -> None:
    found = token_statistics(np.zeros((0, 3)), [], statistics=STATISTICS)
    assert all(len(found[name]) == 0 for name in STATISTICS)


def test_bfloat16_of_others_than_torch_is_refused() -> None:
    torch = pytest.importorskip("torch", reason="speaks DLPack")

    class Other:
        """Speaks DLPack, and no more."""

        def __init__(self, tensor: Any) -> None:
            self.__dlpack__, self.__dlpack_device__ = tensor.__dlpack__, tensor.__dlpack_device__

    kept = token_statistics(Other(torch.zeros(1, 8)), [3], statistics=["nll"])["nll"]
    assert kept[0] == pytest.approx(np.log(8))
    with pytest.raises(TypeError, match=r"Other is not to be had.*bfloat16"):
        token_statistics(Other(torch.zeros(1, 8).bfloat16()), [3], statistics=["nll"])


def test_tensors() -> None:
    torch = pytest.importorskip("torch", reason="tensors are torch's")
    hidden, weight, targets = drawn((12, 16, 200))
    for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64):
        states, head = (torch.tensor(of, dtype=dtype) for of in (hidden, weight))
        exact = oracles.final_logits(states.double().numpy(), head.double().numpy())
        got = linear_token_statistics(
            states, torch.nn.Parameter(head), torch.tensor(targets), statistics=STATISTICS
        )
        assert_agree(got, exact, targets)
        logits = torch.tensor(exact, dtype=dtype)[:, ::2]
        got = token_statistics(logits, torch.tensor(targets // 2), statistics=STATISTICS)
        assert_agree(got, logits.double().numpy(), targets // 2)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"targets": [0, 1, 9]}, "targets: row 2 is 9, but the vocabulary has 9 tokens"),
        ({"targets": [0, 1]}, "targets: expected 3 whole numbers"),
        ({"targets": [0.0, 1.0, 2.0]}, "targets: expected 3 whole numbers"),
        ({"hidden": np.zeros((3, 5))}, r"weight: expected \[V, 5\] of float32"),
        ({"hidden": np.zeros((3, 4), np.float16)}, r"weight: expected \[V, 4\] of float16"),
        ({"hidden": np.zeros(3)}, "hidden: expected a matrix of float32, float16 or bfloat16"),
        ({"weight": np.zeros((9, 4), np.int64)}, "weight: expected a matrix"),
        ({"bias": np.zeros(8)}, "bias: expected 9 floats"),
        ({"softcap": 0.0}, "softcap: expected a number above 0 or None"),
        ({"scale": float("nan")}, "scale: expected a finite number above 0"),
        ({"scale": -1.0}, "scale: expected a finite number above 0"),
        ({"statistics": ["nll", "loss"]}, "statistics names 'loss'"),
        ({"threads": -1}, "threads: expected a whole number"),
    ],
)
def test_errors_name_what_is_wrong(changed: dict[str, Any], said: str) -> None:
    given = {"hidden": np.zeros((3, 4)), "weight": np.zeros((9, 4)), "targets": [0, -1, 8]}
    given = given | {"statistics": ["nll"]} | changed
    with pytest.raises(ValueError, match=said):
        linear_token_statistics(
            given.pop("hidden"), given.pop("weight"), given.pop("targets"), **given
        )
