"""convert: rows come through any format unchanged, and a condition chooses as the slow twin does."""

from __future__ import annotations

import contextlib
import json
import math
import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpusmill as cm
import oracles_convert
from corpusmill import _core
from corpusmill.shards import JobError, UsageError, json_rows
from corpusmill.shards.jobs.convert.where import FALSE, KEEP, UNKNOWN, Condition
from corpusmill.shards.memory import Budget
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.lines import LineBlock
from corpusmill.shards.reading.tables import TableBlock
from corpusmill.shards.writing.columns import Columns
from test_formats import pack, put, read_table, rows_of, tree, unpack, write_table
from test_jsonl import lines as any_lines
from test_resume import SMALL

SLACK = {"max_rejected": 1.0}
ALL = Fields(None, None, None)
OUTCOME = {True: KEEP, False: FALSE, None: UNKNOWN}


def convert(given_inputs: object, out: Path, **options: object) -> cm.shards.Ledger:
    ledger = cm.shards.convert(given_inputs, out, **{**SLACK, **options})
    assert ledger.balanced
    assert not (out / ".state").exists()
    return ledger


def data(out: Path) -> list[Path]:
    return sorted(path for path in (out / "data").rglob("*") if path.is_file())


def converted(path: Path, **options: object) -> Path:
    """The one output of a conversion of one file."""
    out = path.parent / f"out-{random.random()}"
    convert(path, out, **options)
    [found] = data(out)
    return found


# --- conditions: the law --------------------------------------------------------------------------

NAMES = [("a",), ("b",), ("m", "x"), ("m", "y", "z"), ("odd name",)]
BORDER = [2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 2**70]
numbers = (
    st.integers(-3, 3)
    | st.sampled_from(BORDER)
    | st.sampled_from([0.5, 1.0, -2.0, 2.0**53, 2.0**63, -(2.0**63), 1e300, 1e-300])
    | st.floats(allow_nan=False, allow_infinity=False)
)
strings = st.sampled_from(["", "a", "b", "é", "𝄞", "aa"]) | st.text(max_size=3)
scalars = st.none() | st.booleans() | numbers | strings
anything = scalars | st.lists(scalars, max_size=2)
rows = st.fixed_dictionaries(
    {},
    optional={
        "a": anything,
        "b": anything,
        "odd name": scalars,
        "m": anything
        | st.fixed_dictionaries(
            {},
            optional={
                "x": anything,
                "y": anything | st.fixed_dictionaries({}, optional={"z": scalars}),
            },
        ),
    },
)

fields = st.sampled_from(NAMES).map(lambda path: ("field", path))
number_literals = numbers.map(lambda value: ("literal", value))
number_terms = st.recursive(
    fields | number_literals | fields.map(lambda field: ("len", field)),
    lambda inner: st.tuples(st.just("reckon"), st.sampled_from("+-*/"), inner, inner),
    max_leaves=4,
)
string_terms = fields | strings.map(lambda value: ("literal", value))
boolean_terms = fields | st.booleans().map(lambda value: ("literal", value))
comparisons = st.one_of(
    st.tuples(st.just("compare"), st.sampled_from(sorted(oracles_convert.SIGNS)), terms, terms)
    for terms in (number_terms, string_terms, boolean_terms)
)
literals = st.lists(st.booleans() | numbers | strings, min_size=1, max_size=4)
conditions = st.recursive(
    comparisons
    | fields
    | st.tuples(st.just("in"), number_terms | string_terms, literals)
    | st.tuples(st.just("is null"), number_terms | string_terms),
    lambda inner: (
        st.tuples(st.sampled_from(["and", "or"]), inner, inner) | st.tuples(st.just("not"), inner)
    ),
    max_leaves=5,
)


def spelt(tree: tuple) -> str:  # noqa: PLR0911  one for each kind
    """The tree as the text of a condition."""
    kind, *parts = tree
    if kind == "field":
        path = parts[0]
        words = all(name.isidentifier() for name in path)
        return ".".join(path) if words else f"field({', '.join(map(json.dumps, path))})"
    if kind == "literal":
        value = parts[0]
        return repr(value) if not isinstance(value, bool) else str(value).lower()
    if kind == "in":
        return f"({spelt(parts[0])} in ({', '.join(spelt(('literal', v)) for v in parts[1])},))"
    if kind == "is null":
        return f"({spelt(parts[0])} is null)"
    if kind == "not":
        return f"(not {spelt(parts[0])})"
    if kind == "len":
        return f"len({spelt(parts[0])})"
    if kind in ("and", "or"):
        return f"({spelt(parts[0])} {kind} {spelt(parts[1])})"
    return f"({spelt(parts[1])} {parts[0]} {spelt(parts[2])})"


