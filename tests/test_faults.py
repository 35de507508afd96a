"""faults: full disks, signals, short memory, odd inputs: a job says what is wrong and loses nothing."""

from __future__ import annotations

import json
import platform
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

import corpusmill as cm
from corpusmill.shards import JobError, Notice, UsageError, disk, memory, passes
from corpusmill.shards.reading import num_rows, pieces, read
from corpusmill.shards.state import store
from test_formats import write_table
from test_resume import SMALL, facts
from test_shards import SLACK, pack, put, row, tree, unpack, varied_rows

PEAK = "int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) * 1024"


def in_child(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


UNPRIVILEGED = """
import ctypes, sys
from corpusmill.shards import dedup
if sys.platform == "linux":  # root without capabilities is subject to modes like anyone
    head, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None).capset(head, none) == 0
"""


# --- disks ----------------------------------------------------------------------------------------


def test_a_full_disk_ends_the_job_and_room_lets_it_go_on(tmp_path):
    put(tmp_path / "in/a.jsonl", *varied_rows(900))
    cm.shards.dedup(tmp_path / "in", tmp_path / "expected")
    program = (
        SMALL
        + "import resource, sys; from corpusmill.shards import dedup\n"
        + "limit = int(sys.argv[3]); resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n"
        + "dedup(sys.argv[1], sys.argv[2])"
    )
    for limit, name in ((30_000, "signals"), (150_000, "data/a.jsonl")):
        out = tmp_path / str(limit)
        done = in_child(program, tmp_path / "in", out, limit)
        assert "File too large" in done.stderr
        assert name in done.stderr.splitlines()[-1]
        cm.shards.dedup(tmp_path / "in", out)
        assert tree(out) == tree(tmp_path / "expected")


def test_a_job_without_room_does_not_start(tmp_path, monkeypatch):
    put(tmp_path / "in/a.jsonl", *varied_rows(100))
    monkeypatch.setattr(store, "SMALL_JOB", 0)
    monkeypatch.setattr(disk, "free", lambda _: 1000)
    with pytest.raises(UsageError, match=r"about \d+ MB will be written there, but only 0 MB"):
        cm.shards.dedup(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "arrows"])
def test_the_rows_of_a_table_are_those_it_says(tmp_path, suffix):
    """However few of them its first block has."""
    table = pa.table({"text": [f"row {i}" for i in range(5000)]})
    write_table(tmp_path / f"a.{suffix}", table, rows=1000)
    assert num_rows.num_rows(tmp_path / f"a.{suffix}", suffix[:7].removesuffix("s")) == 5000
    (tmp_path / f"a.{suffix}").write_bytes((tmp_path / f"a.{suffix}").read_bytes()[:3000])
    assert num_rows.num_rows(tmp_path / f"a.{suffix}", suffix[:7].removesuffix("s")) in range(5000)


def test_a_disk_that_fills_up_is_told_of(tmp_path):
    disk.check_room(tmp_path / "not/there", 1, "results")
    with pytest.raises(JobError, match=r"no room for results: 1,000,000,000\.0 MB are needed and"):
        disk.check_room(tmp_path, 10**15, "results")


