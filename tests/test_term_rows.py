"""term rows: which rows of files hold which terms is listed as of a column, whatever ends a job."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import corpusmill as cm
import documents
from corpusmill import shards
from corpusmill.shards.jobs import tables
from corpusmill.shards.jobs.count import terms
from corpusmill.shards.state.store import Store
from test_count_job import Killed, files_of, read, stopped
from test_resume import SMALL

pytestmark = pytest.mark.usefixtures("small_units")

FORMS = {"one": ["word1", "word1 word2"], "two": ["word2"], "town": ["東京"], "none": ["nowhere"]}
PAIRS = [("two", "one"), ("one", "two"), ("one", "none"), ("two", "town")]
ASKED = {"pairs": PAIRS, "windows": (3, 30), "rows": True}
TABLES = ["term_rows.parquet", "pair_rows.parquet"]


@pytest.fixture(scope="module")
def docs():
    return documents.varied(600)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory, docs):
    """Lines with bad and blank ones among them, gzip lines without ids, a table with some."""
    folder = tmp_path_factory.mktemp("given") / "in"
    folder.mkdir()
    lines = [json.dumps({"text": doc, "name": f"a{i}"}) for i, doc in enumerate(docs)]
    (folder / "a.jsonl").write_text("\n".join(["{bad", "", *lines[:200], '{"no text": 1}', ""]))
    bare = "\n".join(json.dumps({"text": doc}) for doc in docs[200:400])
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(bare.encode()))
    names = [None if i % 3 else f"c{i}" for i in range(200)]
    table = pa.table({"text": docs[400:], "name": pa.array(names, pa.string())})
    parquet.write_table(table, folder / "c.parquet", row_group_size=50)
    return folder


def places(docs):
    """File, row and id of each document, as the files above have them."""
    return (
        [("a.jsonl", 2 + i, f"a{i}") for i in range(200)]
        + [("b.jsonl.gz", i, None) for i in range(200)]
        + [("c.parquet", i, None if i % 3 else f"c{i}") for i in range(len(docs) - 400)]
    )


def placed(table, docs):
    """A table of rows of the column with places instead."""
    rows = table["row"].to_pylist()
    found = list(zip(*(places(docs)[row] for row in rows), strict=True)) or [[], [], []]
    kinds = [pa.large_string(), pa.int64(), pa.large_string()]
    columns = [pa.array(column, kind) for column, kind in zip(found, kinds, strict=True)]
    names = ["file", "row", "id", *table.column_names[1:]]
    return pa.table([*columns, *table.columns[1:]], names)


def count(inputs, out, **options):
    given = {"id": "name", "max_rejected": 0.01, **ASKED, **options}
    return shards.count_terms(inputs, out, cm.ngram.Terms(FORMS), **given)


@pytest.fixture(scope="module")
def expected(inputs, tmp_path_factory):
    """All files of a job that nothing disturbs."""
    out = tmp_path_factory.mktemp("expected") / "out"
    count(inputs, out, threads=1)
    return files_of(out)


def test_rows_of_files_are_those_of_a_column(tmp_path, inputs, docs, monkeypatch):
    monkeypatch.setattr(tables, "SLICE", 500)
    ledger = count(inputs, tmp_path / "out")
    column = cm.ngram.term_counts(docs, cm.ngram.Terms(FORMS), **ASKED)
    for name, table in zip(TABLES, (column.term_rows, column.pair_rows), strict=True):
        assert read(tmp_path / "out", name).equals(placed(table, docs))
        assert ledger.findings["tables"][name] == table.num_rows > 100
    assert read(tmp_path / "out", "terms.parquet").equals(column.terms)


def test_rows_are_listed_only_if_asked_for(tmp_path, inputs, expected):
    count(inputs, tmp_path / "out", rows=False, id=None)
    found = files_of(tmp_path / "out")
    assert {*expected} - {*found} == {*TABLES}
    assert all(found[name] == expected[name] for name in ("terms.parquet", "pairs.parquet"))
    with pytest.raises(shards.UsageError, match="id: 'name' is of listed rows"):
        count(inputs, tmp_path / "other", rows=False)
    with pytest.raises(shards.UsageError, match="id"):
        count(inputs, tmp_path / "other", id="nowhere")


@pytest.mark.parametrize("threads", [1, 3])
def test_rows_that_wait_on_the_disk_are_the_same(tmp_path, inputs, expected, threads, monkeypatch):
    begin = Store.__init__

    def tight(self, *given, allowance, **options):
        begin(self, *given, allowance=allowance // 2**40, **options)

    monkeypatch.setattr(Store, "__init__", tight)
    count(inputs, tmp_path / "out", threads=threads)
    assert files_of(tmp_path / "out") == expected
    assert json.loads((tmp_path / "out/run.json").read_text())["spilled"]


def test_no_rows_make_empty_tables(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "nothing of it", "name": 1}\n')
    count(tmp_path / "a.jsonl", tmp_path / "out", threads=1)
    one, two = (read(tmp_path / "out", name) for name in TABLES)
    assert one.column_names == ["file", "row", "id", "term", "occurrences", "paragraphs"]
    assert two.column_names[3:] == ["left", "right", "paragraphs", "within_3", "within_30"]
    assert one.num_rows == two.num_rows == 0


@pytest.mark.parametrize("threads", [1, 3])
def test_a_stopped_job_lists_no_row_twice_and_none_less(
    tmp_path, inputs, expected, threads, monkeypatch
):
    """Stopped before so many blocks are counted; None: when all is written, and not yet published."""
    write = terms.listed.write

    def unpublished(*given):
        write(*given)
        raise Killed

    for most in (3, 14, None):
        out = tmp_path / str(most)
        run = partial(count, inputs, out, threads=threads)
        with monkeypatch.context() as patch:
            patch.setattr(terms.listed, "write", unpublished)
            for _ in range(2):
                stopped(run, terms._TermCounter, most, monkeypatch)
        run()
        assert files_of(out) == expected
    assert json.loads((out / "run.json").read_text())["resumed_bytes"] > 0


def test_what_was_listed_of_other_terms_is_of_no_use(tmp_path, inputs, expected, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(terms.listed, "write", lambda *_: 1 / 0)
        for other in ({"pairs": PAIRS[:1]}, {"id": None}):
            with pytest.raises(ZeroDivisionError):
                count(inputs, tmp_path / "out", **other)
    count(inputs, tmp_path / "out")
    assert files_of(tmp_path / "out") == expected
    assert json.loads((tmp_path / "out/run.json").read_text())["resumed_bytes"] == 0


KILLER = (
    SMALL
    + """