def outcome(condition: str, block: LineBlock | TableBlock) -> list[int]:
    found = block.rows(ALL).rows
    parsed = Condition(condition)
    return parsed.outcome(block.values(found, parsed.paths), found.num_rows).tolist()


def line_block(given_rows: list[dict]) -> LineBlock:
    return LineBlock(0, 0, b"".join(json.dumps(row).encode() + b"\n" for row in given_rows))


def table_block(table: pa.Table) -> TableBlock:
    return TableBlock(0, 0, table.num_rows, table, tuple(table.schema.names))


@settings(max_examples=400)
@given(conditions, st.lists(rows, max_size=8))
def test_a_condition_is_what_the_slow_twin_says(tree, given_rows):
    expected = [
        OUTCOME[oracles_convert.truth(oracles_convert.holds(tree, json.loads(json.dumps(row))))]
        for row in given_rows
    ]
    assert outcome(spelt(tree), line_block(given_rows)) == expected


def test_long_lists_are_no_nesting():
    many = ", ".join(f"'({i}) not + \\' -'" for i in range(5000)) + ", " + ", ".join(["0.5"] * 5000)
    block = line_block([{"a": "(7) not + ' -"}, {"a": 0.5}, {"a": 1}])
    assert outcome(f"a in ({many})", block) == [KEEP, KEEP, FALSE]


@pytest.mark.parametrize(
    "condition",
    [
        "a == '" + "x" * (1 << 20) + "'",
        "a in (" + "1e300, 'b', " * 90_000 + ")",
        "a == " + "'b' " * (1 << 18),
        "(a\n" + " " * (1 << 20) + ")",
        "'" * (1 << 20),
        '"' + "\\" * (1 << 20),
        "1" * (1 << 20) + "j",
        "a" * (1 << 20),
        "- " * (1 << 19) + "a > 1",
    ],
)
def test_a_megabyte_is_no_crash(condition):
    with contextlib.suppress(ValueError):
        parsed = Condition(condition)
        assert len(parsed.outcome([{} for _ in parsed.paths], 3)) == 3


PARTS = """a b.c 'x' " ' 1 .5 1e ( ) [ ] , - + not and or in is null == < if else lambda : { } ~
for await * ** | ^ # \\ len field True = \0 é @ ;"""


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(PARTS.split()),
        max_size=12,
    ),
    st.sampled_from(["", " "]),
)
def test_any_text_is_a_condition_or_wrong(parts, between):
    with contextlib.suppress(ValueError):
        parsed = Condition(between.join(parts))
        assert len(parsed.outcome([{} for _ in parsed.paths], 2)) == 2


