"""cut: texts without their spans, in columns and in the rows that jobs write."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
from corpusmill import _core
from corpusmill.shards.rows import BlockRows
from corpusmill.shards.writing.added import RowSpans
from corpusmill.shards.writing.forms import Change
from test_formats import TABLES, job, put, rows_of, unpack, write_table
from test_text import column, raw
from test_write import all_rows, changed, outputs

# --- columns --------------------------------------------------------------------------------------


@given(st.lists(st.none() | raw, max_size=6), st.randoms(use_true_random=False))
def test_what_is_cut_and_what_is_left_rebuild_the_document(docs, rng):
    """Spans begin and end where words do, which is never inside a character."""
    every = cm.text.word_spans(column(docs)).to_pylist()
    spans = [[span for span in of or [] if rng.random() < 0.5] for of in every]
    left = cm.text.cut(column(docs), spans).view(pa.large_binary()).to_pylist()
    for document, of, rest in zip(docs, spans, left, strict=True):
        if document is None:
            assert rest is None
            continue
        rebuilt, at, done = b"", 0, 0
        for begin, end in ((span["begin"], span["end"]) for span in of):
            rebuilt += rest[at : at + begin - done] + document[begin:end]
            at, done = at + begin - done, end
        assert rebuilt + rest[at:] == document
        assert len(rest) == len(document) - sum(span["end"] - span["begin"] for span in of)


def test_spans_come_in_any_form():
    docs, pairs = ["one two", None, "three"], [[(0, 4)], [], [(0, 1), (1, 5)]]
    struct = pa.struct([("begin", pa.int32()), ("end", pa.int32())])
    for spans in (
        pairs,
        [[(0, 4)], None, [(0, 1), (1, 5)]],
        pa.chunked_array([pa.array(pairs[:1], pa.list_(struct)), pa.array(pairs[1:], pa.list_(struct))]),
        pa.array([[(9, 9)], *pairs], pa.list_(struct)).slice(1),
    ):  # fmt: skip
        assert cm.text.cut(docs, spans).to_pylist() == ["two", None, ""]


@pytest.mark.parametrize(
    ("spans", "error", "message"),
    [
        ([[(1, 3)]], ValueError, "document 0 cut a character in two"),
        ([[(0, 1)]], ValueError, "cut a character"),
        ([[(0, 9)]], ValueError, "reach past its end"),
        ([[(3, 2)]], ValueError, "not ascending"),
        ([[(-1, 2)]], ValueError, "not ascending"),
        ([[(2, 3), (2, 4)]], ValueError, "not ascending"),
        ([], ValueError, "a list for each of 1 documents"),
        ([[1, 2]], TypeError, "expected lists of structs"),
        ([[(None, 2)]], TypeError, "null"),
        (pa.array([1]), TypeError, "expected lists of structs"),
    ],
)
def test_spans_that_do_not_fit_are_refused(spans, error, message):
    with pytest.raises(error, match=message):
        cm.text.cut(["éaba"], spans)


# --- lines ----------------------------------------------------------------------------------------

rows = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "text"]), st.text(max_size=9) | st.integers()),
    max_size=9,
)


@given(rows, st.randoms(use_true_random=False), st.sampled_from(["", " "]))
def test_a_value_is_replaced_and_all_else_stays(rows, rng, space):
    rows = [row | {"text": "old"} for row in rows]
    values = [rng.choice([None, "new", "é", 'a"b\\']) for _ in rows]
    lines = [json.dumps(row, separators=("," + space, ":" + space)) for row in rows]
    data = "".join(f"{line}\n" for line in lines).encode()
    texts = pa.array([None if v is None else json.dumps(v) for v in values], pa.string())
    found = _core.jsonl.replace_field(data, "text", [texts.__arrow_c_array__()]).decode()
    for line, value, new in zip(lines, values, found.splitlines(), strict=True):
        expected = line if value is None else line.replace('"old"', json.dumps(value))
        assert new == expected


def test_the_last_of_equal_fields_is_replaced():
    one = pa.array(["1"]).__arrow_c_array__()
    found = _core.jsonl.replace_field(b'{"a": 0, "a": [2, {"a": 3}] , "b": 4}\n', "a", [one])
    assert found == b'{"a": 0, "a": 1 , "b": 4}\n'


@pytest.mark.parametrize("lines", [b"", b"{}\n", b"[]\n", b'{"a":0}\n{"a":0}\n', b'{"a"\n'])
def test_lines_without_the_field_are_refused(lines):
    with pytest.raises(ValueError, match=r"lines|values"):
        _core.jsonl.replace_field(lines, "a", [pa.array(["1"]).__arrow_c_array__()])


# --- rows of a job --------------------------------------------------------------------------------


def spans_of(pairs: dict[int, list[tuple[int, int]]]) -> RowSpans:
    lengths = [len(pairs[row]) for row in sorted(pairs)]
    flat = [pair for row in sorted(pairs) for pair in pairs[row]]
    begin, end = np.array(flat, np.int64).reshape(-1, 2).T
    lists = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return RowSpans(np.array(sorted(pairs), np.int64), lists, begin.copy(), end.copy())


@given(st.dictionaries(st.integers(0, 30), st.lists(st.just((1, 2)), min_size=1, max_size=3)))
def test_spans_of_rows_are_found_in_any_block(pairs):
    spans = spans_of(pairs)
    for first in range(0, 31, 7):
        block = object.__new__(BlockRows)
        block.first_row, block.line = first, np.arange(7)
        chosen = np.array([0, 2, 3, 6])
        found = spans.of(block, chosen).to_pylist()
        assert [[tuple(span.values()) for span in of] for of in found] == [
            pairs.get(first + i, []) for i in chosen.tolist()
        ]
        assert spans.any_in(block) == any(first <= row < first + 7 for row in pairs)


@pytest.mark.parametrize("join", [False, True])
@pytest.mark.parametrize("target", [None, "jsonl", "parquet", "arrow"])
@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.zst", "parquet", "arrows"])
def test_rows_are_cut_and_tagged(tmp_path: Path, monkeypatch, suffix, target, join):
    texts = [f"rów {i} of its own" for i in range(9)]
    texts.insert(4, texts[0])  # dropped, and whole
    files = {"a": range(6), "b": range(6, 10)}
    for name, numbers in files.items():
        path = tmp_path / f"in/{name}.{suffix}"
        part = [{"text": texts[i], "n": i} for i in numbers]
        if suffix in TABLES:
            kind = (
                pa.dictionary(pa.int32(), pa.string()) if name == "b" and not join else pa.string()
            )
            table = pa.Table.from_pylist(part)
            write_table(path, table.set_column(0, "text", table["text"].cast(kind)))
        else:
            put(path, *part)
    pairs = {1: [(0, 5), (7, 8)], 4: [(0, 1)], 7: [(0, len(texts[7].encode()))]}
    spans = spans_of(pairs)
    changed(monkeypatch, Change(cut=("text", spans), added={"cut": spans}))
    out = tmp_path / "out"
    ledger = job(tmp_path / "in", out, format=target, join=join, write_dropped=True)
    expected = texts.copy()
    expected[1], expected[7] = "1 f its own", ""
    found = all_rows(outputs(ledger, out))
    assert found == [
        {
            "text": expected[i],
            "n": i,
            "cut": [{"begin": begin, "end": end} for begin, end in pairs.get(i, [])],
        }
        for i in range(10)
        if i != 4
    ]
    dropped = [path for path in outputs(ledger, out, "dropped") if "a" in path.name or join]
    assert rows_of(dropped[0]) == [{"text": texts[4], "n": 4}]
    if suffix == "jsonl" and target in (None, "jsonl") and not join:
        first = unpack(out / "data/a.jsonl").splitlines()[0]
        assert first == json.dumps({"text": texts[0], "n": 0}).encode()[:-1] + b',"cut":[]}'
