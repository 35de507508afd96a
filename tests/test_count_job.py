"""count jobs: files are counted as a column is, and every row is accounted for."""

from __future__ import annotations

import gzip
import itertools
import json
import subprocess
import sys
from functools import partial

import pyarrow as pa
import pytest
from pyarrow import parquet

import corpusmill as cm
import documents
from corpusmill import shards
from corpusmill.shards.jobs.count import job as count_job
from corpusmill.shards.jobs.count import terms
from corpusmill.shards.memory import Budget

BAD = ["{not json", '{"no text": 1}']


@pytest.fixture
def docs():
    return documents.varied(1200)


@pytest.fixture
def inputs(tmp_path, docs):
    """Plain lines with bad ones among them, gzip lines, and a table."""
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [json.dumps({"text": doc}) for doc in docs]
    (folder / "a.jsonl").write_text("\n".join([*lines[:400], *BAD, ""]))
    (folder / "b.jsonl.gz").write_bytes(gzip.compress("\n".join(lines[400:800]).encode()))
    parquet.write_table(pa.table({"text": docs[800:]}), folder / "c.parquet", row_group_size=100)
    return folder


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "corpusmill.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def read(out, name):
    return parquet.read_table(out / name)


def files_of(out):
    paths = [path for path in out.rglob("*") if path.is_file() and path.name != "run.json"]
    return {str(path.relative_to(out)): path.read_bytes() for path in paths}


@pytest.mark.parametrize("options", [{"n": 2, "min_count": 2}, {"n": 1, "top": 30}, {"n": 3}])
@pytest.mark.parametrize("unit", ["word", "byte"])
def test_files_are_counted_as_a_column_is(tmp_path, inputs, docs, options, unit):
    ledger = shards.count(inputs, tmp_path / "out", unit=unit, max_rejected=0.01, **options)
    expected = cm.ngram.counts(docs, unit=unit, **options)
    assert read(tmp_path / "out", "counts.parquet").equals(expected)
    assert ledger.balanced
    assert not ledger.problems
    assert ledger.totals["kept"] == len(docs)
    assert sum(ledger.totals["rejected"].values()) == len(BAD)
    assert ledger.findings["tables"] == {"counts.parquet": len(expected)}
    lines = (tmp_path / "out" / "rejected" / "a.jsonl.jsonl").read_text().splitlines()
    assert [json.loads(line)["line"] for line in lines] == [401, 402]
    assert not (tmp_path / "out" / "data").exists()


@pytest.mark.usefixtures("small_units")
def test_results_do_not_depend_on_threads_and_memory(tmp_path, inputs, monkeypatch):
    outs = []
    for threads, room in ((1, 10**9), (3, 10**9), (2, 400_000)):
        monkeypatch.setattr(Budget, "for_decision", lambda *_, room=room, **__: room)
        out = tmp_path / f"out-{threads}"
        shards.count(inputs, out, n=2, threads=threads)
        outs.append(files_of(out))
    assert outs[0] == outs[1] == outs[2]


def test_the_lexicon_of_files_is_that_of_a_column(tmp_path, inputs, docs):
    shards.lexicon(inputs, tmp_path / "out", top=(20, 10))
    expected = cm.ngram.lexicon(docs, top=(20, 10))
    assert read(tmp_path / "out", "lexicon.parquet").equals(expected)


@pytest.mark.usefixtures("small_units")
def test_terms_of_files_are_those_of_a_column(tmp_path, inputs, docs):
    terms = cm.ngram.Terms({"one": ["word1", "word1 word2"], "two": ["word2"], "town": ["東京"]})
    asked = {"pairs": [("one", "two"), ("two", "town")], "windows": (3, 30)}
    outs = []
    for threads in (1, 3):
        out = tmp_path / f"out-{threads}"
        shards.count_terms(inputs, out, terms, threads=threads, **asked)
        outs.append(files_of(out))
    assert outs[0] == outs[1]
    expected = cm.ngram.term_counts(docs, terms, **asked)
    assert read(out, "terms.parquet").equals(expected.terms)
    assert read(out, "pairs.parquet").equals(expected.pairs)


class Killed(BaseException):
    """Ends a job in its midst."""


def stopped(run, counter, most, monkeypatch):
    """Runs a job that is stopped before so many blocks are added to such a counter."""
    counted, add = itertools.count(), counter.add

    def stop(self, texts):
        if next(counted) == most:
            raise Killed
        return add(self, texts)

    with monkeypatch.context() as patch:
        patch.setattr(counter, "add", stop)
        with pytest.raises(Killed):
            run()


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("threads", [1, 3])
def test_a_count_of_terms_goes_on_from_the_counts_saved_last(
    tmp_path, inputs, threads, monkeypatch
):
    """However often it is stopped, wherever; and what was counted is not read again."""
    asked = cm.ngram.Terms(["word1", "word2"]), {"pairs": [("word1", "word2")], "windows": (3,)}

    def run(out):
        shards.count_terms(inputs, out, asked[0], **asked[1], threads=threads)
        return json.loads((out / "run.json").read_text())

    whole = run(tmp_path / "whole")
    text = whole["scanned_bytes"]
    taken = []
    for most in (3, 20, 40):
        out = tmp_path / str(most)
        for _ in range(2):
            stopped(partial(run, out), terms._TermCounter, most, monkeypatch)
        facts = run(out)
        assert files_of(out) == files_of(tmp_path / "whole")
        assert facts["resumed_bytes"] + facts["scanned_bytes"] == text
        taken.append(facts["resumed_bytes"])
    assert taken == sorted(taken) or threads > 1
    assert taken[-1] > text / 4