@settings(max_examples=100)
@given(
    conditions,
    st.lists(
        st.fixed_dictionaries(
            {
                "a": st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),
                "b": st.none() | strings,
                "odd name": st.none() | st.booleans(),
                "m": st.none()
                | st.fixed_dictionaries(
                    {
                        "x": st.none() | st.floats(allow_nan=False, allow_infinity=False),
                        "y": st.none()
                        | st.fixed_dictionaries({"z": st.none() | st.integers(0, 3)}),
                    }
                ),
            }
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_it_is_the_same_of_tables(tree, given_rows):
    schema = pa.schema(
        {
            "a": pa.int64(),
            "b": pa.string(),
            "odd name": pa.bool_(),
            "m": pa.struct({"x": pa.float64(), "y": pa.struct({"z": pa.int8()})}),
        }
    )
    table = pa.Table.from_pylist(given_rows, schema=schema)
    expected = outcome(spelt(tree), line_block(given_rows))
    assert outcome(spelt(tree), table_block(table)) == expected
    views = [field.with_type(pa.string_view()) if field.name == "b" else field for field in schema]
    assert outcome(spelt(tree), table_block(table.cast(pa.schema(views)))) == expected


COLUMNS = {
    "small": pa.array([1, None, 3], pa.uint8()),
    "large": pa.array([2**64 - 1, 5, None], pa.uint64()),
    "half": pa.array([0.5, 1.5, None], pa.float16()),
    "exact": pa.array([Decimal("1.10"), None, Decimal("-2.00")]),
    "day": pa.array([date(2024, 2, 29), date(2023, 1, 1), None]),
    "moment": pa.array([datetime(2024, 2, 29, 12), None, datetime(2025, 1, 1)], pa.timestamp("s")),
    "span": pa.array([1, 2, None], pa.duration("s")),
    "word": pa.array(["en", None, "de"]).dictionary_encode(),
    "bytes": pa.array([b"en", None, b"de"]),
    "list": pa.array([[1], None, []]),
    "none": pa.nulls(3),
    "nan": pa.array([math.nan, 1.0, None]),
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("small >= 3", [FALSE, UNKNOWN, KEEP]),
        ("large > 9223372036854775807", [KEEP, FALSE, UNKNOWN]),
        ("large == 5", [FALSE, KEEP, UNKNOWN]),
        ("half < 1", [KEEP, FALSE, UNKNOWN]),
        ("exact < 1.5", [KEEP, UNKNOWN, KEEP]),
        ("day >= '2024-01-01'", [KEEP, FALSE, UNKNOWN]),
        ("moment > '2024-02-29T11:00:00'", [KEEP, UNKNOWN, KEEP]),
        ("span * 2 == 4", [FALSE, KEEP, UNKNOWN]),
        ("word in ('en', 'fr')", [KEEP, UNKNOWN, FALSE]),
        ("len(word) == 2", [KEEP, UNKNOWN, KEEP]),
        ("bytes == 'en'", [UNKNOWN] * 3),
        ("bytes is null", [FALSE, KEEP, FALSE]),
        ("list is not null", [KEEP, FALSE, KEEP]),
        ("none is null and list.a is null", [KEEP] * 3),
        ("nan != nan", [KEEP, FALSE, UNKNOWN]),
        ("nan == 1 or nan < 1 or nan > 1", [FALSE, KEEP, UNKNOWN]),
        ("1 / small < 1", [FALSE, UNKNOWN, KEEP]),
        ("1 < small <= 3", [FALSE, UNKNOWN, KEEP]),
        ("word in ('en')", [KEEP, UNKNOWN, FALSE]),
        ("true", [KEEP] * 3),
        ("not true or false", [FALSE] * 3),
        ("'a' < 'b' and 1 + 1 == 2 and 'b' in ('a', 'b') and len('é') == 1", [KEEP] * 3),
    ],
)
def test_types_of_tables(condition, expected):
    assert outcome(condition, table_block(pa.table(COLUMNS))) == expected


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("a = 1", r"equal is ==, at character 3: = 1"),
        ("a ==", "invalid syntax, at character 5: the end"),
        ("", "invalid syntax, at character 1: the end"),
        ("len(a)", "a number where a condition is expected, at character 1"),
        ("a and 'b'", "a string where a condition is expected, at character 7: 'b'"),
        ("'a' + b > 1", "a string where a number is expected, at character 1"),
        ("é == 1 and len(a) > '3'", "a number never compares with a string, at character 12"),
        ("a == null", "say `is null`"),
        ("a == None", "say `is null`"),
        ("a in (1, null)", "say `is null`"),
        ("a in b", r"values in parentheses"),
        ("a in ()", r"values in parentheses"),
        ("a is 3", "expected null"),
        ("__import__('os')", "the functions are"),
        ("a.b()", "the functions are"),
        ("a[0]", "expected fields"),
        ("[x for x in a]", "expected fields"),
        ("lambda: 1", "expected fields"),
        ("f'{a}' == 'x'", "no part of any condition, at character 1: f'"),
        ("a ** 2 == 4", r"expected \+ - \* /"),
        ("~a", "expected not"),
        ("a == b'x'", "no part of any condition, at character 6: b'x'"),
        ("a == 1j", "no part of any condition, at character 6: 1j"),
        ("a == 1 # one", "no part of any condition, at character 8: # one"),
        ("a | b", r"no part of any condition, at character 3: \| b"),
        ("a ==\n  'b' and\n c <> 1", "at character 19: <> 1"),
        ("field(a)", "expected names in quotes"),
        ("field('a').b.c == (1)(2)", "the functions are"),
        ("a == 1e999", "too large"),
        ("a == 1" + "0" * 400, "too large"),
        ("(" * 300, "nested"),
        ("1 + " * 200 + "a > 1", "nested deeper than 200 terms, at character 1: 1"),
        ("not " * 900 + "a", "nested deeper than 200 terms"),
        ("a" + ".a" * 400, "nested deeper than 200 terms"),
        ("1 + " * 9000 + "a > 1", "more than 1,000 names, operators and brackets"),
        ("a" + "()" * 9000, "more than 1,000 names, operators and brackets"),
        ("a0 or " * 9000 + "a", "more than 1,000 names, operators and brackets"),
        ("1if 1else " * 9000 + "1", "no part of any condition, at character 1"),
        ("a == '''a'b''' + " + "-" * 9000 + "1 + 'y'", "no part of any condition, at character 6"),
        ("a" + " ^ a" * 9000, "no part of any condition, at character 3"),
        ("# " + "(" * 9000 + "\na", "no part of any condition, at character 1"),
        ("a\x1b[31m", "at character 2: \u241b"),
        ("a\0 == 1", "at character 2: \u2400 == 1"),
    ],
)
def test_a_wrong_condition_is_told_where(tmp_path, condition, told):
    put(tmp_path / "a.jsonl", {"a": 1})
    with pytest.raises(UsageError, match=told):
        cm.shards.convert(tmp_path / "a.jsonl", tmp_path / "out", where=condition)
    assert not (tmp_path / "out").exists()


