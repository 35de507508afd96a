"""stats: counts equal their slow twins and add up, whatever the blocks, threads and damage."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import documents
import oracles
import oracles_stats
from corpusmill import _arrow, _core, shards
from corpusmill.shards.jobs.stats import lengths, tally
from corpusmill.shards.reading import read
from test_text import KNOWN, OURS, THEIRS, UNICODE, raw

PERCENTS = {"min": 0, "p1": 1, "p5": 5, "p25": 25, "p50": 50, "p75": 75, "p95": 95, "p99": 99}


def counts(docs, threads=1):
    """Characters and words per document, and letters by script."""
    characters, words, letters = _core.text.counts(_arrow.strings(docs).capsules, threads)
    named = zip(_core.text.script_names, letters.tolist(), strict=True)
    return characters.tolist(), words.tolist(), {name: n for name, n in named if n}


# --- letters, characters, words -------------------------------------------------------------------


@given(st.lists(raw, max_size=8), st.integers(1, 3))
def test_counts_of_any_bytes_equal_the_oracle(docs, threads):
    column = pa.array(docs, pa.large_binary()).view(pa.large_string())
    characters, words, letters = counts(column, threads)
    assert characters == list(map(oracles.characters, docs))
    assert words == [len(oracles.words(doc)) for doc in docs]
    assert letters.pop("", 0) + sum(letters.values()) == sum(characters)
    if THEIRS == OURS or not any(byte > 0x7F for doc in docs for byte in doc):
        assert sum(letters.values()) == sum(map(oracles.letters, docs))


def test_nulls_count_nothing():
    assert counts([None, "ab c", None]) == ([0, 4, 0], [0, 2, 0], {"": 1, "Latin": 3})


def test_scripts_are_those_of_the_database():
    path = UNICODE / "Scripts.txt"
    if not path.exists():
        pytest.skip("needs Debian's unicode-data")
    scripts = oracles.scripts_by_code(path.read_text("utf-8"))
    letters = [char for char in KNOWN if unicodedata.category(char)[0] == "L"]
    expected = Counter(scripts[ord(char)] for char in letters)
    found = counts(["".join(letters)])[2]
    assert {name: found[name] for name in expected} == dict(expected)


def test_every_script_by_hand():
    line = "Das Ωμέγα Слово שלום عربي हिन्दी ไทย 漢字 ひら カタ 한글 12 ,. 😀"
    _, _, letters = counts([line])
    del letters[""]
    assert letters == {
        "Latin": 3, "Greek": 5, "Cyrillic": 5, "Hebrew": 4, "Arabic": 4, "Devanagari": 3,
        "Thai": 3, "Han": 2, "Hiragana": 2, "Katakana": 2, "Hangul": 2,
    }  # fmt: skip


# --- lengths --------------------------------------------------------------------------------------


@given(st.lists(st.lists(st.integers(0, 50) | st.integers(0, 2**40), max_size=30), max_size=5))
def test_quantiles_equal_the_oracle(parts):
    counted, halves = lengths.Lengths(), lengths.Lengths()
    for number, part in enumerate(parts):
        (counted if number % 2 else halves).add(np.array(part, np.int64))
    counted.merge(halves)
    spread = counted.spread()
    values = [value for part in parts for value in part]
    assert spread.total == sum(values)
    assert spread.max == max(values, default=None)
    for name, percent in PERCENTS.items():
        expected = oracles_stats.quantile(values, percent) if values else None
        assert getattr(spread, name) == expected


# --- fields ---------------------------------------------------------------------------------------

names = st.sampled_from(["text", "id", "a\\b", 'q"', "ключ", ""])
values = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(0, 1) | st.text(max_size=3)
values = values | st.lists(values, max_size=2) | st.dictionaries(names, values, max_size=2)
objects = st.lists(st.tuples(names, values), max_size=6)


def spelt(members):
    """A JSON object in which keys may come twice."""
    parts = (json.dumps(key) + ": " + json.dumps(value) for key, value in members)
    return ("{" + ", ".join(parts) + "}").encode()


@given(st.lists(objects.map(spelt), max_size=8), st.integers(0, 4))
def test_fields_equal_the_oracle(lines, most):
    sizes = np.array([len(line) for line in lines], np.int64)
    offsets = np.cumsum(sizes + 1) - sizes - 1
    found, num_values = _core.jsonl.count_fields(b"\n".join(lines), offsets, sizes, most)
    expected = oracles_stats.json_fields(lines)
    assert num_values == sum(sum(types.values()) for types in expected.values())
    assert list(found) == sorted(expected, key=str.encode)[:most]
    for name, rows in found.items():
        named = dict(zip(_core.jsonl.types, rows, strict=True))
        assert {kind: count for kind, count in named.items() if count} == expected[name]


@pytest.mark.parametrize("line", [b"[1]", b"{", b'{"a"', b'{"a":1', b'{"a":1,}', b"", b'{"a" 1}'])
def test_lines_that_are_no_objects_are_refused(line):
    places = np.array([0]), np.array([len(line)])
    with pytest.raises(ValueError, match="line 0 is no object"):
        _core.jsonl.count_fields(line, *places, 9)
    with pytest.raises(ValueError, match="line 0 is no object"):
        _core.jsonl.count_fields(b"{}", np.array([1]), np.array([2]), 9)


# --- files ----------------------------------------------------------------------------------------


def put(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


@given(
    st.lists(st.sampled_from(["a b", "ä", "東京", ""]) | documents.texts, max_size=30),
    st.integers(1, 3),
    st.integers(1, 60),
)
def test_a_corpus_equals_its_rows(texts, threads, block):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "BLOCK_SIZE", block)
        rows = [orjson.dumps({"text": text, "n": i}) for i, text in enumerate(texts)]
        put(Path(folder) / "a.jsonl", *rows[::2])
        put(Path(folder) / "b.jsonl", *rows[1::2])
        found = shards.stats(folder, threads=threads)
    assert found.total.rows == found.total.rows_read == len(texts)
    assert found.total.repeated == len(texts) - len(set(texts))
    assert found.total.characters.total == sum(map(len, texts))
    assert found.total.text_bytes.total == sum(len(text.encode()) for text in texts)
    assert found.files[0].counted.repeated == len(texts[::2]) - len(set(texts[::2]))
    for name in ("rows", "repeated", "objects"):
        of_files = [getattr(file.counted, name) for file in found.files]
        assert getattr(found.total, name) == sum(of_files)
    assert found.total.fields == oracles_stats.json_fields(rows)
    assert found.problems == []


def test_threads_and_blocks_change_nothing(tmp_path, monkeypatch):
    for name in "abc":
        rows = [orjson.dumps({"text": text}) for text in documents.varied(300, ord(name))]
        put(tmp_path / f"{name}.jsonl", *rows, b"broken", b'{"text": 1}')
    expected = shards.stats(tmp_path, threads=1).to_json()
    monkeypatch.setattr(read, "BLOCK_SIZE", 999)
    assert shards.stats(tmp_path, threads=3).to_json() == expected


def test_fields_beyond_the_first_are_summed(tmp_path, monkeypatch):
    rows = [orjson.dumps({"text": "x", f"f{i:04}": i}) for i in range(50)]
    put(tmp_path / "a.jsonl", *rows)
    monkeypatch.setattr(tally, "MOST_FIELDS", 10)
    monkeypatch.setattr(read, "BLOCK_SIZE", 100)
    total = shards.stats(tmp_path).total
    assert list(total.fields) == [f"f{i:04}" for i in range(10)]
    assert total.other_values == 50 + 40


def test_rejects_are_counted_by_reason(tmp_path):
    put(tmp_path / "a.jsonl", b'{"text":"x"}', b"[]", b'{"text":null}', b'{"t":1}', b"{", b" ")
    total = shards.stats(tmp_path, max_rejected=1).total
    assert total.rejected == {
        "invalid_json": 1, "not_an_object": 1, "text_missing": 1, "text_null": 1
    }  # fmt: skip
    assert total.objects == 3
    assert total.fields == {"t": {"number": 1}, "text": {"null": 1, "string": 1}}


# --- the command line -----------------------------------------------------------------------------


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "corpusmill.cli", "stats", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_the_command_prints_what_the_library_says(tmp_path):
    put(tmp_path / "a.jsonl", b'{"text":"one two","\\u001b[2J":null}')
    put(tmp_path / "b.jsonl", b'{"text":"one two"}')
    done = run(tmp_path, "-o", tmp_path / "out.json")
    shown = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "stats ...\n")
    assert "repeat an earlier text 1 50.00%" in shown
    assert "words 4 2 2 2 2 2 2 2 2 2" in shown
    assert "Latin 12 100.00%" in shown
    assert "\x1b" not in done.stdout
    saved = json.loads((tmp_path / "out.json").read_text())
    assert saved == json.loads(run(tmp_path, "--json").stdout)
    assert saved["total"]["words"]["total"] == 4


def test_damage_is_said_and_ends_with_3(tmp_path):
    put(tmp_path / "a.jsonl", b'{"text":"one two"}')
    (tmp_path / "b.jsonl.gz").write_bytes(b"no gzip")
    done = run(tmp_path, "-q")
    assert (done.returncode, done.stdout) == (3, "")
    assert "b.jsonl.gz is unreadable" in done.stderr
    done = run(tmp_path, "--text", "txt")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'text'?" in done.stderr
