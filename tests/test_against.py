"""against: a job run against an index decides as one over all documents ever would; an index that a job
leaves holds each kept row once, whenever the job was stopped."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import feather

import corpusmill as cm
import documents
from corpusmill.dedup import Index
from corpusmill.shards import JobError, Ledger, UsageError, why
from corpusmill.shards.jobs.dedup import against
from corpusmill.shards.jobs.dedup.new_index import NewIndex
from corpusmill.shards.reading import read
from corpusmill.shards.reading.inputs import covering
from corpusmill.shards.state.lock import Lock
from corpusmill.shards.state.store import Store
from test_shards import SLACK, put, row, tree

OPTIONS = {"n": 2, "num_hashes": 24, "bands": 6, "rows": 3, "threshold": 0.5, **SLACK}
ESTIMATED = OPTIONS | {"verify": "signature", "max_comparisons": 10**6}
in_tmp = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)


def file_of(path: Path, docs: list[str], first: int = 0) -> Path:
    """One file of these documents; every seventh has no id."""
    named = ({} if i % 7 == 0 else {"id": f"d{i}"} for i in range(first, first + len(docs)))
    return put(path, *(row(doc, **name) for doc, name in zip(docs, named, strict=True)))


def lines(out: Path) -> list[dict[str, object]]:
    return pq.read_table(out / "duplicates.parquet").to_pylist()


def kept(out: Path, name: str) -> bytes:
    return (out / "data" / name).read_bytes()


@pytest.fixture
def crawls(tmp_path: Path) -> tuple[Path, Path, Path]:
    """An older crawl, its index, and a newer one."""
    docs = documents.varied(400)
    old, new = tmp_path / "in" / "a.jsonl", tmp_path / "in" / "b.jsonl"
    file_of(old, docs[:200])
    file_of(new, docs[200:], 200)
    cm.shards.dedup(old, tmp_path / "first", save_index=tmp_path / "index", **OPTIONS)
    return old, tmp_path / "index", new


@in_tmp
@given(
    seed=st.integers(0, 10**6),
    cut=st.integers(0, 60),
    further=st.integers(0, 60),
    threads=st.integers(1, 2),
)
def test_crawl_after_crawl_is_as_all_at_once(
    tmp_path: Path, seed: int, cut: int, further: int, threads: int
) -> None:
    """With estimates all along: the same rows stay, and the index has the same bytes."""
    shutil.rmtree(tmp_path)
    docs = documents.varied(60, seed)
    cuts = sorted([0, cut, further, 60])
    for number, (begin, end) in enumerate(itertools.pairwise(cuts)):
        file_of(tmp_path / "in" / f"{number}.jsonl", docs[begin:end], begin)
    index, whole = tmp_path / "index", tmp_path / "whole"
    cm.shards.dedup(tmp_path / "in", tmp_path / "all", save_index=whole, **ESTIMATED)
    for number in range(3):
        name = f"{number}.jsonl"
        how = {"against": index, "update": True} if number else {"save_index": index}
        out = tmp_path / f"out-{number}"
        cm.shards.dedup(tmp_path / "in" / name, out, threads=threads, **how, **ESTIMATED)
        assert kept(out, name) == kept(tmp_path / "all", name)
    assert index.read_bytes() == whole.read_bytes()
    sizes = Index.load(index, verify=True).cluster_sizes.to_pylist()
    assert sum(sizes) == 60
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["index", "whole"]


@pytest.mark.parametrize("keep", ["first", "longest"])
@pytest.mark.parametrize("verify", ["exact", "signature", "none"])
def test_what_the_index_has_goes_first_and_the_rest_as_ever(crawls, tmp_path, keep, verify) -> None:
    """Which rows match is the index's answer; the others are decided on as if those were not there."""
    _, index, new = crawls
    options = OPTIONS | {"keep": keep, "verify": verify}
    ledger = cm.shards.dedup(new, tmp_path / "out", against=index, **options)
    texts = [json.loads(line)["text"] for line in new.read_bytes().splitlines()]
    saved = Index.load(index)
    found = saved.query(texts).to_pylist()
    assert found
    of_index = [line for line in lines(tmp_path / "out") if line["kept_entry"] is not None]
    count = {entry["match"]: 0 for entry in found}
    for entry in found:
        count[entry["match"]] += 1
    for line, entry in zip(of_index, found, strict=True):
        assert line["dropped_row"] == entry["query"]
        assert line["kept_entry"] == entry["match"] == -1 - line["cluster"]
        assert (line["kept_id"], line["similarity"]) == (entry["match_id"], entry["similarity"])
        assert line["kept_file"] is line["kept_row"] is None
        assert line["verified"] == "signature"
        before = saved.cluster_sizes[entry["match"]].as_py()
        assert line["size"] == before + count[entry["match"]]
    assert ledger.totals["dropped"]["in_index"] == len(found)
    gone = {entry["query"] for entry in found}
    rest = tmp_path / "rest.jsonl"
    rest.write_bytes(
        b"".join(
            line
            for number, line in enumerate(new.read_bytes().splitlines(keepends=True))
            if number not in gone
        )
    )
    cm.shards.dedup(rest, tmp_path / "alone", **options)
    assert kept(tmp_path / "out", "b.jsonl") == kept(tmp_path / "alone", "rest.jsonl")
    others = [line for line in lines(tmp_path / "out") if line["kept_entry"] is None]
    same = ("dropped_id", "kept_id", "similarity", "verified", "size")
    assert [[line[name] for name in same] for line in others] == [
        [line[name] for name in same] for line in lines(tmp_path / "alone")
    ]


