"""signatures: equal to the oracle, the same everywhere, and as good an estimate as they claim."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles_dedup
from corpusmill import _core

hash_lists = st.lists(st.none() | st.lists(st.integers(0, 2**64 - 1), max_size=300), max_size=6)


GOLDEN = [
    [0x211CCE62, 0xB097AB43, 0x290D535, 0x825BEC1, 0x1B489B1B, 0x948976DE],
    [0x95FB7377, 0xC5CB05CE, 0x23F84AD5, 0xEB5D5116, 0xE76FEF75, 0x579995BD],
    [0xC05CF3DC, 0x5909AEAB, 0xA3569E66, 0xFFA3C027, 0xD8DCF617, 0x1BEADED0],
]
GOLDEN_SEED_1 = [
    [0xBFE34EB, 0x582999BF, 0x75C5B79B, 0x58FD5A2, 0x4D79B2E, 0x8773368],
    [0xEAEAEF3D, 0x94487DB0, 0x27246D24, 0xF0F3270C, 0x57BD71EB, 0xFDD6FD98],
    [0xAA1A5BF7, 0xD66A14D0, 0x57282241, 0xF8729268, 0xCBD80D18, 0xA9F6B35],
]


def as_lists(rows: list[list[int] | None]) -> pa.Array:
    return pa.array(rows, pa.large_list(pa.uint64()))


@given(hash_lists, st.integers(1, 130), st.sampled_from([0, 1, 2**64 - 1]))
def test_signatures_equal_the_oracle(rows: list[list[int] | None], k: int, seed: int) -> None:
    got = cm.dedup.signatures(as_lists(rows), num_hashes=k, seed=seed, threads=2)
    assert got.type == pa.list_(pa.uint32(), k)
    assert got.to_pylist() == [
        None if row is None else oracles_dedup.signature(row, k, seed) for row in rows
    ]


@given(documents.columns, st.integers(1, 7), st.integers(1, 4))
def test_text_and_ready_hashes_agree(docs: list[str | None], n: int, threads: int) -> None:
    column = pa.array(docs, pa.string())
    hashes = cm.ngram.hashes(column, n=n)
    from_text = cm.dedup.signatures(column, n=n, seed=3, threads=threads)
    assert from_text.equals(cm.dedup.signatures(hashes, seed=3))
    assert from_text.equals(cm.dedup.signatures(hashes.cast(pa.list_(pa.uint64())), seed=3))


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=200), st.randoms())
def test_a_signature_is_of_the_set(hashes: list[int], random: object) -> None:
    shuffled = hashes + hashes[: len(hashes) // 2]
    random.shuffle(shuffled)
    a, b = cm.dedup.signatures(as_lists([hashes, shuffled])).to_pylist()
    assert a == b


def test_long_documents_fold_piece_by_piece() -> None:
    words = [f"w{i % 6000}" for i in range(30_000)]
    whole = cm.dedup.signatures([" ".join(words)])
    assert whole.equals(cm.dedup.signatures(cm.ngram.hashes([" ".join(words)], n=5)))


def test_golden_values() -> None:
    """Definition 1. A change here makes every stored signature useless: make it 2."""
    assert _core.dedup.signature_version == 1
    docs = ["It was the best of times, it was the worst of times", "a b", ""]
    assert cm.dedup.signatures(docs, num_hashes=6).to_pylist() == GOLDEN
    assert cm.dedup.signatures(docs, num_hashes=6, seed=1).to_pylist() == GOLDEN_SEED_1


def test_similarity() -> None:
    a = cm.dedup.signatures(["a b c d e f g", "x", None])
    b = cm.dedup.signatures(["A b c d e f g!", "y", "z"])
    assert cm.dedup.similarity(a, b).to_pylist() == [1.0, 0.0, None]
    assert cm.dedup.similarity(a.slice(1), b.slice(1)).to_pylist() == [0.0, None]
    with pytest.raises(ValueError, match="must agree"):
        cm.dedup.similarity(a, b.slice(1))
    with pytest.raises(TypeError, match="left: expected fixed_size_list<uint32>"):
        cm.dedup.similarity(pa.array([1]), b)


def errors(f: int, num_pairs: int, jaccards: list[float]) -> dict[float, np.ndarray]:
    """estimate - J for random sets of f distinct shingles in the union, by J.

    A pair is f random hashes: the first set is a prefix of them, the second a suffix.
    """
    rng = np.random.default_rng(f)
    out: dict[float, list[np.ndarray]] = {j: [] for j in jaccards}
    step = max(1, min(num_pairs, 20_000_000 // f))
    for begin in range(0, num_pairs, step):
        count = min(step, num_pairs - begin)
        values = rng.integers(0, 2**64, count * f, dtype=np.uint64)
        starts = np.arange(count) * f
        for j in jaccards:
            common = round(j * f)
            left_end, right_start = common + (f - common) // 2, (f - common) // 2
            left = prefix_signatures(values, starts, left_end, f)
            right = prefix_signatures(values[right_start:], starts, f - right_start, f)
            estimates = _core.dedup.similarity(left, right, 128)
            out[j].append(estimates - common / f)
    return {j: np.concatenate(parts) for j, parts in out.items()}


def prefix_signatures(values: np.ndarray, starts: np.ndarray, size: int, f: int) -> np.ndarray:
    """Signatures of values[start : start + size] for each start; starts are f apart."""
    offsets = np.stack([starts, starts + size], axis=1).ravel()
    offsets = np.append(offsets, min(starts[-1] + f, len(values)))
    slots = _core.dedup.signatures_of_hashes(offsets, values, 128, 0, 0)
    return slots.reshape(-1, 2, 128)[:, 0].ravel()


def largest_ratio(f: int) -> float:
    """What rmse / binomial rmse may reach: sampling almost without replacement gains most where
    sets are of the order of the slots; never does it lose more than noise."""
    return 0.87 if 30 <= f <= 400 else 0.98 if 400 < f <= 1000 else 1.02


@pytest.mark.parametrize(
    "f", [1, 2, 3, 5, 8, 13, 20, 30, 50, 80, 128, 200, 300, 400, 600, 1000, 2000, 5000, 20000]
)
def test_estimator(f: int) -> None:
    jaccards = [j for j in (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 1.0) if round(j * f) > 0]
    for j, error in errors(f, 10_000, jaccards).items():
        exact = round(j * f) / f
        binomial = np.sqrt(exact * (1 - exact) / 128)
        assert abs(error.mean()) <= 0.003, (j, error.mean())
        if exact == 1:
            assert not error.any()
        else:
            ratio = np.sqrt((error**2).mean()) / binomial
            assert ratio <= largest_ratio(f), (j, ratio)
