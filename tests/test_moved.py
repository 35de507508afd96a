"""moved: spans go along with what cuts leave of a text; jobs that cut say what, so that they can."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import corpusmill as cm
import oracles
from corpusmill import _arrow
from corpusmill.cli.app import app
from corpusmill.shards import UsageError
from corpusmill.shards.recipe.commands import COMMANDS
from test_formats import put, write_table
from test_passage_jobs import written
from test_text import column, raw

# --- columns --------------------------------------------------------------------------------------

Spans = list[tuple[int, int]]


def as_tuples(spans: pa.Array) -> list[Any]:
    return [of and [tuple(span.values()) for span in of] for of in spans.to_pylist()]


def cuts_of(document: bytes, rng: random.Random) -> Spans:
    """Some of what lies between ends of words; some touch, some are empty."""
    words = cm.text.word_spans(column([document])).to_pylist()[0]
    places = [0, len(document), *(at for span in words for at in span.values())]
    ends = sorted(rng.choices(places, k=2 * rng.randrange(5)))
    return list(zip(ends[::2], ends[1::2], strict=True))


@given(st.lists(raw, max_size=6), st.randoms(use_true_random=False))
def test_spans_hold_what_is_left_of_them(docs: list[bytes], rng: random.Random) -> None:
    """Of each byte by itself, too: one that stays is where its span is, one that goes leaves it empty."""
    cuts = [cuts_of(document, rng) for document in docs]
    spans = []
    for document in docs:
        drawn = (sorted(rng.choices(range(len(document) + 1), k=2)) for _ in range(5))
        bytewise = ((at, at + 1) for at in range(len(document)))
        spans.append([(begin, end) for begin, end in (*drawn, *bytewise)])
    found = as_tuples(cm.text.moved(spans, cuts))
    left = cm.text.cut(column(docs), cuts).view(pa.large_binary()).to_pylist()
    for document, rest, of, gone, moved in zip(docs, left, spans, cuts, found, strict=True):
        assert moved == oracles.moved(of, gone)
        stays = [not any(b <= at < e for b, e in gone) for at in range(len(document))]
        for (begin, end), (first, last) in zip(of, moved, strict=True):
            kept = bytes(document[at] for at in range(begin, end) if stays[at])
            assert rest[first:last] == kept


def test_lists_keep_their_rows_and_nulls() -> None:
    """A row's cuts reach no other row, and a null is a null, or no cut."""
    spans = [None, [(1, 2)], [], [(3, 4), (0, 9), (9, 9)], None]
    cuts = [[(0, 5)], None, [(0, 0), (0, 7)], [(0, 2), (4, 4), (8, 9)], None]
    expected = [None, [(1, 2)], [], [(1, 2), (0, 6), (6, 6)], None]
    kind = pa.list_(pa.struct([("begin", pa.int32()), ("end", pa.int32())]))
    for form in (
        lambda rows: rows,
        lambda rows: pa.array([[(7, 7)], *rows], kind).slice(1),
        lambda rows: pa.chunked_array([pa.array(rows[:2], kind), pa.array(rows[2:], kind)]),
    ):
        assert as_tuples(cm.text.moved(form(spans), form(cuts))) == expected
    assert cm.text.moved([], []).to_pylist() == []


FAR = 2**62