def spilling(add: Callable[..., None]) -> Callable[..., None]:
    """A store that has no memory for results."""

    def spilled(self: Store, *arguments: object) -> None:
        self._allowance = -1
        add(self, *arguments)

    return spilled


def test_nothing_depends_on_threads_memory_or_blocks(crawls, tmp_path, monkeypatch) -> None:
    _, index, new = crawls
    trees = []
    for number, threads in enumerate((1, 2)):
        if number:
            monkeypatch.setattr(read, "BLOCK_SIZE", 3_000)
            monkeypatch.setattr(against, "MOST_AT_ONCE", 7)
            monkeypatch.setattr(against, "LEAST_AT_ONCE", 7)
            monkeypatch.setattr(Store, "add", spilling(Store.add))
        grown = tmp_path / f"grown-{number}"
        shutil.copy(index, tmp_path / "same-name")
        out = tmp_path / f"out-{number}"
        options = OPTIONS | {"threads": threads}
        cm.shards.dedup(new, out, against=tmp_path / "same-name", update=True, **options)
        trees.append(tree(out))
        assert json.loads((out / "run.json").read_text())["spilled"] == bool(number)
        (tmp_path / "same-name").rename(grown)
    assert trees[0] == trees[1]
    assert (tmp_path / "grown-0").read_bytes() == (tmp_path / "grown-1").read_bytes()


def test_the_ledger_names_the_indexes(crawls, tmp_path) -> None:
    _, index, new = crawls
    entries = len(Index.load(index))
    ledger = cm.shards.dedup(new, tmp_path / "out", against=index, update=True, **OPTIONS)
    about = ledger.findings["index"]
    assert about["against"]["entries"] == entries
    assert about["against"]["options"] == Index.load(index).options
    assert about["saved"]["entries"] == entries + ledger.totals["kept"] == len(Index.load(index))
    assert Ledger.load(tmp_path / "out") == ledger
    again = cm.shards.dedup(new, tmp_path / "again", against=index, **OPTIONS)
    assert again.findings["index"]["against"]["xxh3_128"] == about["saved"]["xxh3_128"]
    assert again.totals["kept"] == 0


def test_an_index_beside_the_old_one(crawls, tmp_path) -> None:
    """save_index with against: the old one stays as it is."""
    _, index, new = crawls
    before = index.read_bytes()
    ledger = cm.shards.dedup(
        new, tmp_path / "out", against=index, save_index=tmp_path / "new", **OPTIONS
    )
    assert index.read_bytes() == before
    cm.shards.dedup(new, tmp_path / "updating", against=index, update=True, **OPTIONS)
    assert index.read_bytes() == (tmp_path / "new").read_bytes()
    assert ledger.findings["index"]["saved"]["entries"] == len(Index.load(index, verify=True))


