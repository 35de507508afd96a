"""write: streams of rows into outputs: cut, joined, changed, killed in the midst and gone on with."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import corpusmill as cm
from corpusmill import _core
from corpusmill.shards import JobError, Notice, UsageError
from corpusmill.shards.jobs import write_rows
from corpusmill.shards.reading import read, stream
from corpusmill.shards.reading.rooms import Rooms
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.writing import forms, output, series
from corpusmill.shards.writing.added import Numbers
from corpusmill.shards.writing.write import WritePass
from test_formats import TABLES, job, put, read_table, rows_of, tree, unpack, write_table
from test_resume import SMALL, damage
from test_shards import varied_rows

EVERY = ("jsonl", "jsonl.gz", "jsonl.zst", "jsonl.bz2", "jsonl.xz", *TABLES)


def outputs(ledger: cm.shards.Ledger, out: Path, folder: str = "data") -> list[Path]:
    """The outputs of a kind in the order of their rows, each once."""
    names = [name for file in ledger.files for name in file.outputs if name.startswith(folder)]
    return [out / name for name in dict.fromkeys(names)]


def all_rows(paths: list[Path]) -> list[object]:
    return [row for path in paths for row in rows_of(path)]


# --- streams that span inputs ---------------------------------------------------------------------

texts = st.sampled_from(["to be", "or not", "to be or not to be", "that is the question"])
given_files = st.lists(
    st.lists(st.none() | texts | st.integers(0, 99).map(str), max_size=6), min_size=1, max_size=5
)


@pytest.mark.parametrize("suffix", EVERY)
@given(files=given_files, per_file=st.none() | st.integers(1, 7))
@example(files=[["a"], [], ["b", "a"], ["b"], [None], ["c", "d"]], per_file=2)
def test_joined_outputs_are_the_others_one_behind_the_other(
    tmp_path_factory, suffix, files, per_file
):
    """Rows, their order and their bytes; dropped ones too; and each input names where its are."""
    folder = tmp_path_factory.mktemp("joined")
    rows = [
        [{"text": text, "id": f"{number}-{at}"} for at, text in enumerate(file)]
        for number, file in enumerate(files)
    ]
    schema = pa.schema({"text": pa.string(), "id": pa.string()})
    for number, of_file in enumerate(rows):
        path = folder / f"in/{number}.{suffix}"
        if suffix in TABLES:
            write_table(path, pa.Table.from_pylist(of_file, schema), rows=3)
        else:
            put(path, *of_file)
    alone, joined = folder / "alone", folder / "joined"
    before = job(folder / "in", alone, n=2, write_dropped=True)
    ledger = job(folder / "in", joined, n=2, write_dropped=True, join=True, rows_per_file=per_file)
    for kind in ("data", "dropped"):
        expected = all_rows(outputs(before, alone, kind))
        parts = outputs(ledger, joined, kind)
        assert all_rows(parts) == expected
        assert sorted((joined / kind).iterdir()) == parts
        assert [path.name for path in parts] == [
            f"part-{number:05}.{suffix}" for number in range(len(parts))
        ]
        sizes = [len(rows_of(path)) for path in parts]
        assert all(size == (per_file or len(expected)) for size in sizes[:-1])
        assert len(parts) == 1 or 0 < sizes[-1] <= (per_file or 0)
    for number, file in enumerate(ledger.files):
        assert file.kept == before.files[number].kept
        assert file.rejected == before.files[number].rejected
        held = [name for name in file.outputs if name.startswith("data/")]
        ids = {row["id"] for name in held for row in rows_of(joined / name)}
        own = {row["id"] for row in rows_of(alone / f"data/{number}.{suffix}")}
        assert own <= ids
        for name in held:
            assert not own or own & {row["id"] for row in rows_of(joined / name)}
    assert tree(alone / "rejected") == tree(joined / "rejected")


@pytest.mark.parametrize("per_file", [None, 150])
@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.zst", "parquet"])
def test_joined_outputs_depend_on_neither_threads_nor_blocks(
    tmp_path, monkeypatch, suffix, per_file
):
    monkeypatch.setattr("corpusmill.shards.writing.encode.FRAME_SIZE", 6_000)
    for number in range(7):
        lines = varied_rows(40 * number, seed=number)
        put(tmp_path / f"in/{number}.jsonl.gz", *map(json.loads, lines))
    found = []
    for threads, block in ((1, 1 << 20), (3, 2_000), (2, 9_000)):
        monkeypatch.setattr(read, "BLOCK_SIZE", block)
        out = tmp_path / f"out{threads}"
        kind, _, codec = suffix.partition(".")
        job(
            tmp_path / "in", out, threads=threads, join=True, rows_per_file=per_file,
            format=kind, codec=codec or None, write_dropped=True,
        )  # fmt: skip
        found.append(tree(out))
    assert found[0] == found[1] == found[2]


def test_joined_tables_have_the_fields_of_all(tmp_path):
    metadata = {"of": "the first"}
    first = pa.table(
        {"text": ["one row"], "n": pa.array([1], pa.int8()), "later": pa.nulls(1)}
    ).replace_schema_metadata(metadata)
    second = pa.table({"later": [[1.5]], "text": ["another row entirely"], "more": ["x"]})
    write_table(tmp_path / "in/a.parquet", first)
    write_table(tmp_path / "in/b.arrow", second)
    put(tmp_path / "in/c.jsonl", {"text": "lines too", "own": 7})
    (tmp_path / "in/0.parquet").write_bytes(b"none at all")
    ledger = job(tmp_path / "in", tmp_path / "out", join=True)
    [path] = outputs(ledger, tmp_path / "out")
    found = read_table(path)
    assert path.name == "part-00000.parquet"
    assert found.schema.names == ["text", "n", "later", "more", "own"]
    assert found.schema.types[1:3] == [pa.int8(), pa.list_(pa.float64())]
    assert found.schema.metadata[b"of"] == b"the first"
    nothing = dict.fromkeys(found.schema.names)
    assert found.to_pylist() == [
        nothing | {"text": "one row", "n": 1},
        nothing | {"text": "another row entirely", "later": [1.5], "more": "x"},
        nothing | {"text": "lines too", "own": 7},
    ]
    lines = job(tmp_path / "in", tmp_path / "lines", join=True, format="jsonl", codec="gz")
    [path] = outputs(lines, tmp_path / "lines")
    assert path.name == "part-00000.jsonl.gz"
    assert [row["text"] for row in rows_of(path)] == [row["text"] for row in found.to_pylist()]


def test_tables_that_cannot_be_joined_are_named(tmp_path):
    write_table(tmp_path / "in/a.parquet", pa.table({"text": ["a"], "n": [1]}))
    write_table(tmp_path / "in/b.parquet", pa.table({"text": ["b"], "n": ["1"]}))
    with pytest.raises(UsageError, match=r"field 'n' is int64 in a\.parquet and string in b\.par"):
        job(tmp_path / "in", tmp_path / "out", join=True)
    assert not (tmp_path / "out").exists()
    job(tmp_path / "in", tmp_path / "out", join=True, format="jsonl")
    twice = pa.Table.from_arrays([pa.array(["c"])] * 2, names=["text", "text"])
    write_table(tmp_path / "twice/c.parquet", twice)
    with pytest.raises(UsageError, match=r"c\.parquet: two columns are called 'text'"):
        job(tmp_path / "twice", tmp_path / "other", join=True)


def test_a_field_that_is_replaced_may_have_any_types(tmp_path):
    """But not where dropped rows keep it."""
    for name, value in (("a", [1, 2]), ("b", ["x", "y"])):
        texts = [f"some words of {name} and no others {i} {i}" for i in range(2)]
        write_table(tmp_path / f"in/{name}.parquet", pa.table({"text": texts, "size": value}))
    options = {"join": True, "cluster_size": "size"}
    ledger = job(tmp_path / "in", tmp_path / "out", **options)
    rows = all_rows(outputs(ledger, tmp_path / "out"))
    assert [row["size"] for row in rows] == [1] * ledger.totals["kept"]
    with pytest.raises(
        UsageError, match=r"field 'size' is int64 in a\.parquet and string in b\.par"
    ):
        job(tmp_path / "in", tmp_path / "other", **options, write_dropped=True)


def test_joined_outputs_are_replaced_and_nothing_else(tmp_path):
    put(tmp_path / "in/a.jsonl", *({"text": f"row {i} of its own"} for i in range(6)))
    put(tmp_path / "in/b.jsonl", {"text": ["no text"]})
    out, options = tmp_path / "out", {"join": True, "rows_per_file": 2}
    ledger = job(tmp_path / "in", out, **options)
    assert [len(file.outputs) for file in ledger.files] == [3, 1]
    job(tmp_path / "in", out, overwrite=True, join=True, rows_per_file=4)
    assert sorted(path.name for path in (out / "data").iterdir()) == [
        "part-00000.jsonl",
        "part-00001.jsonl",
    ]
    (out / "data/part-00002.jsonl").write_text("mine")
    with pytest.raises(UsageError, match=r"part-00002\.jsonl' exists and is not ours"):
        job(tmp_path / "in", out, overwrite=True, **options)
    nothing = job(tmp_path / "in/b.jsonl", tmp_path / "nothing", join=True)
    assert nothing.files[0].outputs == ["data/part-00000.jsonl", "rejected/b.jsonl.jsonl"]
    assert not (tmp_path / "nothing/data/part-00000.jsonl").read_bytes()


# --- blocks of compressed files, again ------------------------------------------------------------


@given(st.lists(st.binary(min_size=1, max_size=9)), st.data())
def test_stretches_are_those_of_the_stream(pieces_of, data):
    whole = b"".join(pieces_of)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    extents = [(a, b - a) for a, b in itertools.pairwise(cuts)][:: data.draw(st.integers(1, 2))]
    found = list(stream.stretches(stream.Stream(iter(pieces_of)), extents, Rooms(5)))
    assert found == [whole[at : at + size] for at, size in extents]


def test_what_lies_between_stretches_is_let_go_of():
    found = stream.Stream(bytes(1 << 16) for _ in range(500))
    tracemalloc.start()
    assert list(stream.stretches(found, [(0, 1), (499 << 16, 1)], Rooms(9))) == [b"\0"] * 2
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


# --- rows that are changed on their way -----------------------------------------------------------

white = st.text(" \t\r", max_size=2)
objects = st.dictionaries(
    st.text(max_size=3), st.none() | st.integers() | st.text(max_size=5) | st.just({}), max_size=3
)


@given(st.lists(st.tuples(objects, white, st.integers(-(2**63), 2**63 - 1))), st.text(max_size=4))
def test_a_field_is_added_and_all_else_stays(rows, name):
    lines = [
        (space + json.dumps(row)[:-1] + space + "}" + space).encode() for row, space, _ in rows
    ]
    values = pa.array([str(value) for _, _, value in rows], pa.string())
    key = json.dumps(name)
    data = b"".join(line + b"\n" for line in lines)
    found = _core.jsonl.append_field(data, key, [values.__arrow_c_array__()]).split(b"\n")[:-1]
    assert len(found) == len(lines)
    for line, (row, space, value), new in zip(lines, rows, found, strict=True):
        added = f"{',' if row else ''}{key}:{value}".encode()
        head = line[: len(line) - len(space) - 1]
        assert new == head + added + line[len(head) :]
        assert json.loads(new) == row | {name: value}


def test_lines_that_are_no_objects_get_no_field():
    for lines, values in (
        (b"[1]\n", [1]), (b"\n", [1]), (b"{}", [1]), (b"}\n", [1]), (b"{}\n", []), (b"{}\n", [1, 2])
    ):  # fmt: skip
        column = pa.array(list(map(str, values)), pa.string())
        with pytest.raises(ValueError, match=r"lines|values"):
            _core.jsonl.append_field(lines, '"a"', [column.__arrow_c_array__()])


def changed(monkeypatch, change: forms.Change) -> None:
    """Lets jobs change their rows so."""

    def writing(*shards, **given):
        return WritePass(*shards, **given | {"change": change})

    monkeypatch.setattr(write_rows, "WritePass", writing)


@pytest.mark.parametrize("join", [False, True])
@pytest.mark.parametrize("target", [None, "jsonl", "parquet", "arrow"])
@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.zst", "parquet", "arrows"])
def test_kept_rows_get_a_field(tmp_path, monkeypatch, suffix, target, join):
    rows = [{"text": f"row {i} of its own", "size": "x", "n": i} for i in range(9)]
    rows.insert(4, rows[0])
    for name, part in (("a", rows[:6]), ("b", rows[6:])):
        path = tmp_path / f"in/{name}.{suffix}"
        if suffix in TABLES:
            write_table(path, pa.Table.from_pylist(part))
        else:
            put(path, *part)
    sizes = np.arange(100, 110)
    changed(monkeypatch, forms.Change(added={"size": Numbers(sizes), "more": Numbers(sizes + 1)}))
    out = tmp_path / "out"
    ledger = job(tmp_path / "in", out, format=target, join=join, write_dropped=True)
    numbers = [i for i in range(10) if i != 4]
    found = all_rows(outputs(ledger, out))
    assert found == [rows[i] | {"size": 100 + i, "more": 101 + i} for i in numbers]
    dropped = [path for path in outputs(ledger, out, "dropped") if "a" in path.name or join]
    assert rows_of(dropped[0]) == [rows[0]]
    if suffix == "jsonl" and target in (None, "jsonl") and not join:
        first = unpack(out / "data/a.jsonl").splitlines()[0]
        assert first == json.dumps(rows[0]).encode()[:-1] + b',"size":100,"more":101}'


def test_rows_are_changed_before_they_are_written(tmp_path, monkeypatch):
    put(tmp_path / "in/a.jsonl", {"text": "a", "n": 1}, {"text": "b", "n": 2})
    write_table(tmp_path / "in/b.parquet", pa.table({"text": ["c", "d"], "n": [3, 4]}))
    changed(
        monkeypatch,
        forms.Change(
            lines=lambda lines: lines.replace(b'"n"', b'"m"'),
            table=lambda table: table.select(["text"]),
            added={"k": Numbers(np.arange(4))},
        ),
    )
    ledger = job(tmp_path / "in", tmp_path / "out")
    assert all_rows(outputs(ledger, tmp_path / "out")) == [
        {"text": "a", "m": 1, "k": 0},
        {"text": "b", "m": 2, "k": 1},
        {"text": "c", "k": 2},
        {"text": "d", "k": 3},
    ]


# --- killed while it writes -----------------------------------------------------------------------

KILLER = (
    SMALL
    + """
