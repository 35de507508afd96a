"""resume: a job stopped at any moment and run again ends with the bytes of one that was not."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import corpusmill as cm
from corpusmill.shards import JobError, Notice, rows
from corpusmill.shards.state import publish, stages, store
from test_formats import write_table
from test_shards import SLACK, put, row, tree, varied_rows

SMALL = """
from corpusmill.shards.writing import encode, output
from corpusmill.shards.jobs.count import saved_counts
from corpusmill.shards.reading import read
from corpusmill.shards.state import store
saved_counts.UNIT_SIZE = 5_000
read.BLOCK_SIZE, encode.FRAME_SIZE = 4_000, 6_000
output.NOTED_SIZE, output.SYNCED_SIZE = 10_000, 25_000
store.UNIT_SIZE, store.SMALL_JOB = 40_000, 0
"""


pytestmark = pytest.mark.usefixtures("small_units")


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Files of every codec, with bad rows, and the bytes of their text."""
    folder = tmp_path_factory.mktemp("given") / "in"
    text = 0
    for number, name in enumerate(("a.jsonl", "b.jsonl.gz", "c.jsonl.zst", "d/e.jsonl")):
        lines = varied_rows(400, seed=number)
        for at in range(0, 400, 90):
            lines[at] = b"{broken %d" % at
        put(folder / name, *lines)
        text += sum(map(len, lines)) + len(lines)
    return folder, text


class Stop(Exception):
    """Ends a job in its midst."""


def facts(out: Path) -> dict[str, int]:
    return json.loads((out / "run.json").read_text())


def stopped_at(stage: str, given: Path, out: Path, **options: object) -> None:
    """Begins a job and lets it fail when it reports this stage."""

    def stop(news: cm.shards.Progress) -> None:
        if news.stage == stage:
            raise Stop

    with pytest.raises(Stop):
        cm.shards.dedup(given, out, progress=stop, **{**SLACK, **options})
    assert (out / ".state").is_dir()
    assert not (out / "ledger.json").exists()


def run(given: Path, out: Path, **options: object) -> list[Notice]:
    """Runs a job to its end; what it said."""
    said: list[Notice] = []
    cm.shards.dedup(given, out, notice=said.append, **{**SLACK, **options})
    assert not (out / ".state").exists()
    return said


def warnings(said: list[Notice]) -> str:
    return "\n".join(news.message for news in said if news.kind == "warning")


KILLER = (
    SMALL
    + """
import json, os, random, shutil, signal, sys, time
from pathlib import Path
from corpusmill.shards import dedup
from corpusmill.shards.state import stages

given, out, num_kills = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
rng = random.Random(1)

def begin(threads):
    child = os.fork()
    if not child:
        dedup(given, out, threads=threads, max_rejected=1.0)
        os._exit(0)
    return child

def saved():
    found = {}
    for path in (out / ".state/signals").glob("[0-9]*"):  # sealed or not
        with path.open("rb") as file:
            file.seek(stages.HEAD_SIZE)
            for record in stages.records(file):
                found[record["of"][0], record["index"]] = record["extent"][1]
    return sum(found.values())

began = time.perf_counter()
os.waitpid(begin(1), 0)
full = time.perf_counter() - began
shutil.rmtree(out)
for number in range(num_kills):
    threads = 1 + number % 2
    child = begin(threads)
    time.sleep(rng.uniform(0, full))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    there = saved()
    if (out / "ledger.json").exists():
        facts = {"resumed_bytes": -1, "scanned_bytes": -1, "hashed_bytes": -1}
    else:
        assert os.waitpid(begin(threads), 0)[1] == 0
        facts = json.loads((out / "run.json").read_text())
    shutil.rmtree(f"{out}-{number}", ignore_errors=True)
    out.rename(f"{out}-{number}")
    print(json.dumps({"saved": there, "threads": threads, **facts}))
"""
)


