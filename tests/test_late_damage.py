"""late damage: a row group of which any column fails is lost as a whole, wherever that shows."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import corpusmill as cm
import documents
from corpusmill.shards import JobError, Notice
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.reading import read, thrift
from corpusmill.shards.state import store
from corpusmill.shards.writing import encode
from test_formats import SLACK, job, read_table, rows_of, tree, write_table
from test_resume import SMALL, warnings

ROWS, GROUP = 240, 40


def table(seed: int = 1) -> pa.Table:
    texts = documents.varied(ROWS, seed)
    return pa.table(
        {
            "text": texts,
            "n": range(ROWS),
            "note": [f"{text[:20]} note {i}" for i, text in enumerate(texts)],
        }
    )


def broken(path: Path, group: int, column: int) -> None:
    """Damages the last page of a column in one row group."""
    chunk = pq.ParquetFile(path).metadata.row_group(group).column(column)
    data = bytearray(path.read_bytes())
    end = chunk.data_page_offset + chunk.total_compressed_size
    if chunk.has_dictionary_page:
        end = chunk.dictionary_page_offset + chunk.total_compressed_size
    data[end - 12 : end] = bytes(byte ^ 0xFF for byte in data[end - 12 : end])
    path.write_bytes(data)


def test_a_codec_that_is_none_is_damage_of_the_footer(tmp_path: Path) -> None:
    """Asked for its name, pyarrow would end the process."""
    path = tmp_path / "a.parquet"
    pq.write_table(table(), path, compression="brotli")
    data, codec = bytearray(path.read_bytes()), parquet_codec(path)
    data[codec] = 15  # -8
    path.write_bytes(data)
    ledger = cm.shards.dedup(path, tmp_path / "out", **SLACK)
    assert [(file.status, file.rows_read) for file in ledger.files] == [("corrupt", 0)]


def parquet_codec(path: Path) -> int:
    """Where the codec of the first column stands."""
    data = path.read_bytes()
    begin = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    footer = data[begin:-8]
    group = next(thrift.structs(footer, thrift.field(footer, 4)))
    chunk = next(thrift.structs(footer, thrift.field(footer, 1, group)))
    return begin + thrift.field(footer, 4, thrift.field(footer, 3, chunk).start).start


def write(path: Path, rows: pa.Table, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        rows,
        path,
        row_group_size=GROUP,
        compression="zstd",
        use_dictionary=False,
        data_page_size=200,
        write_batch_size=5,
        **options,
    )
    return path


@pytest.fixture(autouse=True)
def small_units(monkeypatch):
    monkeypatch.setattr(read, "BLOCK_SIZE", 2_000)
    monkeypatch.setattr(encode, "FRAME_SIZE", 6_000)


@pytest.fixture(params=[False, True], ids=["plain", "checksums"])
def given(request, tmp_path):
    """Two files; of the first, groups 1 and 4 are damaged, each in another column than the text."""
    path = write(tmp_path / "in/a.parquet", table(), write_page_checksum=request.param)
    write(tmp_path / "in/b.parquet", table(seed=2))
    broken(path, 1, 2)
    broken(path, 4, 1 if request.param else 2)  # without a checksum a number is never wrong
    return tmp_path / "in"


@pytest.mark.parametrize("options", [{}, {"write_dropped": True}, {"format": "jsonl"}], ids=str)
def test_its_rows_are_rejected_and_all_else_is_decided_without_them(given, tmp_path, options):
    said: list[Notice] = []
    ledger = job(given, tmp_path / "out", notice=said.append, **options)
    [a, b] = ledger.files
    assert (a.status, a.error) == ("corrupt", "parquet: row group 1 cannot be decoded")
    assert (a.rows_read, a.rejected) == (ROWS, {"undecodable": 2 * GROUP})
    assert (b.status, b.rejected) == ("complete", {})
    assert "a.parquet: row groups that cannot be decoded: 1, 4;" in warnings(said)
    lost = [*range(GROUP, 2 * GROUP), *range(4 * GROUP, 5 * GROUP)]
    gone = read_table(tmp_path / "out/rejected/a.parquet.parquet")
    assert gone["row"].to_pylist() == lost
    assert set(gone["reason"].to_pylist()) == {"undecodable"}
    assert gone["text"].null_count == gone["n"].null_count == len(gone)
    # The same job over tables that never had the rows.
    left = table().filter(pa.array([i not in lost for i in range(ROWS)]))
    write(tmp_path / "left/a.parquet", left)
    write(tmp_path / "left/b.parquet", table(seed=2))
    job(tmp_path / "left", tmp_path / "expected", **options)
    for name in (name for file in ledger.files for name in file.outputs):
        if not name.startswith("rejected/"):
            assert rows_of(tmp_path / "out" / name) == rows_of(tmp_path / "expected" / name), name


def test_the_answer_depends_on_neither_threads_nor_blocks(given, tmp_path, monkeypatch):
    trees = []
    for threads, block in ((1, 2_000), (3, 700), (2, 1 << 20)):
        monkeypatch.setattr(read, "BLOCK_SIZE", block)
        job(given, tmp_path / str(threads), threads=threads)
        trees.append(tree(tmp_path / str(threads)))
    assert trees[0] == trees[1] == trees[2]


def test_damage_of_the_text_loses_the_whole_row_group(tmp_path, monkeypatch):
    path = write(tmp_path / "in/a.parquet", table())
    broken(path, 2, 0)
    trees = []
    for block in (500, 1 << 20):
        monkeypatch.setattr(read, "BLOCK_SIZE", block)
        [file] = job(tmp_path / "in", tmp_path / str(block)).files
        assert file.rejected == {"undecodable": GROUP}
        trees.append(tree(tmp_path / str(block)))
    assert trees[0] == trees[1]


KILLED = (
    SMALL
    + """
