"""full disks: whatever does not fit, the job says so and names it; with room it ends as if it always had."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

import corpusmill as cm
from corpusmill.shards import JobError, UsageError
from corpusmill.shards.reading import read
from corpusmill.shards.state import out, store
from corpusmill.shards.writing import encode, written
from test_formats import write_table
from test_shards import SLACK, put, tree, varied_rows


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A disk of its own; called with its size in bytes, again for another size."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mounted(*options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    if not shutil.which("mount") or not mounted("size=1m"):
        pytest.skip("needs the right to mount a tmpfs")

    def of_size(size: int) -> Path:
        assert mounted("remount", f"size={size}")
        return folder

    yield of_size
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(autouse=True)
def small_units(monkeypatch):
    monkeypatch.setattr(read, "BLOCK_SIZE", 4_000)
    monkeypatch.setattr(encode, "FRAME_SIZE", 6_000)
    monkeypatch.setattr(store, "UNIT_SIZE", 40_000)


@pytest.fixture
def given(tmp_path):
    lines = varied_rows(300)
    put(tmp_path / "in/a.jsonl", *lines[:100], b"{broken")
    put(tmp_path / "in/b.jsonl.gz", *lines[100:200])
    texts = [line.decode() for line in lines[200:]]
    write_table(tmp_path / "in/c.parquet", pa.table({"text": [*texts, None]}), rows=30)
    return tmp_path / "in"


@pytest.fixture(params=[False, True], ids=["small", "saving"])
def saving(request, monkeypatch) -> bool:
    monkeypatch.setattr(store, "SMALL_JOB", 0 if request.param else 1 << 40)
    return request.param


@pytest.mark.parametrize("options", [{}, {"format": "arrow"}], ids=str)
def test_a_disk_of_any_size(given, tmp_path, disk, saving, options):
    options = {**SLACK, **options}
    cm.shards.dedup(given, tmp_path / "expected", **options)
    expected = tree(tmp_path / "expected")
    named = set()
    for size in itertools.count(4 << 10, 28 << 10):
        there = disk(size) / "out"
        try:
            cm.shards.dedup(given, there, **options)
        except (JobError, UsageError) as error:
            assert "make room" in str(error)  # noqa: PT017
            named.add(str(error).partition(":")[0].partition("out/")[2])
            if not saving:
                assert not there.exists()
            disk(4 << 20)
            cm.shards.dedup(given, there, **options)
            assert tree(there) == expected
            shutil.rmtree(there)
        else:
            assert tree(there) == expected
            break
    assert len(named) >= 2
    assert not named & {"decided", "written"}  # which lie in .state


@pytest.mark.parametrize("target", ["jsonl", "parquet", "arrow"])
@pytest.mark.parametrize("codec", [None, "none"])
def test_an_output_that_takes_no_byte(given, tmp_path, monkeypatch, target, codec):
    """/dev/full fails when buffers are written, which is seldom where they are filled."""
    create = out.OutFolder.create

    def full(self, name):
        if not name.startswith("data/"):
            return create(self, name)
        self._files.append(Path("/dev/full").open("wb"))  # noqa: SIM115
        return self._files[-1]

    monkeypatch.setattr(out.OutFolder, "create", full)
    with pytest.raises(JobError, match=r"cannot write .*out/data/.*: No space left on device"):
        cm.shards.dedup(given, tmp_path / "out", format=target, codec=codec, **SLACK)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["duplicates.parquet", "run.json", "ledger.json"])
def test_a_disk_that_fills_up_at_the_very_end(given, tmp_path, monkeypatch, name):
    create = out.OutFolder.create

    def full(self, asked):
        if asked != name:
            return create(self, asked)
        self._files.append(Path("/dev/full").open("wb"))  # noqa: SIM115
        return self._files[-1]

    with monkeypatch.context() as patched:
        patched.setattr(out.OutFolder, "create", full)
        with pytest.raises(
            JobError, match=rf"cannot write .*{name}: No space left on device; make room"
        ):
            cm.shards.dedup(given, tmp_path / "out", **SLACK)
    assert not (tmp_path / "out").exists()
    cm.shards.dedup(given, tmp_path / "out", **SLACK)


def test_an_account_of_outputs_that_takes_no_byte(given, tmp_path, monkeypatch):
    """What is left in its buffer fails once more when it is closed."""
    monkeypatch.setattr(store, "SMALL_JOB", 0)
    cm.shards.dedup(given, tmp_path / "expected", **SLACK)
    note, lock = written.WrittenLog.note, threading.Lock()

    def full(self, step):
        with lock:  # several threads note what they wrote
            if self.open and self._file.name != "/dev/full":
                self._file.close()
                self._file = open("/dev/full", "wb")  # noqa: PTH123, SIM115
        note(self, step)

    with monkeypatch.context() as patched:
        patched.setattr(written.WrittenLog, "note", full)
        with pytest.raises(JobError, match=r"cannot write .*written: No space left.*make room"):
            cm.shards.dedup(given, tmp_path / "out", **SLACK)
    cm.shards.dedup(given, tmp_path / "out", **SLACK)
    assert tree(tmp_path / "out") == tree(tmp_path / "expected")
