"""shards: every row is accounted for, whatever the files hold; equal inputs give equal bytes."""

from __future__ import annotations

import base64
import bz2
import contextlib
import gzip
import itertools
import json
import lzma
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

import corpusmill as cm
import documents
from corpusmill import _core
from corpusmill.shards import JobError, Ledger, Progress, UsageError, passes
from corpusmill.shards.jobs.dedup import duplicates
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading import read
from corpusmill.shards.reading.lines import LineBlock
from corpusmill.shards.writing import encode

SUFFIXES = ("jsonl", "jsonl.gz", "jsonl.zst")
SLACK = {"max_rejected": 1.0}


# --- files ----------------------------------------------------------------------------------------


def pack(data: bytes, name: str, parts: int = 1) -> bytes:
    """The bytes of a file of this name that holds data, in so many members or frames."""
    cuts = [len(data) * i // parts for i in range(parts + 1)]
    pieces = [data[a:b] for a, b in itertools.pairwise(cuts)]
    if name.endswith(".gz"):
        return b"".join(gzip.compress(piece, 6) for piece in pieces)
    if name.endswith(".zst"):
        return b"".join(
            zstandard.ZstdCompressor(write_checksum=True).compress(piece) for piece in pieces
        )
    if name.endswith(".bz2"):
        return b"".join(map(bz2.compress, pieces))
    if name.endswith(".xz"):
        return b"".join(lzma.compress(piece, preset=0) for piece in pieces)  # others take minutes
    return data


def unpack(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".zst":
        reader = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True)
        return reader.read()
    return data


def row(text: object, **more: object) -> bytes:
    return orjson.dumps({"text": text, **more})


def put(path: Path, *lines: bytes) -> Path:
    """A file of these lines, each with a newline."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(b"".join(line + b"\n" for line in lines), path.name))
    return path


def tree(out: Path) -> dict[str, bytes]:
    """All files of a result but run.json."""
    files = (path for path in out.rglob("*") if path.is_file())
    names = {str(path.relative_to(out)): path.read_bytes() for path in files}
    del names["run.json"]
    return names


def rejects(out: Path, name: str) -> list[tuple[int, int, str, bytes]]:
    path = out / "rejected" / f"{name}.jsonl"
    if not path.exists():
        return []
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert {entry["file"] for entry in found} == {name}
    return [
        (entry["line"], entry["byte_offset"], entry["reason"], base64.b64decode(entry["raw"]))
        for entry in found
    ]


@contextlib.contextmanager
def sizes(block: int, frame: int) -> Iterator[None]:
    """Blocks and frames small enough that small files have several."""
    old = read.BLOCK_SIZE, encode.FRAME_SIZE
    read.BLOCK_SIZE, encode.FRAME_SIZE = block, frame
    try:
        yield
    finally:
        read.BLOCK_SIZE, encode.FRAME_SIZE = old


@pytest.fixture
def small() -> Iterator[None]:
    with sizes(1000, 3000):
        yield


def varied_rows(count: int, seed: int = 1) -> list[bytes]:
    texts = documents.varied(count, seed)
    return [row(text, id=i, score=i * 7 % 11) for i, text in enumerate(texts)]


# --- the laws -------------------------------------------------------------------------------------

BAD = [
    (b'{"text": null}', "text_null"),
    (b'{"text": 5}', "text_not_a_string"),
    (b'{"text": ["a"]}', "text_not_a_string"),
    (b'{"other": "a"}', "text_missing"),
    (b'{"text": "a', "invalid_json"),
    (b"[]", "not_an_object"),
    (b'{"text": "\xff"}', "invalid_utf8"),
    (b'{"text": "\\ud800"}', "lone_surrogate"),
]
texts = st.lists(st.sampled_from(["to", "be", "or", "not", "that"]), max_size=9).map(" ".join)
good = texts.map(lambda text: (row(text), None)) | st.just((b'{"text":"a","id":1.5e3} ', None))
blank = st.sampled_from([(b"", "blank"), (b" \t", "blank")])
line = good | st.sampled_from(BAD) | blank
files = st.tuples(
    st.sampled_from(SUFFIXES),
    st.lists(st.tuples(line, st.sampled_from([b"\n", b"\r\n"])), max_size=30),
    st.booleans(),  # a BOM
    st.booleans(),  # no newline at the end
    st.integers(1, 3),  # members or frames
)


@settings(max_examples=60)
@given(st.lists(files, min_size=1, max_size=4), st.integers(1, 3), st.sampled_from([40, 1 << 20]))
def test_rows_are_conserved(tmp_path_factory, given_files, threads, block):
    folder = tmp_path_factory.mktemp("job")
    expected = {}
    for i, (suffix, lines, bom, cut, parts) in enumerate(given_files):
        ends = [end for _, end in lines]
        if cut and ends:
            ends[-1] = b""
        data = b"".join(content + end for ((content, _), _), end in zip(lines, ends, strict=True))
        name = f"in/{i}.{suffix}"
        (folder / "in").mkdir(exist_ok=True)
        (folder / name).write_bytes(pack(bom * b"\xef\xbb\xbf" + data, name, parts))
        expected[f"{i}.{suffix}"] = [what for what, _ in lines]
    with sizes(block, 100):
        options = {"threads": threads, "n": 2, "text": "text", **SLACK}
        try:
            ledger = cm.shards.dedup(folder / "in", folder / "out", **options)
        except UsageError:  # all objects lack the field
            wheres = [where for lines in expected.values() for _, where in lines]
            assert "text_missing" in wheres
            assert not {None, "text_null", "text_not_a_string"} & set(wheres)
            return
    kept_of_all = []
    assert [file.path for file in ledger.files] == sorted(expected)
    for file in ledger.files:
        lines = expected[file.path]
        rows = [content for content, where in lines if where is None]
        refused = [
            (number, where, content)
            for number, (content, where) in enumerate(lines, 1)
            if where not in (None, "blank")
        ]
        assert file.status == "complete"
        assert file.rows_read == len(rows) + len(refused)
        found = rejects(folder / "out", file.path)
        assert [(number, where, raw) for number, _, where, raw in found] == refused
        assert file.rejected == Counter(where for _, where, _ in refused)
        kept = unpack(folder / "out" / "data" / file.path).splitlines()
        assert file.kept == len(kept)
        kept_of_all.append((rows, kept))
    assert ledger.balanced
    assert_as_the_column_says(folder / "out", kept_of_all, n=2)


def assert_as_the_column_says(out, files, **options):
    """The same rows of the same texts go as `dedup.decide` says, and the others stay in order."""
    rows = [(i, content) for i, (contents, _) in enumerate(files) for content in contents]
    decided = cm.dedup.decide([orjson.loads(content)["text"] for _, content in rows], **options)
    dropped = set(decided["dropped"].to_pylist())
    for i, (_, kept) in enumerate(files):
        stay = [c for at, (j, c) in enumerate(rows) if i == j and at not in dropped]
        assert kept == stay
    found = pq.read_table(out / "duplicates.parquet")
    for name in ("similarity", "verified", "size"):
        assert found[name].to_pylist() == decided[name].to_pylist()
    assert found["cluster"].to_pylist() == decided["kept"].to_pylist()


@pytest.mark.parametrize(
    "options",
    [
        {"verify": "signature", "keep": "longest"},
        {"verify": "none", "threshold": 0.7, "max_comparisons": 2},
        {"method": "exact"},
        {"n": 3, "unit": "char", "seed": 7, "bands": 10, "rows": 4, "num_hashes": 50},
    ],
)
@pytest.mark.usefixtures("small")
def test_options_mean_what_they_mean_for_columns(tmp_path, options):
    rows = varied_rows(300)
    put(tmp_path / "in" / "a.jsonl.zst", *rows[:200])
    put(tmp_path / "in" / "b.jsonl", *rows[200:])
    cm.shards.dedup(tmp_path / "in", tmp_path / "out", **options)
    parts = [(rows[:200], "a.jsonl.zst"), (rows[200:], "b.jsonl")]
    files = [(part, unpack(tmp_path / "out/data" / name).splitlines()) for part, name in parts]
    assert_as_the_column_says(tmp_path / "out", files, **options)


def test_kept_is_the_row_with_the_largest_number(tmp_path):
    text = "one and the same text of some words"
    numbers = [2, "9", 7.5, None, 7.5, -1]
    put(tmp_path / "a.jsonl", *(row(text, score=number) for number in numbers))
    cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out", keep="score")
    assert unpack(tmp_path / "out/data/a.jsonl") == row(text, score=7.5) + b"\n"


JOB = """
import sys
from corpusmill.shards import dedup
from corpusmill.shards.writing import encode
from corpusmill.shards.reading import read
read.BLOCK_SIZE, encode.FRAME_SIZE = int(sys.argv[3]), 5000
dedup(sys.argv[4:], sys.argv[1], threads=int(sys.argv[2]), keep="longest", max_rejected=1)
"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Shards of every codec in folders, good and bad rows, one truncated; and the job's answer."""
    folder = tmp_path_factory.mktemp("mixed")
    rows = varied_rows(400)
    for i, name in enumerate(
        ["b/a.jsonl.gz", "a.jsonl", "b.jsonl.zst", "b/é.jsonl", "b-.jsonl", "B.jsonl.gz"]
    ):
        put(folder / "in" / name, *rows[i * 70 : i * 70 + 70], b"{broken", b"", rows[0])
    torn = folder / "in" / "b.jsonl.zst"
    torn.write_bytes(torn.read_bytes()[:-20])
    subprocess.run(
        [sys.executable, "-c", JOB, folder / "out", "1", "4000000", folder / "in"], check=True
    )
    return folder


def test_answer_depends_on_neither_threads_nor_simd_nor_order(mixed, tmp_path, at_level):
    names = [mixed / "in", mixed / "in" / "b", mixed / "in/b/../a.jsonl", mixed / "in/B.jsonl.gz"]
    expected = tree(mixed / "out")
    for threads, block in ((1, 900), (3, 2000)):
        random.Random(threads).shuffle(names)
        out = tmp_path / str(threads)
        at_level("-c", JOB, str(out), str(threads), str(block), *map(str, names))
        found = tree(out)
        assert found.keys() == expected.keys()
        for name in found.keys() - {"ledger.json"}:
            assert found[name] == expected[name], name
        ours, theirs = (json.loads(files["ledger.json"]) for files in (found, expected))
        assert ours.pop("inputs") == sorted(map(str, names))
        del theirs["inputs"]
        assert ours == theirs
    assert tree(tmp_path / "1") == tree(tmp_path / "3")


def test_ledger_says_what_lies_there(mixed):
    out = mixed / "out"
    ledger = Ledger.load(out)
    assert [file.path for file in ledger.files] == sorted(
        (str(p.relative_to(mixed / "in")) for p in (mixed / "in").rglob("*.*")), key=os.fsencode
    )
    names = [name for file in ledger.files for name in file.outputs]
    own = ["duplicates.parquet", "ledger.json"]
    assert sorted(names + own) == sorted(tree(out))
    assert ledger.to_json() == (out / "ledger.json").read_text()
    assert [file.status for file in ledger.files].count("truncated") == 1
    assert len(ledger.problems) == 1
    for file in ledger.files:
        data = (mixed / "in" / file.path).read_bytes()
        assert file.bytes == len(data)
        digest = _core.core.StreamHash()
        digest.update(data)
        assert file.xxh3_128 == digest.hexdigest()


@pytest.mark.usefixtures("small")
def test_duplicates_name_files_rows_and_ids(tmp_path):
    text = "the same five words here and there"
    ids = [1, "1", None, 2.50, True, [1], "é", "1"]
    lines = [b"", *(row(text, key=value) for value in ids), b'{"text":"%s"}' % text.encode()]
    put(tmp_path / "in" / "a.jsonl", *lines)
    put(tmp_path / "in" / "b.jsonl.gz", row("something else altogether, of other words"), lines[1])
    cm.shards.dedup(tmp_path / "in", tmp_path / "out", id="key")
    found = pq.read_table(tmp_path / "out/duplicates.parquet").to_pylist()
    assert [r["dropped_id"] for r in found] == ["1", None, "2.5", "true", None, "é", "1", None, "1"]
    assert {(r["kept_id"], r["kept_file"], r["kept_row"]) for r in found} == {("1", "a.jsonl", 1)}
    places = [(r["dropped_file"], r["dropped_row"]) for r in found]
    assert places == [*(("a.jsonl", i) for i in range(2, 10)), ("b.jsonl.gz", 1)]
    assert {(r["cluster"], r["size"], r["verified"]) for r in found} == {(0, 10, "exact")}


def test_capped_buckets_are_listed(tmp_path):
    words = [f"w{i}" for i in range(60)]
    rng = random.Random(5)
    rows = [row(" ".join(rng.sample(words, 20)), id=i) for i in range(50)]
    put(tmp_path / "a.jsonl", *rows)
    options = {"n": 1, "bands": 112, "rows": 1, "max_comparisons": 1}
    ledger = cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out", **options)
    capped = ledger.findings["capped"]
    assert capped["units"] > 0
    assert len(capped["buckets"]) == 20
    assert capped["buckets"][0].keys() == {"band", "units", "kept", "file", "row"}
    assert all(bucket["file"] == "a.jsonl" for bucket in capped["buckets"])


# --- passes ---------------------------------------------------------------------------------------


class Counting:
    """A pass over shards of so many blocks each; notes what it is handed, in turns per shard."""

    def __init__(self, counts, stop, fail_at=None):
        self.meter = Meter("counting", 0)
        self.counts, self.fail_at = counts, fail_at
        self.turns = [passes.Turns(stop) for _ in counts]
        self.seen = [[] for _ in counts]
        self.finished = []

    def blocks(self, shard):
        for index in range(self.counts[shard]):
            yield LineBlock(index, 0, b"")

    def work(self, shard, block):
        time.sleep(0.001 * (block.index % 3))
        if (shard, block.index) == self.fail_at:
            raise KeyError("first")
        with self.turns[shard].turn(block.index):
            self.seen[shard].append(block.index)

    def finish(self, shard):
        assert len(self.seen[shard]) == self.counts[shard]
        self.finished.append(shard)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_pass_walks_over_every_block_once_and_in_turn(threads):
    stop = threading.Event()
    counting = Counting([3, 0, 40, 1, 0, 7], stop)
    passes.run(counting, 6, threads=threads, stop=stop, report=lambda _: None)
    assert counting.seen == [list(range(count)) for count in counting.counts]
    assert sorted(counting.finished) == list(range(6))
    assert not stop.is_set()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_pass_ends_with_the_first_error(threads):
    stop = threading.Event()
    counting = Counting([1000, 5], stop, fail_at=(0, 20))
    with pytest.raises(KeyError, match="first"):
        passes.run(counting, 2, threads=threads, stop=stop, report=lambda _: None)
    assert len(counting.seen[0]) <= 20
    assert 0 not in counting.finished


def test_an_error_of_the_report_ends_a_pass():
    stop = threading.Event()
    counting = Counting([100_000], stop)

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        passes.run(counting, 1, threads=2, stop=stop, report=interrupt)
    assert len(counting.seen[0]) < 1000


# --- outputs --------------------------------------------------------------------------------------


def test_frames_are_cut_by_rows_written(tmp_path):
    rows = [row(f"{i} " * 50) for i in range(200)]
    for name in ("a.jsonl.gz", "b.jsonl.zst"):
        put(tmp_path / "in" / name, *(bytes(r) for r in rows))
    outs = []
    for block in (700, 5000, 1 << 20):
        out = tmp_path / str(block)
        with sizes(block, 3000):
            cm.shards.dedup(tmp_path / "in", out, threads=3, method="exact")
        outs.append(tree(out))
    assert outs[0] == outs[1] == outs[2]
    first = (out / "data/a.jsonl.gz").read_bytes()
    assert first[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"  # no name, no time
    members, rest = [], first
    while rest:
        member = zlib.decompressobj(31)
        members.append(member.decompress(rest))
        rest = member.unused_data
    assert b"".join(members).splitlines() == rows
    longest = max(map(len, rows)) + 1
    assert all(3000 <= len(member) < 3000 + longest for member in members[:-1])
    assert all(member.endswith(b"\n") for member in members)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_without_kept_rows_are_written_empty(tmp_path, suffix):
    put(tmp_path / f"a.{suffix}", row("the same words as there"))
    put(tmp_path / f"b.{suffix}", row("the same words as there"))
    put(tmp_path / f"c.{suffix}")
    ledger = cm.shards.dedup(tmp_path, tmp_path / "out")
    for name in ("b", "c"):
        path = tmp_path / "out" / "data" / f"{name}.{suffix}"
        assert unpack(path) == b""
        assert path.stat().st_size > 0 or suffix == "jsonl"
    assert [file.rows_read for file in ledger.files] == [1, 1, 0]
    assert ledger.problems == []


@pytest.mark.usefixtures("small")
def test_progress_runs_forward(tmp_path):
    put(tmp_path / "a.jsonl", *varied_rows(300))
    news: list[Progress] = []
    cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out", progress=news.append)
    stages = list(dict.fromkeys(n.stage for n in news))
    assert stages == ["signals", "decide", "verify", "write"]
    for stage in ("signals", "verify", "write"):
        counts = [n.done_bytes for n in news if n.stage == stage]
        assert counts == sorted(counts)
        assert counts[-1] == [n for n in news if n.stage == stage][-1].total_bytes


def test_run_json_tells_of_the_run(tmp_path):
    put(tmp_path / "a.jsonl", row("x"))
    cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out", threads=2)
    facts = json.loads((tmp_path / "out/run.json").read_text())
    assert facts["threads"] == 2
    assert facts["cpu_s"] >= facts["startup_cpu_s"] > 0
    assert facts["inputs"] == [str(tmp_path / "a.jsonl")]
    assert facts["max_rss_bytes"] > 10_000_000


# --- bad input ------------------------------------------------------------------------------------


def run_one(path: Path, **options: object) -> tuple[cm.shards.FileEntry, list[bytes]]:
    """The ledger's entry and the kept lines of a job over one file."""
    out = path.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    ledger = cm.shards.dedup(path, out, **{**SLACK, **options})
    [file] = ledger.files
    assert ledger.balanced
    return file, unpack(out / "data" / path.name).splitlines()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("data", "kept", "rejected"),
    [
        (b"", [], {}),
        (b"\n\n \r\n", [], {}),
        (b'{"text":"a"}', [b'{"text":"a"}'], {}),
        (b'{"text":"a"}\r\n{"text":"b"}\r\n', [b'{"text":"a"}', b'{"text":"b"}'], {}),
        (b'\xef\xbb\xbf{"text":"a"}\n', [b'{"text":"a"}'], {}),
        (b"\xef\xbb\xbf", [], {}),
        (b'{"text":"\\u0000\\u2028"}\n', [b'{"text":"\\u0000\\u2028"}'], {}),
        (b'{"text":"\xe2\x80\xa8"}\n', [b'{"text":"\xe2\x80\xa8"}'], {}),
        (b'{"text":"a\x00b"}\n', [], {"invalid_json": 1}),
        (b'{"text":"a"}\n{"text":"b', [b'{"text":"a"}'], {"invalid_json": 1}),
        (b'{"te\\u0078t":"a"}\n', [b'{"te\\u0078t":"a"}'], {}),
    ],
)
def test_odd_lines(tmp_path, suffix, data, kept, rejected):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(pack(data, path.name))
    file, lines = run_one(path)
    assert (lines, file.rejected, file.status) == (kept, rejected, "complete")


def test_deep_nesting_is_a_row(tmp_path):
    deep = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b',"text":"a"}'
    torn = b'{"text":"b","a":' + b'{"b":' * 100_000
    file, lines = run_one(put(tmp_path / "a.jsonl", deep, torn))
    assert lines == [deep]
    assert file.rejected == {"invalid_json": 1}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_line_of_50_megabytes(tmp_path, suffix):
    long = row("word " * 10_000_000)
    rows = [row("before"), long, b'{"text": "' + b"x" * 10_000_000, row("after"), row("before")]
    file, lines = run_one(put(tmp_path / f"a.{suffix}", *rows), verify="signature")
    assert lines == [rows[0], long, rows[3]]
    assert file.rejected == {"invalid_json": 1}


def decodable(data: bytes, suffix: str) -> bytes:
    """All that a decoder gives of a damaged file when it is fed byte by byte."""
    new = {
        "jsonl.gz": lambda: zlib.decompressobj(31),
        "jsonl.zst": lambda: zstandard.ZstdDecompressor().decompressobj(),
    }[suffix]
    out, decoder = b"", new()
    with contextlib.suppress(zlib.error, zstandard.ZstdError):
        for at in range(len(data)):
            if decoder.eof:
                decoder = new()
            out += decoder.decompress(data[at : at + 1])
    return out


@pytest.mark.parametrize("suffix", SUFFIXES[1:])
def test_rows_before_damage_are_kept(tmp_path, suffix):
    """Cut anywhere, or with any bit flipped, a file gives every whole line that can be decoded."""
    rng = random.Random(3)
    rows = [row(f"{i} {rng.random()}") for i in range(300)]
    whole = pack(b"".join(r + b"\n" for r in rows), suffix, parts=3)
    damaged = [whole[: rng.randrange(len(whole))] for _ in range(15)] + [whole[:-1], whole[:1]]
    for _ in range(25):
        at = rng.randrange(len(whole))
        damaged.append(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :])
    for i, data in enumerate(damaged):
        path = tmp_path / f"a.{suffix}"
        path.write_bytes(data)
        expected = decodable(data, suffix)
        file, lines = run_one(path, method="exact")
        *complete, last = expected.split(b"\n")
        good_last = last and last.endswith(b"}")
        rejected = rejects(tmp_path / "out", path.name)
        if expected != b"".join(r + b"\n" for r in rows):
            assert file.status in ("truncated", "corrupt", "unreadable"), i
        if set(complete) <= set(rows):
            assert lines == complete + [last] * bool(good_last)
            torn = [("truncated", last)] if last and not good_last else []
            assert [(reason, raw) for _, _, reason, raw in rejected] == torn
        assert file.rows_read == len(lines) + sum(file.dropped.values()) + len(rejected)
        assert file.bytes == len(data)