def test_a_job_killed_at_any_moment_ends_with_the_same_bytes(given, tmp_path):
    """And what was in a stage file is not scanned again."""
    folder, text = given
    run(folder, tmp_path / "expected")
    command = [sys.executable, "-c", KILLER, folder, tmp_path / "out", "50"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 50
    expected = tree(tmp_path / "expected")
    for number, facts_of in enumerate(lines):
        found = tree(tmp_path / f"out-{number}")
        if facts_of["resumed_bytes"] < 0:  # it was done when it was killed, though not cleaned up
            assert {n: data for n, data in found.items() if n[:7] != ".state/"} == expected, number
            continue
        assert found == expected, number
        assert facts_of["resumed_bytes"] + facts_of["scanned_bytes"] == text
        if facts_of["threads"] == 1:  # two may leave a gap before the last blocks saved
            assert facts_of["resumed_bytes"] == facts_of["saved"]
    resumed = [facts_of for facts_of in lines if facts_of["resumed_bytes"] > 0]
    assert len(resumed) >= 10
    assert any(facts_of["scanned_bytes"] > 0 for facts_of in resumed)


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_what_is_saved_of_tables_is_counted_in_bytes(tmp_path, kind):
    """Stage files are sealed by bytes of text, not by rows, of which there are far fewer."""
    texts = [f"{number} and as many words as it takes" for number in range(4000)]
    write_table(tmp_path / f"in/a.{kind}", pa.table({"text": texts}), rows=100)
    run(tmp_path / "in", tmp_path / "expected")
    stopped_at("write", tmp_path / "in", tmp_path / "out")
    assert len([*(tmp_path / "out/.state/signals").iterdir()]) >= sum(map(len, texts)) // 60_000
    run(tmp_path / "in", tmp_path / "out")
    resumed, whole = facts(tmp_path / "out"), facts(tmp_path / "expected")
    assert (resumed["scanned_bytes"], whole["resumed_bytes"]) == (0, 0)
    assert resumed["resumed_bytes"] == whole["scanned_bytes"] > sum(map(len, texts))


def test_a_publishing_stopped_before_a_folder_is_filled_is_gone_on_with(
    given, tmp_path, monkeypatch
):
    folder, _ = given
    out = tmp_path / "out"

    def stop(_, name: str, source: Path, target: Path) -> None:
        assert (source / name).is_file()
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        raise Stop

    with monkeypatch.context() as patched:
        patched.setattr(publish.Swap, "move", stop)
        with pytest.raises(Stop):
            cm.shards.dedup(folder, out, **SLACK)
    run(folder, out)
    run(folder, tmp_path / "expected")
    assert tree(out) == tree(tmp_path / "expected")


@pytest.mark.parametrize("stage", ["signals", "decide", "verify", "write"])
def test_a_failed_job_goes_on_where_it_was(given, tmp_path, stage):
    folder, text = given
    out = tmp_path / "out"
    run(folder, tmp_path / "expected")
    stopped_at(stage, folder, out)
    said = run(folder, out)
    assert tree(out) == tree(tmp_path / "expected")
    found = facts(out)
    assert found["resumed_bytes"] + found["scanned_bytes"] == text
    if stage != "signals":
        assert (found["scanned_bytes"], found["hashed_bytes"]) == (0, 0)
        assert "resume" in [news.kind for news in said]
    assert not warnings(said)


@pytest.mark.parametrize("format", ["parquet", "arrow"])
def test_types_of_lines_are_found_once(given, tmp_path, format):
    folder, _ = given
    out, options = tmp_path / "out", {"format": format, **SLACK}
    cm.shards.dedup(folder, tmp_path / "expected", **options)
    stopped_at("write", folder, out, format=format)
    stages_of = set()
    cm.shards.dedup(folder, out, progress=lambda news: stages_of.add(news.stage), **options)
    assert "write" in stages_of
    assert "schema" not in stages_of
    assert tree(out) == tree(tmp_path / "expected")


def test_whole_outputs_are_left_as_they_are(given, tmp_path):
    folder, _ = given
    out, lengths = tmp_path / "out", []

    def stop(news: cm.shards.Progress) -> None:
        if news.stage == "write" and news.rows == news_rows[0]:
            raise Stop

    news_rows = [cm.shards.dedup(folder, tmp_path / "expected", **SLACK).totals["kept"]]
    with pytest.raises(Stop):
        cm.shards.dedup(folder, out, progress=stop, **SLACK)
    before = {p: p.stat().st_ino for p in (out / ".state/files/data").rglob("*") if p.is_file()}
    assert len(before) == 4

    def look(news: cm.shards.Progress) -> None:
        if news.stage == "write":
            lengths.append({p: p.stat().st_ino for p in before if p.exists()})

    cm.shards.dedup(folder, out, progress=look, **SLACK)
    assert lengths[0] == before
    assert tree(out) == tree(tmp_path / "expected")


def test_a_damaged_output_is_written_again(given, tmp_path):
    folder, _ = given
    run(folder, tmp_path / "expected")
    for cut in (False, True):
        out = tmp_path / f"out{cut}"
        program = (
            SMALL
            + "import os, sys; from corpusmill.shards import dedup\n"
            + "from corpusmill.shards.jobs.dedup import duplicates\n"
            + "duplicates.write = lambda *_: os._exit(9)\n"
            + "dedup(sys.argv[1], sys.argv[2], max_rejected=1.0)"
        )
        done = subprocess.run([sys.executable, "-c", program, folder, out], check=False)
        assert done.returncode == 9
        for path in (out / ".state/files").rglob("*.*"):
            if path.is_file():
                damage(path, cut=cut)
        run(folder, out)
        assert tree(out) == tree(tmp_path / "expected")


def damage(path: Path, *, cut: bool, seed: int = 0) -> None:
    """Cuts a file off, or flips one of its bits."""
    rng, data = random.Random(f"{path.name} {seed}"), bytearray(path.read_bytes())
    if cut:
        del data[rng.randrange(len(data)) :]
    else:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("what", ["signals", "decided", "written", "job.json"])
def test_damaged_state_is_done_again(given, tmp_path, what, cut):
    folder, text = given
    run(folder, tmp_path / "expected")
    for seed in range(3):
        out = tmp_path / f"out{seed}"
        stopped_at("write", folder, out)
        path = out / ".state" / what
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in files[::2]:
            if file.stat().st_size:
                damage(file, cut=cut, seed=seed)
        said = run(folder, out)
        assert tree(out) == tree(tmp_path / "expected")
        found = facts(out)
        assert found["resumed_bytes"] + found["scanned_bytes"] == text
        if what == "signals":
            assert found["scanned_bytes"] > 0
            assert "damaged" in warnings(said) or "another version" in warnings(said)


@pytest.mark.parametrize(
    ("first", "then", "is_scanned"),
    [
        ({}, {"max_comparisons": 5}, False),
        ({}, {"zstd_level": 1}, False),
        ({"verify": "signature"}, {"verify": "signature", "threshold": 0.6}, False),
        ({}, {"threshold": 0.6}, True),  # of signatures just the buckets are there
        ({}, {"verify": "signature"}, True),
        ({}, {"n": 3}, True),
        ({}, {"seed": 2}, True),
    ],
)
def test_other_options_use_what_is_still_valid(given, tmp_path, first, then, is_scanned):
    folder, text = given
    out, expected = tmp_path / "out", tmp_path / "expected"
    run(folder, expected, **then)
    stopped_at("write", folder, out, **first)
    said = run(folder, out, **then)
    assert tree(out) == tree(expected)
    assert facts(out)["scanned_bytes"] == (text if is_scanned else 0)
    assert "these have changed: options" in warnings(said)


def test_another_version_does_all_again(given, tmp_path, monkeypatch):
    from corpusmill.shards.jobs.dedup import choices  # noqa: PLC0415

    folder, text = given
    out = tmp_path / "out"
    stopped_at("write", folder, out)
    monkeypatch.setitem(choices.SOFTWARE, "signature_version", 99)
    said = run(folder, out)
    assert facts(out)["scanned_bytes"] == text
    assert "these have changed: software" in warnings(said)


def test_a_changed_input_is_read_again_and_the_others_are_not(tmp_path):
    for name in ("a.jsonl", "b.jsonl.gz", "c.jsonl"):
        put(tmp_path / "in" / name, *varied_rows(400, seed=ord(name[0])))
    out = tmp_path / "out"
    stopped_at("write", tmp_path / "in", out)
    lines = varied_rows(300, seed=7)
    changed = put(tmp_path / "in/b.jsonl.gz", *lines)
    put(tmp_path / "in/0.jsonl", row("a new file"))
    (tmp_path / "in/c.jsonl").unlink()
    said = run(tmp_path / "in", out)
    run(tmp_path / "in", tmp_path / "expected")
    assert tree(out) == tree(tmp_path / "expected")
    assert facts(out)["scanned_bytes"] == sum(map(len, lines)) + 300 + len(row("a new file")) + 1
    assert facts(out)["resumed_bytes"] == (tmp_path / "in/a.jsonl").stat().st_size
    assert "2 of 3 inputs" in warnings(said)
    assert changed.exists()


def test_an_input_that_changes_during_the_run_fails_it_and_is_read_by_the_next(tmp_path):
    path = put(tmp_path / "in/a.jsonl", *varied_rows(400))
    put(tmp_path / "in/b.jsonl", *varied_rows(400, seed=2))

    def change(news: cm.shards.Progress) -> None:
        if news.stage == "decide":
            path.write_bytes(path.read_bytes() + row("more") + b"\n")

    with pytest.raises(JobError, match=r"a\.jsonl changed"):
        cm.shards.dedup(tmp_path / "in", tmp_path / "out", progress=change)
    run(tmp_path / "in", tmp_path / "out")
    run(tmp_path / "in", tmp_path / "expected")
    assert tree(tmp_path / "out") == tree(tmp_path / "expected")
    assert facts(tmp_path / "out")["scanned_bytes"] == path.stat().st_size


def test_old_results_stay_until_a_failed_overwrite_is_gone_on_with(given, tmp_path):
    folder, _ = given
    put(tmp_path / "old/a.jsonl", row("what was there before"))
    out = tmp_path / "out"
    cm.shards.dedup(tmp_path / "old", out)
    before = tree(out)

    def stop(news: cm.shards.Progress) -> None:
        if news.stage == "write":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="run again to resume"):
        cm.shards.dedup(folder, out, overwrite=True, progress=stop, **SLACK)
    there = {name: data for name, data in tree(out).items() if not name.startswith(".state")}
    assert there == before
    run(folder, out, overwrite=True)
    run(folder, tmp_path / "expected")
    assert tree(out) == tree(tmp_path / "expected")
    assert facts(out)["scanned_bytes"] == 0


