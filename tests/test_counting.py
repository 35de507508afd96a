"""counting: n-grams are counted as a dictionary counts them, whatever the memory and the threads."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles
import oracles_counting
from corpusmill import _arrow, _core

UNITS = ["word", "char", "byte"]


def units_of(document, unit):
    if unit == "word":
        return oracles.words(document.encode())
    if unit == "char":
        return [char.encode() for char in document]
    return [bytes([byte]) for byte in document.encode()]


def joined(gram, unit):
    return (b" " if unit == "word" else b"").join(gram)


def as_bytes(column):
    return [text if isinstance(text, bytes) else text.encode() for text in column.to_pylist()]


def expected(docs, n, unit, min_count=1):
    units = [units_of(doc, unit) for doc in docs if doc is not None]
    return {
        joined(gram, unit): count
        for gram, count in oracles_counting.counts(units, n).items()
        if count >= min_count
    }


def as_dict(table):
    grams = as_bytes(table["ngram"])
    assert len(set(grams)) == len(grams)
    return dict(zip(grams, table["count"].to_pylist(), strict=True))


@given(documents.columns, st.integers(1, 6), st.sampled_from(UNITS), st.integers(1, 3))
def test_counts_equal_a_dictionary(docs, n, unit, min_count):
    got = cm.ngram.counts(docs, n=n, unit=unit, min_count=min_count, threads=2)
    assert as_dict(got) == expected(docs, n, unit, min_count)


@given(documents.columns, st.integers(1, 4), st.integers(1, 20))
def test_the_most_frequent_come_first(docs, n, top):
    got = cm.ngram.counts(docs, n=n, top=top, threads=2)
    all_of_them = sorted(expected(docs, n, "word").items(), key=lambda item: (-item[1], item[0]))
    assert list(as_dict(got).items()) == all_of_them[:top]


@given(documents.columns, st.sampled_from(UNITS))
def test_t_statistics_equal_the_oracle(docs, unit):
    got = cm.ngram.lexicon(docs, n=(2, 3), top=(50, 50), unit=unit, threads=2)
    units = [units_of(doc, unit) for doc in docs if doc is not None]
    for n in (2, 3):
        scores = {joined(g, unit): t for g, t in oracles_counting.t_statistics(units, n).items()}
        rows = [row for row in got.to_pylist() if row["n"] == n]
        best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:50]
        assert as_bytes(pa.array([row["ngram"] for row in rows])) == [gram for gram, _ in best]
        assert [row["t"] for row in rows] == [t for _, t in best]
        counted = expected(docs, n, unit)
        assert all(row["count"] == counted[as_bytes(pa.array([row["ngram"]]))[0]] for row in rows)


def test_the_answer_depends_on_neither_memory_nor_threads(tmp_path: Path):
    docs = documents.varied(3000)
    results = [
        cm.ngram.counts(docs, n=3, min_count=2, memory=memory, scratch=tmp_path, threads=threads)
        for memory in (None, "300kB", "3MB")
        for threads in (1, 2, 5)
    ]
    assert as_dict(results[0]) == expected(docs, 3, "word", 2)
    assert all(result.equals(results[0]) for result in results)
    assert not list(tmp_path.iterdir())


def test_a_vocabulary_that_grows_takes_the_memory_of_n_grams_back(tmp_path: Path):
    few = [" ".join(f"w{i * j * j % 61}" for j in range(20_000)) for i in range(1, 16)]
    many = [
        " ".join(f"v{i}" for i in range(begin, begin + 5000)) for begin in range(0, 40_000, 5000)
    ]
    docs = [*few, *many, *few]
    bounded = cm.ngram.counts(docs, n=3, memory="8MB", scratch=tmp_path, threads=1)
    assert bounded.equals(cm.ngram.counts(docs, n=3, threads=2))


@pytest.mark.parametrize("memory", [None, "12MB"])
@pytest.mark.parametrize("n", [1, 3, 6])
def test_n_grams_of_words_with_small_numbers_and_with_large_ones_are_counted_alike(
    tmp_path: Path, n, memory
):
    """Numbers of words below 2**16 take half as much room as others."""
    names = " ".join(f"v{i}" for i in range(2**16 + 300))
    edge = [f"v{i}" for i in range(2**16 - 9, 2**16 + 9)]
    docs = [
        names,
        *(" ".join(edge[begin:] + edge[:3]) for begin in range(18)),
        *["a b v65536 c"] * 3,
    ]
    got = cm.ngram.counts(docs, n=n, min_count=2, memory=memory, scratch=tmp_path, threads=2)
    assert as_dict(got) == expected(docs, n, "word", 2)


def test_parts_of_a_counter_are_the_whole_whatever_their_number(tmp_path: Path):
    docs = documents.varied(800)
    whole = cm.ngram.counts(docs, n=2)
    for expected_bytes in (0, 2**40):
        for memory in (2**63, 300_000):
            counter = _core.ngram.GramCounter(
                [2], _core.ngram.Unit.word, expected_bytes, str(tmp_path), memory, 2, "", 4, False
            )
            for doc in docs:
                counter.add(_arrow.strings([doc]).capsules, 1)
            parts = [counter.part(0, part, 1) for part in range(counter.num_parts())]
            found = [count for part in parts for count in part[2].tolist()]
            assert found == whole["count"].to_pylist()
            assert b"".join(part[1].tobytes() for part in parts) == b"".join(
                as_bytes(whole["ngram"])
            )


@pytest.mark.parametrize("n", [1, 2, 5, 256])
@pytest.mark.parametrize("size", [255, 256, 257, 2047, 2048, 2049, 2303, 5000])
def test_long_documents_cross_batches(n, size):
    words = [f"w{i * i % 97}" for i in range(size)]
    got = cm.ngram.counts([" ".join(words), " ".join(words[:300])], n=n)
    assert as_dict(got) == expected([" ".join(words), " ".join(words[:300])], n, "word")


def test_words_that_share_a_prefix_of_any_length_stay_apart():
    words = ["x" * size for size in range(1, 40)] + ["x" * 20 + "y", "x" * 16 + "y", "x" * 15 + "y"]
    got = cm.ngram.counts([" ".join(words * 3)], n=1)
    assert as_dict(got) == {word.encode(): 3 for word in words}


def test_a_million_equal_documents_take_little_memory(tmp_path: Path):
    docs = pa.DictionaryArray.from_arrays(
        pa.array([0] * 1_000_000, pa.int8()), pa.array(["the same words again"])
    )
    got = cm.ngram.counts(docs, n=2, memory="2MB", scratch=tmp_path)
    assert set(as_dict(got).values()) == {1_000_000}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "n: expected a whole number from 1 to 256, got 0"),
        ({"n": 257}, "got 257"),
        ({"n": 1, "unit": "line"}, "unit: expected one of word, char, byte"),
        ({"n": 1, "min_count": 0}, "min_count: expected"),
        ({"n": 1, "top": 0}, "top: expected"),
        ({"n": 1, "memory": "1GB"}, "scratch: expected a folder"),
        ({"n": 1, "memory": "1GB", "scratch": "no such folder"}, "that is there"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        cm.ngram.counts(["a"], **options)


def test_a_vocabulary_that_does_not_fit_is_told_of(tmp_path: Path):
    docs = [" ".join(f"w{i}" for i in range(20_000))]
    with pytest.raises(ValueError, match=r"memory: .* different words do not fit"):
        cm.ngram.counts(docs, n=2, memory="100kB", scratch=tmp_path)


def test_a_lexicon_takes_a_number_for_each_order():
    with pytest.raises(ValueError, match="top: expected a number for each of n="):
        cm.ngram.lexicon(["a b"], n=(2, 3), top=(1,))