@pytest.mark.parametrize(
    ("suffix", "tail", "status"),
    [
        ("jsonl.gz", b"\0" * 512, "complete"),
        ("jsonl.gz", b"garbage", "corrupt"),
        ("jsonl.gz", b"\x1f", "truncated"),
        ("jsonl.zst", b"garbage", "corrupt"),
        ("jsonl.zst", b"\x28", "truncated"),
        ("jsonl.zst", b"\x50\x2a\x4d\x18\x04\0\0\0abcd", "complete"),
    ],
)
def test_what_follows_the_last_part(tmp_path, suffix, tail, status):
    path = put(tmp_path / f"a.{suffix}", row("x"))
    path.write_bytes(path.read_bytes() + tail)
    file, lines = run_one(path)
    assert (file.status, lines) == (status, [row("x")])


def test_long_windows_are_read(tmp_path):
    rows = [row(os.urandom(100).hex()) for _ in range(1000)]
    parameters = zstandard.ZstdCompressionParameters(window_log=30, enable_ldm=True)
    compressor = zstandard.ZstdCompressor(compression_params=parameters)
    path = tmp_path / "a.jsonl.zst"
    with path.open("wb") as file, compressor.stream_writer(file) as writer:
        writer.write(b"\n".join(rows))
    assert run_one(path)[1] == rows