# --- columns --------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(
    st.lists(any_lines(), max_size=6),
    st.lists(
        st.sampled_from(["text", "id", "n", "a", "", "ключ", "te\\xt", "\u2028"]), unique=True
    ),
)
def test_chosen_fields_are_those_of_the_row(block_lines, names):
    block = LineBlock(0, 0, b"".join(line + b"\n" for line in block_lines if b"\n" not in line))
    found = block.rows(ALL).rows
    every = np.arange(found.num_rows)
    before = bytes(block.lines(found, every))
    after = Columns(names).of_lines(before)
    assert [loaded(line) for line in after.split(b"\n")[:-1]] == [
        [(name, dict(loaded(line))[name]) for name in names if name in dict(loaded(line))]
        for line in before.split(b"\n")[:-1]
    ]


def loaded(line: bytes) -> list[tuple[str, object]]:
    return json.loads(line, object_pairs_hook=list)


def test_values_stay_as_they_are_written():
    line = b'{ "z" : 1e-07,"k":0,"a\\u0062":[ 1.50 ,{"x": "\\u00e9\\/"} ] , "k" : 12345678901234567890.0 }\n'
    wanted = Columns(["k", "ab", "absent"]).of_lines(line + b"{}\n")
    assert wanted == b'{"k":12345678901234567890.0,"ab":[ 1.50 ,{"x": "\\u00e9\\/"} ]}\n{}\n'


@given(st.lists(any_lines(), max_size=5), st.integers(0, 5))
def test_lines_nested_too_deep_are_found(block_lines, most):
    block = LineBlock(0, 0, b"".join(line + b"\n" for line in block_lines if b"\n" not in line))
    found = block.rows(ALL).rows
    lines = bytes(block.lines(found, np.arange(found.num_rows)))
    depths = [depth(nested_lists(line)) for line in lines.split(b"\n")[:-1]]
    expected = next((row for row, deep in enumerate(depths) if deep > most), -1)
    assert _core.jsonl.first_deeper(lines, most) == expected


def nested_lists(line: bytes) -> object:
    """Objects as lists of their values, those of equal keys too."""
    return json.loads(line, object_pairs_hook=lambda pairs: [value for _, value in pairs])


def depth(value: object) -> int:
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def test_a_line_that_is_no_object_is_refused():
    for lines in (b"[1]\n", b'{"a":1\n', b"{}", b"\n"):
        with pytest.raises(ValueError, match="object"):
            _core.jsonl.project(lines, [("a", '"a"')])
    with pytest.raises(ValueError, match="inside"):
        _core.jsonl.values(b"{}", np.array([1]), np.array([2]), [["a"]])
    with pytest.raises(ValueError, match="one entry"):
        _core.jsonl.values(b"{}", np.array([0]), np.array([2, 2]), [["a"]])
    with pytest.raises(ValueError, match="at least one name"):
        _core.jsonl.values(b"{}", np.array([0]), np.array([2]), [[]])


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "arrows"])
def test_columns_of_tables(tmp_path, suffix):
    table = pa.table({"a": [1, 2, None], "b": ["x", "y", "z"], "c": [0.5, 1.5, 2.5]})
    table = table.replace_schema_metadata({"made": "here"})
    path = write_table(tmp_path / f"t.{suffix}", table, rows=2)
    found = read_table(converted(path, columns=["c", "a"], where="b != 'y'"))
    assert found.to_pylist() == [{"c": 0.5, "a": 1}, {"c": 2.5, "a": None}]
    assert found.schema.metadata[b"made"] == b"here"
    lines = converted(path, columns=["b"], format="jsonl").read_bytes()
    assert lines == b'{"b":"x"}\n{"b":"y"}\n{"b":"z"}\n'


def test_columns_of_lines_that_become_tables(tmp_path):
    """A conflict in a field that is not chosen is none, and a field that no row has is null."""
    path = put(tmp_path / "a.jsonl", {"b": 1, "z": "x"}, {"z": 1, "a": "t"}, {"a": "u", "n": 1})
    found = read_table(converted(path, columns=["n", "a"], where="a is not null", format="parquet"))
    assert found.schema.names == ["n", "a"]
    assert found.to_pylist() == [{"n": None, "a": "t"}, {"n": 1, "a": "u"}]
    found = read_table(converted(path, columns=["n", "a"], where="b == 1", format="parquet"))
    assert found.to_pylist() == [{"n": None, "a": None}]
    found = read_table(converted(path, columns=["n", "a"], where="b == 2", format="arrow"))
    assert (found.schema.names, found.num_rows) == (["n", "a"], 0)


