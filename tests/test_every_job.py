"""every job: whatever its inputs, its disk and its end are like, no row is lost and nothing half done is left.

The faults that make the machinery are tested one by one with dedup and convert (test_formats, test_faults,
test_full_disks, test_resume); here each of the jobs meets all kinds of them.
"""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from corpusmill import ngram, report, scoring, shards
from corpusmill.shards import FileEntry, JobError, Ledger, UsageError
from corpusmill.shards.state import out as out_folder
from test_formats import read_table, unpack, write_table
from test_report import Page
from test_resume import SMALL
from test_shards import SLACK, pack, put, row, varied_rows

Job = Callable[..., Ledger]

pytestmark = pytest.mark.usefixtures("small_units")

NAMES = ["convert", "count", "count_terms", "decontaminate", "dedup", "lexicon", "membership"]
NAMES += ["paragraphs", "passages", "score", "select", "tokenize"]
every_job = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def side(tmp_path_factory) -> Path:
    """What jobs need besides their inputs."""
    folder = tmp_path_factory.mktemp("side")
    put(folder / "benchmark.jsonl", *varied_rows(3))
    bloom = ngram.BloomFilter(1000, n=2)
    bloom.add(["one two three"])
    bloom.save(folder / "filter")
    letters = (b"%s %d\n" % (base64.b64encode(bytes([byte])), byte) for byte in range(256))
    (folder / "letters.tiktoken").write_bytes(b"".join(letters))
    return folder


def model(side: Path) -> Path:
    """The folder of a small model."""
    pytest.importorskip("transformers", reason="scoring under models needs PyTorch")
    if not (side / "model").exists():
        made = scoring.tiny(["abc"], width=8, heads=2, layers=1, steps=1, threads=1)
        made.save(side / "model")
    return side / "model"


def job(name: str, side: Path) -> Job:
    """A job with all it must be told, to be called with inputs, out and more options."""
    options = {
        "count": {"n": 2},
        "decontaminate": {
            "against": side / "benchmark.jsonl",
            "rule": ngram.ContaminationRule(n=3, min_words=3),
        },
        "lexicon": {"n": (2,), "top": (50,)},
        "membership": {"filter": side / "filter"},
        "paragraphs": {"keep": "none"},  # as "first", but that it goes over all pieces once more
        "passages": {"min_bytes": 16},
        "select": {
            "target": side / "benchmark.jsonl",
            "budget": 20,
            "min_length": 1,
            "buckets": 64,
        },
        "tokenize": {
            "tokenizer": side / "letters.tiktoken",
            "pattern": "gpt2",
            "eos": 256,
            "length": 64,
            "pack": True,
            "shuffle": 7,
            "tokens_per_shard": 10_000,
        },
    }.get(name, {})
    if name == "score":
        options = {"model": model(side), "batch_tokens": 1 << 15, "stride": 256}
    if name == "count_terms":
        options = {"terms": ngram.Terms({"word": ["one two"]}), "rows": True}
    return partial(getattr(shards, name), **options, **SLACK)