import os, sys
from corpusmill.shards import dedup
seen = []
def stop(news):
    if seen[-1:] != [news.stage]:
        seen.append(news.stage)
        print(news.stage, flush=True)
    if len(seen) == int(sys.argv[3]):
        os._exit(9)
dedup(sys.argv[1], sys.argv[2], progress=stop, max_rejected=1)
"""
)


def test_a_job_killed_around_it_ends_with_the_same_bytes(given, tmp_path, monkeypatch):
    """And what was found out is not looked for again."""
    monkeypatch.setattr(store, "SMALL_JOB", 0)
    monkeypatch.setattr(read, "BLOCK_SIZE", 4_000)
    job(given, tmp_path / "expected")
    found_out = set()
    for number in itertools.count(1):
        out = tmp_path / str(number)
        command = [sys.executable, "-c", KILLED, given, out, str(number)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode == 0:
            break
        assert done.returncode == 9
        said: list[Notice] = []
        job(given, out, notice=said.append)
        assert tree(out) == tree(tmp_path / "expected"), number
        known = "check" in done.stdout.split()[:-1]
        assert ("begins again" in warnings(said)) == (not known)
        found_out.add(known)
    assert found_out == {False, True}


def test_damage_that_comes_and_goes_is_an_error(given, tmp_path, monkeypatch):
    monkeypatch.setattr(late_damage, "_find", lambda job: [()] * len(job.shards))
    with pytest.raises(JobError, match=r"a\.parquet changed while the job ran"):
        job(given, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("codec", "magic"), [("zstd", b"\x28\xb5\x2f\xfd"), ("lz4", b"\x04\x22\x4d\x18")]
)
def test_rows_of_a_batch_that_cannot_be_read_are_counted(tmp_path, codec, magic):
    path = write_table(tmp_path / "in/a.arrow", table(), rows=GROUP, codec=codec)
    frames = path.read_bytes().split(magic)
    of_each = (len(frames) - 1) * GROUP // ROWS
    last = frames[2 * of_each]  # of the second batch: its notes
    frames[2 * of_each] = b"\xff" * 50 + last[50:]
    path.write_bytes(magic.join(frames))
    [file] = job(tmp_path / "in", tmp_path / "out").files
    assert (file.status, file.rows_read) == ("corrupt", ROWS)
    assert file.rejected == {"undecodable": GROUP}
    assert file.error.startswith("arrow: record batch 1: ")
    gone = read_table(tmp_path / "out/rejected/a.arrow.parquet")
    assert gone["row"].to_pylist() == list(range(GROUP, 2 * GROUP))


def test_nothing_is_read_again_where_nothing_is_damaged(tmp_path):
    write(tmp_path / "in/a.parquet", table())
    seen = []
    cm.shards.dedup(
        tmp_path / "in", tmp_path / "out", progress=lambda news: seen.append(news.stage)
    )
    assert list(dict.fromkeys(seen)) == ["signals", "decide", "verify", "write"]


@pytest.mark.parametrize("options", [{}, {"join": True}, {"where": "n >= 0"}], ids=str)
def test_a_conversion_begins_again_without_them(given, tmp_path, options):
    ledger = cm.shards.convert(given, tmp_path / "out", **SLACK, **options)
    lost = [*range(GROUP, 2 * GROUP), *range(4 * GROUP, 5 * GROUP)]
    assert [file.rejected for file in ledger.files] == [{"undecodable": len(lost)}, {}]
    names = sorted({name for file in ledger.files for name in file.outputs if "data/" in name})
    kept = [row for name in names for row in rows_of(tmp_path / "out" / name)]
    left = table().filter(pa.array([i not in lost for i in range(ROWS)]))
    assert kept == [*left.to_pylist(), *table(seed=2).to_pylist()]
