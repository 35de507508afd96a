"""counting_tokens: n-grams of token ids are counted as a dictionary counts them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import oracles_counting
from corpusmill.shards import UsageError, count
from corpusmill.tokenizer import Tokenizer

Ids = list[list[int] | None]

TYPES = [pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64()]
TYPES += [pa.uint64()]
EDGES = [0, 1, 255, 256, 2**16 - 1, 2**16, 2**16 + 1, 2**24, 2**31, 2**32 - 1]

few = st.lists(st.none() | st.lists(st.sampled_from(EDGES), max_size=30), max_size=8)


def as_dict(table: pa.Table) -> dict[tuple[int, ...], int]:
    grams = [tuple(gram) for gram in table["ngram"].to_pylist()]
    assert len(set(grams)) == len(grams)
    return dict(zip(grams, table["count"].to_pylist(), strict=True))


def expected(ids: Ids, n: int) -> Counter[tuple[int, ...]]:
    return oracles_counting.counts([row for row in ids if row is not None], n)


def column(ids: Ids, kind: pa.DataType) -> pa.Array:
    """With ids that the type holds."""
    most = 2 ** (kind.bit_width - pa.types.is_signed_integer(kind)) - 1
    rows = [row and [number for number in row if number <= most] for row in ids]
    return pa.array(rows, pa.list_(kind))


@given(few, st.integers(1, 6), st.sampled_from(TYPES), st.integers(1, 3))
def test_counts_equal_a_dictionary(ids: Ids, n: int, kind: pa.DataType, min_count: int) -> None:
    docs = column(ids, kind)
    got = cm.ngram.counts(docs, n=n, unit="token", min_count=min_count, threads=2)
    assert got.schema.field("ngram").type == pa.large_list(pa.uint32())
    found = expected(docs.to_pylist(), n)
    assert as_dict(got) == {gram: count for gram, count in found.items() if count >= min_count}


@given(few, st.integers(1, 4), st.integers(0, 8))
def test_they_come_in_the_order_of_their_hashes(ids: Ids, n: int, at: int) -> None:
    """Which is the same however the column is cut; of equal hashes by ids."""
    docs = pa.chunked_array([ids[:at], ids[at:]], pa.large_list(pa.uint32()))
    grams = list(as_dict(cm.ngram.counts(docs, n=n, unit="token")))
    hashes = cm.ngram.hashes([list(gram) for gram in grams], n=n, unit="token").to_pylist()
    keys = [(hashed[0], gram) for hashed, gram in zip(hashes, grams, strict=True)]
    assert keys == sorted(keys)


@given(few, st.integers(1, 4), st.integers(1, 20))
def test_the_most_frequent_come_first_then_by_their_ids(ids: Ids, n: int, top: int) -> None:
    got = cm.ngram.counts(column(ids, pa.uint32()), n=n, unit="token", top=top, threads=2)
    ranked = sorted(expected(ids, n).items(), key=lambda item: (-item[1], item[0]))
    assert list(as_dict(got).items()) == ranked[:top]


@pytest.mark.parametrize("kind", [pa.uint16(), pa.uint32()])
def test_the_answer_depends_on_neither_memory_nor_threads(tmp_path: Path, kind: Any) -> None:
    """Ids about the border between the two widths that are held."""
    base = 2**16 - 400 if kind == pa.uint32() else 0
    ids = [[base + i * i * j % 800 for i in range(j % 150)] for j in range(2000)]
    docs, asked = column(ids, kind), {"n": 3, "unit": "token", "min_count": 2}
    results = [
        cm.ngram.counts(docs, memory=memory, scratch=tmp_path, threads=threads, **asked)
        for memory in (None, "300kB", "3MB")
        for threads in (1, 3)
    ]
    found = expected(ids, 3)
    assert as_dict(results[0]) == {gram: count for gram, count in found.items() if count >= 2}
    assert all(result.equals(results[0]) for result in results)
    assert not list(tmp_path.iterdir())


def test_bytes_are_counted_as_the_ids_they_are() -> None:
    texts = ["a rose is a rose", "", "is a", None, "ünï"]
    ids = [None if text is None else list(text.encode()) for text in texts]
    as_ids = cm.ngram.counts(ids, n=2, unit="token")
    as_bytes = cm.ngram.counts(texts, n=2, unit="byte")
    assert [bytes(gram) for gram in as_ids["ngram"].to_pylist()] == as_bytes["ngram"].to_pylist()
    assert as_ids["count"].equals(as_bytes["count"])


def test_what_a_tokenizer_gives_is_counted_and_goes_through_parquet(tmp_path: Path) -> None:
    docs = ["a rose is a rose is a rose", "is a rose"]
    tokenizer = Tokenizer.train(docs, vocab_size=270)
    ids = tokenizer.encode_batch(docs)
    got = cm.ngram.counts(ids, n=2, unit="token", top=3)
    assert (
        list(as_dict(got).items())
        == sorted(expected(ids.to_pylist(), 2).items(), key=lambda item: (-item[1], item[0]))[:3]
    )
    pq.write_table(pa.table({"ids": ids}), tmp_path / "ids.parquet")
    again = pq.read_table(tmp_path / "ids.parquet")["ids"]
    assert cm.ngram.counts(again, n=2, unit="token", top=3).equals(got)


@pytest.mark.parametrize(
    ("docs", "error", "message"),
    [
        ([[1, -1]], ValueError, "docs: expected ids from 0 to 4294967295, got -1"),
        ([[1], [2**32]], ValueError, "docs: expected ids from 0 to 4294967295, got 4294967296"),
        ([[1, None]], ValueError, "docs: a list holds a null where an id should be"),
        (["text"], TypeError, "docs: expected a column of lists of integers"),
    ],
)
def test_what_is_no_id_is_named(docs: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        cm.ngram.counts(docs, n=1, unit="token")


def test_lexicons_and_jobs_take_none(tmp_path: Path) -> None:
    message = "unit: expected one of word, char, byte, got 'token'"
    with pytest.raises(ValueError, match=message):
        cm.ngram.lexicon([[1, 2]], unit="token")
    with pytest.raises(UsageError, match=message):
        count(tmp_path, tmp_path / "out", n=2, unit="token")


def test_a_list_that_is_null_or_cut_off_has_no_ids_to_check() -> None:
    docs = pa.array([[-1], None, [3, 3]])[1:]
    assert as_dict(cm.ngram.counts(docs, n=1, unit="token")) == {(3,): 2}