@pytest.mark.usefixtures("small_units")
def test_counts_of_an_input_that_has_changed_since_are_of_no_use(tmp_path, inputs, monkeypatch):
    asked, out = cm.ngram.Terms(["word1"]), tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(
            "corpusmill.shards.jobs.count.counting.write_rejected", lambda *_, **__: 1 / 0
        )
        with pytest.raises(ZeroDivisionError):
            shards.count_terms(inputs, out, asked)
    assert (out / ".state/counted").exists()
    (inputs / "a.jsonl").write_text(json.dumps({"text": "word1 " * 9}))
    shards.count_terms(inputs, out, asked)
    shards.count_terms(inputs, tmp_path / "anew", asked)
    assert files_of(out) == files_of(tmp_path / "anew")
    assert json.loads((out / "run.json").read_text())["resumed_bytes"] == 0


GRAM_JOBS = {
    "all": ("count", {"n": 2}),
    "bytes": ("count", {"n": 3, "unit": "byte", "min_count": 2}),
    "top": ("count", {"n": 5, "top": 40}),
    "lexicon": ("lexicon", {"n": (2, 3), "top": (50, 20)}),
}


@pytest.fixture
def saved_often(monkeypatch):
    """Counts of n-grams that fill their memory soon."""
    monkeypatch.setattr(Budget, "for_decision", lambda *_, **__: 800_000)
    never_more = property(lambda _: 0, lambda *_: None)
    monkeypatch.setattr(count_job._Grams, "saved_after", never_more, raising=False)


@pytest.mark.usefixtures("small_units", "saved_often")
@pytest.mark.parametrize("kind", GRAM_JOBS)
def test_a_count_of_n_grams_goes_on_from_where_it_was_saved_last(
    tmp_path, inputs, kind, monkeypatch
):
    """Whatever threads the runs have; and what was counted is not read again."""
    command, options = GRAM_JOBS[kind]

    def run(name, threads):
        getattr(shards, command)(inputs, tmp_path / name, threads=threads, **options)
        return json.loads((tmp_path / name / "run.json").read_text())

    text = run("whole", 2)["scanned_bytes"]
    for name, blocks, threads in (("a", (3, 9), (2, 1, 3)), ("b", (60, 20), (1, 2, 1))):
        for most, of_run in zip(blocks, threads, strict=False):
            stopped(partial(run, name, of_run), count_job._Grams, most, monkeypatch)
        facts = run(name, threads[-1])
        assert files_of(tmp_path / name) == files_of(tmp_path / "whole")
        assert facts["resumed_bytes"] + facts["scanned_bytes"] == text
    assert facts["resumed_bytes"] > text / 4


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("kind", ["top", "lexicon"])
def test_a_count_whose_memory_is_not_full_is_saved_as_well(tmp_path, inputs, kind, monkeypatch):
    monkeypatch.setattr(count_job, "MOST_SAVED", 1_000)
    command, options = GRAM_JOBS[kind]
    run = partial(getattr(shards, command), inputs, tmp_path / "out", threads=1, **options)
    stopped(run, count_job._Grams, 60, monkeypatch)
    run()
    facts = json.loads((tmp_path / "out/run.json").read_text())
    getattr(shards, command)(inputs, tmp_path / "whole", **options)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")
    assert facts["resumed_bytes"] > facts["scanned_bytes"] / 4


