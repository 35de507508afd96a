"""columns: every layout of strings means the same rows; wrong columns are refused by name."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import documents
from corpusmill import _arrow, _core
from corpusmill.shards.reading import string_columns

DOCS = [*documents.varied(40), None, "", "x" * 5000]


def layouts(docs: list[str | None]) -> dict[str, object]:
    """The same rows in every form a column can take."""
    plain = pa.array(docs, pa.string())
    padded = pa.array([None, "before", *docs, "after"], pa.large_string())
    return {
        "list": docs,
        "string": plain,
        "large_string": plain.cast(pa.large_string()),
        "string_view": plain.cast(pa.string_view()),
        "dictionary": plain.dictionary_encode(),
        "int8 indices": plain.cast(pa.dictionary(pa.int8(), pa.large_string())),
        "sliced": padded.slice(2, len(docs)),
        "sliced dictionary": padded.dictionary_encode().slice(2, len(docs)),
        "chunked": pa.chunked_array([plain.slice(0, 7), plain.slice(7, 0), plain.slice(7)]),
        "stream": pa.table({"text": plain}),
    }


@pytest.mark.parametrize("layout", layouts(DOCS))
def test_every_layout_gives_the_same_rows(layout: str) -> None:
    column = layouts(DOCS)[layout]
    assert cm.ngram.hashes(column, n=3).equals(cm.ngram.hashes(DOCS, n=3))
    assert cm.dedup.duplicates(column).equals(cm.dedup.duplicates(DOCS))


def test_text_is_read_in_place() -> None:
    text = pa.array(["x" * 10_000_000], pa.large_string())
    before = pa.total_allocated_bytes()
    column = _arrow.strings(pa.chunked_array([text]))
    assert _core.core.byte_lengths(column.capsules).tolist() == [10_000_000]
    assert pa.total_allocated_bytes() < before + 1_000_000


@given(documents.columns, st.integers(0, 12), st.integers(0, 12))
def test_slices_commute_with_functions(docs: list[str | None], start: int, size: int) -> None:
    column = pa.array(docs, pa.string())
    whole = cm.ngram.hashes(column, n=2)
    assert cm.ngram.hashes(column.slice(start, size), n=2).equals(whole.slice(start, size))


@given(documents.columns)
def test_facts_of_a_column(docs: list[str | None]) -> None:
    column = _arrow.strings(pa.array(docs, pa.string()))
    lengths = _core.core.byte_lengths(column.capsules)
    hashes = _core.dedup.content_hashes(column.capsules, 2).reshape(-1, 2)
    assert column.valid_rows().tolist() == [i for i, doc in enumerate(docs) if doc is not None]
    for doc, length, (low, high) in zip(docs, lengths, hashes, strict=True):
        raw = (doc or "").encode()
        assert length == len(raw)
        expected = 0 if doc is None else xxhash.xxh3_128_intdigest(raw)
        assert int(high) << 64 | int(low) == expected


@pytest.mark.parametrize("layout", layouts(DOCS))
@pytest.mark.parametrize("rows", [[], [0], [6, 7, 41, 40, 6], [*range(len(DOCS))][::-1]])
def test_rows_laid_together(layout: str, rows: list[int]) -> None:
    column = _arrow.strings(layouts(DOCS)[layout])
    offsets, data = _core.core.gather(column.capsules, np.array(rows, np.int64))
    texts = [data[begin:end].decode() for begin, end in pairwise(offsets.tolist())]
    assert texts == [DOCS[row] or "" for row in rows]
    assert len(data) == offsets[-1]


@pytest.mark.parametrize("row", [-1, 3])
def test_rows_that_are_not_there(row: int) -> None:
    capsules = _arrow.strings(["a", "b", "c"]).capsules
    with pytest.raises(ValueError, match=f"rows: {row} is none of 3"):
        _core.core.gather(capsules, np.array([0, row]))


@given(
    documents.columns,
    st.sampled_from(["string", "large_string", "binary", "large_binary", "string_view"]),
    st.data(),
)
def test_some_rows_are_what_pyarrow_takes(
    docs: list[str | None], name: str, data: st.DataObject
) -> None:
    kind = getattr(pa, name)()
    whole = pa.array([*docs, "x"], pa.string()).cast(kind)
    start, cut = (data.draw(st.integers(0, len(docs))) for _ in range(2))
    column = pa.chunked_array([whole.slice(start, cut), whole.slice(cut)], kind)
    rows = data.draw(st.lists(st.integers(0, len(column) - 1), unique=True)) if len(column) else []
    found = string_columns.taken_column(column, np.array(rows, np.int64))
    found.validate(full=True)
    assert found.type == kind
    assert found.to_pylist() == [column[row].as_py() for row in rows]


@given(st.lists(st.binary(max_size=300)), st.binary(max_size=9))
def test_the_longest_of_strings_behind_their_lengths(found: list[bytes], rest: bytes) -> None:
    """As a page of Parquet has them, cut off anywhere."""
    page = b"".join(len(each).to_bytes(4, "little") + each for each in [*found, rest])
    of = _core.core.longest_prefixed
    assert of(page) == max(map(len, [*found, rest]))
    assert of(page[: len(page) - len(rest) - 1]) == max(map(len, found), default=0)
    assert of(page + b"\xff\xff\xff\xff") == 2**32 - 1


def test_nulls_in_a_dictionary_are_nulls() -> None:
    values = pa.array(["a", None])
    column = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 0]), values)
    assert cm.ngram.hashes(column, n=1).is_null().to_pylist() == [False, True, True, False]


def test_columns_of_other_libraries() -> None:
    datasets = pytest.importorskip("datasets")
    duckdb = pytest.importorskip("duckdb")
    polars = pytest.importorskip("polars")
    expected = cm.dedup.duplicates(DOCS)
    table = pa.table({"text": pa.array(DOCS)})
    dataset = datasets.Dataset.from_dict({"text": DOCS}).with_format("arrow")
    relation = duckdb.from_arrow(table)
    given = {
        "datasets": dataset["text"][:],
        "datasets, filtered": dataset.select(range(len(DOCS))).flatten_indices()["text"][:],
        "polars": polars.Series("text", DOCS),
        "polars categories": polars.Series("text", DOCS, dtype=polars.Categorical),
        "polars frame": polars.DataFrame({"text": DOCS}),
        "duckdb": relation.to_arrow_table()["text"],
        "duckdb relation": relation,
    }
    for name, column in given.items():
        assert cm.dedup.duplicates(column).equals(expected), name


@pytest.mark.parametrize(
    ("docs", "error", "message"),
    [
        (pa.array([1, 2]), TypeError, "expected a string column, got int64; pass the text column"),
        (pa.array([b"raw"]), TypeError, "got binary"),
        (pa.array([["a"]]), TypeError, "got list"),
        (pa.array([1, 2]).dictionary_encode(), TypeError, "got dictionary"),
        (pa.table({"a": ["x"], "b": ["y"]}), TypeError, r"columns \['a', 'b'\]; pass the text"),
        (["a", 3], TypeError, r"docs\[1\]: expected str or None, got int"),
        (["\ud800"], ValueError, "a lone surrogate is no text"),
        ("one text", TypeError, "got str"),
        (7, TypeError, "got int"),
    ],
)
def test_other_columns_are_refused(docs: object, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        cm.dedup.duplicates(docs)


def test_a_column_of_nulls_and_an_empty_one() -> None:
    assert cm.dedup.duplicates(pa.nulls(3)).to_pylist() == [False] * 3
    assert cm.dedup.duplicates([]).to_pylist() == []
    assert cm.dedup.signatures(pa.chunked_array([], pa.string())).to_pylist() == []


def test_invalid_utf8_is_read_as_bytes() -> None:
    raw = [b"\xff\xfe caf\xe9 ok", b"\xc3", b"\xed\xa0\x80"]
    offsets = np.cumsum([0, *map(len, raw)])
    column = _arrow.large_string(offsets, np.frombuffer(b"".join(raw), np.uint8))
    assert cm.ngram.hashes(column, n=1).value_lengths().to_pylist() == [2, 1, 1]


def test_several_threads_may_call_at_once() -> None:
    docs = pa.array(documents.varied(200))
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: cm.dedup.signatures(docs, threads=2), range(12)))
    assert all(result.equals(results[0]) for result in results)


def test_a_forked_process_works() -> None:
    docs = documents.varied(300)
    expected = cm.dedup.signatures(docs, threads=4)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # no pool of threads is left behind in the parent, so none is missed here
        equal = cm.dedup.signatures(docs, threads=4).equals(expected)
        os.write(writer, b"1" if equal else b"0")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 1) == b"1"
