"""jsonl: the scanner agrees with orjson and the slow twin on every line, and loses none."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
import threading
import time

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles_jsonl
from corpusmill import _core
from corpusmill._core import jsonl

# --- the answer, row by row, to compare with the slow twin ----------------------------------------


def strings(offsets, data, validity=None):
    buffers = [None if x is None else pa.py_buffer(x) for x in (validity, offsets, data)]
    column = pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)
    column.validate(full=True)
    return column.to_pylist()


def scanned(block, text="text", id="id", order="n"):
    found = jsonl.scan(block, text, id, order)
    texts = strings(found["text_offsets"], found["text_data"])
    ids = strings(found["id_offsets"], found["id_data"], found["id_validity"])
    rows = map(oracles_jsonl.JsonRow, texts, ids, found["order"].tolist())
    reasons = [jsonl.reasons[code] for code in found["rejected_reason"]]
    lines = []
    for prefix, what in ("line", rows), ("rejected", reasons):
        places = (found[f"{prefix}_{part}"].tolist() for part in ("offset", "length", "index"))
        lines += zip(*places, what, strict=True)
    assert found["num_lines"] == jsonl.count_lines(block)
    return sorted(lines, key=lambda line: line[2])


def assert_agrees(block, **fields):
    expected = oracles_jsonl.jsonl_scan(
        block, **{"text": "text", "id": "id", "order": "n", **fields}
    )
    assert repr(scanned(block, **fields)) == repr(expected)  # by repr: nan equals itself


def verdict(line):
    """The text of a good line, or the reason."""
    [(_, _, _, what)] = scanned(line)
    return (what.text,) if isinstance(what, oracles_jsonl.JsonRow) else what


def row(text):
    return b'{"text":' + text + b"}"


# --- fuzzing --------------------------------------------------------------------------------------

keys = st.sampled_from(["text", "id", "n", "a", "", "te\\xt", "\u2028", "ключ", "𝄞"]) | st.text()
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text() | st.text(min_size=60, max_size=200)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)
members = st.lists(st.tuples(keys, values) | st.tuples(st.just("text"), st.text()), max_size=6)


def write_string(text, rng):
    """A JSON string with each character spelt in one of the ways there are."""
    out = '"'
    for character in text:
        units = character.encode("utf-16-be")
        escaped = "".join(f"\\u{units[i]:02x}{units[i + 1]:02X}" for i in range(0, len(units), 2))
        plain = json.dumps(character, ensure_ascii=False)[1:-1]
        out += rng.choice([plain, plain, plain, escaped, "\\/" if character == "/" else plain])
    return out + '"'


def write(value, rng):
    """JSON with white space and escapes where they please; a list of pairs is an object."""

    def spaced(token):
        return rng.choice(["", "", " ", "\t\r "]) + token + rng.choice(["", "", " "])

    if isinstance(value, str):
        return spaced(write_string(value, rng))
    if isinstance(value, dict) or (isinstance(value, list) and value and type(value[0]) is tuple):
        pairs = value.items() if isinstance(value, dict) else value
        inner = ",".join(spaced(write_string(k, rng)) + ":" + write(v, rng) for k, v in pairs)
        return spaced("{" + inner + "}")
    if isinstance(value, list):
        return spaced("[" + ",".join(write(item, rng) for item in value) + "]")
    return spaced(json.dumps(value))


@st.composite
def lines(draw):
    value = draw(members | values)
    style = draw(st.sampled_from(["orjson", "ascii", "utf8", "any"]))
    if isinstance(value, list) and value and isinstance(value[0], tuple) and style != "any":
        value = dict(value)
    if style == "any":
        return write(value, draw(st.randoms(use_true_random=False))).encode()
    if style == "orjson":
        value = json.loads(json.dumps(value), parse_int=float)
        return orjson.dumps(value)
    return json.dumps(value, ensure_ascii=style == "ascii").encode()


tokens = rb'" \ \u \ud83d \ude00 { } [ ] , : 0 - . e9 309 true null "text"'.split()
odd_bytes = "0a 0d 20 00 1f 7f 80 ff c080 eda080 f4908080 efbbbf d096 e280a8 f09f9880"
fragments = st.sampled_from(tokens + [bytes.fromhex(code) for code in odd_bytes.split()])


@st.composite
def mutated(draw):
    line = draw(lines())
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(line)))
        removed = draw(st.sampled_from([0, 0, 1, 2, len(line)]))
        line = line[:at] + draw(fragments | st.binary(max_size=2)) + line[at + removed :]
    return line


newlines = st.sampled_from([b"\n", b"\r\n", b"\n \n"])


@settings(max_examples=500, deadline=None)
@given(st.lists(mutated(), max_size=5), newlines, st.sampled_from([b"", b"\n"]))
def test_mutated_documents_agree_with_orjson(rows, newline, last):
    assert_agrees(newline.join(rows) + last)


@settings(max_examples=700, deadline=None)
@given(st.lists(fragments | st.sampled_from([b'{"text":', b'"}']), max_size=30).map(b"".join))
def test_strings_near_the_grammar_agree_with_orjson(block):
    assert_agrees(block)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_agree_with_orjson(block):
    assert_agrees(block)
    assert_agrees(row(b'"' + block + b'"'))


@settings(max_examples=200, deadline=None)
@given(members, st.text(), st.none() | st.text(), st.none() | st.text())
def test_any_field_names(pairs, text, id, order):
    rng = random.Random(len(pairs))
    pairs += [(text, "the text"), (id or "", 7), (order or "", 2.5)]
    assert_agrees(write(pairs, rng).encode(), text=text, id=id, order=order)


@settings(max_examples=100, deadline=None)
@given(st.lists(mutated(), max_size=6), st.data())
def test_a_block_cut_between_lines_gives_the_same_rows(rows, data):
    block = b"\n".join(rows)
    cut = data.draw(st.sampled_from([0] + [i + 1 for i, c in enumerate(block) if c == 10]))
    skipped = jsonl.count_lines(block[:cut])
    back = [(o + cut, n, i + skipped, what) for o, n, i, what in scanned(block[cut:])]
    assert repr(scanned(block[:cut]) + back) == repr(scanned(block))


# --- what can be checked by hand ------------------------------------------------------------------

NUL, DEL = b"\0", b"\x7f"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"text":"a"}', ("a",)),
        (b' \t{ "a" : [ ] , "text" : "b" } \r', ("b",)),
        (b'{"text":"a","text":"b"}', ("b",)),
        (b'{"text":null,"text":"b"}', ("b",)),
        (b'{"text":"a","text":null}', "text_null"),
        (b'{"te\\u0078t":"a"}', ("a",)),
        (b'{"te\\\\u0078t":"a"}', "text_missing"),
        (b'{"text":"\\ud83d\\uDE00 \\/\\b\\f\\n\\r\\t\\"\\\\"}', ('😀 /\b\f\n\r\t"\\',)),
        ('{"text":"\u2028\ufeff\uffff\U0010ffff"}'.encode(), ("\u2028\ufeff\uffff\U0010ffff",)),
        (b'{"text":"\\u0000' + DEL + b'"}', ("\0\x7f",)),
        (b'{"text":"' + NUL + b'"}', "invalid_json"),
        (b'{"text":"a"}' + NUL, "invalid_json"),
        (b'{"text":"\t"}', "invalid_json"),
        (b'{"text":"a"', "invalid_json"),
        (b'{"text":"a', "invalid_json"),
        (b'{"text":"a"}}', "invalid_json"),
        (b'{"text":"a"}{"text":"b"}', "invalid_json"),
        (b'{"text":"a",}', "invalid_json"),
        (b"{'text':'a'}", "invalid_json"),
        (b'{text:"a"}', "invalid_json"),
        (b'{"text" "a"}', "invalid_json"),
        (b'{"text":"\\x41"}', "invalid_json"),
        (b'{"text":"\\u12g4"}', "invalid_json"),
        (b'{"text":"a","b":[1,]}', "invalid_json"),
        (b'{"text":"a","b":[1}', "invalid_json"),
        (b'{"text":"a","b":NaN}', "invalid_json"),
        (b'{"text":"a"} # a', "invalid_json"),
        (b"\xef\xbb\xbf" + row(b'"a"'), "invalid_json"),  # the reader takes a file's BOM away
        (row('"a"'.encode("utf-16-le")), "invalid_json"),
        (b"\x0b" + row(b'"a"'), "invalid_json"),
        (row(b'"\xff"'), "invalid_utf8"),
        (row(b'"\xe4\xb8"'), "invalid_utf8"),
        (row(b'"\xc0\xaf"'), "invalid_utf8"),
        (row(b'"\xed\xa0\x80"'), "invalid_utf8"),
        (row(b'"a"') + b"\xff", "invalid_utf8"),
        (b'{"text":"a","\xff":1}', "invalid_utf8"),
        (b"{\\ud800 \xff", "invalid_utf8"),  # no UTF-8 goes before no JSON
        (row(b'"\\ud800"'), "lone_surrogate"),
        (row(b'"\\udc00"'), "lone_surrogate"),
        (row(b'"\\ud800\\ud800\\udc00"'), "lone_surrogate"),
        (b'{"text":"a","b":{"\\udfff":1}}', "lone_surrogate"),
        (b'{"text":"\\ud800","b":}', "lone_surrogate"),  # the first fault counts
        (b'{"a":,"text":"\\ud800"}', "invalid_json"),
        (b'["text","a"]', "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"null", "not_an_object"),
        (b"7", "not_an_object"),
        (b"[7", "invalid_json"),
        (b"{}", "text_missing"),
        (b'{"Text":"a","meta":{"text":"b"}}', "text_missing"),
        (row(b"null"), "text_null"),
        (row(b"12"), "text_not_a_string"),
        (row(b"true"), "text_not_a_string"),
        (row(b'["a"]'), "text_not_a_string"),
        (row(b'{"text":"a"}'), "text_not_a_string"),
        (b'{"text":12,"a":tru}', "invalid_json"),  # no JSON goes before no text
    ],
)
def test_verdicts(line, expected):
    assert verdict(line) == expected
    assert_agrees(line)


LARGEST = "1.7976931348623157e308 1.7976931348623158e308 1.7976931348623159e308 1e309 -1e309"
SMALLEST = "2.4703282292062327e-324 2.4703282292062328e-324 5e-324 1e-400 -1e-400 0e999 -0e999"
ZEROS, NINES = "0" * 400, "9" * 30


@pytest.mark.parametrize(
    "number",
    [
        *["0", "-0", "-0.0", "1.5", "10", "1e5", "1E+5", "1e-5", "18446744073709551616", "0.1e1"],
        *LARGEST.split(),
        *SMALLEST.split(),
        *("9" * 308, "9" * 309, "1" * 800, f"1{ZEROS}", f"1{ZEROS}e-400", f"1{ZEROS}e-92"),
        *(f"0.{ZEROS}1", f"0.{ZEROS}1e401", f"0.{ZEROS}1e710", f"-0.{ZEROS}1e709"),
        *(f"1e{NINES}", f"1e-{NINES}", f"0e{NINES}", f"1e{ZEROS}309", f"1e-{ZEROS}3"),
        "2225073858507201" + "1" * 900 + "e-1224",
    ],
)
def test_a_number_is_one_if_a_double_can_hold_it(number):
    line = f'{{"text":"a","id":{number},"n":{number}}}'.encode()
    assert_agrees(line)
    if not math.isinf(float(number)):
        [(_, _, _, good)] = scanned(line)
        assert good.id == number
        assert np.float64(good.order).tobytes() == np.float64(float(number)).tobytes()


@pytest.mark.parametrize(
    "wrong",
    ["-", "+1", "01", "-01", ".5", "1.", "1.e5", "1e", "1e+", "0x1", "1_0", "inf", "1a", "--1"],
)
def test_what_is_no_number(wrong):
    assert verdict(f'{{"text":"a","id":{wrong}}}'.encode()) == "invalid_json"


def test_values_of_the_other_fields():
    for id, value, order in [
        (b'"a\\u0062"', "ab", math.nan),
        (b"12.50", "12.50", 12.5),
        (b"true", "true", math.nan),
        (b"false", "false", math.nan),
        (b'"7"', "7", math.nan),
        (b'""', "", math.nan),
        (b"null", None, math.nan),
        (b"[1]", None, math.nan),
        (b'{"id":1}', None, math.nan),
    ]:
        line = b'{"id":0,"text":"","id":' + id + b"}"
        assert repr(scanned(line, order="id")[0][3]) == repr(
            oracles_jsonl.JsonRow("", value, order)
        )
        assert scanned(line, id=None)[0][3].id is None
    assert scanned(b'{"text":"a"}', id="text", order="text")[0][3].id == "a"


def test_lines():
    block = b'\n \t\r\n{"text":"a"}\r\n{"text":"b"}\n\nx\r\n{"text":"c"}\r'
    places = [(5, 12, 2, "a"), (19, 12, 3, "b"), (33, 1, 5, None), (36, 12, 6, "c")]
    assert [(o, n, i, getattr(w, "text", None)) for o, n, i, w in scanned(block)] == places
    for empty in b"", b"\n", b" ", b"\r\n\t":
        assert scanned(empty) == []
    counts = [jsonl.count_lines(b) for b in (b"", b"\n", b"a", b"a\n", b"a\nb", b"\n\n ")]
    assert counts == [0, 1, 1, 1, 2, 3]
    assert [jsonl.last_newline(b) for b in (b"", b"a", b"\n", b"a\nb\nc")] == [-1, -1, 0, 3]


def test_bytes_at_every_place_of_a_wide_block():
    odd = [b"\\n", b'\\"', b"\x01", b"\xc3\xa9", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80", b'"']
    odd += [b"\xf0\x9f\x98", b"\xff", b"\xe0\x9f\x80", b"\xed\xa0\x80", b"\xf0\x8f\xbf\xbf"]
    odd += [b"\xf4\x90\x80\x80", b"\xc1\x81", b"\x80"]
    for at in range(140):
        for what in odd:
            for filler in b"x", "é".encode(), "日".encode():
                before = filler * (at // len(filler)) + b"x" * (at % len(filler))
                assert_agrees(row(b'"' + before + what + filler * 3 + b'"'))
                assert_agrees(row(b'"' + before + what))


# --- large inputs: linear, and no recursion -------------------------------------------------------


@pytest.mark.parametrize("depth", [1000, 100_000])
def test_deep_nesting(depth):
    for opening, closing in (b"[", b"]"), (b'{"a":', b"}"):
        deep = opening * depth + b"1" + closing * depth
        assert verdict(b'{"deep":' + deep + b',"text":"a"}') == ("a",)
        assert verdict(row(deep)) == "text_not_a_string"
        assert verdict(deep) in ("not_an_object", "text_missing")
        assert verdict(b'{"text":"a","deep":' + deep[:-1] + b"}") == "invalid_json"
        assert verdict(opening * depth) == "invalid_json"


@pytest.mark.parametrize(
    "block",
    [
        row(b'"' + b"\\n\xd0\x96\\u0416x" * 4_000_000 + b'"'),
        b"{" + b'"text":"abc\\n",' * 3_000_000 + b'"text":""}',
        b"{" + b",".join(b'"k%d":0' % i for i in range(1_000_000)) + b',"text":""}',
        b'{"text":"","a":' + b"[" * 10_000_000,
        b'{"text":"","a":' + b"9" * 20_000_000 + b"}",
        b'{"text":"","a":0.' + b"0" * 20_000_000 + b"e1}",
        b"\n" * 10_000_000,
        b'"\n' * 2_000_000,
        b'{"text":""}\n' * 1_000_000,
        b'{"text":"\\ud800' * 1_000_000,
        row(b'"' + b"a" * 20_000_000 + b'\xff"'),
    ],
    ids=[
        "text",
        "texts",
        "keys",
        "open",
        "digits",
        "zeros",
        "empty",
        "bad",
        "rows",
        "half",
        "utf8",
    ],
)
def test_large_inputs_are_linear(block):
    start = time.process_time()
    found = jsonl.scan(block, "text", "id", "n")
    assert time.process_time() - start < 3
    assert found["num_lines"] == jsonl.count_lines(block)


def test_one_line_of_50_mb():
    text = '50 MB of text, \n"é" 日本.\t' * 2_000_000
    line = orjson.dumps({"text": text, "id": 1})
    found = jsonl.scan(b"{}\n" + line + b"\n{}", "text", "id", None)
    assert found["line_length"].tolist() == [len(line)]
    assert bytes(found["text_data"]) == text.encode()
    assert found["rejected_offset"].tolist() == [0, len(line) + 4]


# --- gather, and the face -------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.lists(mutated(), max_size=8), st.data())
def test_gather_is_the_join_of_the_kept_lines(rows, data):
    block = data.draw(st.sampled_from([b"\n", b"\r\n"])).join(rows)
    places = [line[:2] for line in scanned(block)]
    keep = np.array([data.draw(st.booleans()) for _ in places], bool)
    offsets, lengths = np.array(places, np.int64).reshape(-1, 2).T.copy()
    expected = b"".join(
        block[o : o + n] + b"\n" for (o, n), k in zip(places, keep, strict=True) if k
    )
    assert jsonl.gather(block, offsets, lengths, keep) == expected


def test_gather_takes_lines_in_any_order_and_refuses_those_outside():
    block, keep = b"ab\ncd\nef", np.ones(3, bool)
    offsets, lengths = np.array([6, 0, 3]), np.array([2, 2, 2])
    assert jsonl.gather(block, offsets, lengths, keep) == b"ef\nab\ncd\n"
    for bad in np.array([-1, 0, 0]), np.array([7, 0, 0]), np.array([2**62, 0, 0]):
        with pytest.raises(ValueError, match="a line does not lie inside the block"):
            jsonl.gather(block, bad, lengths, keep)
    with pytest.raises(ValueError, match="got 3, 3 and 2"):
        jsonl.gather(block, offsets, lengths, keep[:2])
    with pytest.raises(TypeError):
        jsonl.gather(block, offsets.astype(np.float64), lengths, keep)


def test_blocks_are_any_contiguous_bytes():
    block = row(b'"a"')
    for same in (
        bytearray(block),
        memoryview(block),
        pa.py_buffer(block),
        np.frombuffer(block, np.uint8),
    ):
        assert repr(scanned(same)) == repr(scanned(block))
    for wrong in np.zeros(4, np.int32), np.zeros((2, 2), np.uint8), memoryview(block)[::2]:
        with pytest.raises(TypeError, match="expected contiguous bytes"):
            jsonl.scan(wrong, "text", None, None)


MANY = """
import hashlib, random, oracles
from corpusmill import _core
rng = random.Random(1)
alphabet = [b'"', b"\\\\n", b"\\\\u0416", b"\\xd0\\x96", b"\\xe6\\x97\\xa5", b"\\xf0\\x9f\\x98\\x80", b"a" * 40, b"{}"]
lines = [b'{"text":"' + b"".join(rng.choices(alphabet + [b"\\xe6"], [1] * 8 + [0.02], k=40)) + b'"}'
         for _ in range(2000)]
found = _core.jsonl.scan(b"\\n".join(lines), "text", "id", None)
print(_core.core.simd_level(), hashlib.sha256(b"".join(bytes(x) for x in found.values())).hexdigest())
"""


def test_every_simd_level_gives_the_same():
    answers = {}
    for level in _core.core.simd_levels():
        env = {**os.environ, "CORPUSMILL_SIMD": level, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", MANY]
        out = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
        name, answers[level] = out.split()
        assert name == level
    assert len(set(answers.values())) == 1


def test_several_threads_may_scan_at_once():
    block = b"\n".join(row(json.dumps(f"text {i} é").encode()) for i in range(20_000))
    expected = jsonl.scan(block, "text", None, None)["text_data"].tobytes()
    answers = []

    def work():
        answers.append(jsonl.scan(block, "text", None, None)["text_data"].tobytes())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 4