@pytest.mark.parametrize("suffix", SUFFIXES[1:])
@pytest.mark.parametrize("data", [row("x") + b"\n", b""])
def test_files_that_are_not_what_they_are_named(tmp_path, suffix, data):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(data)
    put(tmp_path / "b.jsonl", row("y"))
    ledger = cm.shards.dedup(tmp_path, tmp_path / "out")
    assert [file.status for file in ledger.files] == [
        "unreadable" if data else "truncated",
        "complete",
    ]
    assert path.name in ledger.problems[0]
    assert unpack(tmp_path / "out/data/b.jsonl") == row("y") + b"\n"


def test_files_that_cannot_be_read(tmp_path):
    put(tmp_path / "a.jsonl", row("y"))
    (tmp_path / "gone.jsonl").symlink_to("nowhere")
    (tmp_path / "io.jsonl").symlink_to("/proc/self/mem")  # reading its first page is an error
    os.mkfifo(tmp_path / "pipe.jsonl")
    ledger = cm.shards.dedup(tmp_path, tmp_path / "out")
    assert [file.status for file in ledger.files] == ["complete", *["unreadable"] * 3]
    assert all(file.error for file in ledger.files[1:])
    assert (tmp_path / "out/data/io.jsonl").read_bytes() == b""


def test_many_small_files(tmp_path):
    for i in range(500):
        put(tmp_path / "in" / f"{i % 10}" / f"{i}.jsonl", row(f"text {i // 2} of many words"))
    ledger = cm.shards.dedup(tmp_path / "in", tmp_path / "out", threads=3)
    assert ledger.totals["kept"] == 250
    assert len(list((tmp_path / "out/data").rglob("*.jsonl"))) == 500


