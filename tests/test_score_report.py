"""score_report: a score job's page says what its rows say, runs no text it shows, and refuses other rows."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

torch = pytest.importorskip("torch", reason="scoring under models needs PyTorch")
pytest.importorskip("transformers", reason="these models are Hugging Face's")
pytest.importorskip("rich", reason="the command line prints by it")

from rich.console import Console

import documents
from corpusmill import report, scoring, shards
from corpusmill.cli.summary import summary
from corpusmill.report import score_sections, scores
from corpusmill.report.scores import gather_scores
from corpusmill.shards.jobs.score.corpus import of_corpus
from test_report import HOSTILE, Page
from test_shards import SLACK, put, row

SIZES: dict[str, Any] = {"width": 16, "heads": 2, "context": 64, "batch_tokens": 64, "steps": 1}
TEXTS = ["", "é", *(f"{text} {HOSTILE}" * 3 for text in documents.varied(30, seed=5))]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files scored under two models."""
    here = tmp_path_factory.mktemp("score-report")
    rows = [row(text, id=f"<i>{number}") for number, text in enumerate(TEXTS[:20])]
    put(here / "in/a.jsonl", *rows, b"{broken</td>")
    pq.write_table(pa.table({"text": TEXTS[20:]}), here / "in/b.parquet", row_group_size=5)
    for seed in (0, 1):
        scoring.tiny(["abc"], seed=seed, threads=1, **SIZES).save(here / f"model-{seed}")
    models = [here / "model-0", here / "model-1"]
    given: dict[str, Any] = {"batch_tokens": 512, "threads": 1, **SLACK}
    shards.score(here / "in", here / "out", model=models, **given)
    return here


def read(out: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (out / "data/a.jsonl").read_text().splitlines()]
    return lines + pq.read_table(out / "data/b.parquet").to_pylist()


def test_the_page_says_what_the_rows_say(job: Path) -> None:
    page = Page(report.write(job / "out").read_text("utf-8"))
    text = "".join(page.texts)
    rows = read(job / "out")
    assert f"{len(rows):,} documents under 2 language models." in page.texts
    for name in ("bits_per_byte_1", "bits_per_byte_2", "difference_2", "tokens"):
        values = [row[name] for row in rows if row[name] is not None]
        for said in (min(values), max(values), sum(values) / len(values)):
            whole = float(said).is_integer()
            assert (f"{said:,.0f}" if whole else f"{said:.4g}") in page.texts
    for number in (1, 2):
        had = [row for row in rows if row[f"nll_mean_{number}"] is not None]
        nll = sum(row[f"nll_mean_{number}"] * row["tokens"] for row in had)
        assert f"token weighted: {np.exp(nll / sum(row['tokens'] for row in had)):.5g};" in text
        bits = sum(row[f"bits_per_byte_{number}"] * row["bytes"] for row in had)
        assert f"bits per byte: {bits / sum(row['bytes'] for row in had):.4f}." in text
    assert "invalid json" in text
    for name in shards.Ledger.load(job / "out").options:
        assert name in page.texts


def test_the_account_and_the_terminal_say_what_models_make_of_all_texts(job: Path) -> None:
    ledger = shards.Ledger.load(job / "out")
    terminal = Console(width=200, file=io.StringIO())
    terminal.print(summary(ledger, "out", 1.0))
    rows = [row for row in read(job / "out") if row["tokens"]]
    for number, found in enumerate(ledger.findings["corpus"], 1):
        sums = np.array([row[f"nll_mean_{number}"] * row["tokens"] for row in rows])
        wanted = scoring.corpus_perplexity(sums, [row["tokens"] for row in rows])
        assert found["perplexity"] == pytest.approx(wanted)
        bits = sums.sum() / np.log(2) / sum(row["bytes"] for row in rows)
        assert found["bits_per_byte"] == pytest.approx(bits)
        by_token, by_document = wanted.values()
        said = f"model {number}: perplexity, token weighted: {by_token:.5g}; "
        said += f"perplexity, document averaged: {by_document:.5g}; bits per byte: {bits:.4f}\n"
        assert said in terminal.file.getvalue()  # type: ignore[attr-defined]