import itertools, json, os, random, shutil, signal, sys
from pathlib import Path
from corpusmill.shards import dedup
from corpusmill.shards.writing import output, row_groups, sink, table_writers, write, written
row_groups.GROUP_SIZE = table_writers.GROUP_SIZE = 9_000

given, out, options, num_kills = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]), 8
rng = random.Random(1)

def begin(threads, kill_at):
    '''Kills itself at the so manieth writing of bytes or noting of a step; tells blocks and moments.'''
    back, there = os.pipe()
    child = os.fork()
    if child:
        os.close(there)
        told = os.fdopen(back).read()
        os.waitpid(child, 0)
        return [int(word) for word in told.split()]
    moments, blocks = itertools.count(1), itertools.count()
    def killing(act):
        def acting(*arguments, **more):
            if next(moments) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return act(*arguments, **more)
        return acting
    sink.Sink.write = killing(sink.Sink.write)
    written.WrittenLog.note = killing(written.WrittenLog.note)
    output.Output.close = killing(output.Output.close)
    work = write.WritePass.work
    write.WritePass.work = lambda *arguments: (next(blocks), work(*arguments))
    dedup(given, out, threads=threads, max_rejected=1.0, **options)
    os.write(there, b"%d %d" % (next(blocks), next(moments)))
    os._exit(0)

