"""pieces: lines and paragraphs that repeat are found as their oracle finds them, by row order."""

from __future__ import annotations

import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles_membership as oracles
from corpusmill._dedup_pieces import SeenPieces
from corpusmill.ngram import BloomFilter

lines = st.sampled_from(["", " ", "a", "a ", "\ta", "bb", "a b", "東京", "\r", "longer than most"])
runs = st.tuples(
    st.sampled_from(["\n", " ", "\t\n", "a", "a\n", "b \n", "\r\n"]), st.integers(1, 140)
)
texts = st.one_of(
    st.lists(lines, max_size=12).map("\n".join),
    st.lists(runs, max_size=8).map(lambda found: "".join(part * count for part, count in found)),
    documents.texts,
)
columns = st.lists(st.none() | texts, max_size=10)
units = st.sampled_from(["line", "paragraph"])


def exact() -> object:
    """insert(content), for the oracle."""
    contents: set[bytes] = set()

    def insert(content: bytes) -> bool:
        there = content in contents
        contents.add(content)
        return there

    return insert


def as_tuples(found: pa.Array) -> list[list[oracles.Span] | None]:
    return [
        None if row is None else [(s["begin"], s["end"]) for s in row] for row in found.to_pylist()
    ]


@given(columns, units, st.sampled_from([1, 2, 5]), st.integers(1, 5))
def test_repeats_equal_the_oracle(
    docs: list[str | None], unit: str, min_bytes: int, threads: int
) -> None:
    column = pa.array(docs, pa.string())
    found = cm.dedup.paragraphs(column, unit=unit, min_bytes=min_bytes, threads=threads)
    assert as_tuples(found) == oracles.repeated_pieces(docs, unit, min_bytes, exact())