@pytest.mark.parametrize("format", ["jsonl", "parquet", "arrow"])
@pytest.mark.parametrize("with_index", [False, True])
def test_kept_rows_know_the_size_of_their_cluster(crawls, tmp_path, format, with_index) -> None:
    _, index, new = crawls
    lines_in = new.read_bytes().splitlines()
    had = row("a b c d", minhash_cluster_size=77, id="had")
    put(tmp_path / "third" / "c.jsonl", *lines_in, had, row("A, b; c d"), row("a b c d"))
    out, name = tmp_path / "out", "minhash_cluster_size"
    options = OPTIONS | ({"against": index} if with_index else {})
    cm.shards.dedup(tmp_path / "third", out, cluster_size=name, format=format, **options)
    cm.shards.dedup(tmp_path / "third", tmp_path / "plain", **options)
    sizes = {line["kept_row"]: line["size"] for line in lines(out) if line["kept_row"] is not None}
    gone = {line["dropped_row"] for line in lines(out)}
    given = (tmp_path / "third" / "c.jsonl").read_bytes().splitlines()
    expected = [sizes.get(number, 1) for number in range(len(given)) if number not in gone]
    assert expected[-1] == 3
    [path] = (out / "data").iterdir()
    if format == "jsonl":
        found = path.read_bytes().splitlines()
        there = (tmp_path / "plain" / "data" / "c.jsonl").read_bytes().splitlines()
        assert found == [
            line[:-1] + b',"%s":%d}' % (name.encode(), size)
            for line, size in zip(there, expected, strict=True)
        ]
    else:
        table = (pq.read_table if format == "parquet" else feather.read_table)(path)
        assert table[name].type == pa.int64()
        assert table[name].to_pylist() == expected
        weights = cm.select.rehydrate(table[name], [0.5, 0.2, 0.4], max_weight=4, global_rate=0.4)
        assert len(weights) == table.num_rows


def test_why_and_the_report_know_entries(crawls, tmp_path) -> None:
    _, index, new = crawls
    out = tmp_path / "out"
    cm.shards.dedup(new, out, against=index, **OPTIONS)
    line = next(line for line in lines(out) if line["kept_entry"] is not None and line["kept_id"])
    [fate] = why(out, (line["dropped_file"], line["dropped_row"])).fates
    assert fate.fate == "dropped"
    assert fate.kept is fate.comparison is None
    assert fate.in_index == cm.shards.Entry(line["kept_entry"], line["kept_id"])
    assert fate.cluster_size == line["size"]
    with pytest.raises(
        UsageError, match=rf"no row .* entry {line['kept_entry']} of the index, for"
    ):
        why(out, line["kept_id"])
    command = [sys.executable, "-m", "corpusmill.cli", "why"]
    asked = f"{line['dropped_file']}:{line['dropped_row']}"
    said = subprocess.run([*command, asked, "-o", out], capture_output=True, text=True, check=True)
    assert f"entry {line['kept_entry']} of the index  id {line['kept_id']}" in said.stdout
    assert f"{line['similarity']:.4f} estimated from signatures" in said.stdout
    page = cm.report.write(out).read_text()
    assert "of the index" in page
    assert "dropped, in index" in page


# --- stopped in between ---------------------------------------------------------------------------