import json, os, random, signal, sys, time
from pathlib import Path
from corpusmill import ngram, shards

given, outs, forms, asked = sys.argv[1], Path(sys.argv[2]), *map(json.loads, sys.argv[3:])
terms, rng = ngram.Terms(forms), random.Random(1)

def begin(out, threads):
    child = os.fork()
    if not child:
        shards.count_terms(given, out, terms, threads=threads, **asked)
        os._exit(0)
    return child

for number in range(4):
    out, threads = outs / str(number), 1 + number % 2
    for _ in range(2):
        child = begin(out, threads)
        while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if (out / ".state/counted").exists():
                time.sleep(rng.uniform(0, 0.05))
                break
            time.sleep(0.001)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if (out / "ledger.json").exists():
            break
    else:
        assert os.waitpid(begin(out, threads), 0)[1] == 0
        print(json.loads((out / "run.json").read_text())["resumed_bytes"])
"""
)


def test_a_killed_job_ends_with_the_same_bytes(tmp_path, inputs, expected):
    given = {"id": "name", "max_rejected": 0.01, **ASKED}
    command = [sys.executable, "-c", KILLER, inputs, tmp_path / "outs"]
    command += [json.dumps(FORMS), json.dumps(given)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    resumed = [int(line) for line in done.stdout.split()]
    assert resumed
    assert np.all(np.array(resumed) > 0)
    for out in (tmp_path / "outs").iterdir():
        found = files_of(out)
        assert {n: data for n, data in found.items() if not n.startswith(".state")} == expected
    assert len(list((tmp_path / "outs").iterdir())) == 4


def test_the_command_line(tmp_path, inputs, expected):
    lines = ["\t".join([name, *forms]) for name, forms in FORMS.items()]
    (tmp_path / "terms").write_text("\n".join(lines))
    (tmp_path / "pairs").write_text("\n".join(map("\t".join, PAIRS)))
    command = [sys.executable, "-m", "corpusmill.cli", "count", inputs, "-o", tmp_path / "out"]
    command += ["--terms", tmp_path / "terms", "--pairs", tmp_path / "pairs", "--rows"]
    command += ["--window", "3", "--window", "30", "--id", "name", "--max-rejected", "0.01"]
    subprocess.run(command, check=True, capture_output=True)
    found = files_of(tmp_path / "out")
    assert {name: found[name] for name in TABLES} == {name: expected[name] for name in TABLES}
