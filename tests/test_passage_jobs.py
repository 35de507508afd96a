"""passages on files: what the column function finds, cut or shown, every row accounted for."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

import corpusmill as cm
from corpusmill.cli.app import app
from corpusmill.shards import UsageError
from corpusmill.shards.jobs.passages.job import REPEATED
from test_formats import TABLES, put, rows_of, tree, write_table

SLACK = {"max_rejected": 1.0}
MIN_BYTES = 40

pytestmark = pytest.mark.usefixtures("small_units")


def quoting_rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Rows that quote a few texts, some of them whole; some are empty."""
    rng = random.Random(1)
    sources = ["".join(rng.choices("abcdefg é東\n", k=400)) for _ in range(5)]
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        text = "".join(rng.choices("hijklm ", k=rng.randrange(80)))
        if rng.random() < 0.5:
            begin = rng.randrange(300)
            text += rng.choice(sources)[begin : begin + rng.randrange(10, 200)] + "-end"
        if rng.random() < 0.1:
            text = rng.choice(sources)
        rows.append({"id": number, "text": text, "more": [number]})
    return rows


FILES = {"a.jsonl": 300, "b.jsonl.zst": 200, "c.parquet": 150, "d/e.arrow": 250}


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Files of several formats, and their rows in order."""
    folder = tmp_path_factory.mktemp("given") / "in"
    rows = []
    for seed, (name, count) in enumerate(FILES.items()):
        some = quoting_rows(count, seed)
        if name.endswith(TABLES):
            write_table(folder / name, pa.Table.from_pylist(some), rows=60)
        else:
            put(folder / name, *some)
        rows += some
    return folder, rows


def run(given_inputs: object, out: Path, **options: Any) -> cm.shards.Ledger:
    ledger = cm.shards.passages(given_inputs, out, **{**SLACK, "min_bytes": MIN_BYTES, **options})
    assert ledger.balanced
    assert not (out / ".state").exists()
    return ledger


def written(out: Path, folder: str = "data") -> list[dict[str, Any]]:
    paths = sorted(path for path in (out / folder).rglob("*") if path.is_file())
    return [row for path in paths for row in rows_of(path)]


@pytest.mark.parametrize("keep", ["first", "none"])
def test_rows_are_cut_as_the_column_is(given, tmp_path: Path, keep: str) -> None:
    folder, rows = given
    texts = [row["text"] for row in rows]
    spans = cm.dedup.passages(texts, min_bytes=MIN_BYTES, keep=keep)
    left = cm.text.cut(texts, spans).to_pylist()
    both = zip(rows, left, strict=True)
    expected = [row | {"text": text} for row, text in both if text or not row["text"]]
    ledger = run(folder, tmp_path / "out", keep=keep, write_dropped=True)
    assert written(tmp_path / "out") == expected
    gone = [row for row, text in zip(rows, left, strict=True) if row["text"] and not text]
    assert gone
    assert written(tmp_path / "out", "dropped") == gone
    assert ledger.totals["dropped"] == {REPEATED: len(gone)}
    cut = [span["end"] - span["begin"] for of in spans.to_pylist() for span in of]
    assert ledger.findings["passages"] == len(cut)
    assert ledger.findings["passage_bytes"] == sum(cut)


@pytest.mark.parametrize("target", [None, "jsonl", "parquet"])
@pytest.mark.parametrize("offsets", ["bytes", "chars"])
def test_a_tag_says_where_and_cuts_nothing(
    given, tmp_path: Path, offsets: Any, target: Any
) -> None:
    folder, rows = given
    texts = [row["text"] for row in rows]
    spans = cm.dedup.passages(texts, min_bytes=MIN_BYTES, offsets=offsets).to_pylist()
    ledger = run(folder, tmp_path / "out", tag="seen", offsets=offsets, format=target)
    both = zip(rows, spans, strict=True)
    assert written(tmp_path / "out") == [row | {"seen": of} for row, of in both]
    assert ledger.totals["kept"] == len(rows)


def test_threads_memory_and_the_order_of_inputs_change_no_byte(
    given, tmp_path: Path, tight_memory: int
) -> None:
    folder, _ = given
    run(folder, tmp_path / "one", threads=1)
    names = [folder / name for name in reversed(FILES)]
    run(names, tmp_path / "many", threads=3, memory=tight_memory)
    kept = {name: data for name, data in tree(tmp_path / "many").items() if name != "ledger.json"}
    expected = tree(tmp_path / "one")
    assert kept == {name: expected[name] for name in expected if name != "ledger.json"}


@pytest.mark.parametrize("min_bytes", [None, MIN_BYTES])
def test_passages_of_so_many_words(given, tmp_path: Path, min_bytes: int | None) -> None:
    folder, rows = given
    asked: dict[str, Any] = {"min_bytes": min_bytes, "min_words": 9}
    spans = cm.dedup.passages([row["text"] for row in rows], **asked)
    ledger = run(folder, tmp_path / "out", tag="seen", **asked)
    assert [row["seen"] for row in written(tmp_path / "out")] == spans.to_pylist()
    assert ledger.findings["passages"] == len(spans.values) > 0
    assert ledger.options["min_bytes"] == (min_bytes or 17)
    every = cm.dedup.passages([row["text"] for row in rows], min_bytes=min_bytes or 17)
    assert len(every.values) > len(spans.values)


class Stop(Exception):
    """Ends a job in its midst."""


@pytest.mark.parametrize("stage", ["lengths", "walk 1", "walk 2", "write"])
def test_a_failed_job_goes_on_where_it_was(given, tmp_path: Path, stage: str) -> None:
    folder, _ = given
    run(folder, tmp_path / "expected")
    seen = []

    def stop(news: cm.shards.Progress) -> None:
        if news.stage == stage:
            raise Stop

    out = tmp_path / "out"
    with pytest.raises(Stop):
        run(folder, out, progress=stop)
    assert not (out / "ledger.json").exists()
    run(folder, out, progress=lambda news: seen.append(news.stage))
    assert tree(out) == tree(tmp_path / "expected")
    if stage == "write":
        assert not any(name.startswith("walk") for name in seen)  # what was decided was saved


def test_bad_rows_are_rejected_and_take_no_part(tmp_path: Path) -> None:
    text = "It was the best of times, it was the worst of times."
    lines = [
        json.dumps({"text": text}),
        "{broken",
        json.dumps({"text": 5}),
        json.dumps({"text": text}),
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines) + "\n")
    ledger = run(path, tmp_path / "out")
    assert written(tmp_path / "out") == [{"text": text}]
    assert ledger.totals["dropped"] == {REPEATED: 1}
    assert sum(ledger.totals["rejected"].values()) == 2


def test_no_rows_and_no_repeats(tmp_path: Path) -> None:
    put(tmp_path / "empty.jsonl")
    put(tmp_path / "one.jsonl", {"text": ""}, {"text": "short"})
    ledger = run([tmp_path / "empty.jsonl", tmp_path / "one.jsonl"], tmp_path / "out")
    assert written(tmp_path / "out") == [{"text": ""}, {"text": "short"}]
    assert ledger.findings["passages"] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_bytes": 8}, "min_bytes: expected a whole number from 16 to 8192"),
        ({"keep": "last"}, "keep: expected 'first' or 'none'"),
        ({"offsets": "words"}, "offsets: expected 'bytes' or 'chars'"),
        ({"tag": "text"}, "tag: expected the name of a field that is not the text"),
        ({"max_rejected": 2}, "max_rejected"),
        ({"text": "body"}, "body"),
    ],
)
def test_wrong_options(given, tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run(given[0], tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_the_command(given, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["passages", str(given[0]), "-o", str(out), "--min-bytes", str(MIN_BYTES)]
    done = CliRunner().invoke(app, [*words, "--quiet"])
    assert done.exit_code == 0, done.output
    run(given[0], tmp_path / "expected")
    assert written(out) == written(tmp_path / "expected")
    wrong = CliRunner().invoke(app, [*words, "--overwrite", "--keep", "some"])
    assert wrong.exit_code == 2
    assert "--keep: expected 'first' or 'none', got 'some'" in wrong.output