KILLER = """
import os, random, shutil, signal, sys, time
from pathlib import Path
from corpusmill.shards import dedup
from corpusmill.shards.writing import encode
from corpusmill.shards.reading import read
from corpusmill.shards.state import store
read.BLOCK_SIZE, encode.FRAME_SIZE = 4_000, 6_000
store.UNIT_SIZE, store.SMALL_JOB = 40_000, int(sys.argv[5])

new, index, out, num_kills = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
options = dict(n=2, num_hashes=24, bands=6, rows=3, threshold=0.5, max_rejected=1.0)
rng = random.Random(1)

def begin():
    child = os.fork()
    if not child:
        dedup(new, out, against=index, update=True, **options)
        os._exit(0)
    return child

shutil.copy(index, f"{index}.before")
began = time.perf_counter()
assert os.waitpid(begin(), 0)[1] == 0
full = time.perf_counter() - began
shutil.rmtree(out)
for number in range(num_kills):
    shutil.copy(f"{index}.before", index)
    child = begin()
    time.sleep(rng.uniform(0.3, 1) * full)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not (out / "ledger.json").exists() or (out / ".state/index").exists():
        assert os.waitpid(begin(), 0)[1] == 0
    out.rename(f"{out}-{number}")
    index.rename(f"{index}-{number}")
"""


@pytest.mark.parametrize("small_job", [0, 1 << 40])
def test_a_job_killed_at_any_moment_adds_its_rows_once(crawls, tmp_path, small_job) -> None:
    """Whether it saves its results as it goes, or not."""
    _, index, new = crawls
    index.rename(tmp_path / "old")
    place, out = tmp_path / "here" / "index", tmp_path / "here" / "out"
    place.parent.mkdir()
    shutil.copy(tmp_path / "old", place)
    command = [sys.executable, "-c", KILLER, new, place, out, "10", str(small_job)]
    subprocess.run(command, check=True, capture_output=True)
    shutil.copy(tmp_path / "old", place)
    cm.shards.dedup(new, out, against=place, update=True, **OPTIONS)
    expected = {name: data for name, data in tree(out).items() if name != "ledger.json"}
    for number in range(10):
        assert Path(f"{place}-{number}").read_bytes() == place.read_bytes()
        found = tree(Path(f"{out}-{number}"))
        found = {name: data for name, data in found.items() if not name.startswith(".state/")}
        ledger = found.pop("ledger.json")
        assert ledger == (out / "ledger.json").read_bytes()
        assert found == expected
    left = {path.name for path in place.parent.iterdir()}
    wanted = {f"{name}-{number}" for name in ("index", "out") for number in range(10)}
    assert left - {"index.lock", "index.next"} == wanted | {"index", "out", "index.before"}


class Dead(BaseException):
    """The process has died here, as far as the disk can tell."""


def dies_in(monkeypatch: pytest.MonkeyPatch, method: str, *, after: bool = False) -> None:
    was = getattr(NewIndex, method)

    def dying(self: NewIndex, *arguments: object) -> None:
        if after:
            was(self, *arguments)
        raise Dead

    monkeypatch.setattr(NewIndex, method, dying)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_job_stopped_between_results_and_index_is_finished(
    crawls, tmp_path, monkeypatch, after, overwrite
) -> None:
    _, index, new = crawls
    out, before = tmp_path / "out", index.read_bytes()
    cm.shards.dedup(
        new, tmp_path / "other", against=index, save_index=tmp_path / "grown", **OPTIONS
    )
    grown = (tmp_path / "grown").read_bytes()
    how = OPTIONS | {"against": index, "update": True}
    with monkeypatch.context() as patch:
        dies_in(patch, "publish", after=after)
        with pytest.raises(Dead):
            cm.shards.dedup(new, out, **how)
    assert (out / "ledger.json").exists()
    assert index.read_bytes() == (grown if after else before)
    data = kept(out, "b.jsonl")
    notices: list[cm.shards.Notice] = []
    ledger = cm.shards.dedup(new, out, overwrite=overwrite, notice=notices.append, **how)
    assert [notice.kind for notice in notices] == ["resume"]
    assert index.read_bytes() == grown
    assert kept(out, "b.jsonl") == data
    assert ledger == Ledger.load(out)
    assert not (out / ".state").exists()
    assert {path.name for path in index.parent.glob("index*")} == {"index"}
    with pytest.raises(UsageError, match="holds the rows of these files already"):
        cm.shards.dedup(new, out, overwrite=True, **how)
    assert kept(out, "b.jsonl") == data