# --- inputs ---------------------------------------------------------------------------------------


def test_inputs_are_found_once_and_in_order(tmp_path, monkeypatch):
    for name in ("in/b.jsonl", "in/B.ndjson.gz", "in/a/c.json.zst", "in/é.jsonl"):
        put(tmp_path / name, row(name))
    for name in ("in/.hidden.jsonl", "in/.git/x.jsonl", "in/info.json", "in/readme.txt"):
        put(tmp_path / name, row(name))
    (tmp_path / "in/twin.jsonl").symlink_to("b.jsonl")
    monkeypatch.chdir(tmp_path)
    found = ["B.ndjson.gz", "a/c.json.zst", "b.jsonl", "é.jsonl"]
    for i, inputs in enumerate(
        (
            ["in"],
            "in",
            ["in/a", "in/*.jsonl", "in/B*", "in/b.jsonl"],
            ["in/**/*.[jn]*[lzt]", "./in/a/../a"],
        )
    ):
        ledger = cm.shards.dedup(inputs, f"out{i}")
        assert [file.path for file in ledger.files] == found, inputs
    ledger = cm.shards.dedup(["in/info.json"], "out")
    assert [file.path for file in ledger.files] == ["info.json"]


def test_the_output_is_never_read(tmp_path, monkeypatch):
    put(tmp_path / "a.jsonl", row("x"))
    monkeypatch.chdir(tmp_path)
    first = cm.shards.dedup(".", "out")
    again = cm.shards.dedup([".", "**/*.jsonl"], "out", overwrite=True)
    assert [f.path for f in first.files] == [f.path for f in again.files] == ["a.jsonl"]
    with pytest.raises(UsageError, match="lies in the output"):
        cm.shards.dedup("out/data/a.jsonl", "out", overwrite=True)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ("nowhere.jsonl", "'nowhere.jsonl' does not exist"),
        ("no*.jsonl", r"'no\*.jsonl' matches no file"),
        (["a.jsonl", "empty"], "'empty' holds no"),
        ("a.csv", r"a\.csv.*rename"),
        ([], "no input"),
        ("", "an input is an empty name"),
        (["a.jsonl", ""], "an input is an empty name"),
    ],
)
def test_wrong_inputs_are_named(tmp_path, monkeypatch, inputs, says):
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "a.jsonl", row("x"))
    put(tmp_path / "a.csv", b"text")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=says):
        cm.shards.dedup(inputs, "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"text": "txt"}, r"text: no field 'txt'.*they hold 'text', 'id'.*did you mean 'text'\?"),
        ({"keep": "lenght"}, r"keep: no field 'lenght'"),
        ({"keep": "text"}, "keep: field 'text' holds no number in the first 1,000 rows"),
        ({"id": "key"}, "id: no field 'key'"),
        ({"threads": -1}, "threads: expected a whole number from 0 to 1024"),
        ({"method": "fuzzy"}, "method: expected one of near, exact, got 'fuzzy'"),
        ({"threshold": 0}, "threshold: expected"),
        ({"threshold": "0.8"}, "threshold: expected 0 < threshold <= 1, got '0.8'"),
        ({"max_rejected": 2}, "max_rejected: expected 0 to 1"),
        ({"gzip_level": 0}, "gzip_level: expected a whole number from 1 to 12"),
        ({"num_hashes": 4, "threshold": 0.1}, "num_hashes=4 is too few"),
    ],
)
def test_wrong_options_are_named(tmp_path, options, says):
    put(tmp_path / "a.jsonl", row("x", id=1), b"broken", row(None))
    with pytest.raises(UsageError, match=says):
        cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_field_is_looked_for_in_the_first_thousand_rows(tmp_path):
    path = put(tmp_path / "a.jsonl", *[b'{"body":"x"}'] * 999, row("x"))
    assert run_one(path)[0].rejected == {"text_missing": 999}
    put(path, *[b'{"body":"x"}'] * 1000, row("x"))
    with pytest.raises(UsageError, match=r"they hold 'body'$"):
        run_one(path)
    put(path, *[b"{"] * 1000, row("x"))  # no object has shown which fields there are
    assert run_one(path)[0].rejected == {"invalid_json": 1000}


