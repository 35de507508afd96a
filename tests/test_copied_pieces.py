"""copied_pieces: lines and paragraphs of which no copy stays, as their oracle counts them."""

from __future__ import annotations

from itertools import chain

import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import oracles_membership as oracles
from corpusmill.ngram import BloomFilter
from test_pieces import as_tuples, columns, units

Docs = list[str | None]


def contents(docs: Docs, unit: str) -> list[bytes]:
    return [text for doc in docs if doc for text, _ in oracles.pieces(doc.encode(), unit)]


@given(columns, units, st.sampled_from([1, 2, 5]), st.integers(1, 5), st.integers(0, 10))
def test_copies_equal_the_oracle(
    docs: Docs, unit: str, min_bytes: int, threads: int, at: int
) -> None:
    column = pa.chunked_array([docs[:at], docs[at:]], pa.string())
    options = {"unit": unit, "min_bytes": min_bytes, "keep": "none"}
    found = cm.dedup.paragraphs(column, **options, threads=threads)
    assert as_tuples(found) == oracles.copied_pieces(docs, unit, min_bytes)


@given(columns, units, st.integers(1, 5))
def test_copies_by_a_small_filter_equal_the_oracle(docs: Docs, unit: str, threads: int) -> None:
    """And what stands once is found only if the filter has the bits of it from others."""
    bloom = BloomFilter(10, 0.5, unit=unit, allow_overfull=True)
    slow, again = (oracles.Bloom(bloom.nbytes // 32) for _ in range(2))
    options = {"unit": unit, "keep": "none", "threads": threads}
    found = as_tuples(cm.dedup.paragraphs(pa.array(docs, pa.string()), filter=bloom, **options))
    assert found == oracles.copied_pieces_by_filters(docs, unit, slow, again)
    assert bloom.rate == pytest.approx(slow.rate(), rel=1e-12)
    assert bloom.added == len(contents(docs, unit))
    assert again.bits <= slow.bits
    for doc, spans in zip(docs, found, strict=True):
        for begin, end in spans or []:
            content = (doc or "").encode()[begin:end].strip()
            others = oracles.Bloom(slow.num_blocks)
            rest = contents(docs, unit)
            rest.remove(content)
            for other in rest:
                others.insert(xxhash.xxh3_64_intdigest(other))
            assert xxhash.xxh3_64_intdigest(content) in others


@given(columns, units)
def test_cutting_copies_leaves_what_stood_once(docs: Docs, unit: str) -> None:
    column = pa.array(docs, pa.string())
    copies = cm.dedup.paragraphs(column, unit=unit, keep="none")
    before = contents(docs, unit)
    after = contents(cm.text.cut(column, copies).to_pylist(), unit)
    assert after == [text for text in before if before.count(text) == 1]
    first = cm.dedup.paragraphs(column, unit=unit)
    for some, every in zip(as_tuples(first), as_tuples(copies), strict=True):
        assert set(some or []) <= set(every or [])


@given(columns, units, st.integers(0, 10))
def test_what_was_added_before_counts(docs: Docs, unit: str, at: int) -> None:
    column = pa.array(docs, pa.string())
    bloom = BloomFilter(1000, 1e-8, unit=unit)
    bloom.add(column[:at])
    found = cm.dedup.paragraphs(column[at:], unit=unit, filter=bloom, keep="none")
    assert as_tuples(found) == oracles.copied_pieces(docs, unit, 1)[at:]


@pytest.mark.parametrize("unit", ["line", "paragraph"])
def test_a_document_larger_than_a_task(unit: str) -> None:
    """Copies lie in tasks of other threads, and some pieces are larger than a task."""
    rows = [f"{i % 20_000} {'x' * (i % 90)}" + "\n" * (1 + i % 3) for i in range(30_000)]
    rows[500:500] = ["y" * 300_000 + "\n\n\n", " " * 300_000 + "\n", "y" * 300_000 + "\n"]
    docs = ["", "".join(rows), None, "".join(rows[:300]), "no line end"]
    expected = oracles.copied_pieces(docs, unit, 1)
    for threads in (1, 3):
        options = {"unit": unit, "keep": "none", "threads": threads}
        assert as_tuples(cm.dedup.paragraphs(docs, **options)) == expected
        bloom = BloomFilter(50_000, 1e-8, unit=unit)
        assert as_tuples(cm.dedup.paragraphs(docs, filter=bloom, **options)) == expected


def test_a_filter_finds_no_more_than_its_rate_says() -> None:
    """Of lines that stand once, among as many that stand twice."""
    once, twice = ([f"{name} {i}" for i in range(40_000)] for name in ("once", "twice"))
    docs = ["\n".join(twice), "\n".join(chain.from_iterable(zip(once, twice, strict=True)))]
    bloom = BloomFilter(80_000, 0.05, unit="line")
    found = cm.dedup.paragraphs(docs, unit="line", filter=bloom, keep="none")
    wrong = len(found.flatten()) - 2 * len(twice)
    assert 0 < wrong <= bloom.rate * len(once)


def test_hostile_columns_are_linear() -> None:
    many = ["same\n" * 3] * 300_000
    found = cm.dedup.paragraphs(many, unit="line", keep="none")
    assert len(found.flatten()) == 3 * len(many)
    long = "a\n" * 5_000_000 + "b" * 5_000_000 + "\n" * 5_000_000
    for unit, count in {"line": 5_000_001, "paragraph": 1}.items():
        found = cm.dedup.paragraphs([long, long], unit=unit, keep="none")
        assert len(found.flatten()) == 2 * count


def test_a_wrong_keep_is_named() -> None:
    for options in ({}, {"filter": BloomFilter(9, unit="paragraph")}):
        with pytest.raises(ValueError, match="keep: expected 'first' or 'none', got 'last'"):
            cm.dedup.paragraphs(["a"], keep="last", **options)