# --- signals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")],
)
def test_a_stopped_command_goes_on_when_it_is_run_again(tmp_path, number, code, word):
    put(tmp_path / "in/a.jsonl", *varied_rows(3000))
    cm.shards.dedup(tmp_path / "in", tmp_path / "expected")
    program = (
        SMALL
        + "import sys; sys.argv = ['corpusmill', 'dedup', *sys.argv[1:], '--json']\n"
        + "from corpusmill.shards.writing import write\n"
        + "from corpusmill.cli import main\n"
        + "work = write.WritePass.work\n"
        + "def slow(*arguments):\n import time; time.sleep(0.02); work(*arguments)\n"
        + "write.WritePass.work = slow\n"
        + "main()"
    )
    out = tmp_path / "out"
    command = [sys.executable, "-c", program, str(tmp_path / "in"), "-o", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        for line in process.stdout:
            if json.loads(line) == {"event": "stage", "stage": "write"}:
                process.send_signal(number)
                break
        last = json.loads(process.stdout.read().splitlines()[-1])
        assert process.wait() == code
        assert process.stderr.read() == b""
    assert (last["event"], last["exit_code"]) == ("error", code)
    assert last["message"] == f"{word}; run again to resume"
    cm.shards.dedup(tmp_path / "in", out)
    assert tree(out) == tree(tmp_path / "expected")
    assert facts(out)["scanned_bytes"] == 0


def test_a_second_process_on_the_same_folder_is_refused(tmp_path):
    put(tmp_path / "in/a.jsonl", *varied_rows(50))
    seen = []

    def second(_: cm.shards.Progress) -> None:
        if not seen:
            program = "import sys; from corpusmill.shards import dedup; dedup(*sys.argv[1:])"
            seen.append(in_child(program, tmp_path / "in", tmp_path / "out").stderr)

    cm.shards.dedup(tmp_path / "in", tmp_path / "out", progress=second)
    assert "another job is writing" in seen[0]


# --- many, large, slow ----------------------------------------------------------------------------


def test_many_files_leave_no_file_open(tmp_path):
    """Their stage files are shared, and the time is that of their number."""
    seconds = []
    for count in (1_000, 10_000):
        folder = tmp_path / str(count)
        for i in range(count):
            path = folder / f"in/{i % 100}/{i}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(row(f"text number {i // 2} of several words") + b"\n")
        program = (
            SMALL
            + "import os, resource, sys; from corpusmill.shards import dedup\n"
            + "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
            + "before = len(os.listdir('/proc/self/fd'))\n"
            + "ledger = dedup(sys.argv[1], sys.argv[2])\n"
            + "assert len(os.listdir('/proc/self/fd')) == before\n"
            + "print(ledger.totals['kept'])"
        )
        done = in_child(program, folder / "in", folder / "out")
        assert (done.stdout, done.stderr) == (f"{count // 2}\n", "")
        seconds.append(facts(folder / "out")["cpu_s"] - facts(folder / "out")["startup_cpu_s"])
    assert seconds[1] < 40 * seconds[0]  # linear is 10, quadratic 100


def test_a_shard_that_is_waited_for_is_told_of_once(monkeypatch):
    told = []
    waits = passes._Waits(told.append)
    monkeypatch.setattr(passes, "STALLED_SECONDS", 0.5)
    for reading in [{(3, 0)}] * 4 + [{(3, 1)}] * 9 + [{(3, 2), (4, 0)}] * 5:
        waits.tick(reading)
    assert sorted(told) == [3, 3, 4]


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "jsonl.zst"])
@pytest.mark.parametrize("last", [b"", b"\n"])
def test_a_row_too_large_for_the_budget_is_rejected_alone(tmp_path, monkeypatch, suffix, last):
    monkeypatch.setattr(memory.Budget, "row_limit", 3000)
    monkeypatch.setattr(read, "BLOCK_SIZE", 1000)
    rng = random.Random(4)
    lines = [row(f"before {i}") for i in range(9)]
    large = [b'{"text": "%s"}' % rng.randbytes(size).hex().encode() for size in (1494, 1495, 9000)]
    assert [len(line) for line in large] == [3000, 3002, 18012]
    given = [*lines, *large, row("between"), large[2], large[1], row("after"), large[2]]
    path = put(tmp_path / f"a.{suffix}", *given)
    if not last:
        path.write_bytes(pack(b"\n".join(given), path.name, 3))
    ledger = cm.shards.dedup(path, tmp_path / "out", **SLACK)
    assert ledger.files[0].rejected == {"row_too_large": 5}
    kept = unpack(tmp_path / "out/data" / path.name).splitlines()
    assert kept == [*lines, large[0], row("between"), row("after")]
    offset, expected = 0, []
    for number, line in enumerate(given, 1):
        if len(line) > 3000:
            expected.append((number, offset, len(line)))
        offset += len(line) + 1
    text = (tmp_path / f"out/rejected/{path.name}.jsonl").read_text()
    found = [json.loads(entry) for entry in text.splitlines()]
    assert [(e["line"], e["byte_offset"], e["length"]) for e in found] == expected
    assert {e["reason"] for e in found} == {"row_too_large"}
    assert not any("raw" in e for e in found)