@pytest.mark.usefixtures("small_units", "saved_often")
@pytest.mark.parametrize(
    ("harm", "block"), [("bit", 29), ("bit", 100), ("cut", 29), ("gone", 29), ("input", 29)]
)
def test_n_grams_that_are_not_there_as_they_were_are_counted_again(
    tmp_path, inputs, harm, block, monkeypatch
):
    """Also those of an input that was read to its end."""
    out, said = tmp_path / "out", []
    run = partial(shards.count, inputs, out, n=2, threads=1)
    stopped(run, count_job._Grams, block, monkeypatch)
    spill = out / ".state/spill"
    data = bytearray(spill.read_bytes())
    if harm == "bit":
        data[len(data) // 3] ^= 1
    elif harm == "cut":
        del data[len(data) // 2 :]
    spill.write_bytes(data)
    if harm == "gone":
        spill.unlink()
    elif harm == "input":
        (inputs / "a.jsonl").write_text(json.dumps({"text": "word1 " * 9}))
    shards.count(inputs, out, n=2, notice=lambda news: said.append(news.message))
    shards.count(inputs, tmp_path / "anew", n=2)
    assert files_of(out) == files_of(tmp_path / "anew")
    assert any(("these have changed" if harm == "input" else "redone") in text for text in said)
    text = json.loads((tmp_path / "anew/run.json").read_text())["scanned_bytes"]
    assert json.loads((out / "run.json").read_text())["scanned_bytes"] == text


def test_a_damaged_file_is_counted_up_to_its_damage(tmp_path, docs):
    whole = gzip.compress("\n".join(json.dumps({"text": doc}) for doc in docs).encode())
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    ledger = shards.count(tmp_path / "cut.jsonl.gz", tmp_path / "out", n=1)
    kept = ledger.totals["kept"]
    assert 0 < kept < len(docs)
    assert ledger.problems
    assert read(tmp_path / "out", "counts.parquet").equals(cm.ngram.counts(docs[:kept], n=1))


def test_a_job_that_failed_leaves_nothing_and_is_done_again(tmp_path, inputs, docs, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("corpusmill.shards.writing.table_writers.ParquetWriter.put", fail)
        with pytest.raises(shards.JobError, match=r"cannot write .*counts\.parquet"):
            shards.count(inputs, out, n=2)
    assert not out.exists()
    shards.count(inputs, out, n=2)
    assert read(out, "counts.parquet").equals(cm.ngram.counts(docs, n=2))
    with pytest.raises(shards.UsageError, match="overwrite=True"):
        shards.count(inputs, out, n=1)
    shards.count(inputs, out, n=1, overwrite=True)
    assert read(out, "counts.parquet").equals(cm.ngram.counts(docs, n=1))


def test_memory_that_is_too_little_is_told_of(tmp_path, inputs, monkeypatch):
    monkeypatch.setattr(Budget, "for_decision", lambda *_, **__: 20_000)
    with pytest.raises(shards.JobError, match=r"memory: .* different words do not fit"):
        shards.count(inputs, tmp_path / "out", n=2)
    terms = cm.ngram.Terms([f"word{i}" for i in range(1000)])
    with pytest.raises(shards.JobError, match=r"memory: counts of 1,000 terms and 0 pairs"):
        shards.count_terms(inputs, tmp_path / "out", terms)


def test_the_command_line(tmp_path, inputs, docs):
    done = run("count", inputs, "-o", tmp_path / "n", "--n", 2, "--top", 5, "--max-rejected", 0.01)
    assert done.returncode == 0, done.stderr
    assert "5 rows in" in done.stderr + done.stdout
    assert read(tmp_path / "n", "counts.parquet").equals(cm.ngram.counts(docs, n=2, top=5))
    (tmp_path / "terms").write_text("word1\nthe second\tword2\tword3 word4\n")
    (tmp_path / "pairs").write_text("word1\tthe second\n")
    options = ["--terms", tmp_path / "terms", "--pairs", tmp_path / "pairs", "--window", 10]
    done = run("count", inputs, "-o", tmp_path / "t", *options, "--max-rejected", 0.01)
    assert done.returncode == 0, done.stderr
    terms = cm.ngram.Terms({"word1": ["word1"], "the second": ["word2", "word3 word4"]})
    found = cm.ngram.term_counts(docs, terms, pairs=[("word1", "the second")], windows=[10])
    assert read(tmp_path / "t", "terms.parquet").equals(found.terms)
    assert read(tmp_path / "t", "pairs.parquet").equals(found.pairs)
    options = ["--n", 2, "--top", 5, "--max-rejected", 0.01]
    done = run("lexicon", inputs, "-o", tmp_path / "l", *options)
    assert done.returncode == 0, done.stderr
    assert read(tmp_path / "l", "lexicon.parquet").num_rows == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--n: expected either --n or --terms"),
        (["--n", 0], "--n: expected a whole number from 1 to 256, got 0"),
        (["--n", 2, "--cased"], "--terms: --pairs, --window, --cased, --rows and --id need"),
        (["--terms", "missing"], "--terms: 'missing' cannot be read"),
        (["--n", 2, "--unit", "token"], "--unit: expected one of"),
        (["--n", 2, "--memory", "1MB"], "--memory: 1 MB are too few"),
    ],
)
def test_wrong_usage(tmp_path, inputs, options, message):
    done = run("count", inputs, "-o", tmp_path / "out", *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "out").exists()


def test_files_of_terms_say_which_line_is_wrong(tmp_path):
    (tmp_path / "terms").write_text("a\tb\n\nc\na\n")
    with pytest.raises(shards.UsageError, match="line 4: 'a' came before"):
        shards.read_terms(tmp_path / "terms")
    (tmp_path / "pairs").write_text("a\tb\r\na\tb\tc\n")
    with pytest.raises(shards.UsageError, match="line 2: expected two names by a tab, got 3"):
        shards.read_pairs(tmp_path / "pairs")
