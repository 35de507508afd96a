"""dsir: weights and selections equal their oracle, by column and by files."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import corpusmill as cm
import documents
import oracles
import oracles_features
from corpusmill.cli.app import app
from corpusmill.select import dsir, numbers
from corpusmill.shards import UsageError
from corpusmill.shards.reading import read

COLUMNS = st.lists(st.none() | documents.texts, max_size=10)
BUCKETS = 50


def counts(docs: list[str | None], orders: tuple[int, ...] = (1, 2)) -> list[dict[int, int] | None]:
    units = [
        None if d is None else [*map(oracles.word_hash, oracles.words(d.encode()))] for d in docs
    ]
    return [
        None if u is None else oracles_features.fast_features(u, orders, BUCKETS) for u in units
    ]


def total(docs: list[str | None]) -> dict[int, int]:
    out: dict[int, int] = {}
    for found in counts(docs):
        for bucket, count in (found or {}).items():
            out[bucket] = out.get(bucket, 0) + count
    return out


@given(st.floats(1e-300, 1e300))
def test_logarithms_are_those_of_the_library(x: float) -> None:
    got = float(numbers.log(np.array([x]))[0])
    assert abs(got - math.log(x)) <= 4 * math.ulp(math.log(x)) + 1e-300


@given(COLUMNS, COLUMNS, st.sampled_from([0.0, 0.5, 3.0]))
def test_weights_equal_the_oracle(
    raw: list[str | None], target: list[str | None], smoothing: float
) -> None:
    target = [*target, "to be"]
    model = dsir.fit(
        pa.array(raw, pa.string()),
        pa.array(target, pa.string()),
        buckets=BUCKETS,
        smoothing=smoothing,
        threads=2,
    )
    ratios = oracles_features.log_ratios(total(raw), total(target), BUCKETS, smoothing)
    assert model.log_ratios[:, 0].tolist() == pytest.approx(ratios, rel=1e-12, abs=1e-12)
    table = dsir.weigh(pa.array(raw, pa.string()), model, threads=2)
    for row, found, text in zip(table.to_pylist(), counts(raw), raw, strict=True):
        if found is None or text is None:
            assert set(row.values()) == {None}
            continue
        size = sum(abs(ratios[bucket]) * count for bucket, count in found.items())
        assert abs(row["weight"] - oracles_features.weight(found, ratios)) <= 1e-12 * (1 + size)
        assert row["length"] == len(oracles.words(text.encode()))
        assert row["bytes"] == len(text.encode())


PUBLISHED = {"hash": "sha256", "tokenizer": "wordpunct"}
WANTED = ["word1 word2, word3!", "word7 word8 (o'clock)", "Œuvre 東京 ÉTÉ"]


@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_weights_are_those_published(smoothing: float) -> None:
    """Up to rounding: of sums of as many logarithms as a document has n-grams."""
    odd = ["", "!!!", "Don't: «x² = y_1»", "e\u0301 नमस्ते दुनिया", "ΣΊΣΥΦΟΣ, ΣΊΣΥΦΟΣ"]
    docs = [*documents.varied(120), *odd]
    ratios, weights, sizes = oracles_features.published(docs, WANTED, smoothing)
    model = dsir.fit(docs, WANTED, smoothing=smoothing, threads=2, **PUBLISHED)
    assert model.log_ratios[:, 0].tolist() == pytest.approx(ratios, rel=1e-12, abs=1e-12)
    got = dsir.weigh(docs, model, threads=2)["weight"].to_pylist()
    for mine, theirs, size in zip(got, weights, sizes, strict=True):
        assert abs(mine - theirs) <= 1e-12 * (1 + size)


@given(
    st.lists(
        st.tuples(st.integers(-3, 3), st.integers(0, 4), st.integers(0, 2**64 - 1)), max_size=30
    ),
    st.integers(0, 30),
    st.tuples(st.sampled_from(["rows", "units", "bytes"]), st.booleans()),
    st.integers(0, 3),
    st.integers(0, 2),
)
def test_selection_equals_the_oracle(
    rows: list[tuple[int, int, int]], budget: int, how: tuple[str, bool], least: int, seed: int
) -> None:
    unit, top = how
    weights = np.array([[w, -w] for w, _, _ in rows], np.float64).reshape(-1, 2)
    lengths = np.array([length for _, length, _ in rows], np.int64)
    hashes = np.array([hash for _, _, hash in rows], np.uint64)
    plan = dsir.plan_of(budget, 2, (1, 2), budget_unit=unit, min_length=least, seed=seed, top=top)
    assert sum(plan.budgets) == budget
    sizes = {"rows": [1] * len(rows), "units": lengths.tolist(), "bytes": (lengths * 5).tolist()}
    keys = [
        [
            None
            if length < max(1, least)
            else sign * w + (0 if top else oracles_features.gumbel(hash, seed, number))
            for w, length, hash in rows
        ]
        for number, sign in enumerate((1, -1))
    ]
    taken = np.flatnonzero(plan.keep(weights, lengths, lengths * 5, hashes)).tolist()
    assert set(taken) == oracles_features.chosen(keys, sizes[unit], plan.budgets)


def test_gumbel_numbers_have_their_distribution() -> None:
    """Mean 0.5772 and variance 1.6449; of 10**5, four standard errors are 0.016 and 0.04."""
    drawn = numbers.gumbel(np.arange(10**5, dtype=np.uint64), 1, 0)
    assert abs(drawn.mean() - 0.5772) < 0.017
    assert abs(drawn.var() - math.pi**2 / 6) < 0.04
    assert np.isfinite(numbers.gumbel(np.array([0, 2**64 - 1], np.uint64), 0, 0)).all()


def test_empty_documents_never_win() -> None:
    docs = ["", "!!!", None, "a b c", "x y z"]
    model = dsir.fit(["a b c x y z"] * 3, ["q"])  # every weight is below 0
    weights = dsir.weigh(docs, model)
    for budget in range(4):
        keep = dsir.select(weights, budget, min_length=0, top=True).to_pylist()
        assert keep[:3] == [False] * 3
        assert sum(keep) == min(budget, 2)


def test_several_targets_share_a_budget() -> None:
    docs = ["apples"] * 5 + ["numbers"] * 5 + ["rain"] * 5
    model = dsir.fit(docs, ["apples"], ["numbers", "numbers"])
    assert model.proportions == (1 / 3, 2 / 3)
    weights = dsir.weigh(docs, model)
    pieces = pa.concat_tables([weights.slice(0, 4), weights.slice(4)])
    for given_weights in (weights, pieces):
        keep = dsir.select(given_weights, 8, proportions=(0.25, 0.75), min_length=1, top=True)
        # To the second target apples and rain are the same: the first of them is its sixth.
        assert np.flatnonzero(keep.to_pylist()).tolist() == [0, 1, 2, *range(5, 10)]
    with pytest.raises(ValueError, match="proportions: expected 2 shares"):
        dsir.select(weights, 8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dsir.fit(["a"]), "targets: expected at least one"),
        (lambda: dsir.fit(["a"], ["b"], [""]), r"targets\[1\]: no n-gram"),
        (lambda: dsir.fit(["a"], ["b"], smoothing=-1), "smoothing: expected a number from 0 on"),
        (lambda: dsir.plan_of(-1, 1, None, min_length=0, seed=0, top=True), "budget: expected"),
        (
            lambda: dsir.select(dsir.weigh([], dsir.fit([], ["a"])), 1, budget_unit="words"),
            "budget_u",
        ),
        (lambda: dsir.plan_of(1, 2, (0, 0), min_length=0, seed=0, top=True), "proportions: exp"),
    ],
)
def test_wrong_options(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]


# --- files ----------------------------------------------------------------------------------------


def write(path: Path, docs: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"text": d, "n": i}) + "\n" for i, d in enumerate(docs)))
    return path


def select(source: object, out: Path, **options: object) -> cm.shards.Ledger:
    ledger = cm.shards.select(source, out, **{"min_length": 1, **options})
    assert ledger.balanced
    assert not (out / ".state").exists()
    return ledger


def kept(out: Path) -> list[dict[str, object]]:
    files = sorted((out / "data").rglob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def tree(out: Path) -> dict[str, bytes]:
    files = [path for path in out.rglob("*") if path.is_file() and path.name != "run.json"]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def corpus(folder: Path, count: int = 400) -> tuple[list[str], Path]:
    docs = documents.varied(count)
    half = len(docs) // 2
    write(folder / "in" / "a.jsonl", docs[:half])
    write(folder / "in" / "b.jsonl", docs[half:])
    return docs, folder / "in"


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("top", [False, True])
def test_files_give_what_columns_give(tmp_path: Path, top: bool) -> None:
    docs, source = corpus(tmp_path)
    wanted = write(tmp_path / "t.jsonl", ["word1 word2 word3", "word7 word8"])
    out = tmp_path / "out"
    ledger = select(
        source, out, target=wanted, budget=50, top=top, seed=3, min_length=20, weight="w", threads=3
    )
    model = dsir.fit(docs, ["word1 word2 word3", "word7 word8"])
    weights = dsir.weigh(docs, model)
    keep = dsir.select(weights, 50, top=top, seed=3, min_length=20).to_pylist()
    rows = kept(out)
    assert [row["text"] for row in rows] == [doc for doc, k in zip(docs, keep, strict=True) if k]
    assert [row["w"] for row in rows] == weights["weight"].filter(pa.array(keep)).to_pylist()
    short = sum(length < 20 for length in weights["length"].to_pylist())
    assert ledger.totals["dropped"] == {"not_selected": len(docs) - 50 - short, "too_short": short}
    assert ledger.findings["targets"][0]["rows"] == 2


@pytest.mark.parametrize("unit", ["units", "bytes"])
def test_a_budget_of_words_or_bytes_is_not_exceeded(tmp_path: Path, unit: str) -> None:
    docs, source = corpus(tmp_path, 100)
    wanted = write(tmp_path / "t.jsonl", ["word1 word2"])
    select(source, tmp_path / "out", target=wanted, budget=2_000, budget_unit=unit)
    taken = [str(row["text"]) for row in kept(tmp_path / "out")]
    sizes = [len(oracles.words(d.encode()) if unit == "units" else d.encode()) for d in taken]
    largest = max(len(d.encode()) for d in docs)
    assert 2_000 - largest < sum(sizes) <= 2_000
    weights = dsir.weigh(docs, dsir.fit(docs, ["word1 word2"]))
    keep = dsir.select(weights, 2_000, budget_unit=unit, min_length=1).to_pylist()
    assert taken == [doc for doc, k in zip(docs, keep, strict=True) if k]


def test_the_answer_is_the_same_for_any_threads_order_and_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, source = corpus(tmp_path)
    targets = [write(tmp_path / f"t{i}.jsonl", [f"word{i} word{i + 1}"]) for i in range(2)]
    options = {"target": targets, "budget": 60, "separate": True, "write_dropped": True}
    files = sorted(source.iterdir())
    select(files, tmp_path / "one", threads=1, **options)
    monkeypatch.setattr(read, "BLOCK_SIZE", 4_000)
    select(files[::-1], tmp_path / "two", threads=3, **options)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


class Stop(Exception):
    """Ends a job in its midst."""


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("stage", ["fit", "weigh", "write"])
def test_a_job_stopped_and_run_again_ends_the_same(tmp_path: Path, stage: str) -> None:
    _, source = corpus(tmp_path)
    options = {"target": write(tmp_path / "t.jsonl", ["word1 word2"]), "budget": 100, "weight": "w"}
    select(source, tmp_path / "whole", **options)
    stopped = tmp_path / "stopped"

    def stop(news: cm.shards.Progress) -> None:
        if news.stage == stage and news.rows:
            raise Stop

    with pytest.raises(Stop):
        cm.shards.select(source, stopped, min_length=1, progress=stop, threads=1, **options)
    assert not (stopped / "ledger.json").exists()
    said: list[cm.shards.Notice] = []
    select(source, stopped, notice=said.append, **options)
    assert tree(stopped) == tree(tmp_path / "whole")
    if stage == "write":
        assert any(news.kind == "resume" for news in said)


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("changed", [False, True])
def test_files_counted_by_a_job_that_was_stopped_are_not_read_again_for_counts(
    tmp_path: Path, *, changed: bool
) -> None:
    docs, source = corpus(tmp_path)
    options = {"target": write(tmp_path / "t.jsonl", ["word1 word2"]), "budget": 100, "buckets": 99}
    read_of_second: list[int] = []

    def watch(news: cm.shards.Progress) -> None:
        if news.stage == "fit":
            read_of_second.append(news.rows)

    def stop(news: cm.shards.Progress) -> None:
        if news.stage == "weigh":
            raise Stop

    with pytest.raises(Stop):
        cm.shards.select(source, tmp_path / "out", min_length=1, progress=stop, **options)
    assert (tmp_path / "out" / ".state" / "counted").exists()
    if changed:
        write(source / "b.jsonl", docs[:30])
    select(source, tmp_path / "out", progress=watch, **options)
    assert read_of_second[-1:] == ([230] if changed else [])
    select(source, tmp_path / "whole", **options)
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_targets_by_themselves_and_as_one(tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.jsonl", ["rain"] * 5 + ["numbers"] * 5 + ["apples"] * 5)
    targets = [write(tmp_path / f"{word}.jsonl", [word]) for word in ("apples", "numbers")]
    for options, expected in (
        ({"separate": True, "proportions": (0.2, 0.8)}, ["numbers"] * 4 + ["apples"]),
        ({"budget": 10}, ["numbers"] * 5 + ["apples"] * 5),
    ):
        out = tmp_path / f"out{len(expected)}"
        select(tmp_path / "in", out, **{"target": targets, "budget": 5, "top": True, **options})
        assert [row["text"] for row in kept(out)] == expected


def test_parquet_in_and_out(tmp_path: Path) -> None:
    docs = documents.varied(60)
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"text": docs}), tmp_path / "in" / "a.parquet")
    wanted = write(tmp_path / "t.jsonl", ["word1 word2"])
    select(tmp_path / "in", tmp_path / "out", target=wanted, budget=7, weight="w")
    found = pq.read_table(tmp_path / "out" / "data" / "a.parquet")
    keep = dsir.select(dsir.weigh(docs, dsir.fit(docs, ["word1 word2"])), 7, min_length=1)
    assert found["text"].to_pylist() == pa.array(docs).filter(keep).to_pylist()
    assert found.schema.field("w").type == pa.float64()


def test_rejected_rows_are_told(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"text": "one two"}\n{"text": 5}\nno\n{"text": "three"}\n')
    wanted = write(tmp_path / "t.jsonl", ["one"])
    ledger = select(source, tmp_path / "out", target=wanted, budget=9, max_rejected=1)
    assert ledger.totals["rejected"] == {"invalid_json": 1, "text_not_a_string": 1}
    assert ledger.totals["kept"] == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "other"}, "method: expected dsir"),
        ({"target": []}, "target: expected at least one"),
        ({"proportions": (1.0,)}, "proportions: targets that are one have none"),
        ({"weight": "text"}, "weight: expected the name of a field that is not the text"),
        ({"separate": True, "weight": "w"}, "weight: with separate targets"),
        ({"budget": -1}, "budget: expected a whole number"),
        ({"hash": "md5"}, "hash: expected one of"),
        ({"text": "body"}, "body"),
    ],
)
def test_wrong_usage_writes_nothing(
    tmp_path: Path, options: dict[str, object], message: str
) -> None:
    source, out = write(tmp_path / "a.jsonl", ["one two"]), tmp_path / "out"
    wanted = write(tmp_path / "t.jsonl", ["one"])
    with pytest.raises(UsageError, match=message):
        cm.shards.select(source, out, **{"target": wanted, "budget": 1, **options})
    assert not out.exists()


def test_an_empty_target_is_refused(tmp_path: Path) -> None:
    source, wanted = write(tmp_path / "a.jsonl", ["one"]), write(tmp_path / "t.jsonl", ["!!!"])
    with pytest.raises(UsageError, match="target: no n-gram in number 0"):
        cm.shards.select(source, tmp_path / "out", target=wanted, budget=1)


def test_the_command(tmp_path: Path) -> None:
    _, source = corpus(tmp_path, 90)
    wanted = write(tmp_path / "t.jsonl", ["word1 word2"])
    words = [sys.executable, "-m", "corpusmill.cli", "select", source, "-o", tmp_path / "out"]
    words += ["--target", wanted, "--budget", "9", "--min-length", "1", "--n", "1,2", "--json"]
    subprocess.run([*map(str, words)], check=True, capture_output=True)
    select(source, tmp_path / "same", target=wanted, budget=9)
    assert len(kept(tmp_path / "out")) == 9
    assert kept(tmp_path / "out") == kept(tmp_path / "same")


def test_files_and_the_command_take_the_published_weights(tmp_path: Path) -> None:
    docs, source = corpus(tmp_path, 150)
    wanted, least = write(tmp_path / "t.jsonl", WANTED), 5
    _, weights, sizes = oracles_features.published(docs, WANTED, 0.0)
    lengths = [len(oracles_features.tokens(doc.encode(), "wordpunct")) for doc in docs]
    keys = [w if length >= least else None for w, length in zip(weights, lengths, strict=True)]
    taken = sorted(oracles_features.chosen([keys], [1] * len(docs), [40]))
    options = {"target": wanted, "budget": 40, "top": True, "min_length": least, "weight": "w"}
    select(source, tmp_path / "out", **options, **PUBLISHED)
    rows = kept(tmp_path / "out")
    assert [row["text"] for row in rows] == [docs[i] for i in taken]
    for row, i in zip(rows, taken, strict=True):
        assert abs(row["w"] - weights[i]) <= 1e-12 * (1 + sizes[i])
    words = ["select", source, "-o", tmp_path / "by-command", "--target", wanted, "--budget", 40]
    words += ["--hash", "sha256", "--tokenizer", "wordpunct", "--top", "--min-length", least]
    done = CliRunner().invoke(app, [*map(str, words), "--weight", "w"])
    assert done.exit_code == 0, done.output
    assert tree(tmp_path / "by-command") == tree(tmp_path / "out")


def test_a_recipe_may_select(tmp_path: Path) -> None:
    _, source = corpus(tmp_path, 90)
    wanted = write(tmp_path / "t.jsonl", ["word1 word2"])
    (tmp_path / "recipe.toml").write_text(
        'inputs = ["in"]\nout = "out"\n[[step]]\ncommand = "select"\n'
        'target = "t.jsonl"\nbudget = 9\nmin_length = 1\nn = [1, 2]\n'
    )
    assert not cm.shards.run(tmp_path / "recipe.toml").problems
    select(source, tmp_path / "same", target=wanted, budget=9)
    steps = [path for path in (tmp_path / "out").rglob("data") if path.is_dir()]
    assert [kept(path.parent) for path in steps] == [kept(tmp_path / "same")]


def test_buckets_beyond_the_budget_are_refused(tmp_path: Path, tight_memory: int) -> None:
    source, wanted = write(tmp_path / "a.jsonl", ["one"]), write(tmp_path / "t.jsonl", ["one"])
    with pytest.raises(UsageError, match="buckets: 16,777,216 take"):
        cm.shards.select(
            source,
            tmp_path / "out",
            target=wanted,
            budget=1,
            buckets=2**24,
            threads=1,
            memory=tight_memory,
        )
