"""moved: spans go along with what cuts leave of a text."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import oracles
from corpusmill import _arrow
from test_text import column, raw

# --- columns --------------------------------------------------------------------------------------

Spans = list[tuple[int, int]]


def as_tuples(spans: pa.Array) -> list[Any]:
    return [of and [tuple(span.values()) for span in of] for of in spans.to_pylist()]


def cuts_of(document: bytes, rng: random.Random) -> Spans:
    """Some of what lies between ends of words; some touch, some are empty."""
    words = cm.text.word_spans(column([document])).to_pylist()[0]
    places = [0, len(document), *(at for span in words for at in span.values())]
    ends = sorted(rng.choices(places, k=2 * rng.randrange(5)))
    return list(zip(ends[::2], ends[1::2], strict=True))


@given(st.lists(raw, max_size=6), st.randoms(use_true_random=False))
def test_spans_hold_what_is_left_of_them(docs: list[bytes], rng: random.Random) -> None:
    """Of each byte by itself, too: one that stays is where its span is, one that goes leaves it empty."""
    cuts = [cuts_of(document, rng) for document in docs]
    spans = []
    for document in docs:
        drawn = (sorted(rng.choices(range(len(document) + 1), k=2)) for _ in range(5))
        bytewise = ((at, at + 1) for at in range(len(document)))
        spans.append([(begin, end) for begin, end in (*drawn, *bytewise)])
    found = as_tuples(cm.text.moved(spans, cuts))
    left = cm.text.cut(column(docs), cuts).view(pa.large_binary()).to_pylist()
    for document, rest, of, gone, moved in zip(docs, left, spans, cuts, found, strict=True):
        assert moved == oracles.moved(of, gone)
        stays = [not any(b <= at < e for b, e in gone) for at in range(len(document))]
        for (begin, end), (first, last) in zip(of, moved, strict=True):
            kept = bytes(document[at] for at in range(begin, end) if stays[at])
            assert rest[first:last] == kept


def test_lists_keep_their_rows_and_nulls() -> None:
    """A row's cuts reach no other row, and a null is a null, or no cut."""
    spans = [None, [(1, 2)], [], [(3, 4), (0, 9), (9, 9)], None]
    cuts = [[(0, 5)], None, [(0, 0), (0, 7)], [(0, 2), (4, 4), (8, 9)], None]
    expected = [None, [(1, 2)], [], [(1, 2), (0, 6), (6, 6)], None]
    kind = pa.list_(pa.struct([("begin", pa.int32()), ("end", pa.int32())]))
    for form in (
        lambda rows: rows,
        lambda rows: pa.array([[(7, 7)], *rows], kind).slice(1),
        lambda rows: pa.chunked_array([pa.array(rows[:2], kind), pa.array(rows[2:], kind)]),
    ):
        assert as_tuples(cm.text.moved(form(spans), form(cuts))) == expected
    assert cm.text.moved([], []).to_pylist() == []


FAR = 2**62


@pytest.mark.parametrize(
    ("spans", "cuts", "error", "message"),
    [
        ([[], [(3, 2)]], [[], []], ValueError, "spans: those of document 1 begin below 0 or"),
        ([[(1, 2)], [(-1, 2)]], [[], []], ValueError, "spans: those of document 1 begin"),
        ([[], []], [[(2, 3)], [(0, 2), (1, 4)]], ValueError, "cuts: those of document 1 are not"),
        ([[]], [[(3, 2)]], ValueError, "cuts: those of document 0 are not ascending"),
        ([[]], [[(-1, 2)]], ValueError, "cuts: those of document 0 are not ascending"),
        ([[]], [], ValueError, "cuts: expected 1 lists, got 0"),
        ([[]] * 2, [[(0, FAR)], [(FAR, 2 * FAR - 1)]], ValueError, "cuts: reach further than"),
        ([[]], [[1]], TypeError, "cuts: expected lists of structs of begin and end"),
        ([[1]], [[]], TypeError, "spans: expected lists of structs of begin and end"),
    ],
)
def test_what_cannot_be_moved_is_refused(
    spans: Any, cuts: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        cm.text.moved(spans, cuts)


def test_many_spans_and_cuts_of_one_document() -> None:
    """Of every two bytes the first is cut out."""
    places = np.arange(300_000)
    lists = np.array([0, len(places)])
    spans = _arrow.spans(lists, places, places + 3)
    found = cm.text.moved(spans, _arrow.spans(lists, 2 * places, 2 * places + 1))
    _, begin, end = _arrow.span_arrays(found)
    assert np.array_equal(begin, places // 2)
    assert np.array_equal(end, (places + 3) // 2)
