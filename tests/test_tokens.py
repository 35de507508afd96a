"""tokens: rows hold each id of each document once, in order, whatever comes at a time; shuffled ones too."""

from __future__ import annotations

import contextlib
import itertools
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles_tokens as oracles
from corpusmill.shards.tokens import packing, shuffle
from corpusmill.shards.tokens.batch import TokenRows, starts
from corpusmill.shards.tokens.file import HEADER_SIZE, Counts, Form, Header
from corpusmill.shards.tokens.layouts import Cut, Documents, Layout
from corpusmill.shards.tokens.order import Order
from corpusmill.shards.tokens.packing import Packed

documents = st.lists(st.integers(0, 30) | st.sampled_from([7, 8, 14, 16]), max_size=40)
rng = random.Random(5)
FOLDER = tempfile.gettempdir()


def numbered(lengths: Sequence[int]) -> list[list[int]]:
    """Documents so long, whose ids say which and where they are."""
    return [
        [(100 * number + at) % 65_000 for at in range(size)] for number, size in enumerate(lengths)
    ]


def batches(given: Sequence[list[int]], size: int) -> Iterator[TokenRows]:
    for first in range(0, len(given), size):
        some = given[first : first + size]
        ids = np.array([number for ids in some for number in ids], np.uint16)
        yield TokenRows.of_documents(ids, np.array(list(map(len, some)), np.int64), first)


def rows_of(batch: TokenRows) -> list[oracles.Row]:
    at, ids = starts(batch.lengths), batch.ids.tolist()
    found = [(int(batch.documents[i]), ids[at[i] : at[i + 1]]) for i in range(len(batch.lengths))]
    ends = starts(batch.segments)
    return [found[a:b] for a, b in itertools.pairwise(ends)]


def laid(layout: Layout, given: Sequence[list[int]], size: int) -> list[oracles.Row]:
    made = [rows for batch in batches(given, size) for rows in layout.add(batch)]
    return [row for rows in [*made, *layout.finish()] for row in rows_of(rows)]


@given(documents, st.integers(1, 17), st.integers(1, 9))
def test_rows_are_the_oracles_however_documents_come(lengths, length, size):
    given = numbered(lengths)
    assert laid(Documents(), given, size) == [[(i, ids)] for i, ids in enumerate(given)]
    assert laid(Cut(length, 9), given, size) == oracles.cut(given, length, 9)
    with contextlib.ExitStack() as patched:
        for name, value in (("WINDOW_IDS", 90), ("WINDOW_DOCUMENTS", 12)):
            patched.callback(setattr, packing, name, getattr(packing, name))
            setattr(packing, name, value)
        expected = oracles.packed(given, length, 9, (90, 12))
        assert laid(Packed(length, 9), given, size) == expected


