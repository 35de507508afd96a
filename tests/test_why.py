"""why: what it says of a row is what the job decided, and what the texts say now."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

import documents
import oracles
import oracles_dedup
import oracles_stats
from corpusmill import shards
from corpusmill.shards.jobs.why import word_diff
from corpusmill.shards.reading import read
from corpusmill.shards.visible import visible
from test_cli import corpusmill
from test_shards import row

# --- the difference of two texts ------------------------------------------------------------------

words = st.lists(st.sampled_from(["a", "b", "c", "é", "中", ",", "東京 ", " x\n"]), max_size=30)
texts = words.map("".join) | words.map(" ".join) | st.text() | documents.texts


@given(texts, texts)
def test_pieces_make_up_both_texts(left, right):
    diff = word_diff.word_diff(left, right)
    assert "".join(piece.left for piece in diff.pieces) == left
    assert "".join(piece.right for piece in diff.pieces) == right
    for piece in diff.pieces:
        assert (bool(piece.left), bool(piece.right)) == {
            "both": (True, True), "left": (True, False), "right": (False, True)
        }[piece.side]  # fmt: skip
        if piece.side == "both":
            assert "".join(piece.left.split()) == "".join(piece.right.split())


@given(*[st.lists(st.sampled_from("abcd"), max_size=40)] * 2)
def test_as_many_words_as_can_be_are_common(left, right):
    diff = word_diff.word_diff(" ".join(left), " ".join(right))
    common = [piece.right.split() for piece in diff.pieces if piece.side == "both"]
    assert sum(map(len, common)) == oracles_stats.longest_common_subsequence(left, right)


def test_a_difference_by_hand():
    diff = word_diff.word_diff("The quick brown fox", "The slow brown  fox!")
    assert [(piece.side, piece.left, piece.right) for piece in diff.pieces] == [
        ("both", "The ", "The "),
        ("left", "quick ", ""),
        ("right", "", "slow "),
        ("both", "brown fox", "brown  fox"),
        ("right", "", "!"),
    ]


def test_long_texts_are_compared_as_far_as_is_said(monkeypatch):
    monkeypatch.setattr(word_diff, "MOST_WORDS", 10)
    diff = word_diff.word_diff("same " + "a " * 20 + "end", "same " + "b " * 11 + "end")
    assert diff.cut
    assert [len(piece.left.split()) for piece in diff.pieces] == [1, 10, 0]
    assert not word_diff.word_diff("a " * 100, "a " * 100).cut


@given(st.text())
def test_what_is_shown_moves_no_cursor(text):
    assert not any(
        (ord(char) < 32 and char not in "\n\t") or 0x7F <= ord(char) < 0xA0
        for char in visible(text)
    )


# --- rows of a job --------------------------------------------------------------------------------


def put(path: Path, *lines: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = b"".join(line + b"\n" for line in lines)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


BAD = [b'{"text": null, "id": "bad"}', b"\x1b[2Jbroken"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """in/ and out/ of a job with ids that come twice, several blocks, gzip and rejected lines."""
    folder = tmp_path_factory.mktemp("why")
    rows = [
        orjson.dumps({"id": f"{i}", "text": f"{text} {i % 7}"})
        for i, text in enumerate(documents.varied(300))
    ]
    put(folder / "in/a.jsonl", *rows[:150], b"", *BAD, rows[3])
    put(folder / "in/b.jsonl.gz", *rows[150:])
    shards.dedup(folder / "in", folder / "out", max_rejected=1)
    return folder


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(read, "BLOCK_SIZE", 1000)


@pytest.fixture(scope="module")
def lines(folder):
    return parquet.read_table(folder / "out/duplicates.parquet").to_pylist()


def text_at(folder, file, row):
    data = (folder / "in" / file).read_bytes()
    data = gzip.decompress(data) if file.endswith(".gz") else data
    return json.loads(data.split(b"\n")[row])["text"]


@pytest.mark.usefixtures("small")
def test_a_dropped_row_names_its_twin_and_shows_both(folder, lines):
    options = shards.Ledger.load(folder / "out").options
    for line in lines[::7]:
        [fate] = shards.why(folder / "out", (line["dropped_file"], line["dropped_row"])).fates
        assert (fate.fate, fate.place.id) == ("dropped", line["dropped_id"])
        assert fate.kept == (shards.Place(line["kept_file"], line["kept_row"], line["kept_id"]))
        assert (fate.cluster_size, fate.notes) == (line["size"], [])
        assert len(fate.others) == min(line["size"] - 2, 20)
        found = fate.comparison
        for which, text in (("dropped", found.dropped_text), ("kept", found.kept_text)):
            assert text == text_at(folder, line[f"{which}_file"], line[f"{which}_row"])
        assert found.jaccard == line["similarity"] == fate.dropped_as.similarity
        signatures = [
            oracles_dedup.signature(_shingles(text), options["num_hashes"])
            for text in (found.dropped_text, found.kept_text)
        ]
        width = options["rows"]
        assert found.num_bands == options["bands"]
        assert found.shared_bands == [
            band
            for band in range(options["bands"])
            if len({tuple(slots[band * width : (band + 1) * width]) for slots in signatures}) == 1
        ]
        assert found.shared_bands


def _shingles(text):
    units = [oracles.word_hash(word) for word in oracles.words(text.encode())]
    return oracles.shingles(units, text.encode(), 5)


def test_a_kept_row_lists_what_was_dropped_for_it(folder, lines):
    line = max(lines, key=lambda line: line["size"])
    [fate] = shards.why(folder / "out", f"{line['kept_file']}:{line['kept_row']}").fates
    dropped = [
        (other["dropped_file"], other["dropped_row"])
        for other in lines
        if other["cluster"] == line["cluster"]
    ]
    assert fate.fate == "kept"
    assert [(m.place.file, m.place.row) for m in fate.others] == dropped[:20]
    assert fate.cluster_size == len(dropped) + 1


def test_every_row_has_one_fate_and_the_ledger_counts_them(folder):
    fates = [
        fate.fate
        for row in range(154)
        if row != 150
        for fate in shards.why(folder / "out", ("a.jsonl", row)).fates
    ]
    entry = shards.Ledger.load(folder / "out").files[0]
    assert fates.count("kept") == entry.kept
    assert fates.count("dropped") == sum(entry.dropped.values())
    assert fates.count("rejected") == sum(entry.rejected.values())


def test_an_id_means_every_row_that_has_it(folder, lines):
    found = shards.why(folder / "out", "3")
    assert {(fate.place.row, fate.fate) for fate in found.fates} >= {(153, "dropped")}
    assert len(found.fates) == 2
    paired = {line[key] for line in lines for key in ("dropped_id", "kept_id")}
    alone = next(str(i) for i in range(150, 300) if str(i) not in paired)
    [fate] = shards.why(folder / "out", alone).fates
    assert (fate.fate, fate.cluster_size) == ("kept", 1)
    assert fate.place == shards.Place("b.jsonl.gz", int(alone) - 150, alone)


def test_a_rejected_line_says_why(folder):
    [by_id] = shards.why(folder / "out", "bad").fates
    [by_row] = shards.why(folder / "out", ("a.jsonl", 151)).fates
    assert by_id == by_row
    assert by_id.rejection.reason == "text_null"
    assert (by_id.rejection.line, by_id.rejection.raw) == (152, BAD[0])


@pytest.mark.parametrize("row", ["nobody", "a.jsonl:150", "a.jsonl:154", ("a.jsonl", -1)])
def test_rows_that_are_none_are_wrong_usage(folder, row):
    with pytest.raises(shards.UsageError, match="no row"):
        shards.why(folder / "out", row)


def test_other_mistakes_are_wrong_usage(folder):
    with pytest.raises(shards.UsageError, match="no file 'x'"):
        shards.why(folder / "out", ("x", 1))
    with pytest.raises(shards.UsageError, match="holds no ledger"):
        shards.why(folder / "in", "3")


def moved(folder, to):
    shutil.copytree(folder / "in", to / "moved")
    shutil.copytree(folder / "out", to / "out")
    (to / "out/run.json").unlink()
    return to


def test_inputs_may_have_moved(folder, lines, tmp_path, monkeypatch):
    moved(folder, tmp_path)
    row = (lines[0]["dropped_file"], lines[0]["dropped_row"])
    expected = shards.why(folder / "out", row)
    assert shards.why(tmp_path / "out", row, inputs=tmp_path / "moved") == expected
    ledger = json.loads((tmp_path / "out/ledger.json").read_text())
    ledger["inputs"] = ["in"]
    (tmp_path / "out/ledger.json").write_text(json.dumps(ledger))
    monkeypatch.chdir(tmp_path)
    [fate] = shards.why("out", row).fates
    assert fate.comparison is None
    assert "is not where it was; say where" in fate.notes[0]
    shutil.copytree(tmp_path / "moved", tmp_path / "renamed")
    for path in [*(tmp_path / "renamed").iterdir()]:
        path.rename(path.with_name(f"other-{path.name}"))
    [fate] = shards.why("out", row, inputs="renamed").fates
    assert "an input is known by its name" in fate.notes[0]
    assert fate.dropped_as == expected.fates[0].dropped_as
    (tmp_path / "moved").rename(tmp_path / "in")
    assert shards.why("out", row) == expected


@pytest.mark.parametrize("how", ["longer", "other"])
def test_inputs_that_changed_are_not_shown(folder, lines, tmp_path, how):
    moved(folder, tmp_path)
    path = tmp_path / "moved/a.jsonl"
    data = path.read_bytes()
    path.write_bytes(data + b"\n" if how == "longer" else data[:-2] + b" \n")
    line = next(line for line in lines if line["dropped_file"] == "a.jsonl")
    row = (line["dropped_file"], line["dropped_row"])
    [fate] = shards.why(tmp_path / "out", row, inputs=tmp_path / "moved").fates
    assert fate.comparison is None
    assert fate.notes[0].startswith("a.jsonl has changed since the job read it")
    assert fate.kept.row == line["kept_row"]


def test_an_input_older_than_the_job_is_read_no_further_than_needed(folder, lines, monkeypatch):
    monkeypatch.setattr(read, "BLOCK_SIZE", 100)
    first = read.Shard.first
    seen = []

    def counted(self, count, columns):
        for block in first(self, count, columns):
            seen.append(block.offset)
            yield block

    monkeypatch.setattr(read.Shard, "first", counted)
    line = min(lines, key=lambda line: max(line["dropped_row"], line["kept_row"]))
    row = (line["dropped_file"], line["dropped_row"])
    past = (folder / "in/a.jsonl").stat().st_mtime - 1000
    os.utime(folder / "in/a.jsonl", (past, past))
    assert shards.why(folder / "out", row).fates[0].comparison
    assert max(seen) < (folder / "in/a.jsonl").stat().st_size / 2


def test_the_exact_method_has_no_bands(tmp_path):
    put(tmp_path / "in/a.jsonl", *[orjson.dumps({"text": "x y"})] * 2)
    shards.dedup(tmp_path / "in", tmp_path / "out", method="exact")
    [fate] = shards.why(tmp_path / "out", "a.jsonl:1").fates
    assert (fate.comparison.num_bands, fate.comparison.jaccard) == (0, None)


# --- the command line -----------------------------------------------------------------------------

WHY = [sys.executable, "-m", "corpusmill.cli", "why"]


def run(folder, *arguments):
    command = [*WHY, *map(str, arguments), "-o", str(folder / "out")]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def pair(tmp_path):
    text = "one two three four five six seven eight nine ten eleven \u202e\x1b[31mtwelve"
    put(
        tmp_path / "in/a.jsonl",
        orjson.dumps({"id": "k", "text": text + " one"}),
        orjson.dumps({"id": "d", "text": text + " another"}),
        *BAD,
    )
    shards.dedup(tmp_path / "in", tmp_path / "out", n=2, max_rejected=1)
    return tmp_path


def test_the_command_shows_the_difference(pair):
    done = run(pair, "d")
    assert done.returncode == 0
    assert "dropped     a.jsonl:1  id d" in done.stdout
    assert "for         a.jsonl:0  id k" in done.stdout
    assert "[-another-] {+one+}" in done.stdout
    assert not set(done.stdout) & set("\x1b\u202e")
    assert "dropped   a.jsonl:1  id d" in run(pair, "k").stdout
    assert "text_null, line 3" in run(pair, "bad").stdout
    assert "\x1b" not in run(pair, "a.jsonl:3").stdout
    assert run(pair, "nobody").returncode == 2


def test_json_holds_all_of_it(pair):
    [fate] = json.loads(run(pair, "d", "--json").stdout)["fates"]
    assert fate["fate"] == "dropped"
    assert fate["kept"] == {"file": "a.jsonl", "row": 0, "id": "k"}
    assert fate["comparison"]["kept_text"].endswith("twelve one")
    [fate] = json.loads(run(pair, "bad", "--json").stdout)["fates"]
    assert fate["rejection"]["reason"] == "text_null"


def test_a_terminal_sees_colours(pair, on_a_terminal):
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    shown = on_a_terminal([*WHY, "d", "-o", pair / "out"], "stdout", env=environment)
    assert b"\x1b[32m" in shown
    assert b"{+" not in shown
    assert b"\x1b[31mtwelve" not in shown


def test_a_rejected_row_of_a_table_is_told(tmp_path):
    table = pa.table({"text": ["a b c d e f g", None, "h i j k l m"], "id": [7, 8, 9]})
    (tmp_path / "in").mkdir()
    parquet.write_table(table, tmp_path / "in" / "t.parquet")
    shards.dedup(tmp_path / "in", tmp_path / "out", max_rejected=1)
    [fate] = shards.why(tmp_path / "out", ("t.parquet", 1)).fates
    assert (fate.fate, fate.rejection.reason) == ("rejected", "text_null")
    [fate] = shards.why(tmp_path / "out", "8").fates
    assert (fate.place.row, fate.rejection.raw) == (1, b'{"text":null,"id":8}')
    [fate] = shards.why(tmp_path / "out", "9").fates
    assert (fate.fate, fate.place.row) == ("kept", 2)


# --- other jobs -----------------------------------------------------------------------------------


def test_other_jobs_tell_what_their_outputs_name(tmp_path):
    question = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    put(
        tmp_path / "in/a.jsonl", row("clean", id="c"), row(f"so {question}", id="d"), row(5, id="r")
    )
    put(tmp_path / "b.jsonl", row(question, id="q"))
    for action, fate, became in (("drop", "dropped", "contaminated"), ("tag", "kept", "tagged")):
        out = tmp_path / action
        shards.decontaminate(
            tmp_path / "in", out, against=tmp_path / "b.jsonl", action=action, max_rejected=1.0
        )
        [found] = shards.why(out, "d").fates
        assert found == shards.why(out, "a.jsonl:1").fates[0]
        assert (found.fate, found.because) == (fate, [became, "b, item q, text: 100% of its words"])
    done = corpusmill("why", "d", "-o", tmp_path / "drop")
    assert done.stdout.splitlines()[1] == "because     contaminated"
    shards.convert(tmp_path / "in", tmp_path / "some", where="id != 'c'")
    shards.paragraphs(tmp_path / "in", tmp_path / "lines", max_rejected=1.0)
    for job in ("drop", "lines"):
        [found] = shards.why(tmp_path / job, "r").fates
        assert (found.fate, found.rejection.reason) == ("rejected", "text_not_a_string")
    for job, says in [
        ("drop", r"'decontaminate'.*\(1 contaminated\); with write_dropped"),
        ("some", r"'convert'.*\(1 filtered\); with write_dropped"),
        ("lines", r"'paragraphs'.*\(nothing was\)"),
    ]:
        with pytest.raises(shards.UsageError, match=says):
            shards.why(tmp_path / job, "c")