@pytest.mark.parametrize("overwrite", [False, True])
def test_inputs_that_changed_after_the_stop_are_a_new_job(
    crawls, tmp_path, monkeypatch, overwrite
) -> None:
    """The rows of the stopped one are added all the same; its ledger is not passed off as the new one's."""
    _, index, new = crawls
    out = tmp_path / "out"
    how = OPTIONS | {"against": index, "update": True}
    with monkeypatch.context() as patch:
        dies_in(patch, "publish")
        with pytest.raises(Dead):
            cm.shards.dedup(new, out, **how)
    stopped = Ledger.load(out)
    with new.open("ab") as file:
        file.write(row("one row more than there was") + b"\n")
    notices: list[cm.shards.Notice] = []
    how |= {"overwrite": overwrite, "notice": notices.append}
    if overwrite:
        ledger = cm.shards.dedup(new, out, **how)
        assert ledger == Ledger.load(out)
        assert ledger.totals["rows_read"] == stopped.totals["rows_read"] + 1
        assert ledger.totals["kept"] == 1
    else:
        with pytest.raises(UsageError, match="holds the results of an earlier job"):
            cm.shards.dedup(new, out, **how)
        assert Ledger.load(out) == stopped
    assert notices[0].kind == "warning"
    assert "inputs or options have changed since" in notices[0].message
    saved = stopped.findings["index"]["saved"]["entries"]
    assert len(Index.load(index, verify=True)) == saved + overwrite


@pytest.mark.parametrize("method", ["write", "note"])
def test_a_job_stopped_before_leaves_nothing(crawls, tmp_path, monkeypatch, method) -> None:
    _, index, new = crawls
    before = index.read_bytes()
    with monkeypatch.context() as patch:
        dies_in(patch, method, after=True)
        with pytest.raises(Dead):
            cm.shards.dedup(new, tmp_path / "out", against=index, update=True, **OPTIONS)
    assert index.read_bytes() == before
    assert {path.name for path in index.parent.glob("index*")} == {"index"}
    assert not (tmp_path / "out").exists()


def test_an_index_that_went_on_meanwhile_is_not_set_back(crawls, tmp_path, monkeypatch) -> None:
    _, index, new = crawls
    how = OPTIONS | {"against": index, "update": True}
    with monkeypatch.context() as patch:
        dies_in(patch, "publish")
        with pytest.raises(Dead):
            cm.shards.dedup(new, tmp_path / "out", **how)
    file_of(tmp_path / "third.jsonl", documents.varied(20, 9), 900)
    cm.shards.dedup(tmp_path / "third.jsonl", tmp_path / "third", **how)
    grown = index.read_bytes()
    with pytest.raises(UsageError, match="which was replaced since; run again with overwrite"):
        cm.shards.dedup(new, tmp_path / "out", **how)
    assert index.read_bytes() == grown
    cm.shards.dedup(new, tmp_path / "out", overwrite=True, **how)
    found = Index.load(index, verify=True)
    texts = [json.loads(line)["text"] for line in kept(tmp_path / "out", "b.jsonl").splitlines()]
    assert found.query(texts).num_rows == len(texts)
    assert sum(found.cluster_sizes.to_pylist()) == 420


def test_an_index_replaced_while_the_job_runs(crawls, tmp_path) -> None:
    old, index, new = crawls
    other = tmp_path / "other"
    Index(**{name: OPTIONS[name] for name in OPTIONS if name != "max_rejected"}).save(other)

    def replace(news: cm.shards.Progress) -> None:
        if news.stage == "index" and other.exists():
            other.rename(index)

    how = OPTIONS | {"against": index, "update": True}
    with pytest.raises(JobError, match="was replaced while the job ran; run again"):
        cm.shards.dedup(new, tmp_path / "out", progress=replace, **how)
    assert len(Index.load(index)) == 0
    assert not (tmp_path / "out").exists()
    ledger = cm.shards.dedup(new, tmp_path / "out", **how)
    assert "in_index" not in ledger.totals["dropped"]
    assert len(Index.load(index)) == ledger.totals["kept"]
    cm.shards.dedup(old, tmp_path / "read", against=index, **OPTIONS)  # reading may go on