# --- the output folder ----------------------------------------------------------------------------


def test_only_our_own_folder_is_overwritten(tmp_path):
    put(tmp_path / "in/sub/a.jsonl", row("x"), b"{")
    put(tmp_path / "in/b.jsonl", row("y"))
    out = tmp_path / "out"
    out.mkdir()
    cm.shards.dedup(tmp_path / "in", out, **SLACK)
    before = tree(out)
    with pytest.raises(UsageError, match="overwrite"):
        cm.shards.dedup(tmp_path / "in", out, **SLACK)
    assert tree(out) == before
    (out / "data/sub/mine.txt").write_text("mine")
    (out / "report.txt").write_text("mine")
    (tmp_path / "in/sub/a.jsonl").unlink()
    cm.shards.dedup(tmp_path / "in", out, overwrite=True)
    names = {"data/b.jsonl", "data/sub/mine.txt", "report.txt", "ledger.json", "duplicates.parquet"}
    assert set(tree(out)) == names


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_that_is_not_ours_is_refused(tmp_path, overwrite):
    put(tmp_path / "a.jsonl", row("x"))
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    for content in ("{}", '{"files": 5}', "not json"):
        (out / "ledger.json").write_text(content)
        with pytest.raises(UsageError, match="no job of corpusmill"):
            cm.shards.dedup(tmp_path / "a.jsonl", out, overwrite=overwrite)
    with pytest.raises(UsageError, match="is a file"):
        cm.shards.dedup(tmp_path / "a.jsonl", out / "notes.txt", overwrite=overwrite)
    assert (out / "notes.txt").read_text() == "mine"