def test_a_field_that_is_nowhere_is_wrong_usage(tmp_path):
    path = put(tmp_path / "a.jsonl", {"lang": 1, "text": "x"})
    table = write_table(tmp_path / "b.parquet", pa.table({"text": ["x"]}))
    for options, told in (
        ({"columns": ["text", "language"]}, r"columns: no field 'language' .* did you mean 'lang'"),
        ({"where": "language == 1"}, r"where: no field 'language' .* did you mean 'lang'"),
        ({"columns": []}, "each once; got none"),
        ({"columns": ["a", "a"]}, "'a' twice"),
        ({"columns": "a,b"}, "expected a list of names"),
        ({"columns": [1]}, "expected names, got 1"),
        ({"where": 3}, "expected an expression"),
        ({"max_rejected": 2}, "0 to 1"),
    ):
        with pytest.raises(UsageError, match=told):
            cm.shards.convert(path, tmp_path / "out", **options)
    with pytest.raises(UsageError, match=r"no column 'lang' in 'b\.parquet'; they hold 'text'"):
        cm.shards.convert([path, table], tmp_path / "out", columns=["lang"])
    assert not (tmp_path / "out").exists()


# --- formats --------------------------------------------------------------------------------------

SUFFIXES = ["jsonl", "jsonl.gz", "jsonl.zst", "jsonl.bz2", "jsonl.xz", "parquet", "arrow"]
plain_rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(-(2**63), 2**63 - 1),
            "text": st.text(),
            "x": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "tags": st.lists(st.text(max_size=3), max_size=2),
            "m": st.fixed_dictionaries({"ok": st.booleans()}),
        }
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25)
@given(plain_rows, st.sampled_from(SUFFIXES), st.sampled_from(SUFFIXES))
def test_there_and_back_is_the_same(tmp_path_factory, given_rows, first, second):
    folder = tmp_path_factory.mktemp("there")
    path = put(folder / "a.jsonl", *given_rows)
    for suffix in (first, second, "jsonl"):
        kind, _, codec = suffix.partition(".")
        codec = codec or {"jsonl": "none"}.get(kind)
        path = converted(path, format=kind, codec=codec)
        assert path.name == f"a.{suffix}"
        assert rows_of(path) == given_rows


TYPES = pa.schema(
    {
        'a "key"\n': pa.string(),
        "text": pa.large_string(),
        "word": pa.dictionary(pa.int8(), pa.string()),
        "view": pa.string_view(),
        "n": pa.int64(),
        "big": pa.uint64(),
        "x": pa.float64(),
        "ok": pa.bool_(),
        "none": pa.null(),
        "list": pa.list_(pa.list_(pa.string())),
        "pair": pa.list_(pa.float64(), 2),
        "m": pa.struct({"s": pa.string(), "l": pa.large_list(pa.struct({"b": pa.bool_()}))}),
        "empty": pa.struct([]),
    }
)
texts = st.text() | st.text(st.characters(codec="utf-8", categories=["Cc", "Ll", "Lo", "So"]))
any_text = st.none() | texts
floats = st.none() | st.floats(allow_nan=False, allow_infinity=False)
typed_rows = st.fixed_dictionaries(
    {
        'a "key"\n': any_text,
        "text": any_text,
        "word": st.none() | st.sampled_from(["a", "b", "\x7f\u2028"]),
        "view": any_text,
        "n": st.none() | st.integers(-(2**63), 2**63 - 1),
        "big": st.none() | st.integers(0, 2**64 - 1),
        "x": floats,
        "ok": st.none() | st.booleans(),
        "none": st.none(),
        "list": st.none() | st.lists(st.none() | st.lists(any_text, max_size=2), max_size=2),
        "pair": st.none() | st.tuples(floats, floats).map(list),
        "m": st.none()
        | st.fixed_dictionaries(
            {
                "s": any_text,
                "l": st.none()
                | st.lists(
                    st.none() | st.fixed_dictionaries({"b": st.none() | st.booleans()}), max_size=2
                ),
            }
        ),
        "empty": st.none() | st.just({}),
    }
)


@given(st.lists(typed_rows, min_size=1, max_size=6), st.integers(0, 3))
def test_tables_are_lines_as_json_writes_them(given_rows, start):
    table = pa.Table.from_pylist(given_rows, schema=TYPES).slice(start)
    encode_row = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    expected = "".join(encode_row(row) + "\n" for row in table.to_pylist())
    assert json_rows.lines(table).decode() == expected


def test_no_lines_of_broken_strings_and_names_that_come_twice():
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, 2], np.int32)), pa.py_buffer(b"a\xff")]
    )
    twice = pa.table([[1], [2]], ["a", "a"])
    for column, told in (
        (broken, "not UTF-8"),
        (pa.ListArray.from_arrays([0, 1], broken), "not UTF-8"),
        (pa.StructArray.from_arrays(twice.columns[0].chunks * 2, ["b", "b"]), "'b'"),
    ):
        with pytest.raises(JobError, match=told):
            json_rows.lines(pa.table({"t": column}))
    with pytest.raises(JobError, match="'a'"):
        json_rows.lines(twice)
    assert json_rows.lines(twice.select([])) == b"{}\n"