# --- wrong usage ----------------------------------------------------------------------------------


def test_wrong_options_are_told(crawls, tmp_path) -> None:
    _, index, new = crawls
    out = tmp_path / "out"

    def refused(why: str, **more: object) -> None:
        with pytest.raises(UsageError, match=why):
            cm.shards.dedup(new, out, **(OPTIONS | more))
        assert not out.exists()
        assert {path.name for path in index.parent.glob("index*")} == {"index"}

    refused("update: adds to the index that against names", update=True)
    refused("update: adds", against=index, update=True, save_index=tmp_path / "new")
    refused('against: an index holds signatures, and method="exact"', against=index, method="exact")
    refused("save_index: an index holds", save_index=tmp_path / "new", method="exact")
    refused(r"save_index: .*index exists; name a new file", save_index=index)
    refused("cluster_size: expected the name of a field", cluster_size="text")
    refused("cluster_size: expected the name of a field", cluster_size="id")
    refused("against: .*nowhere: No such file", against=tmp_path / "nowhere")
    refused("against: .*nowhere/i: No such file", against=tmp_path / "nowhere" / "i", update=True)
    refused("save_index: .*: No such file", save_index=tmp_path / "nowhere" / "i")
    refused("against: .*: Is a directory", against=tmp_path)
    refused("against: .*not an index of corpusmill", against=new)
    refused("made with n=2, and the job has n=3; give the job the same", against=index, n=3)
    refused("made with threshold=0.5, and the job has", against=index, threshold=0.6)
    refused("made with bands=6, rows=3, and the job has", against=index, bands=12, rows=2)
    refused("made with seed=0, and the job has seed=7", against=index, seed=7)
    lock = Lock(Path(f"{index}.lock"))
    assert lock.take()
    with pytest.raises(UsageError, match=r"against: another job is writing .*index; wait"):
        cm.shards.dedup(new, out, against=index, update=True, **OPTIONS)
    lock.remove()
    lock.release()


def test_dropped_rows_keep_the_field_that_kept_ones_get_anew(tmp_path) -> None:
    """So of two types they are no table; and that is said before anything is written."""
    for name, size in (("a", "1"), ("b", 2)):
        table = pa.table({"text": ["a b c d e f"], "size": [size]})
        pq.write_table(table, tmp_path / f"{name}.parquet")
    given, options = str(tmp_path / "*.parquet"), {"join": True, "cluster_size": "size"} | SLACK
    told = r"write_dropped: dropped rows .* 'size' is string in a.parquet and int64 in b.parquet"
    with pytest.raises(UsageError, match=told):
        cm.shards.dedup(given, tmp_path / "out", **options, write_dropped=True)
    assert not (tmp_path / "out").exists()
    cm.shards.dedup(given, tmp_path / "out", **options)
    assert pq.read_table(tmp_path / "out/data")["size"].to_pylist() == [2]


def test_an_index_lies_neither_in_the_output_nor_in_an_input(crawls, tmp_path) -> None:
    """There it would be in the way of results, or be read as rows the next time."""
    _, index, new = crawls
    out, folder, link = tmp_path / "out", new.parent, tmp_path / "link"
    link.symlink_to(folder)
    inside = shutil.copy(index, folder / "inside.jsonl")
    before = sorted(tmp_path.rglob("*"))

    def refused(given: Path | str, why: str, **index: object) -> None:
        with pytest.raises(UsageError, match=f"{why}.* lies elsewhere"):
            cm.shards.dedup(given, out, **index, **OPTIONS)
        assert sorted(tmp_path.rglob("*")) == before

    for where in (out, out / "index", out / "data" / "index"):
        refused(new, f"save_index: '{where}' is, or lies in, the output .*out", save_index=where)
    for where in (folder / "c.jsonl", folder / "deep" / "c.parquet", link / "c.jsonl"):
        refused(folder, f"'{where}' is, or lies in, the input '{folder}", save_index=where)
    refused(link, f"is, or lies in, the input '{link}", save_index=folder / "c.jsonl")
    refused(new, f"is, or lies in, the input '{new}", save_index=new)
    every = str(folder / "*.jsonl")
    refused(every, r"is, or lies in, the input '.*\*", save_index=new)
    refused(every, r"is, or lies in, the input '.*\*", save_index=folder / "none.jsonl")
    refused(every, r"is, or lies in, the input '.*\*", save_index=link / "none.jsonl")
    refused(
        folder,
        f"against: '{inside}' is, or lies in, the input '{folder}",
        against=inside,
        update=True,
    )
    cm.shards.dedup(every, out, save_index=folder / "beside.index", **OPTIONS)