def test_a_foreign_file_in_the_way_is_not_touched(tmp_path):
    put(tmp_path / "in/a.jsonl", row("x"))
    cm.shards.dedup(tmp_path / "in", tmp_path / "out")
    put(tmp_path / "in/b.jsonl", row("y"))
    put(tmp_path / "out/data/b.jsonl", b"mine")
    with pytest.raises(UsageError, match=r"data/b\.jsonl' exists and is not ours"):
        cm.shards.dedup(tmp_path / "in", tmp_path / "out", overwrite=True)
    assert unpack(tmp_path / "out/data/b.jsonl") == b"mine\n"


def test_a_ledger_cannot_name_files_outside(tmp_path):
    put(tmp_path / "a.jsonl", row("x"))
    put(tmp_path / "precious.jsonl", row("y"))
    cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out")
    ledger = tmp_path / "out/ledger.json"
    precious = str(tmp_path / "precious.jsonl")
    ledger.write_text(ledger.read_text().replace("data/a.jsonl", "../precious.jsonl"))
    with pytest.raises(UsageError, match="not ours"):
        cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out", overwrite=True)
    (tmp_path / "out/data/a.jsonl").unlink()
    ledger.write_text(ledger.read_text().replace("../precious.jsonl", precious))
    cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out", overwrite=True)
    assert Path(precious).exists()