blocks, moments = begin(1, 0)
shutil.rmtree(out)
for number in range(num_kills):
    at = 1 + number * (moments - 2) // (num_kills - 1)
    killed = begin(1 + number % 2, at) == []  # with two threads there may be fewer moments
    if number % 3 == 2:  # and once more
        begin(2, rng.randrange(1, moments // 3 + 2))
    done = begin(1 + number % 3, 0) if not (out / "ledger.json").exists() else [0, 0]
    (out.parent / f"{out.name}-{number}").mkdir()
    out.rename(out.parent / f"{out.name}-{number}/out")
    print(json.dumps({"at": at / moments, "blocks": done[0] / blocks, "killed": killed}))
"""
)


def resumed(tmp_path: Path, options: dict[str, object]) -> list[dict[str, float]]:
    """Kills jobs at moments of their writing, goes on with them, and compares what comes of it."""
    for number, name in enumerate(("a.jsonl", "b.jsonl.gz", "c.jsonl.zst")):
        lines = varied_rows(500 if number == 1 else 60, seed=number)
        lines[10::90] = [b"{broken"] * len(lines[10::90])
        put_lines(tmp_path / "in" / name, lines)
    arguments = [tmp_path / "in", tmp_path / "out", json.dumps(options)]
    program = [sys.executable, "-c", KILLER, *arguments]
    done = subprocess.run(program, check=True, capture_output=True, text=True)
    expected = tmp_path / "expected"
    cm.shards.dedup(tmp_path / "in", expected, max_rejected=1.0, **options)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 8
    assert sum(run["killed"] for run in found) >= 5
    for number in range(len(found)):
        assert tree(tmp_path / f"out-{number}/out") == tree(expected), found[number]
    return found


def put_lines(path: Path, lines: list[bytes]) -> None:
    from test_shards import put as put_bytes  # noqa: PLC0415

    put_bytes(path, *lines)


@pytest.fixture
def small(monkeypatch):
    """The units that KILLER has, where they decide the bytes."""
    monkeypatch.setattr(read, "BLOCK_SIZE", 4_000)
    monkeypatch.setattr("corpusmill.shards.writing.encode.FRAME_SIZE", 6_000)
    monkeypatch.setattr("corpusmill.shards.writing.row_groups.GROUP_SIZE", 9_000)
    monkeypatch.setattr("corpusmill.shards.writing.table_writers.GROUP_SIZE", 9_000)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"write_dropped": True, "rows_per_file": 70},
        {"join": True},
        {"join": True, "rows_per_file": 90, "format": "jsonl", "codec": "zst"},
        {"join": True, "rows_per_file": 90, "format": "parquet", "write_dropped": True},
        {"format": "arrow"},
        {"format": "parquet", "write_dropped": True},
        {"join": True, "format": "parquet"},
        {"join": True, "format": "arrow", "codec": "zstd"},
    ],
    ids=str,
)
def test_a_job_killed_while_it_writes_goes_on_inside_its_outputs(tmp_path, options):
    found = resumed(tmp_path, options)
    late = [run["blocks"] for run in found if run["at"] > 0.8]
    assert min(late) < 0.35, found


def small_job(tmp_path: Path, monkeypatch, **options: object) -> tuple[Path, Path]:
    """A job that failed late in writing, and what should have come of it."""
    monkeypatch.setattr(output, "NOTED_SIZE", 10_000)
    monkeypatch.setattr(output, "SYNCED_SIZE", 25_000)
    monkeypatch.setattr("corpusmill.shards.state.store.SMALL_JOB", 0)
    put_lines(tmp_path / "in/a.jsonl", varied_rows(500))
    out, expected = tmp_path / "out", tmp_path / "expected"
    job(tmp_path / "in", expected, **options)
    close = series.Series.close

    def fail(_: object) -> None:
        raise JobError("not today")

    monkeypatch.setattr(series.Series, "close", fail)
    with pytest.raises(JobError, match="not today"):
        job(tmp_path / "in", out, **options)
    monkeypatch.setattr(series.Series, "close", close)
    return out, expected


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("how", ["cut", "flipped", "gone", "longer", "foreign"])
@pytest.mark.parametrize("options", [{}, {"rows_per_file": 100}], ids=str)
def test_a_part_that_is_not_what_was_noted_is_written_again(tmp_path, monkeypatch, options, how):
    out, expected = small_job(tmp_path, monkeypatch, **options)
    parts = sorted((out / ".state/files/data").iterdir())
    part = parts[0]
    if how == "cut":
        part.write_bytes(part.read_bytes()[:5_000])
    elif how == "flipped":
        data = bytearray(part.read_bytes())
        data[3_000] ^= 1
        part.write_bytes(data)
    elif how == "gone":
        part.unlink()
    elif how == "longer" and not options:  # bytes behind those that were noted are nobody's
        part.write_bytes(part.read_bytes() + b"more")
    else:
        part.write_bytes(b"another's" * 10_000)
    said: list[Notice] = []
    job(tmp_path / "in", out, notice=said.append, **options)
    assert tree(out) == tree(expected)
    warnings = [news.message for news in said if news.kind == "warning"]
    if how == "longer" and not options:
        assert not warnings
    else:
        assert warnings == [
            f"data/{part.name}: what was saved of it is damaged or gone: written again"
        ]


@pytest.mark.usefixtures("small")
def test_a_damaged_account_is_told_and_its_outputs_are_written_again(tmp_path, monkeypatch):
    out, expected = small_job(tmp_path, monkeypatch, rows_per_file=50)
    damage(out / ".state/written", cut=False)
    said: list[Notice] = []
    job(tmp_path / "in", out, notice=said.append, rows_per_file=50)
    assert tree(out) == tree(expected)
    assert "what was noted of the outputs is damaged" in said[-1].message


def test_each_output_has_a_file_of_its_own(tmp_path, monkeypatch):
    """Also where another thread opens one between the opening and the noting of it."""
    out = OutFolder(tmp_path / "out", overwrite=False)
    out.claim(["data/a", "data/b"], {})
    second = []

    class Between(list):
        def append(self, file):
            super().append(file)
            if len(self) == 1:
                second.append(out.create("data/b"))

    monkeypatch.setattr(out, "_files", Between())
    first = out.create("data/a")
    assert first.name.endswith("data/a")
    assert second[0].name.endswith("data/b")
    out.discard()