@pytest.mark.parametrize(
    ("pattern", "names", "fits"),
    [
        ("*.x", "c.x", True),
        ("*.x", "a/c.x", False),
        ("**/*.x", "c.x", True),
        ("**/*.x", "a/b/c.x", True),
        ("a*/**/[cd].x", "ab/b/e.x", False),
        ("a*/**/[cd].x", "ab/c.x", True),
    ],
)
def test_a_glob_covers_what_it_would_match(tmp_path, pattern, names, fits):
    inputs = tmp_path / pattern
    path = tmp_path / f"{names}.jsonl"
    found = covering(f"{inputs}.jsonl", path)
    assert (found is not None) == fits
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert (path in tmp_path.glob(f"{pattern}.jsonl")) == fits


def test_an_index_over_the_results_of_another_command(crawls, tmp_path) -> None:
    _, index, new = crawls
    out = tmp_path / "out"
    cm.shards.convert(new, out, format="parquet")
    how = OPTIONS | {"against": index, "update": True}
    ledger = cm.shards.dedup(new, out, overwrite=True, **how)
    assert Ledger.load(out) == ledger
    assert ledger.command == "dedup"


def test_a_damaged_index_is_refused(crawls, tmp_path) -> None:
    _, index, new = crawls
    good = index.read_bytes()
    for at in (20, 5000, len(good) - 1):
        bad = bytearray(good)
        bad[at] ^= 1
        index.write_bytes(bad)
        with pytest.raises(UsageError, match=r"against: .*damaged"):
            cm.shards.dedup(new, tmp_path / "out", against=index, update=True, **OPTIONS)
    index.write_bytes(good[:-4096])
    with pytest.raises(UsageError, match=r"against: .*truncated"):
        cm.shards.dedup(new, tmp_path / "out", against=index, **OPTIONS)
    assert not (tmp_path / "out").exists()


def test_an_empty_index_and_no_rows(crawls, tmp_path) -> None:
    _, index, new = crawls
    empty = put(tmp_path / "empty.jsonl")
    ledger = cm.shards.dedup(empty, tmp_path / "none", save_index=tmp_path / "new", **OPTIONS)
    assert ledger.findings["index"]["saved"]["entries"] == 0
    grown = cm.shards.dedup(new, tmp_path / "out", against=tmp_path / "new", update=True, **OPTIONS)
    assert len(Index.load(tmp_path / "new", verify=True)) == grown.totals["kept"]
    before = index.read_bytes()
    cm.shards.dedup(empty, tmp_path / "still", against=index, update=True, **OPTIONS)
    assert index.read_bytes() == before


def test_the_command(crawls, tmp_path) -> None:
    _, index, new = crawls
    command = [sys.executable, "-m", "corpusmill.cli", "dedup", new, "-o", tmp_path / "out"]
    options = [
        "--n",
        "2",
        "--num-hashes",
        "24",
        "--bands",
        "6",
        "--rows",
        "3",
        "--max-rejected",
        "1",
    ]
    more = ["--threshold", "0.5", "--against", index, "--update"]
    done = subprocess.run([*command, *options, *more], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "dropped, in_index" in done.stdout
    wrong = [*command, "--overwrite", *options, "--against", index]
    done = subprocess.run(wrong, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--against: the index was made with threshold=0.5" in done.stderr