@pytest.mark.parametrize("limit", [1, 5, 100])
def test_long_lines_are_cut_out_exactly(limit):
    rng = random.Random(limit)
    for _ in range(200):
        data = bytes(rng.choices(b"ab\n", k=rng.randrange(1, 60)))
        parts = list(pieces.around_long_lines(data, limit))
        assert b"".join(part for part, _ in parts) == data
        for part, too_large in parts:
            lines = bytes(part).splitlines()
            assert too_large == any(len(line) > limit for line in lines)
            assert not too_large or len(lines) == 1


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("4GB", 4 * 10**9),
        ("512MiB", 512 << 20),
        ("1.5 kb", 1500),
        ("2TiB", 2 << 40),
        ("77", 77),
        (5, 5),
    ],
)
def test_sizes_are_read(given, expected):
    assert memory.parse(given) == expected


@pytest.mark.parametrize("given", ["", "4 gigs", "-1GB", "0", 0, -5, 1.5, True, "GB"])
def test_wrong_sizes_are_named(tmp_path, given):
    put(tmp_path / "a.jsonl", row("x"))
    with pytest.raises(UsageError, match="memory: expected bytes or a size like '4GB'"):
        cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out", memory=given)


def test_less_than_the_minimum_is_refused(tmp_path):
    put(tmp_path / "a.jsonl", row("x"))
    with pytest.raises(UsageError, match=r"memory: 20 MB are too few for 2 threads, which need \d"):
        cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out", memory="20MB", threads=2)
    assert not (tmp_path / "out").exists()
    said: list[Notice] = []
    cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out", notice=said.append)
    assert said[0].kind == "start"
    assert said[0].facts["minimum_memory_bytes"] > 20e6