@given(documents, st.integers(1, 17))
def test_packed_rows_hold_every_document_once_and_few_are_cut(lengths, length):
    given = numbered(lengths)
    rows = laid(Packed(length, 9), given, 5)
    assert all(sum(len(ids) for _, ids in row) == length for row in rows)
    parts: dict[int, list[list[int]]] = {}
    for number, ids in (segment for row in rows for segment in row):
        parts.setdefault(number, []).append(ids)
    parts.pop(-1, None)
    for number, ids in enumerate(given):
        found = parts.get(number, [])
        assert sum(found, []) == ids  # noqa: RUF017  they are few
        assert len(found) == -(-len(ids) // length)
    used = [sum(len(ids) for number, ids in row if number >= 0) for row in rows]
    assert sum(2 * of <= length for of in used) <= 1
    assert all(number >= 0 for row in rows for number, _ in row[:-1])


@given(documents, st.integers(1, 17))
def test_no_layout_makes_more_rows_than_it_says(lengths, length):
    given = numbered(lengths)
    with contextlib.ExitStack() as patched:
        for name, value in (("WINDOW_IDS", 90), ("WINDOW_DOCUMENTS", 12)):
            patched.callback(setattr, packing, name, getattr(packing, name))
            setattr(packing, name, value)
        for layout in (Documents(), Cut(length, 9), Packed(length, 9)):
            assert len(laid(layout, given, 5)) <= layout.most_rows(len(given), sum(lengths))


def test_little_of_packed_rows_is_padding():
    lengths = [int(rng.lognormvariate(5, 1.2)) + 1 for _ in range(5_000)]
    rows = laid(Packed(1024, 0), numbered(lengths), 700)
    padding = sum(len(ids) for row in rows for number, ids in row if number < 0)
    assert padding <= 0.002 * 1024 * len(rows)


@settings(max_examples=25)
@given(st.lists(st.integers(0, 9), max_size=60), st.integers(0, 2**64 - 1), st.integers(1, 20))
def test_shuffled_rows_come_by_their_keys_whatever_the_memory(lengths, seed, size):
    given = numbered(lengths)
    num_bytes = sum(2 * len(ids) + 56 for ids in given)
    expected = sorted(range(len(given)), key=lambda row: oracles.key(seed, row))
    for memory in (1 << 20, num_bytes // 4 + 1, num_bytes // 60 + 1):
        mixed = shuffle.Shuffle(seed, FOLDER, num_bytes, memory, contextlib.nullcontext)
        with contextlib.closing(mixed):
            for batch in batches(given, size):
                mixed.add(batch)
            rows = [row for some in mixed.shuffled(np.uint16) for row in rows_of(some)]
        assert rows == [[(row, given[row])] for row in expected]


def test_too_little_memory_to_shuffle_is_said():
    with pytest.raises(
        ValueError, match=r"memory: 1 MB are too few to shuffle 1,000 MB .* 8 MB are"
    ):
        shuffle.Shuffle(1, FOLDER, 10**9, 10**6, contextlib.nullcontext)


def test_a_header_is_given_back_and_every_damage_to_it_seen():
    form = Form(4, 2048, 100_256, 100_257, -1, 0, "16.0.0", "f" * 32)
    header = Header(form, Counts(4096, 2, 3, 77), b"i" * 16, b"x" * 16)
    data = header.pack()
    assert len(data) == HEADER_SIZE
    assert Header.unpack(data) == header
    for at in range(HEADER_SIZE):
        wrong = bytes([*data[:at], data[at] ^ 1, *data[at + 1 :]])
        with pytest.raises(ValueError, match=r"is no token shard|damaged in its header"):
            Header.unpack(wrong)
        with pytest.raises(ValueError, match=r"is no token shard|damaged in its header"):
            Header.unpack(data[:at])


@pytest.mark.parametrize(("name", "most"), [("unicode_version", 32), ("fingerprint", 64)])
def test_a_header_cuts_off_no_end_of_what_it_says(name, most):
    form = Form(2, 0, 7, -1, -1, -1, "tokenizers 0.23.3", "f" * 64)
    for size in (most, most + 1):
        header = Header(
            replace(form, **{name: "1" * size}), Counts(1, 1, 1, 0), b"i" * 16, b"x" * 16
        )
        if size > most:
            with pytest.raises(ValueError, match=f"{name}: a header has room for {most} bytes"):
                header.pack()
        else:
            assert Header.unpack(header.pack()) == header


@given(st.integers(1, 3000), st.integers(0, 2**64 - 1), st.integers(0, 9))
def test_an_order_has_every_row_once_and_each_place_by_itself(num_rows, seed, epoch):
    places = np.arange(num_rows)
    order = Order(num_rows, seed, epoch)
    found = order.at(places)
    assert sorted(found.tolist()) == places.tolist()
    assert order.at(places[::-3]).tolist() == found[::-3].tolist()


def test_an_order_is_mixed():
    """How far neighbours lie apart, and how many rows stay, is about what chance makes of it."""
    found = Order(50_000, 1, 0).at(np.arange(50_000))
    assert abs(np.abs(np.diff(found)).mean() / 50_000 - 1 / 3) < 0.01
    assert (found == np.arange(50_000)).sum() < 10
    assert np.corrcoef(found, np.arange(50_000))[0, 1] < 0.02