@pytest.mark.parametrize(
    ("spans", "cuts", "error", "message"),
    [
        ([[], [(3, 2)]], [[], []], ValueError, "spans: those of document 1 begin below 0 or"),
        ([[(1, 2)], [(-1, 2)]], [[], []], ValueError, "spans: those of document 1 begin"),
        ([[], []], [[(2, 3)], [(0, 2), (1, 4)]], ValueError, "cuts: those of document 1 are not"),
        ([[]], [[(3, 2)]], ValueError, "cuts: those of document 0 are not ascending"),
        ([[]], [[(-1, 2)]], ValueError, "cuts: those of document 0 are not ascending"),
        ([[]], [], ValueError, "cuts: expected 1 lists, got 0"),
        ([[]] * 2, [[(0, FAR)], [(FAR, 2 * FAR - 1)]], ValueError, "cuts: reach further than"),
        ([[]], [[1]], TypeError, "cuts: expected lists of structs of begin and end"),
        ([[1]], [[]], TypeError, "spans: expected lists of structs of begin and end"),
    ],
)
def test_what_cannot_be_moved_is_refused(
    spans: Any, cuts: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        cm.text.moved(spans, cuts)


def test_many_spans_and_cuts_of_one_document() -> None:
    """Of every two bytes the first is cut out."""
    places = np.arange(300_000)
    lists = np.array([0, len(places)])
    spans = _arrow.spans(lists, places, places + 3)
    found = cm.text.moved(spans, _arrow.spans(lists, 2 * places, 2 * places + 1))
    _, begin, end = _arrow.span_arrays(found)
    assert np.array_equal(begin, places // 2)
    assert np.array_equal(end, (places + 3) // 2)


# --- jobs -----------------------------------------------------------------------------------------

JOBS: dict[str, dict[str, Any]] = {
    "passages": {"min_bytes": 40},
    "paragraphs": {},
    "decontaminate": {"action": "cut", "rule": "gpt3"},  # with 200 characters on each side
}
every_job = pytest.mark.parametrize("name", JOBS)
ITEM = " ".join(f"word{i}" for i in range(13))


def corpus(folder: Path) -> list[dict[str, Any]]:
    """Rows of two files with paragraphs that repeat, in some of them an item of a benchmark."""
    rng = random.Random(5)

    def own(count: int) -> str:
        return "".join(rng.choices("abcdefg é", k=count))

    rows = []
    for i in range(24):
        parts = [own(30), f"Part {i % 4} über {'x' * 40}.", own(50)]
        if i % 4 == 0:
            parts.insert(1, f"{own(450)} {ITEM} {own(450)}")
        rows.append({"id": i, "text": "\n\n".join(parts)})
    put(folder / "bench.jsonl", {"text": ITEM})
    put(folder / "in/a.jsonl", *rows[:12])
    write_table(folder / "in/b.parquet", pa.Table.from_pylist(rows[12:]))
    return rows


def run(name: str, folder: Path, out: Path, **options: Any) -> cm.shards.Ledger:
    against = {"against": folder / "bench.jsonl"} if name == "decontaminate" else {}
    ledger = getattr(cm.shards, name)(folder / "in", out, **{**JOBS[name], **against, **options})
    assert ledger.balanced
    return ledger


@every_job
@pytest.mark.parametrize("target", [None, "parquet"])
def test_rows_say_what_was_cut_out_of_them(tmp_path: Path, name: str, target: Any) -> None:
    """That rebuilds them, and moves along what was found in them before, such as words."""
    rows = corpus(tmp_path)
    run(name, tmp_path, tmp_path / "plain", format=target)
    run(name, tmp_path, tmp_path / "out", format=target, cuts_field="cut")
    found = written(tmp_path / "out")
    cuts = [row.pop("cut") for row in found]
    assert found == written(tmp_path / "plain")
    texts = [rows[row["id"]]["text"] for row in found]
    assert cm.text.cut(texts, cuts).to_pylist() == [row["text"] for row in found]
    assert 0 < sum(map(bool, cuts)) < len(cuts)
    words = cm.text.word_spans(texts)
    for text, row, of, moved in zip(
        texts, found, as_tuples(words), as_tuples(cm.text.moved(words, cuts)), strict=True
    ):
        old, left = text.encode(), row["text"].encode()
        for (begin, end), (first, last) in zip(of, moved, strict=True):
            assert last - first < end - begin or left[first:last] == old[begin:end]
    run(name, tmp_path, tmp_path / "chars", format=target, cuts_field="cut", offsets="chars")
    in_chars = [row["cut"] for row in written(tmp_path / "chars")]
    assert in_chars == cm.text.char_spans(texts, cuts).to_pylist() != cuts


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("passages", {"tag": "seen"}, "cuts_field: says what was cut out, and nothing is"),
        ("paragraphs", {"action": "tag"}, "cuts_field: says what was cut out"),
        ("paragraphs", {"action": "drop"}, "cuts_field: says what was cut out"),
        ("decontaminate", {"action": "drop"}, "cuts_field: says what was cut out"),
        *((name, {"cuts_field": "text"}, "cuts_field: expected the name of a") for name in JOBS),
        *((name, {"cuts_field": 5}, "cuts_field: expected the name of a") for name in JOBS),
    ],
)
def test_wrong_options(tmp_path: Path, name: str, options: dict[str, Any], message: str) -> None:
    corpus(tmp_path)
    with pytest.raises(UsageError, match=message):
        run(name, tmp_path, tmp_path / "out", **{"cuts_field": "cut", **options})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("action", ["cut", "tag"])
def test_new_fields_take_the_place_of_columns_of_joined_tables(tmp_path: Path, action: str) -> None:
    """Of any type; but dropped rows keep theirs, which fit into no table with each other."""
    corpus(tmp_path)
    for name, value in (("b", 1), ("c", "one")):
        table = pa.table({"text": [ITEM, "another text"], "new": [value] * 2})
        write_table(tmp_path / f"in/{name}.parquet", table)
    (tmp_path / "in/a.jsonl").unlink()
    named = "cuts_field" if action == "cut" else "tag"
    options = {"action": action, "join": True, named: "new"}
    run("decontaminate", tmp_path, tmp_path / "out", **options)
    assert all(isinstance(row["new"], list) for row in written(tmp_path / "out"))
    with pytest.raises(UsageError, match="write_dropped: dropped rows get no new field"):
        run("decontaminate", tmp_path, tmp_path / "more", write_dropped=True, **options)
    assert not (tmp_path / "more").exists()


@every_job
def test_commands_and_recipes_ask_the_same(tmp_path: Path, name: str) -> None:
    corpus(tmp_path)
    asked = {**JOBS[name], "cuts_field": "cut", "offsets": "chars"}
    run(name, tmp_path, tmp_path / "lib", **asked)
    if name == "decontaminate":
        asked["against"] = str(tmp_path / "bench.jsonl")
    words: list[object] = [name, tmp_path / "in", "-o", tmp_path / "out", "-q"]
    for option, value in asked.items():
        words += [f"--{option.replace('_', '-')}", value]
    done = CliRunner().invoke(app, list(map(str, words)))
    assert done.exit_code == 0, done.output
    assert written(tmp_path / "out") == written(tmp_path / "lib")
    assert asked.items() <= COMMANDS[name].resolved(asked).items()