@pytest.mark.parametrize("codec", ["", ".gz", ".zst", ".bz2", ".xz"])
def test_lines_of_any_length_keep_to_the_budget(tmp_path, codec):
    """Half the limit, nearly it (two that are near-duplicates), a bit more, and 50 MB, or 20 packed."""
    budget, threads = 250_000_000, 1 if codec else 2
    words_of_huge = 4_000_000 if codec else 10_000_000
    limit = memory.Budget(budget, 0, 1 << 20, 0, 0).row_limit
    rng = random.Random(6)
    words = [f"{rng.randrange(16 ** rng.randint(2, 9)):x}" for _ in range(50_000)]
    text = (" ".join(rng.choices(words, k=limit // 8)) * 2)[: limit * 99 // 100]
    long = [
        row(text[: limit // 2]),
        row(text),
        row(text[:-9] + " the end"),
        row(text + text[: limit // 4]),
    ]
    path = put(
        tmp_path / f"a.jsonl{codec}",
        row("before"),
        *long,
        row("word " * words_of_huge),
        row("after"),
    )
    program = (
        "import sys; from corpusmill.shards import dedup\n"
        "dedup(sys.argv[1], sys.argv[2], memory=int(sys.argv[3]), threads=int(sys.argv[4]),"
        " max_rejected=1.0)\n"
        f"print({PEAK})"
    )
    done = in_child(program, path, tmp_path / "out", budget, threads)
    assert done.stderr == ""
    assert int(done.stdout) <= budget
    rejects = [(line, why) for line, _, why, _ in _rejects(tmp_path / "out", path.name)]
    assert rejects == [(5, "row_too_large"), (6, "row_too_large")]
    assert cm.shards.Ledger.load(tmp_path / "out").totals["dropped"] == {"similar": 1}


def _rejects(out: Path, name: str = "a.jsonl") -> list[tuple[int, int, str, int]]:
    entries = map(json.loads, (out / f"rejected/{name}.jsonl").read_text().splitlines())
    return [(e["line"], e["byte_offset"], e["reason"], e["length"]) for e in entries]


def test_results_that_do_not_fit_wait_on_the_disk(tmp_path):
    """From its start to its end a job keeps to its budget, and gives the same bytes."""
    words = [f"w{i:05}" for i in range(3000)]
    rng = random.Random(1)
    with (tmp_path / "a.jsonl").open("w") as file:
        for _ in range(300_000):
            start = rng.randrange(2900)
            file.write(f'{{"text": "{" ".join(words[start : start + 30])}"}}\n')
    program = (
        "import sys; from corpusmill.shards import dedup\n"
        "dedup(sys.argv[1], sys.argv[2], memory=sys.argv[3], threads=2)\n"
        f"print({PEAK})"
    )
    peaks = {}
    for budget in ("200MB", "2GB"):
        done = in_child(program, tmp_path / "a.jsonl", tmp_path / budget, budget)
        assert done.stderr == ""
        peaks[budget] = int(done.stdout)
    assert peaks["200MB"] <= 200e6 < peaks["2GB"]
    assert tree(tmp_path / "200MB") == tree(tmp_path / "2GB")


# --- inputs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("closed", ["in", "in/sub", "in/sub/b.jsonl", "out"])
def test_what_may_not_be_read_or_written_is_named(tmp_path, closed):
    put(tmp_path / "in/a.jsonl", row("x"))
    put(tmp_path / "in/sub/b.jsonl", row("y"))
    (tmp_path / "out").mkdir()
    program = (
        UNPRIVILEGED + "ledger = dedup(sys.argv[1], sys.argv[2])\nprint(*ledger.problems, sep='')"
    )
    (tmp_path / closed).chmod(0)
    try:
        done = in_child(program, tmp_path / "in", tmp_path / "out")
    finally:
        (tmp_path / closed).chmod(0o755)
    if closed.endswith(".jsonl"):
        assert done.stdout == "sub/b.jsonl is unreadable: Permission denied\n"
        assert (tmp_path / "out/data/a.jsonl").read_bytes() == row("x") + b"\n"
        return
    last = done.stderr.splitlines()[-1]
    what = "output" if closed == "out" else "input folder"
    assert last.startswith(f"corpusmill.shards.errors.UsageError: {what} '{tmp_path / closed}'")
    assert "Permission denied" in last
    assert not list((tmp_path / "out").iterdir())


def test_an_input_that_vanishes_before_it_is_read_fails_the_job(tmp_path):
    put(tmp_path / "in/a.jsonl", row("x"))
    gone = put(tmp_path / "in/b.jsonl", row("y"))

    def remove(news: Notice) -> None:
        if news.kind == "start":
            gone.unlink()

    with pytest.raises(JobError, match=r"b\.jsonl changed while the job ran"):
        cm.shards.dedup(tmp_path / "in", tmp_path / "out", notice=remove)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("copies", [150, pytest.param(2300, id="2GB")])
def test_one_big_file(tmp_path, copies, large):
    """Cut into stage files as a large job is; beyond 2**31 bytes if that is asked for."""
    if copies > 150 and not large:
        pytest.skip("needs --large")
    lines = [row(f"{i} " + "some words of a long text " * 35, id=i) for i in range(1000)]
    with (tmp_path / "a.jsonl").open("wb") as file:
        for _ in range(copies - 1):
            file.write(b"\n".join(lines) + b"\n")
        file.writelines(row("the last", id=-1 - i) + b"\n" for i in range(2))
    size = (tmp_path / "a.jsonl").stat().st_size
    assert size > (2**31 if large and copies > 150 else store.SMALL_JOB)
    ledger = cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out", method="exact")
    assert ledger.totals["dropped"] == {"equal": (copies - 2) * 1000 + 1}
    assert facts(tmp_path / "out")["scanned_bytes"] == size
    [fate] = cm.shards.why(tmp_path / "out", "-2").fates
    last = (copies - 1) * 1000
    assert (fate.place.row, fate.kept.row) == (last + 1, last)
    shutil.rmtree(tmp_path)


def test_too_many_rows_for_the_budget_are_told_and_the_job_goes_on_with_more(tmp_path, monkeypatch):
    put(tmp_path / "a.jsonl", row("one two three"), row("four five six"), row("seven"))
    with monkeypatch.context() as patched:
        patched.setattr(memory, "RESIDENT", 10**12)
        with pytest.raises(
            JobError, match=r"too few to decide on 3 rows; allow [\d,]+ MB, and run"
        ):
            cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out")
    assert cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out").totals["kept"] == 3


def test_a_job_starts_no_process(tmp_path, monkeypatch):
    """One that is killed at that moment would leave its lock to it."""
    put(tmp_path / "in/a.jsonl", row("a b c"))
    monkeypatch.setattr(platform, "_uname_cache", None)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    cm.shards.dedup(tmp_path / "in", tmp_path / "out", **SLACK)