@pytest.mark.parametrize("suffix", SUFFIXES[:5])
def test_lines_pass_byte_for_byte(tmp_path, suffix):
    lines = b'{ "a":1 , "a":2.50}\n{"\\u0062": "\\/" }\n\n  {"c":null}\t\n{}\n'
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(pack(lines, path.name))
    assert unpack(converted(path)) == lines.replace(b"\n\n", b"\n")
    assert unpack(converted(path, codec="zst")) == lines.replace(b"\n\n", b"\n")


def test_every_row_is_accounted_for(tmp_path):
    good = [{"id": i, "keep": [True, False, None, "yes"][i % 4]} for i in range(100)]
    path = put(tmp_path / "in/a.jsonl", *good)
    bad = [b"[1]", b"nope", b'{"a":"\xff"}', b'"x"', b'{"a":1} {"a":2}', b'{"a":"\\ud800"}']
    path.write_bytes(path.read_bytes() + b"\n\n".join(bad))
    table = pa.table({"id": [200, 201, 202], "keep": [True, None, False]})
    write_table(tmp_path / "in/b.parquet", table)
    out = tmp_path / "out"
    ledger = convert(tmp_path / "in", out, where="keep", write_dropped=True)
    lines, rows_ = ledger.files
    assert lines.rows_read == 106
    assert (lines.kept, lines.dropped) == (25, {"filtered": 25, "filtered_null": 50})
    assert lines.rejected == {
        "invalid_json": 2,
        "invalid_utf8": 1,
        "lone_surrogate": 1,
        "not_an_object": 2,
    }
    assert (rows_.kept, rows_.dropped) == (1, {"filtered": 1, "filtered_null": 1})
    assert [row["id"] for row in rows_of(out / "data/a.jsonl")] == list(range(0, 100, 4))
    dropped = rows_of(out / "dropped/a.jsonl") + rows_of(out / "dropped/b.parquet")
    assert len(dropped) == 77
    rejected = rows_of(out / "rejected/a.jsonl.jsonl")
    assert [row["reason"] for row in rejected][:2] == ["not_an_object", "invalid_json"]
    assert ledger.command == "convert"


def test_rows_of_tables_that_are_no_text_are_rejected_with_all_columns(tmp_path):
    bad = pa.Array.from_buffers(
        pa.string(),
        3,
        [None, pa.py_buffer(np.array([0, 1, 2, 3], np.int32)), pa.py_buffer(b"a\xffc")],
    )
    path = write_table(tmp_path / "a.parquet", pa.table({"n": [1, 2, 3], "t": bad}))
    out = tmp_path / "out"
    [file] = convert(path, out, columns=["t"], format="jsonl").files
    assert (file.kept, file.rejected) == (2, {"invalid_utf8": 1})
    assert rows_of(out / "data/a.jsonl") == [{"t": "a"}, {"t": "c"}]
    rejected = read_table(out / "rejected/a.parquet.parquet").select(["n", "reason", "row"])
    assert rejected.to_pylist() == [{"n": 2, "reason": "invalid_utf8", "row": 1}]


def test_odd_files(tmp_path):
    folder = tmp_path / "in"
    put(folder / "empty.jsonl")
    put(folder / "rows.jsonl.gz", {"a": 1}, {"a": 2})
    (folder / "bad.jsonl").write_bytes(b"no json here")
    whole = pack(b'{"a":1}\n' * 2000, "x.zst")
    (folder / "cut.jsonl.zst").write_bytes(whole[:-6])
    (folder / "plain.jsonl.gz").write_bytes(b'{"a":1}\n')
    write_table(folder / "empty.parquet", pa.table({"a": pa.array([], pa.int64())}))
    (folder / "broken.parquet").write_bytes(b"PAR1nonsense")
    ledger = convert(folder, tmp_path / "out", where="a >= 1", columns=["a"])
    status = {file.path: (file.status, file.rows_read) for file in ledger.files}
    assert status["empty.jsonl"] == ("complete", 0)
    assert status["bad.jsonl"] == ("complete", 1)
    assert status["cut.jsonl.zst"][0] == "truncated"
    assert status["plain.jsonl.gz"] == ("unreadable", 0)
    assert status["broken.parquet"][0] == "truncated"
    assert (tmp_path / "out/data/empty.jsonl").read_bytes() == b""
    assert read_table(tmp_path / "out/data/empty.parquet").schema.names == ["a"]
    assert len(ledger.problems) == 3


