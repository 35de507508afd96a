"""test_scoring_windows: every token is scored once; batches hold every window once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusmill.scoring.packing import MASK_LENGTH, batches
from corpusmill.scoring.windows import stride_of, windows

LENGTHS = st.lists(st.integers(0, 60), max_size=30).map(lambda of: np.array(of, np.int64))


def rolling(num_tokens: int, context: int) -> list[tuple[int, int, int]]:
    """lm-eval's windows: inputs from, to before, and the first that is scored.

    Inputs count from the prefix; each predicts the token behind it.
    """
    found, predicted = [], 0
    while predicted < num_tokens:
        count = min(num_tokens - predicted, context)
        end = predicted + count
        found.append((max(0, end - context), end, predicted))
        predicted = end
    return found


@given(LENGTHS, st.integers(1, 20), st.integers(1, 20))
def test_every_input_is_scored_once_and_none_lacks_what_fits(
    lengths: np.ndarray, context: int, stride: int
) -> None:
    stride = min(stride, context)
    found = windows(lengths, context, stride)
    scored = np.concatenate(
        [np.zeros((0, 2), np.int64)]
        + [
            np.stack([np.full(end - first, doc), np.arange(first, end)], 1)
            for doc, first, end in zip(found.doc, found.first, found.end, strict=True)
        ]
    )
    every = [(doc, at) for doc, length in enumerate(lengths) for at in range(length)]
    assert [tuple(of) for of in scored.tolist()] == every
    assert (found.lengths == np.minimum(lengths[found.doc], context))[found.begin > 0].all()
    assert (found.lengths <= context).all()
    again = found.begin > 0
    assert (found.first - found.begin >= context - stride)[again].all()
    behind = np.maximum(lengths - context, 0)
    assert len(found) == sum((lengths > 0) + -(-behind // stride))


@pytest.mark.parametrize("num_tokens", [0, 1, 7, 8, 9, 15, 16, 17, 100])
def test_a_stride_of_the_whole_context_is_lm_evals_rule(num_tokens: int) -> None:
    found = windows(np.array([num_tokens]), 8, 8)
    places = zip(found.begin.tolist(), found.end.tolist(), found.first.tolist(), strict=True)
    assert list(places) == rolling(num_tokens, 8)


def test_the_default_stride_is_half_the_context() -> None:
    assert [stride_of(None, context) for context in (1, 2, 9)] == [1, 1, 4]
    with pytest.raises(ValueError, match="stride: expected a whole number from 1 to 8, got 9"):
        stride_of(9, 8)


@given(LENGTHS, st.integers(1, 100), st.booleans())
def test_batches_hold_every_window_once_and_rows_do_not_overlap(
    lengths: np.ndarray, batch_tokens: int, shared: bool
) -> None:
    lengths = lengths[lengths > 0]
    found = list(batches(lengths, batch_tokens, shared=shared))
    seen = np.concatenate([np.zeros(0, np.int64), *(batch.windows for batch in found)])
    assert sorted(seen.tolist()) == list(range(len(lengths)))
    sizes = [batch.size for batch in found]
    assert sizes == sorted(sizes, reverse=True)
    for batch in found:
        assert batch.rows * batch.size <= max(batch_tokens, batch.size)
        taken = np.zeros(batch.rows * batch.size, np.int64)
        for window, place in zip(batch.windows, batch.places, strict=True):
            assert place // batch.size == (place + lengths[window] - 1) // batch.size
            taken[place : place + lengths[window]] += 1
        assert taken.max() == 1
        assert shared or not batch.shared
        assert batch.size == lengths[batch.windows].max()


def test_little_of_a_batch_is_padding() -> None:
    lengths = np.random.default_rng(0).integers(1, 500, 2000)
    found = list(batches(lengths, 4096, shared=True))
    inputs = sum(batch.rows * batch.size for batch in found)
    assert inputs < 1.01 * lengths.sum()


def test_rows_longer_than_a_mask_may_be_are_not_shared() -> None:
    lengths = np.array([MASK_LENGTH + 1, 5, MASK_LENGTH, 7])
    found = list(batches(lengths, MASK_LENGTH, shared=True))
    assert [batch.windows.tolist() for batch in found] == [[0], [2], [3, 1]]


def test_windows_that_are_read_by_themselves() -> None:
    lengths = np.array([3, 12, 9, 12, 2])
    found = list(batches(lengths, 100, shared=True, alone=9))
    assert [batch.windows.tolist() for batch in found] == [[1], [3], [2, 0, 4]]
    assert [batch.rows for batch in found] == [1, 1, 2]