def test_a_small_job_saves_nothing(given, tmp_path, monkeypatch):
    folder, _ = given
    monkeypatch.setattr(store, "SMALL_JOB", 1 << 30)
    seen = []

    def look(news: cm.shards.Progress) -> None:
        seen.append((news.stage, sorted(p.name for p in (tmp_path / "out/.state").iterdir())))

    cm.shards.dedup(folder, tmp_path / "out", progress=look, **SLACK)
    assert dict(seen)["decide"] == ["job.json", "lock"]


def test_rows_in_stage_files_are_those_in_memory(given, tmp_path, monkeypatch):
    """A budget that holds no rows gives the same bytes."""
    folder, _ = given
    run(folder, tmp_path / "expected", keep="longest")
    assert not facts(tmp_path / "expected")["spilled"]
    held = rows.HeldRows.nbytes
    monkeypatch.setattr(rows.HeldRows, "nbytes", property(lambda self: 10**15 + held.fget(self)))
    for small_job in (0, 1 << 30):  # saving from the beginning, or from when memory is short
        monkeypatch.setattr(store, "SMALL_JOB", small_job)
        out = tmp_path / f"out{small_job}"
        run(folder, out, keep="longest", threads=3)
        assert facts(out)["spilled"]
        assert tree(out) == tree(tmp_path / "expected")


def test_a_stage_file_is_what_was_put_in(tmp_path):
    key = stages.key_of({"a": 1})
    writer = stages.StageWriter(tmp_path / "000001", key)
    arrays = [np.arange(5), np.arange(3, dtype=np.uint8), np.empty(0, np.uint32)]
    writer.append({"name": "x"}, arrays)
    writer.append({"name": "y"}, arrays[1:])
    assert not (tmp_path / "000001").exists()
    writer.seal()
    found = stages.index(tmp_path / "000001", key)
    assert [record["name"] for record in found["records"]] == ["x", "y"]
    assert found["records"][0]["size"] == 48
    assert stages.index(tmp_path / "000001", stages.key_of({"a": 2})) is None
    assert [path.name for path in tmp_path.iterdir()] == ["000001"]