@given(columns, units, st.integers(1, 5))
def test_repeats_by_a_small_filter_equal_the_oracle(
    docs: list[str | None], unit: str, threads: int
) -> None:
    bloom = BloomFilter(10, 0.5, unit=unit, allow_overfull=True)
    slow = oracles.Bloom(bloom.nbytes // 32)
    column = pa.array(docs, pa.string())
    found = cm.dedup.paragraphs(column, unit=unit, filter=bloom, threads=threads)
    expected = oracles.repeated_pieces(
        docs, unit, 1, lambda content: slow.insert(xxhash.xxh3_64_intdigest(content))
    )
    assert as_tuples(found) == expected
    assert bloom.rate == pytest.approx(slow.rate(), rel=1e-12)


def test_a_filter_takes_xxh3_of_lines_of_every_length() -> None:
    """Lines are hashed by their lengths, many of each at a time."""
    contents = [chr(97 + size % 26) * size for size in range(1, 700)]
    docs = [
        "\n".join(contents),
        *("\n".join(contents[first::7]) for first in range(7)),
        "a\n" * 200,
    ]
    bloom = BloomFilter(10_000, 1e-6, unit="line")
    slow = oracles.Bloom(bloom.nbytes // 32)
    found = cm.dedup.paragraphs(docs, unit="line", filter=bloom)
    expected = oracles.repeated_pieces(
        docs, "line", 1, lambda content: slow.insert(xxhash.xxh3_64_intdigest(content))
    )
    assert as_tuples(found) == expected
    assert [len(spans) for spans in expected] == [0, *(len(contents[f::7]) for f in range(7)), 199]
    assert bloom.rate == pytest.approx(slow.rate(), rel=1e-12)


@given(st.sampled_from(["x", "x\n", "\n", " ", "\t\n \n"]), st.integers(-70, 70), texts, units)
def test_contents_across_the_parts_that_are_looked_at_together(
    fill: str, more: int, text: str, unit: str
) -> None:
    docs = [fill * ((part + more) // len(fill)) + text for part in (1024, 16384) for _ in range(2)]
    found = cm.dedup.paragraphs(docs, unit=unit)
    assert as_tuples(found) == oracles.repeated_pieces(docs, unit, 1, exact())


@given(columns, units)
def test_cutting_repeats_leaves_each_piece_once(docs: list[str | None], unit: str) -> None:
    column = pa.array(docs, pa.string())
    left = cm.text.cut(column, cm.dedup.paragraphs(column, unit=unit))
    before = [text for d in docs if d for text, _ in oracles.pieces(d.encode(), unit)]
    after = [text for d in left.to_pylist() if d for text, _ in oracles.pieces(d.encode(), unit)]
    assert after == list(dict.fromkeys(before))
    assert cm.dedup.paragraphs(left, unit=unit).flatten().to_pylist() == []


@given(columns, units, st.integers(0, 10))
def test_batches_are_as_good_as_one(docs: list[str | None], unit: str, at: int) -> None:
    column = pa.array(docs, pa.string())
    seen = SeenPieces(unit, 1)
    found = pa.chunked_array([seen(column[:at], 2), seen(column[at:], 1)])
    assert found.to_pylist() == cm.dedup.paragraphs(column, unit=unit).to_pylist()
    bloom = BloomFilter(1000, unit=unit)
    parts = [cm.dedup.paragraphs(c, unit=unit, filter=bloom) for c in (column[:at], column[at:])]
    assert pa.chunked_array(parts).to_pylist() == found.to_pylist()


@pytest.mark.parametrize("unit", ["line", "paragraph"])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_document_larger_than_a_task(unit: str, threads: int) -> None:
    """Documents are cut into tasks between pieces; some pieces are larger than a task."""
    rows = [f"{i % 700} {'x' * (i % 90)}" + "\n" * (1 + i % 3) for i in range(30_000)]
    rows[500:500] = ["y" * 300_000 + "\n\n\n", "\n" * 300_000, "y" * 300_000 + "\n"]
    docs = ["", "".join(rows), None, "".join(rows[:300]), "no line end"]
    found = cm.dedup.paragraphs(docs, unit=unit, threads=threads)
    assert as_tuples(found) == oracles.repeated_pieces(docs, unit, 1, exact())


def test_hostile_columns_are_linear() -> None:
    many = ["same\n" * 3] * 300_000
    found = cm.dedup.paragraphs(many, unit="line")
    assert len(found.flatten()) == 3 * len(many) - 1
    long = "a\n" * 5_000_000 + "b" * 5_000_000 + "\n" * 5_000_000
    for unit in ("line", "paragraph"):
        assert cm.dedup.paragraphs([long, long], unit=unit)[1].as_py()


def test_spans_of_characters() -> None:
    docs = ["Ünï 東京\nzwei\n", None, "x\nÜnï 東京 \nzwei"]
    found = cm.dedup.paragraphs(docs, unit="line")
    assert as_tuples(found) == [[], None, [(2, 16), (16, 20)]]
    in_chars = as_tuples(cm.text.char_spans(docs, found))
    assert in_chars == [[], None, [(2, 10), (10, 14)]]
    assert docs[2][2:10] == "Ünï 東京 \n"
    for bloom in (None, BloomFilter(100, 1e-8, unit="line")):
        told = cm.dedup.paragraphs(docs, unit="line", filter=bloom, offsets="chars")
        assert as_tuples(told) == in_chars


@given(documents.columns)
def test_char_spans_slice_strings_as_byte_spans_slice_bytes(docs: list[str | None]) -> None:
    column = pa.array(docs, pa.string())
    spans = cm.text.word_spans(column)
    for doc, in_bytes, in_chars in zip(
        docs, as_tuples(spans), as_tuples(cm.text.char_spans(column, spans, threads=2)), strict=True
    ):
        for (begin, end), (first, last) in zip(in_bytes or [], in_chars or [], strict=True):
            assert doc[first:last].encode() == doc.encode()[begin:end]


@pytest.mark.parametrize("spans", [[(1, 2)], [(0, 4)], [(2, 3), (0, 2)], [(-1, 2)]])
def test_spans_that_do_not_fit_are_refused(spans: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match=r"spans: in row 1, byte -?[0-9] is no beginning of a"):
        cm.text.char_spans(["", "éa"], [[], spans])


def test_wrong_options() -> None:
    with pytest.raises(ValueError, match="unit: expected 'line' or 'paragraph', got 'word'"):
        cm.dedup.paragraphs(["a"], unit="word")
    with pytest.raises(ValueError, match="min_bytes: expected a whole number from 1"):
        cm.dedup.paragraphs(["a"], min_bytes=0)
    with pytest.raises(ValueError, match="offsets: expected 'bytes' or 'chars', got 'words'"):
        cm.dedup.paragraphs(["a"], offsets="words")
    with pytest.raises(ValueError, match="filter: is of unit 'line', and unit is 'paragraph'"):
        cm.dedup.paragraphs(["a"], filter=BloomFilter(9, unit="line"))
    with pytest.raises(ValueError, match="filter: holds 2-grams of unit 'word'"):
        BloomFilter(9, n=2).seen(["a"])