def test_what_models_make_of_all_texts_is_of_the_fields_there_are() -> None:
    columns = {"tokens": [2, 0, 1], "bytes": [8, 0, 4], "nll_sum": [3, 0, 6], "top1": [0, 1, 1]}
    arrays = {name: np.array(values, np.float64) for name, values in columns.items()}
    fields = {name: (0, name) for name in columns}
    (found,) = of_corpus(fields, arrays, 1)
    assert found == {
        "perplexity": {
            "token_weighted": pytest.approx(np.exp(9 / 3)),
            "document_averaged": pytest.approx(np.exp((1.5 + 6) / 2)),
        }
    }
    assert of_corpus({"top1": (0, "top1")}, arrays, 1) == [{}]
    nothing = {name: np.full(2, 0.0 if name in ("tokens", "bytes") else np.nan) for name in columns}
    nothing["bits_per_byte"] = nothing["top1"]
    fields["bits_per_byte"] = (0, "bits_per_byte")
    none = dict.fromkeys(("token_weighted", "document_averaged"))
    assert of_corpus(fields, nothing, 1) == [{"perplexity": none, "bits_per_byte": None}]
    arrays["nll_sum"][0] = np.inf  # a token that a model thinks impossible
    arrays["bits_per_byte"] = np.array([np.inf, np.nan, 1])
    assert of_corpus(fields, arrays, 1) == [{"perplexity": none, "bits_per_byte": None}]


def test_no_text_is_code_and_everything_drawn_has_a_name(job: Path) -> None:
    page = Page(report.write(job / "out").read_text("utf-8"))
    assert [name for name, _ in page.tags].count("script") == 1
    assert not {"img", "i", "link"} & {name for name, _ in page.tags}
    assert not set("".join(page.texts)) & {"\x00", "\x1b", "\u202e"}
    drawn = [attributes for name, attributes in page.tags if name == "svg"]
    assert len(drawn) == 4  # the bar, two models, their difference
    assert all(found["role"] == "img" and found["aria-label"] for found in drawn)
    again = report.write(job / "out").read_bytes()
    assert report.write(job / "out").read_bytes() == again


@pytest.mark.parametrize("ends", [1, 3, 100])
def test_the_ends_are_those_of_all_rows(
    job: Path, monkeypatch: pytest.MonkeyPatch, ends: int
) -> None:
    monkeypatch.setattr(scores, "ENDS", ends)
    found = gather_scores(job / "out")
    rows = read(job / "out")
    assert found.drawn == ["bits_per_byte_1", "bits_per_byte_2", "difference_2"]
    for name in found.drawn:
        np.testing.assert_array_equal(
            found.columns[name], [np.nan if row[name] is None else row[name] for row in rows]
        )
        long = [row for row in rows if len(row["text"].encode()) >= scores.LEAST_BYTES]
        assert 3 < len(long) < len(rows)
        least = sorted(long, key=lambda row: row[name])
        most = sorted(long, key=lambda row: -row[name])
        for held, wanted in ((found.ends[name].least, least), (found.ends[name].most, most)):
            assert [one.value for *_, one in held] == [row[name] for row in wanted[:ends]]
            assert [one.row.text for *_, one in held] == [row["text"] for row in wanted[:ends]]


@pytest.mark.parametrize("harm", ["rows", "torn", "gone", "options"])
def test_rows_that_are_not_the_jobs_are_refused(job: Path, tmp_path: Path, harm: str) -> None:
    out = tmp_path / "out"
    shutil.copytree(job / "out", out, ignore=shutil.ignore_patterns("report.html"))
    lines = out / "data/a.jsonl"
    words = {
        "rows": "data/ holds 31 rows, but the job left 32 there",
        "torn": r"data/b\.parquet cannot be read",
        "gone": "has no data/",
        "options": r"ledger\.json cannot be read: options has no 'stats'",
    }
    if harm == "rows":
        lines.write_bytes(b"".join(lines.read_bytes().splitlines(keepends=True)[:-1]))
    elif harm == "torn":
        (out / "data/b.parquet").write_bytes(b"PAR1" * 30)
    elif harm == "gone":
        shutil.rmtree(out / "data")
    else:
        ledger = json.loads((out / "ledger.json").read_text())
        del ledger["options"]["stats"]
        (out / "ledger.json").write_text(json.dumps(ledger))
    with pytest.raises(shards.UsageError, match=words[harm]):
        report.write(out)
    assert not (out / "report.html").exists()


@pytest.mark.parametrize("stats", ["tokens", "perplexity", "top1"])
def test_every_choice_of_numbers_has_a_page(job: Path, tmp_path: Path, stats: str) -> None:
    given: dict[str, Any] = {"batch_tokens": 512, "threads": 1, "join": True, "format": "parquet"}
    shards.score(
        job / "in", tmp_path / "out", model=job / "model-0", stats=[stats], **given, **SLACK
    )
    page = Page(report.write(tmp_path / "out").read_text("utf-8"))
    assert "part-00000.parquet" in page.texts
    heads = {"How they are spread", "The texts at both ends"}
    assert set(page.texts) & heads == (set() if stats == "tokens" else heads)


def test_files_beyond_a_thousand_are_not_listed(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_sections.account, "FILES_SHOWN", 1)
    text = "".join(Page(report.write(job / "out").read_text("utf-8")).texts)
    assert "Documents of each file of data/; the first 1 of 2" in text