def test_an_unwritable_output_is_an_error_before_work(tmp_path):
    put(tmp_path / "a.jsonl", row("x"))
    for out in ("/proc/corpusmill", tmp_path / "a.jsonl" / "out"):
        with pytest.raises(UsageError, match=r"cannot be written|is a file"):
            cm.shards.dedup(tmp_path / "a.jsonl", out)


def test_a_killed_job_is_begun_again(tmp_path):
    put(tmp_path / "in/a.jsonl", *varied_rows(50))
    program = (
        "import os, sys; from corpusmill.shards import dedup\n"
        "stop = lambda news: news.stage == sys.argv[1] and os._exit(9)\n"
        "dedup(sys.argv[2], sys.argv[3], progress=stop)"
    )
    cm.shards.dedup(tmp_path / "in", tmp_path / "expected")
    for stage in ("signals", "decide", "write"):
        out = tmp_path / stage
        done = subprocess.run(
            [sys.executable, "-c", program, stage, tmp_path / "in", out], check=False
        )
        assert done.returncode == 9
        assert not (out / "ledger.json").exists()
        assert (out / ".state").exists()
        cm.shards.dedup(tmp_path / "in", out)
        assert {**tree(out), "ledger.json": b""} == {
            **tree(tmp_path / "expected"),
            "ledger.json": b"",
        }


KILLED_AT_MOVE = """
import os, sys
from corpusmill.shards import dedup
from corpusmill.shards.state import publish
move, left = publish.Swap.move, [int(sys.argv[1])]
def stop(*arguments):
    left[0] -= 1
    if left[0] < 0:
        if sys.argv[2] == "kill":
            os._exit(9)
        raise KeyboardInterrupt
    move(*arguments)
publish.Swap.move = stop
try:
    dedup(sys.argv[3], sys.argv[4], overwrite=True)
except KeyboardInterrupt:
    sys.exit(7)
"""


def stopped_at_move(number, how, given, out):
    command = [sys.executable, "-c", KILLED_AT_MOVE, str(number), how, given, out]
    return subprocess.run(command, check=False).returncode


@pytest.mark.parametrize("earlier", [False, True])
def test_a_job_killed_while_it_publishes_is_undone(tmp_path, earlier):
    """Whichever rename is the last one: the next job finds the old results, or none, or the new."""
    put(tmp_path / "old/a.jsonl", *varied_rows(5))
    put(tmp_path / "in/b/b.jsonl", *varied_rows(9), b"{")
    cm.shards.dedup(tmp_path / "in", tmp_path / "expected", **SLACK)
    out, undone = tmp_path / "out", []
    for number in itertools.count():
        shutil.rmtree(out, ignore_errors=True)
        before = {}
        if earlier:
            cm.shards.dedup(tmp_path / "old", out)
            before = tree(out)
        code = stopped_at_move(number, "kill", tmp_path / "in", out)
        # A second job, interrupted when it has just begun, must not make things worse.
        with pytest.raises((KeyboardInterrupt, UsageError)):
            cm.shards.dedup(tmp_path / "in", out, progress=interrupt)
        if code == 0:
            break
        assert code == 9
        assert (tree(out) if earlier else list(out.iterdir())) == (before or [])
        undone.append(number)
        cm.shards.dedup(tmp_path / "in", out, overwrite=earlier, **SLACK)
        assert tree(out).keys() == tree(tmp_path / "expected").keys()
    assert len(undone) == (9 if earlier else 5)


def interrupt(_: Progress) -> None:
    raise KeyboardInterrupt