def held(folder: Path) -> dict[str, bytes]:
    """All files but what is said of a run."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "run.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


# --- inputs ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def faulty(tmp_path_factory) -> Path:
    """Files with every fault that a job goes on behind; the first is good."""
    folder = tmp_path_factory.mktemp("faulty")
    good = varied_rows(60)
    put(folder / "a.jsonl", *good)
    put(folder / "empty.jsonl")
    for suffix in ("gz", "zst", "bz2", "xz", "parquet"):
        (folder / f"none.jsonl.{suffix}").with_suffix(f".{suffix}").write_bytes(b"")
    bad = [b"{broken", b'{"text": "\xff"}', b'{"text": "\\ud800"}', b"[]", b"", row(None), row(5)]
    bad += [b'{"other": 1}', b'{"text": "a", "text": "b \\u0000\\uffff"}', row("crlf") + b"\r"]
    (folder / "bad.jsonl").write_bytes(
        b"\xef\xbb\xbf" + b"\n".join([*good[:5], *bad, b'{"text": "cut'])
    )
    (folder / "cr.jsonl").write_bytes(b"\r".join(good[:3]))
    (folder / "wide.jsonl").write_bytes(b"\n".join(good).decode().encode("utf-16"))
    for suffix in ("gz", "zst"):
        packed = pack(b"\n".join(good) + b"\n", f"cut.{suffix}")
        (folder / f"cut.jsonl.{suffix}").write_bytes(packed[: len(packed) // 2])
        (folder / f"plain.jsonl.{suffix}").write_bytes(b"\n".join(good))
        flipped = bytearray(packed)
        flipped[len(packed) // 2] ^= 16
        (folder / f"flipped.jsonl.{suffix}").write_bytes(flipped)
        (folder / f"behind.jsonl.{suffix}").write_bytes(packed + b"\0garbage")
    texts = pa.array([line.decode() for line in good] + [None])
    for suffix in ("parquet", "arrow", "arrows"):
        whole = write_table(
            folder / f"whole.{suffix}", pa.table({"text": texts}), rows=7
        ).read_bytes()
        (folder / f"short.{suffix}").write_bytes(whole[: len(whole) // 2])
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 16
        (folder / f"flipped.{suffix}").write_bytes(flipped)
        write_table(folder / f"zero.{suffix}", pa.table({"text": texts[:0]}))
        odd = pa.array([b"\xff\xfe", b"fine", None], pa.binary()).view(pa.string())
        write_table(folder / f"utf8.{suffix}", pa.table({"text": odd}))
        for kind in (pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string())):
            called = str(kind).partition("<")[0]
            write_table(folder / f"{called}.{suffix}", pa.table({"text": texts.cast(kind)}), rows=9)
        write_table(folder / f"no text.{suffix}", pa.table({"x": [1, 2]}))
        write_table(folder / f"list #%é.{suffix}", pa.table({"text": [["a"], None]}))
    return folder


def num_rows(path: Path) -> int:
    if path.suffix in (".parquet", ".arrow", ".arrows"):
        return read_table(path).num_rows
    return len(unpack(path).splitlines())


def seen(entry: FileEntry) -> tuple[object, ...]:
    return entry.path, entry.status, entry.rows_read, entry.bytes, entry.error is None


@pytest.fixture(scope="module")
def expected(faulty, tmp_path_factory) -> Ledger:
    return shards.dedup(faulty, tmp_path_factory.mktemp("expected") / "out", **SLACK)


@every_job
def test_every_row_of_faulty_files_is_accounted_for(name, faulty, side, expected, tmp_path):
    """And all jobs see the same rows, and the same faults of files and of texts."""
    ledger = job(name, side)(faulty, tmp_path / "out")
    assert ledger.balanced
    assert list(map(seen, ledger.files)) == list(map(seen, expected.files))
    for entry, other in zip(ledger.files, expected.files, strict=True):
        of_rows = {why: n for why, n in other.rejected.items() if not why.startswith("text_")}
        assert entry.rejected == (of_rows if name == "convert" else other.rejected), entry.path
        written = sum(
            num_rows(tmp_path / "out" / name) for name in entry.outputs if "data/" in name
        )
        assert written == (entry.kept if any("data/" in name for name in entry.outputs) else 0)
        rejected = [name for name in entry.outputs if name.startswith("rejected/")]
        told = sum(num_rows(tmp_path / "out" / name) for name in rejected)
        lost = entry.rejected.get("undecodable", 0)
        assert sum(entry.rejected.values()) - lost <= told <= sum(entry.rejected.values())
    damaged = {problem.partition(" is ")[0] for problem in ledger.problems}
    assert {"cut.jsonl.gz", "flipped.jsonl.zst", "short.parquet", "wide.jsonl"} <= damaged
    assert ledger.problems == expected.problems or name == "convert"
    texts = Page(report.write(tmp_path / "out").read_text("utf-8")).texts
    totals = ledger.totals
    for told in (totals["rows_read"], totals["kept"], sum(totals["rejected"].values())):
        assert f"{told:,}" in texts
    assert {entry.path for entry in ledger.files} | set(ledger.problems) <= set(texts)


def test_so_do_those_without_an_output_folder(faulty, expected, tmp_path):
    found = shards.stats(faulty, **SLACK)
    files = [(f.path, f.status, f.counted.rows_read, f.bytes, f.error is None) for f in found.files]
    assert files == list(map(seen, expected.files))
    assert [f.counted.rejected for f in found.files] == [f.rejected for f in expected.files]
    built = shards.build_filter(faulty, tmp_path / "filter", items=10_000, n=1, **SLACK)
    assert built.rejected == expected.totals["rejected"]
    assert built.rows + sum(built.rejected.values()) == expected.totals["rows_read"]
    assert (
        built.problems
        == found.problems
        == [p.removesuffix("; see rejected/") for p in expected.problems]
    )


@pytest.mark.parametrize("name", [*NAMES[1:], "stats", "build_filter"])
@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"body": ["a"]}, "text: .*body"),
        ({"text": [1]}, "text: .*int64"),
        ({"text": [["a"]]}, "text: .*list"),
    ],
)
def test_a_text_that_is_not_there_is_named(name, side, tmp_path, table, says):
    path = write_table(tmp_path / "a.parquet", pa.table(table))
    run = job(name, side)
    if name == "stats":
        run = lambda given, _: shards.stats(given)
    elif name == "build_filter":
        run = partial(shards.build_filter, items=9, n=1)
    with pytest.raises(UsageError, match=says):
        run(path, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


@every_job
@pytest.mark.parametrize("empty", ["jsonl", "parquet"])
def test_files_without_rows_give_files_without_rows(name, side, tmp_path, empty):
    if empty == "jsonl":
        put(tmp_path / "in/a.jsonl")
    else:
        write_table(tmp_path / "in/a.parquet", pa.table({"text": pa.array([], pa.string())}))
    options = {} if name != "select" else {"budget": 1}
    ledger = job(name, side)(tmp_path / "in", tmp_path / "out", **options)
    assert ledger.totals["rows_read"] == 0
    assert ledger.problems == []
    for output in ledger.files[0].outputs:
        assert num_rows(tmp_path / "out" / output) == 0


# --- ends -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def given(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("given")
    lines = varied_rows(120)
    put(folder / "a.jsonl", *lines[:60], b"{broken")
    put(folder / "b.jsonl.gz", *lines[60:90])
    texts = [line.decode() for line in lines[90:]]
    write_table(folder / "c.parquet", pa.table({"text": [*texts, None]}), rows=10)
    return folder


class Stop(Exception):
    """Ends a job in its midst."""


@every_job
def test_a_job_that_was_stopped_anywhere_ends_as_if_it_had_not_been(name, given, side, tmp_path):
    run, stages = job(name, side), []
    run(given, tmp_path / "whole", progress=lambda news: stages.append(news.stage))
    whole = held(tmp_path / "whole")

    for stage in dict.fromkeys(stages):

        def stop(news: shards.Progress, at: str = stage) -> None:
            if news.stage == at:
                raise Stop

        with pytest.raises(Stop):
            run(given, tmp_path / stage, progress=stop)
        assert not (tmp_path / stage / "ledger.json").exists()
        run(given, tmp_path / stage)
        assert held(tmp_path / stage) == whole


@every_job
def test_a_second_run_into_the_same_folder_is_refused(name, given, side, tmp_path):
    run, told = job(name, side), []

    def second(_: shards.Progress) -> None:
        if not told and (tmp_path / "out/.state/lock").exists():
            with pytest.raises(
                UsageError, match=r"another job is writing .*out'; wait for it"
            ) as error:
                run(given, tmp_path / "out")
            told.append(error)

    run(given, tmp_path / "out", progress=second)
    assert told
    with pytest.raises(UsageError, match=r"holds the results of an earlier job; .*--overwrite"):
        run(given, tmp_path / "out")


@every_job
def test_whatever_file_does_not_fit_is_named(name, given, side, tmp_path, monkeypatch):
    """Each in its turn; with room all is as it always would have been."""
    run, create = job(name, side), out_folder.OutFolder.create
    made: list[str] = []
    fails_at = -1

    def full(self, asked: str) -> object:
        made.append(asked)
        if len(made) - 1 != fails_at:
            return create(self, asked)
        self._files.append(Path("/dev/full").open("wb"))  # noqa: SIM115
        return self._files[-1]

    monkeypatch.setattr(out_folder.OutFolder, "create", full)
    run(given, tmp_path / "whole", threads=1)
    whole, names = held(tmp_path / "whole"), list(made)
    assert {*names} - {"run.json"} == set(whole)
    for fails_at, fails in enumerate(names):
        out = tmp_path / str(fails_at)
        made.clear()
        with pytest.raises(JobError, match=re.escape(f"cannot write {out / fails}: No space left")):
            run(given, out, threads=1)
        run(given, out)
        assert held(out) == whole


@every_job
def test_an_input_that_changes_while_a_job_runs_fails_it(name, side, tmp_path):
    lines = varied_rows(100)
    run, path = job(name, side), put(tmp_path / "in/a.jsonl", *lines)

    def change(news: shards.Notice) -> None:
        if news.kind == "start":
            put(path, *lines, row("one more"))

    with pytest.raises(JobError, match=r"a\.jsonl changed while the job ran"):
        run(path, tmp_path / "out", notice=change)
    ledger = run(path, tmp_path / "out")
    assert ledger.totals["rows_read"] == 101


KILLER = """
import os, random, signal, sys, time
from pathlib import Path
import test_every_job
name, given, side, out = sys.argv[1], *map(Path, sys.argv[2:])
run, most_threads = test_every_job.job(name, side), test_every_job.most_threads(name)
if name == "score":  # PyTorch and transformers once, not seven times; by one thread, so that this may fork
    import torch
    from corpusmill.scoring import Model
    torch.set_num_threads(1)
    Model.load(side / "model")

def begin(threads):
    child = os.fork()
    if not child:
        run(given, out, threads=threads)
        os._exit(0)
    return child

rng, began = random.Random(name), time.perf_counter()
os.waitpid(begin(1), 0)
seconds = time.perf_counter() - began
for turn in range(4):
    child = os.fork()
    if not child:
        run(given, out, threads=1 + turn % most_threads, overwrite=True)
        os._exit(0)
    time.sleep(rng.uniform(0.02, 1) * seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
run(given, out, threads=most_threads, overwrite=True)
"""


def most_threads(name: str) -> int:
    """So many give the same bytes as one: PyTorch's products may differ in the last digits."""
    return 1 if name == "score" else 2


@every_job
def test_a_killed_job_run_again_gives_the_same_bytes(name, given, side, tmp_path):
    job(name, side)(given, tmp_path / "whole", threads=most_threads(name))
    words = [sys.executable, "-c", SMALL + KILLER, name, given, side, tmp_path / "out"]
    done = subprocess.run(
        list(map(str, words)),
        cwd=Path(__file__).parent,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert held(tmp_path / "out") == held(tmp_path / "whole")
