"""again: blocks asked for a second time are those of the first reading, and little else is read."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from corpusmill.shards.reading import ipc_files, line_blocks, pieces, table_files
from corpusmill.shards.reading import stream as streams
from corpusmill.shards.reading.inputs import find
from corpusmill.shards.reading.read import Block, Shard
from corpusmill.shards.writing.written import Step, WrittenLog

MEMBERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": zstandard.ZstdCompressor().compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def shard_of(path: Path, block_size: int = 1_000) -> Shard:
    (file,) = find(path, path.parent / "out")
    return Shard(file, block_size=block_size)


def read_first(shard: Shard) -> list[Block]:
    shard.look()
    return list(shard.first(lambda _: None, None))


def content(block: Block) -> object:
    """A block as something to be compared."""
    table = getattr(block, "table", None)
    data = bytes(block.data) if table is None else table.to_pylist()
    return block.index, block.offset, block.size, data


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(line_blocks, "PART_SIZE", 2_000)
    monkeypatch.setattr(table_files, "PART_SIZE", 2_000)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("codec", MEMBERS)
def test_any_blocks_of_many_members_are_what_they_were(tmp_path_factory, codec):
    """Also where the last member is cut off or damaged."""
    folder = tmp_path_factory.mktemp("members")

    @given(
        st.lists(st.integers(0, 60), min_size=1, max_size=40),
        st.sampled_from(["", "cut", "bit"]),
        st.data(),
    )
    def law(sizes: list[int], damage: str, data: st.DataObject) -> None:
        members = [
            b"".join(b'{"text": "%d of %d"}\n' % (row, number) * 3 for row in range(size))
            for number, size in enumerate(sizes)
        ]
        packed = bytearray(b"".join(map(MEMBERS[codec], members)))
        if damage == "cut":
            del packed[-5:]
        elif damage == "bit":
            packed[-20] ^= 8
        path = folder / f"a.jsonl.{codec}"
        path.write_bytes(packed)
        shard = shard_of(path)
        blocks = read_first(shard)
        wanted = [block for block in blocks if data.draw(st.booleans())]
        again = shard.again([block.index for block in wanted], lambda _: None)
        assert list(map(content, again)) == list(map(content, wanted))
        begins = [begin for _, begin in shard.parts]
        assert all(np.diff(begins) >= line_blocks.PART_SIZE)

    law()


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("codec", MEMBERS)
def test_members_before_the_wanted_block_are_not_decompressed(tmp_path, monkeypatch, codec):
    rng = np.random.default_rng(1)
    lines = [b'{"text": "%s"}\n' % rng.bytes(300).hex().encode() for _ in range(800)]
    members = [b"".join(lines[at : at + 20]) for at in range(0, 800, 20)]
    path = tmp_path / f"a.jsonl.{codec}"
    path.write_bytes(b"".join(map(MEMBERS[codec], members)))
    shard = shard_of(path)
    blocks = read_first(shard)
    come: list[int] = []
    raw = pieces.raw

    def counted(file: int):
        for piece in raw(file):
            come.append(len(piece))
            yield piece

    monkeypatch.setattr(pieces, "raw", counted)
    (last,) = shard.again([blocks[-1].index], lambda _: None)
    assert content(last) == content(blocks[-1])
    assert sum(come) < path.stat().st_size / 10


def going_on(path: Path, shard: Shard, known: int, block_size: int) -> Shard:
    """As a later run begins that has the results of the first blocks, with blocks of another size."""
    later = shard_of(path, block_size)
    later.extents = shard.extents[:known]
    ends = [offset + size for offset, size in later.extents]
    later.parts = sorted({pieces.part_of(shard.parts, end) for end in ends} - {(0, 0)})
    return later


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("known", [1, 9, 19])
@pytest.mark.parametrize("name", ["jsonl", *map("jsonl.{}".format, MEMBERS), "parquet", "arrow"])
def test_what_follows_known_blocks_comes_whatever_the_size_of_blocks(
    tmp_path, monkeypatch, name, known
):
    """Of members and row groups that are known, none is decompressed; the file's hash is the same."""
    rng = np.random.default_rng(1)
    texts = [rng.bytes(100).hex() for _ in range(400)]
    path = tmp_path / f"a.{name}"
    if name == "parquet":
        pq.write_table(pa.table({"text": texts}), path, row_group_size=50)
    elif name == "arrow":
        with pa.ipc.new_file(path, pa.schema({"text": pa.string()})) as writer:
            writer.write_table(pa.table({"text": texts}), max_chunksize=50)
    else:
        lines = [b'{"text": "%s"}\n' % text.encode() for text in texts]
        packed = MEMBERS.get(name.rpartition(".")[2], bytes)
        members = [b"".join(lines[at : at + 20]) for at in range(0, 400, 20)]
        path.write_bytes(b"".join(map(packed, members)))
    shard = shard_of(path, 3_000)
    blocks = list(map(content, read_first(shard)))
    begun: list[int] = []
    decompress, readinto = streams.decompress, streams.ZstdStream.readinto

    def counted(raw, *others):
        for piece in decompress(raw, *others):
            begun.append(len(piece))
            yield piece

    def counted_too(self, room):
        begun.append(readinto(self, room))
        return begun[-1]

    monkeypatch.setattr(streams, "decompress", counted)
    monkeypatch.setattr(streams.ZstdStream, "readinto", counted_too)
    later = going_on(path, shard, known, 1_000)
    more = read_first(later)
    assert later.xxh3_128 == shard.xxh3_128
    assert sum(begun) <= max(0, shard.size_of(range(known, len(blocks)))) + 7_000
    assert more
    again = list(map(content, later.again(range(len(later.extents)), lambda _: None)))
    assert again[:known] == blocks[:known]
    assert again[known:] == list(map(content, more))
    joined = [row for *_, data in again for row in (data.splitlines() if name[0] == "j" else data)]
    assert [str(row).count(text) for row, text in zip(joined, texts, strict=True)] == [1] * 400