def test_a_damaged_column_counts_only_where_it_is_read(tmp_path):
    table = pa.table({"a": range(300), "b": [f"value {i}" for i in range(300)], "c": [1] * 300})
    path = tmp_path / "a.parquet"
    pq.write_table(
        table, path, row_group_size=100, compression="none", use_dictionary=False,
        write_page_checksum=True,
    )  # fmt: skip
    spoilt = path.read_bytes().replace(b"value 150", b"VALUE 150", 1)
    path.write_bytes(spoilt)
    for number, (columns, lost) in enumerate([(None, 100), (["a", "c"], 0), (["c", "b"], 100)]):
        [file] = convert(path, tmp_path / f"out{number}", columns=columns).files
        assert (file.kept, file.rejected) == (300 - lost, {"undecodable": 100} if lost else {})
    out = tmp_path / "filtered"
    [file] = convert(path, out, columns=["a"], where="b != 'value 7'").files
    assert (file.kept, file.dropped, file.rejected) == (199, {"filtered": 1}, {"undecodable": 100})
    rejected = read_table(out / "rejected/a.parquet.parquet")
    assert rejected.schema.names == ["a", "b", "c", "reason", "row"]
    assert rejected["row"].to_pylist() == list(range(100, 200))


def test_one_long_line(tmp_path):
    big = {"a": "x" * 50_000_000, "b": 1}
    path = put(tmp_path / "a.jsonl", {"a": "y", "b": 2}, big, {"a": "z"})
    found = converted(path, where="len(a) == 50000000", columns=["b", "a"])
    assert rows_of(found) == [{"b": 1, "a": big["a"]}]


def test_rows_without_fields(tmp_path):
    path = put(tmp_path / "a.jsonl", {}, {})
    assert unpack(converted(path)) == b"{}\n{}\n"
    with pytest.raises(JobError, match="no row has a field"):
        cm.shards.convert(path, tmp_path / "out", format="parquet")
    path = put(tmp_path / "b.jsonl", {"a": 1})
    found = read_table(converted(path, format="arrow", where="a == 2"))
    assert (found.num_rows, found.num_columns) == (0, 0)


# --- the same, however it is done -----------------------------------------------------------------

OPTIONS = {"where": "n > 3 and t != 'b'", "columns": ["t", "n"]}


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Files of all kinds with some thousand rows, some of them bad."""
    folder, rng = tmp_path_factory.mktemp("many") / "in", random.Random(1)
    for number, suffix in enumerate(SUFFIXES):
        some = [
            {"t": rng.choice("abc") * rng.randrange(1, 60), "n": rng.randrange(9), "id": i}
            for i in range(900)
        ]
        path = folder / f"{number}.{suffix}"
        if suffix in ("parquet", "arrow"):
            write_table(path, pa.Table.from_pylist(some), rows=400)
        else:
            put(path, *some)
            broken = unpack(path).replace(b'"id": 100}', b"oops")
            path.write_bytes(pack(broken, path.name))
    return folder


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("more", [{}, {"format": "parquet"}, {"format": "jsonl", "join": True}])
def test_threads_and_memory_change_nothing(many, tmp_path, more):
    convert(many, tmp_path / "expected", **OPTIONS, **more)
    expected = tree(tmp_path / "expected")
    convert(many, tmp_path / "out3", **OPTIONS, **more, threads=3)
    assert tree(tmp_path / "out3") == expected
    convert(sorted(many.iterdir())[::-1], tmp_path / "order", **OPTIONS, **more, memory="3GB")
    found = tree(tmp_path / "order")
    assert {name: found[name] for name in found if name != "ledger.json"} == {
        name: expected[name] for name in expected if name != "ledger.json"
    }


KILLER = (
    SMALL
    + """
import json, os, random, signal, sys, time
from pathlib import Path
from corpusmill.shards import convert

given, out, kills, options = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
rng = random.Random(2)

def begin(threads, out):
    child = os.fork()
    if not child:
        convert(given, out, threads=threads, max_rejected=1.0, overwrite=True, **options)
        os._exit(0)
    return child

began = time.perf_counter()
assert os.waitpid(begin(1, f"{out}-full"), 0)[1] == 0
full = time.perf_counter() - began
for number in range(kills):
    here = Path(f"{out}-{number}")
    child = begin(1 + number % 2, here)
    time.sleep(rng.uniform(0, full))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert os.waitpid(begin(1 + number % 2, here), 0)[1] == 0
    print((json.loads((here / "run.json").read_text())["resumed_bytes"]))