def test_old_results_outlive_a_failed_overwrite(tmp_path):
    put(tmp_path / "in/a.jsonl", *varied_rows(50))
    out = tmp_path / "out"
    cm.shards.dedup(tmp_path / "in", out)
    before = tree(out)
    for stage in ("signals", "write"):

        def stop(news: Progress, stage: str = stage) -> None:
            if news.stage == stage:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt, match="gone again"):
            cm.shards.dedup(tmp_path / "in", out, overwrite=True, progress=stop)
        assert tree(out) == before


def test_two_jobs_on_one_folder_are_refused(tmp_path):
    put(tmp_path / "in/a.jsonl", *varied_rows(50))
    refused: list[str] = []

    def second(news: Progress) -> None:
        if news.stage == "write":
            for overwrite in (False, True):
                with pytest.raises(UsageError, match="another job is writing") as error:
                    cm.shards.dedup(tmp_path / "in", tmp_path / "out", overwrite=overwrite)
                refused.append(str(error.value))

    cm.shards.dedup(tmp_path / "in", tmp_path / "out", progress=second)
    assert refused
    assert "out/data/a.jsonl" not in refused[0]
    assert not (tmp_path / "out/.state").exists()
    ledger = Ledger.load(tmp_path / "out")
    assert all((tmp_path / "out" / name).exists() for name in ledger.files[0].outputs)


def test_an_output_that_vanishes_fails_the_job(tmp_path, monkeypatch):
    put(tmp_path / "a.jsonl", *varied_rows(5))
    write = duplicates.write

    def lose(out, *arguments):
        write(out, *arguments)
        (out.path / ".state/files/data/a.jsonl").unlink()

    monkeypatch.setattr(duplicates, "write", lose)
    with pytest.raises(JobError, match=r"data/a\.jsonl was written and is gone"):
        cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_names_that_are_no_utf8_are_overwritten(tmp_path):
    name = os.fsdecode(b"a\xff.jsonl")
    put(tmp_path / "in" / name, row("x"))
    cm.shards.dedup(tmp_path / "in", tmp_path / "out")
    cm.shards.dedup(tmp_path / "in", tmp_path / "out", overwrite=True)
    assert (tmp_path / "out/data" / name).exists()
    (tmp_path / "in" / name).rename(tmp_path / "in/b.jsonl")
    cm.shards.dedup(tmp_path / "in", tmp_path / "out", overwrite=True)
    assert [path.name for path in (tmp_path / "out/data").iterdir()] == ["b.jsonl"]


def test_results_of_other_jobs_are_not_read(tmp_path):
    put(tmp_path / "in/a.jsonl", row("x"))
    cm.shards.dedup(tmp_path / "in", tmp_path / "in/old")
    (tmp_path / "in/killed/.state").mkdir(parents=True)
    (tmp_path / "in/killed/.state/job.json").write_text("{}")
    put(tmp_path / "in/killed/data/b.jsonl", row("y"))
    put(tmp_path / "in/other/c.jsonl", row("z"))
    (tmp_path / "in/other/ledger.json").write_text("{}")
    ledger = cm.shards.dedup(tmp_path / "in", tmp_path / "in/new")
    assert [file.path for file in ledger.files] == ["a.jsonl", "other/c.jsonl"]
    with pytest.raises(UsageError, match=r"old' holds the results of a job.*old/data'"):
        cm.shards.dedup(tmp_path / "in/old", tmp_path / "out")
    assert cm.shards.dedup(tmp_path / "in/old/data", tmp_path / "out").totals["kept"] == 1


def test_an_output_without_a_name_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "a.jsonl", row("x"))
    with pytest.raises(UsageError, match="the output is an empty name"):
        cm.shards.dedup("a.jsonl", "")


def test_a_failed_job_leaves_nothing(tmp_path):
    path = put(tmp_path / "in/a.jsonl", *varied_rows(50))

    def change(news: Progress) -> None:
        if news.stage == "decide":
            path.write_bytes(path.read_bytes() + row("more"))

    with pytest.raises(JobError, match=r"a\.jsonl changed"):
        cm.shards.dedup(tmp_path / "in", tmp_path / "out", progress=change)
    assert not (tmp_path / "out").exists()


def test_a_vanished_input_is_an_error(tmp_path):
    path = put(tmp_path / "in/a.jsonl", *varied_rows(50))

    def remove(news: Progress) -> None:
        if news.stage == "decide":
            path.unlink(missing_ok=True)

    with pytest.raises(JobError, match=r"cannot read .*a\.jsonl"):
        cm.shards.dedup(tmp_path / "in", tmp_path / "out", progress=remove)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path, suffix):
    rng = random.Random(1)
    rows = [row(rng.randbytes(200).hex()) for _ in range(2000)]
    put(tmp_path / f"in/a.{suffix}", *rows)
    put(tmp_path / "in/b.jsonl", row("small"))
    program = (
        "import resource, sys; from corpusmill.shards import dedup\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "dedup(sys.argv[1], sys.argv[2])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "in", tmp_path / "out"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert f"JobError: cannot write {tmp_path}/out/data/a.{suffix}: File too large" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_unbalanced_account_fails_the_job(tmp_path, monkeypatch):
    put(tmp_path / "a.jsonl", *varied_rows(20))
    monkeypatch.setattr(_core.jsonl, "count_lines", lambda _: 7)
    with pytest.raises(JobError, match="rows were read, but"):
        cm.shards.dedup(tmp_path / "a.jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()