@pytest.mark.parametrize("stream", [False, True])
def test_of_arrow_only_the_wanted_batches_are_looked_at(tmp_path, monkeypatch, stream):
    path = tmp_path / "a.arrow"
    table = pa.table({"text": [f"row {row}" for row in range(1_000)]})
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=100)
    shard = shard_of(path, 500)
    blocks = read_first(shard)
    assert len(blocks) > 20
    looked: list[int] = []
    is_sound = ipc_files.is_sound

    def counted(batch: pa.RecordBatch) -> bool:
        looked.append(batch.num_rows)
        return is_sound(batch)

    monkeypatch.setattr(ipc_files, "is_sound", counted)
    for block in (blocks[0], blocks[len(blocks) // 2], blocks[-1]):
        (again,) = shard.again([block.index], lambda _: None)
        assert content(again) == content(block)
        assert looked.pop() == 100
        assert not looked


# --- what is remembered of outputs ----------------------------------------------------------------


def step(
    num_bytes: int, first: int, notes: list[str], *, synced: bool = False, whole: bool = False
):
    return Step("a", 0, num_bytes, "", num_bytes, whole, synced, first, notes)


def known(path: Path) -> list[tuple[int, list[str]]]:
    """Twice, for what is read is written anew."""
    found = []
    for _ in range(2):
        log = WrittenLog(path, pytest.fail)
        found.append([(of.num_bytes, of.notes) for of in log.steps("a", 0)])
        log.close()
    assert found[0] == found[1]
    return found[0]


def noted(path: Path, *steps: Step) -> None:
    log = WrittenLog(path, pytest.fail)
    for of in steps:
        log.note(of)
    log.close()


def test_the_last_synced_step_and_those_behind_it_are_remembered(tmp_path):
    path = tmp_path / "written"
    noted(path, step(1, 0, ["a"]), step(2, 1, ["b"]))
    assert known(path) == [(1, ["a"]), (2, ["a", "b"])]
    noted(path, step(3, 2, ["c"], synced=True), step(4, 3, ["d"]), step(5, 4, ["e", "f"]))
    assert known(path) == [(3, [*"abc"]), (4, [*"abcd"]), (5, [*"abcdef"])]
    noted(path, step(4, 3, ["d"]))  # a run that could not go on but from the first of them
    assert known(path) == [(3, [*"abc"]), (4, [*"abcd"])]
    noted(path, step(9, 0, [], whole=True))
    assert known(path) == [(9, [])]