"""
)


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("more", [{}, {"format": "jsonl", "codec": "zst", "join": True}])
def test_a_job_killed_at_any_moment_ends_with_the_same_bytes(many, tmp_path, more):
    options = {**OPTIONS, **more}
    convert(many, tmp_path / "expected", **options)
    command = [sys.executable, "-c", KILLER, many, tmp_path / "out", "8", json.dumps(options)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for number in range(8):
        assert tree(tmp_path / f"out-{number}") == tree(tmp_path / "expected"), number


@pytest.mark.usefixtures("small_units")
def test_outcomes_in_stage_files_are_those_in_memory(many, tmp_path, monkeypatch):
    convert(many, tmp_path / "expected", **OPTIONS, write_dropped=True)
    of = Budget.of
    monkeypatch.setattr(Budget, "of", lambda memory, **how: replace(of(memory, **how), rows=10_000))
    convert(many, tmp_path / "out", **OPTIONS, write_dropped=True)
    assert json.loads((tmp_path / "out/run.json").read_text())["spilled"]
    assert tree(tmp_path / "out") == tree(tmp_path / "expected")


class Stop(Exception):
    """Ends a job in its midst."""


@pytest.mark.usefixtures("small_units")
def test_a_failed_job_goes_on_and_reads_nothing_twice(many, tmp_path):
    def stop(news: cm.shards.Progress) -> None:
        if news.stage == "write":
            raise Stop

    out = tmp_path / "out"
    with pytest.raises(Stop):
        convert(many, out, **OPTIONS, progress=stop)
    said = []
    convert(many, out, **OPTIONS, notice=said.append)
    convert(many, tmp_path / "expected", **OPTIONS)
    assert tree(out) == tree(tmp_path / "expected")
    facts = json.loads((out / "run.json").read_text())
    assert facts["scanned_bytes"] == facts["hashed_bytes"] == 0 < facts["resumed_bytes"]
    assert "resume" in [news.kind for news in said]


@pytest.mark.usefixtures("small_units")
def test_another_condition_is_computed_anew(many, tmp_path):
    def stop(news: cm.shards.Progress) -> None:
        if news.stage == "write":
            raise Stop

    out = tmp_path / "out"
    with pytest.raises(Stop):
        convert(many, out, where="n > 3", progress=stop)
    convert(many, out, where="n > 4")
    convert(many, tmp_path / "expected", where="n > 4")
    assert tree(out) == tree(tmp_path / "expected")


# --- sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [None, ["t", "n"]])
@pytest.mark.parametrize("kind", ["jsonl", "parquet", "arrow"])
def test_joined_rows_are_all_rows_in_order(many, tmp_path, kind, columns):
    options = {"format": kind, "where": "n != 3", "columns": columns}
    convert(many, tmp_path / "apart", **options)
    convert(many, tmp_path / "joined", **options, join=True, rows_per_file=1000)
    parts = data(tmp_path / "joined")
    rows_in = [rows_of(path) for path in parts]
    assert [path.name for path in parts] == [f"part-{i:05}.{kind}" for i in range(len(parts))]
    assert [len(of) for of in rows_in[:-1]] == [1000] * (len(parts) - 1)
    apart = map(rows_of, data(tmp_path / "apart"))
    assert list(chain(*rows_in)) == list(chain(*apart))


def test_files_of_so_many_rows(tmp_path):
    path = put(tmp_path / "a.jsonl", *({"a": i} for i in range(10)))
    convert(path, tmp_path / "out", where="a != 4", rows_per_file=4, codec="gz")
    assert [(p.name, len(rows_of(p))) for p in data(tmp_path / "out")] == [
        ("a-00000.jsonl.gz", 4),
        ("a-00001.jsonl.gz", 4),
        ("a-00002.jsonl.gz", 1),
    ]


# --- the command ----------------------------------------------------------------------------------


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "corpusmill.cli", *map(str, arguments)]
    return subprocess.run(
        words, check=False, capture_output=True, text=True, env=os.environ | {"COLUMNS": "200"}
    )


def test_the_command(tmp_path):
    path = put(tmp_path / "a.jsonl", {"a": 1, "b": "x"}, {"a": 2, "b": "y"})
    out = tmp_path / "out"
    done = command("convert", path, "-o", out, "--columns", "b,a", "--where", "a == 2")
    assert done.returncode == 0, done.stderr
    assert (out / "data/a.jsonl").read_bytes() == b'{"b":"y","a":2}\n'
    assert "dropped, filtered" in done.stdout
    assert "duplicates" not in done.stdout
    done = command("convert", path, "-o", out, "--overwrite", "--json", "--format", "parquet")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [e["stage"] for e in events if e["event"] == "stage"] == ["choose", "schema", "write"]
    assert events[-1]["event"] == "done"
    assert read_table(out / "data/a.parquet").to_pylist() == rows_of(path)
    wrong = command("convert", path, "-o", tmp_path / "new", "--where", "a = 2")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert wrong.stderr.startswith("corpusmill: --where: invalid syntax")
    told = command("why", "1", "-o", out)
    assert told.returncode == 2
    assert "'convert'" in told.stderr
    assert "ledger.json" in told.stderr
    assert command("report", out).stdout == f"{out / 'report.html'}\n"
    path.write_bytes(path.read_bytes() + b"oops\n")
    assert command("convert", path, "-o", tmp_path / "rejects", "-q").returncode == 3
