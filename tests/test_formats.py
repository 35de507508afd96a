"""formats: every format in and out; equal rows give equal decisions and bytes, damage is told."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

import corpusmill as cm
import documents
from corpusmill.shards import JobError, UsageError
from corpusmill.shards.reading import read
from corpusmill.shards.writing import row_groups

SLACK = {"max_rejected": 1.0}
TABLES = ("parquet", "arrow", "arrows")
TEXTS = ["to be or not to be", "that is the question", "whether it is nobler in the mind"]


# --- files ----------------------------------------------------------------------------------------


def write_table(path: Path, table: pa.Table, *, rows: int = 1 << 20, codec: str = "none") -> Path:
    """The table as a file of this name, in row groups or batches of so many rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=rows, compression=codec)
        return path
    new = pa.ipc.new_stream if path.suffix == ".arrows" else pa.ipc.new_file
    options = pa.ipc.IpcWriteOptions(compression=None if codec == "none" else codec)
    with new(path, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=rows)
    return path


def read_table(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    data = path.read_bytes()
    if data.startswith(b"ARROW1"):
        return pa.ipc.open_file(data).read_all()
    return pa.ipc.open_stream(data).read_all()


def pack(data: bytes, name: str) -> bytes:
    packers = {
        ".gz": gzip.compress,
        ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
        ".bz2": bz2.compress,
        ".xz": lzma.compress,
    }
    return packers.get(Path(name).suffix, bytes)(data)


def unpack(path: Path) -> bytes:
    unpackers = {
        ".gz": gzip.decompress,
        ".zst": lambda data: (
            zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
        ),
        ".bz2": bz2.decompress,
        ".xz": lzma.decompress,
    }
    return unpackers.get(path.suffix, bytes)(path.read_bytes())


def put(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(b"".join(json.dumps(row).encode() + b"\n" for row in rows), path.name))
    return path


def rows_of(path: Path) -> list[dict[str, object]]:
    if path.name.endswith(("parquet", "arrow", "arrows")):
        return read_table(path).to_pylist()
    return [json.loads(line) for line in unpack(path).splitlines()]


def job(given_inputs: object, out: Path, **options: object) -> cm.shards.Ledger:
    ledger = cm.shards.dedup(given_inputs, out, **{**SLACK, **options})
    assert ledger.balanced
    return ledger


def one(path: Path, **options: object) -> tuple[cm.shards.FileEntry, Path]:
    """The entry and the first output of a job over one file."""
    out = path.parent / f"out{random.random()}"
    [file] = job(path, out, **options).files
    return file, out / next(name for name in file.outputs if name.startswith("data/"))


def tree(out: Path) -> dict[str, bytes]:
    files = (path for path in out.rglob("*") if path.is_file() and path.name != "run.json")
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


# --- the laws -------------------------------------------------------------------------------------

words = st.lists(st.sampled_from(["to", "be", "or", "not"]), max_size=8).map(" ".join)
any_text = st.none() | words | documents.texts
random_rows = st.lists(
    st.fixed_dictionaries(
        {
            "text": any_text,
            "id": st.none() | st.integers(-(2**40), 2**40),
            "score": st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32),
        }
    ),
    min_size=1,
    max_size=20,
)
SCHEMA = pa.schema({"text": pa.string(), "id": pa.int64(), "score": pa.float64()})


@settings(max_examples=40)
@given(random_rows, st.integers(1, 7), st.sampled_from(["first", "longest", "score"]))
def test_equal_rows_give_equal_decisions(tmp_path_factory, rows, group, keep):
    """Whatever the format, and however it is cut; and every row is somewhere."""
    folder = tmp_path_factory.mktemp("formats")
    if keep == "score" and not any(row["score"] is not None and row["text"] for row in rows):
        keep = "first"
    table = pa.Table.from_pylist(rows, SCHEMA)
    found = []
    for suffix in ("jsonl", "jsonl.xz", *TABLES):
        path = folder / suffix / f"a.{suffix}"
        if suffix in TABLES:
            write_table(path, table, rows=group)
        else:
            put(path, *rows)
        ledger = job(path, folder / f"{suffix}-out", keep=keep, n=2, write_dropped=True)
        [file] = ledger.files
        assert file.rows_read == len(rows)
        assert sum(file.rejected.values()) == sum(row["text"] is None for row in rows)
        out = folder / f"{suffix}-out"
        duplicates = pq.read_table(out / "duplicates.parquet").drop(["dropped_file", "kept_file"])
        kept, dropped = rows_of(out / f"data/a.{suffix}"), rows_of(out / f"dropped/a.{suffix}")
        assert len(kept) + len(dropped) + sum(file.rejected.values()) == len(rows)
        found.append((duplicates.to_pylist(), kept, dropped, file.dropped))
    assert all(answer == found[0] for answer in found)


def varied_table(count: int, seed: int = 1) -> pa.Table:
    rng = random.Random(seed)
    texts = documents.varied(count, seed)
    return pa.table(
        {
            "text": texts,
            "id": list(range(count)),
            "kind": pa.array([rng.choice(["a", "b", None]) for _ in texts]).dictionary_encode(),
            "lists": [[rng.random()] * rng.randrange(3) or None for _ in texts],
            "nested": [{"a": i, "b": {"c": str(i)}} if i % 3 else None for i in range(count)],
        }
    )


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("target", [None, "jsonl", "parquet", "arrow"])
def test_outputs_depend_on_neither_threads_nor_row_groups(tmp_path, monkeypatch, suffix, target):
    table = varied_table(400)
    monkeypatch.setattr(row_groups, "GROUP_SIZE", 20_000)
    monkeypatch.setattr("corpusmill.shards.writing.table_writers.GROUP_SIZE", 20_000)
    outs = []
    for threads, rows, block in ((1, 1 << 20, 1 << 20), (3, 37, 5_000), (2, 400, 3_000)):
        monkeypatch.setattr(read, "BLOCK_SIZE", block)
        folder = tmp_path / f"{threads}-{rows}"
        path = write_table(folder / f"a.{suffix}", table, rows=rows)
        job(path, folder / "out", threads=threads, format=target, rows_per_file=70)
        found = tree(folder / "out")
        del found["ledger.json"]
        outs.append(found)
    assert outs[0].keys() == outs[1].keys() == outs[2].keys()
    for name in outs[0]:
        assert outs[0][name] == outs[1][name] == outs[2][name], name


@pytest.mark.parametrize("suffix", ["arrow", "arrows"])
def test_record_batches_are_a_quarter_of_row_groups(tmp_path, monkeypatch, suffix):
    """Of files without a dictionary; one may lie inside another column."""
    monkeypatch.setattr(row_groups, "GROUP_SIZE", 4_000)
    texts = pa.array([f"{i:0992}" for i in range(8)])  # a row of these alone is a quarter
    inside = pa.StructArray.from_arrays([pa.array(["a"] * 8).dictionary_encode()], ["kind"])
    for more, rows in (({}, [1] * 8), ({"a": inside}, [4, 4])):
        folder = tmp_path / f"{len(more)}"
        path = write_table(folder / f"a.{suffix}", pa.table({"text": texts, **more}))
        cm.shards.convert(path, folder / "out")
        out = folder / "out/data" / path.name
        opened = pa.ipc.open_stream(out) if suffix == "arrows" else pa.ipc.open_file(out)
        batches = opened.read_all().to_batches()
        assert [batch.num_rows for batch in batches] == rows


@pytest.mark.parametrize("target", ["parquet", "arrow"])
def test_lines_become_tables_whatever_the_blocks(tmp_path, monkeypatch, target):
    table = varied_table(300)
    rows = table.to_pylist()
    outs = []
    for threads, block in ((1, 1 << 20), (3, 2_000)):
        monkeypatch.setattr(read, "BLOCK_SIZE", block)
        folder = tmp_path / str(threads)
        put(folder / "in/a.jsonl.gz", *rows[:200])
        put(folder / "in/b.jsonl.bz2", *rows[200:])
        job(folder / "in", folder / "out", threads=threads, format=target)
        outs.append(tree(folder / "out"))
    del outs[0]["ledger.json"], outs[1]["ledger.json"]
    assert outs[0] == outs[1]
    plain = job(tmp_path / "1/in", tmp_path / "plain")
    for file in plain.files:
        same = rows_of(tmp_path / "plain/data" / file.path)
        name = file.path.split(".")[0]
        assert rows_of(tmp_path / f"1/out/data/{name}.{target}") == same


# --- outputs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "jsonl.zst", "jsonl.bz2", "jsonl.xz"])
@pytest.mark.parametrize("per_file", [None, 1, 3, 50])
def test_lines_in_every_codec_are_cut_by_rows(tmp_path, suffix, per_file):
    rows = [{"text": f"a row of its own, number {i}"} for i in range(7)]
    path = put(tmp_path / f"a.{suffix}", *rows[:3], *rows[:2], *rows[3:])
    ledger = job(path, tmp_path / "out", rows_per_file=per_file)
    names = [name for name in ledger.files[0].outputs if name.startswith("data/")]
    parts = [rows_of(tmp_path / "out" / name) for name in names]
    assert [row for part in parts for row in part] == rows
    size = per_file or len(rows)
    assert [len(part) for part in parts] == [len(rows[i : i + size]) for i in range(0, 7, size)]
    stems = ["a"] if per_file is None else [f"a-{i:05}" for i in range(len(parts))]
    assert names == [f"data/{stem}.{suffix}" for stem in stems]


@pytest.mark.parametrize("suffix", TABLES)
def test_schema_metadata_and_compression_stay(tmp_path, suffix):
    metadata = {b"huggingface": b'{"info": {}}', b"other": b"\xff"}
    kinds = {"text": pa.large_string(), "n": pa.int8(), "when": pa.timestamp("ns", "UTC")}
    fields = [pa.field(name, kind, metadata={"of": name}) for name, kind in kinds.items()]
    schema = pa.schema(fields, metadata)
    table = pa.table([TEXTS, [1, None, 3], [1, 2, None]], schema=schema)
    path = tmp_path / f"a.{suffix}"
    if suffix == "parquet":
        codecs = {"text": "zstd", "n": "snappy", "when": "none"}
        pq.write_table(table, path, compression=codecs)
    else:
        write_table(path, table, codec="zstd")
    _, out = one(path)
    found = read_table(out)
    assert found.equals(table)
    assert found.schema.equals(read_table(path).schema, check_metadata=True)
    if suffix == "parquet":
        group = pq.ParquetFile(out).metadata.row_group(0)
        kept = {group.column(i).path_in_schema: group.column(i).compression for i in range(3)}
        assert kept == {"text": "ZSTD", "n": "SNAPPY", "when": "UNCOMPRESSED"}
    else:
        assert out.read_bytes().startswith(b"ARROW1") == (suffix == "arrow")
        assert (b"\x28\xb5\x2f\xfd" in out.read_bytes()) == (
            b"\x28\xb5\x2f\xfd" in path.read_bytes()
        )


@pytest.mark.parametrize(
    ("target", "codec", "name"),
    [
        *(("jsonl", codec, f"a.jsonl.{codec}") for codec in ("gz", "zst", "bz2", "xz")),
        ("jsonl", "none", "a.jsonl"),
        ("jsonl", None, "a.jsonl"),
        *(
            ("parquet", codec, "a.parquet")
            for codec in (None, "none", "snappy", "gzip", "zstd", "lz4", "brotli")
        ),
        *(("arrow", codec, "a.arrow") for codec in (None, "none", "lz4", "zstd")),
    ],
)
@pytest.mark.parametrize("suffix", ["jsonl.gz", "parquet", "arrows"])
def test_any_format_becomes_any_other(tmp_path, suffix, target, codec, name):
    rows = [{"text": text, "n": i} for i, text in enumerate(TEXTS)]
    path = tmp_path / f"a.{suffix}"
    if suffix in TABLES:
        write_table(path, pa.Table.from_pylist(rows))
    else:
        put(path, *rows)
    _, out = one(path, format=target, codec=codec)
    expected = name
    if target == "arrow" and suffix == "arrows":
        expected = "a.arrows"
    if (target, codec, suffix) == ("jsonl", None, "jsonl.gz"):
        expected = "a.jsonl.gz"
    assert out.name == expected
    assert rows_of(out) == rows


def test_no_kept_row_leaves_a_schema(tmp_path):
    table = pa.table({"text": TEXTS[:1], "n": [1]})
    for suffix in TABLES:
        write_table(tmp_path / f"in/b.{suffix}", table)
    put(tmp_path / "in/a.jsonl", {"text": TEXTS[0], "n": 1})
    ledger = job(tmp_path / "in", tmp_path / "out")
    assert ledger.totals["kept"] == 1
    for suffix in TABLES:
        found = read_table(tmp_path / f"out/data/b.{suffix}")
        assert found.schema.equals(table.schema)
        assert found.num_rows == 0


def test_two_inputs_with_one_output_are_refused(tmp_path):
    put(tmp_path / "in/a.jsonl", {"text": "x"})
    write_table(tmp_path / "in/a.parquet", pa.table({"text": ["y"]}))
    job(tmp_path / "in", tmp_path / "out")
    with pytest.raises(UsageError, match=r"'a.jsonl' and 'a.parquet' would both .*'a.parquet'"):
        job(tmp_path / "in", tmp_path / "other", format="parquet")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"format": "csv"}, "format: expected one of jsonl, parquet, arrow, got 'csv'"),
        ({"codec": "snappy"}, "codec: expected one of none, gz, zst, bz2, xz for jsonl outputs"),
        ({"format": "arrow", "codec": "gz"}, "codec: expected one of none, lz4, zstd for arrow"),
        ({"rows_per_file": 0}, "rows_per_file: expected a whole number from 1"),
    ],
)
def test_wrong_targets_are_named(tmp_path, options, says):
    with pytest.raises(UsageError, match=says):
        job(put(tmp_path / "a.jsonl", {"text": "x"}), tmp_path / "out", **options)


def test_numbered_files_of_others_are_not_touched(tmp_path):
    put(tmp_path / "in/a.jsonl", *({"text": text} for text in TEXTS))
    job(tmp_path / "in", tmp_path / "out", rows_per_file=2)
    (tmp_path / "out/data/a-00002.jsonl").write_text("mine")
    with pytest.raises(UsageError, match=r"a-00002\.jsonl' exists and is not ours"):
        job(tmp_path / "in", tmp_path / "out", rows_per_file=1, overwrite=True)


# --- JSON to tables and back ----------------------------------------------------------------------


def test_every_type_has_a_form_in_json(tmp_path):
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, timezone.utc)
    columns = {
        "text": pa.array(["first row", "another row entirely"]),
        "floats": pa.array([0.1, float("nan")]),
        "float32": pa.array([0.1, float("-inf")], pa.float32()),
        "big": pa.array([2**63, None], pa.uint64()),
        "bytes": pa.array([b"\xff\0", None]),
        "fixed": pa.array([b"ab", None], pa.binary(2)),
        "day": pa.array([date(2026, 1, 2), None]),
        "utc": pa.array([moment, None], pa.timestamp("us", "UTC")),
        "paris": pa.array([moment, None], pa.timestamp("ms", "Europe/Paris")),
        "plain": pa.array([moment.replace(tzinfo=None), None], pa.timestamp("ns")),
        "span": pa.array([timedelta(seconds=2), None], pa.duration("ms")),
        "price": pa.array([Decimal("1.50"), None]),
        "kind": pa.array(["x", None]).dictionary_encode(),
        "map": pa.array([[("k", 1.5)], None], pa.map_(pa.string(), pa.float64())),
        "deep": pa.array([{"a": [{"b": float("inf")}, None], "c": b"c"}, None]),
        "fixed_list": pa.array([[1, 2], None], pa.list_(pa.int8(), 2)),
        "nothing": pa.nulls(2),
        "yes": pa.array([True, None]),
    }
    _, out = one(write_table(tmp_path / "a.arrow", pa.table(columns)), format="jsonl")
    first, second = rows_of(out)
    assert first == {
        "text": "first row",
        "floats": 0.1,
        "float32": pa.scalar(0.1, pa.float32()).as_py(),
        "big": 2**63,
        "bytes": "/wA=",
        "fixed": "YWI=",
        "day": "2026-01-02",
        "utc": "2026-01-02T03:04:05.000678Z",
        "paris": "2026-01-02T04:04:05.000+01:00",
        "plain": "2026-01-02T03:04:05.000678000",
        "span": 2000,
        "price": "1.50",
        "kind": "x",
        "map": [{"key": "k", "value": 1.5}],
        "deep": {"a": [{"b": None}, None], "c": "Yw=="},
        "fixed_list": [1, 2],
        "nothing": None,
        "yes": True,
    }
    assert set(second.values()) == {None, "another row entirely"}


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
@settings(max_examples=20)
def test_floats_come_back(tmp_path_factory, numbers):
    folder = tmp_path_factory.mktemp("floats")
    table = pa.table({"text": [f"row {i}" for i in range(len(numbers))], "x": numbers})
    path = write_table(folder / "a.parquet", table)
    _, out = one(path, format="jsonl", method="exact")
    assert [row["x"] for row in rows_of(out)] == numbers


@pytest.mark.parametrize("block", [40, 1 << 20])
def test_types_of_a_field_are_widened_over_all_rows(tmp_path, monkeypatch, block):
    monkeypatch.setattr(read, "BLOCK_SIZE", block)
    rows = [
        {"text": TEXTS[0], "x": None, "y": [], "z": {"a": 1}, "day": "2026-01-01"},
        {"text": TEXTS[1], "x": 1, "y": [1], "z": {"b": "s"}},
        {"text": TEXTS[2], "x": 1.5, "y": [None, 2.5], "z": None, "last": True},
    ]
    put(tmp_path / "in/a.jsonl", *rows[:2])
    put(tmp_path / "in/b.jsonl", rows[2])
    job(tmp_path / "in", tmp_path / "out", format="parquet")
    found = [read_table(tmp_path / f"out/data/{name}.parquet") for name in "ab"]
    assert found[0].schema == found[1].schema
    assert found[0].schema == pa.schema(
        {
            "text": pa.string(),
            "x": pa.float64(),
            "y": pa.list_(pa.float64()),
            "z": pa.struct({"a": pa.int64(), "b": pa.string()}),
            "day": pa.string(),
            "last": pa.bool_(),
        }
    )
    assert found[0]["day"].to_pylist() == ["2026-01-01", None]
    assert found[1]["y"].to_pylist() == [[None, 2.5]]


@pytest.mark.parametrize("block", [20, 1 << 20])
@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([1, 2, "x"], r"b\.jsonl.* line 3: .*/?x\W"),
        ([1, {"a": 1}], r"b\.jsonl.* line 2: .*x"),
        ([[1], ["x"]], r"b\.jsonl.* line 2: .*x"),
        ([{"a": 1}, {"a": True}], r"b\.jsonl.* line 2: .*a"),
    ],
)
def test_a_field_of_two_types_is_named(tmp_path, monkeypatch, block, values, says):
    monkeypatch.setattr(read, "BLOCK_SIZE", block)
    put(tmp_path / "in/a.jsonl", {"text": "nothing of the kind"})
    put(tmp_path / "in/b.jsonl", *({"text": f"row {i}", "x": x} for i, x in enumerate(values)))
    with pytest.raises(JobError, match=rf"{says}.*, or write JSON lines"):
        job(tmp_path / "in", tmp_path / "out", format="parquet")
    assert not (tmp_path / "out").exists()
    job(tmp_path / "in", tmp_path / "out")


def test_deep_lines_are_refused_as_columns(tmp_path):
    brackets = "[" * 500
    path = put(tmp_path / "a.jsonl", {"text": f'{brackets} only text \\" {brackets}'})
    assert len(rows_of(one(path, format="parquet")[1])) == 1
    path.write_bytes(path.read_bytes() + b'{"text": "b", "x": ' + b"[" * 200 + b"]" * 200 + b"}")
    with pytest.raises(JobError, match=r"a\.jsonl: line 2 is nested deeper than 100"):
        one(path, format="parquet")


def test_an_object_that_is_always_empty_cannot_be_parquet(tmp_path):
    path = put(tmp_path / "a.jsonl", {"text": "x", "meta": {}})
    with pytest.raises(JobError, match=r"data/a\.parquet.*meta"):
        one(path, format="parquet")
    assert rows_of(one(path, format="arrow")[1]) == [{"text": "x", "meta": {}}]


# --- text columns ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int8(), pa.string()),
        pa.dictionary(pa.int32(), pa.large_string()),
        pa.binary(),
        pa.large_binary(),
        pa.binary_view(),
    ],
    ids=str,
)
def test_text_in_every_layout(tmp_path, suffix, kind):
    texts = [*TEXTS, None, TEXTS[0], "a\0b\x01c\ufffe\u2028é", ""]
    column = pa.array(texts, kind if not pa.types.is_dictionary(kind) else None)
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type).dictionary_encode().cast(kind)
    elif "binary" in str(kind):
        column = pa.array([text and text.encode() for text in texts], pa.binary()).cast(kind)
    table = pa.table({"text": column, "n": range(len(texts))})
    path = write_table(tmp_path / f"a.{suffix}", table, rows=4)
    file, out = one(path)
    assert (file.rejected, file.dropped) == ({"text_null": 1}, {"equal": 1})
    assert read_table(out)["n"].to_pylist() == [0, 1, 2, 5, 6]
    assert read_table(out).schema.equals(read_table(path).schema)
    [gone] = read_table(out.parent.parent / f"rejected/a.{suffix}.parquet").to_pylist()
    assert (gone["text"], gone["n"], gone["reason"], gone["row"]) == (None, 3, "text_null", 3)


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("strings", [False, True])
def test_invalid_utf8_is_rejected_alone(tmp_path, suffix, strings):
    column = pa.array([b"good", b"\xff", b"\xed\xa0\x80", b"also good", b"cut \xe2\x82"])
    if strings:
        column = pa.Array.from_buffers(pa.string(), len(column), column.buffers())
    path = write_table(tmp_path / f"a.{suffix}", pa.table({"text": column, "n": range(5)}))
    file, out = one(path)
    assert file.rejected == {"invalid_utf8": 3}
    assert read_table(out)["n"].to_pylist() == [0, 3]
    rejected = read_table(out.parent.parent / f"rejected/a.{suffix}.parquet")
    assert rejected["row"].to_pylist() == rejected["n"].to_pylist() == [1, 2, 4]


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize(
    ("column", "says"),
    [
        (pa.array([1, 2]), "column 'text' of 'a.*' is int64, expected strings; they hold 'n', 'te"),
        (pa.array([["a"], ["b"]]), "column 'text' of 'a.*' is list"),
        (pa.array([1, 2]).dictionary_encode(), "column 'text' of 'a.*' is (dictionary|int64)"),
    ],
)
def test_a_text_column_of_another_type_is_named(tmp_path, suffix, column, says):
    path = write_table(tmp_path / f"a.{suffix}", pa.table({"n": [1, 2], "text": column}))
    with pytest.raises(UsageError, match=says):
        one(path)


@pytest.mark.parametrize("suffix", TABLES)
def test_a_missing_column_is_named(tmp_path, suffix):
    path = write_table(tmp_path / f"a.{suffix}", pa.table({"txt": ["a"], "n": [1]}))
    for option in ("text", "id", "keep"):
        options = {"text": "txt", option: "text"}
        with pytest.raises(UsageError, match=rf"{option}: no field 'text'.*did you mean 'txt'\?"):
            one(path, **options)
    with pytest.raises(UsageError, match="keep: field 'txt' holds no number"):
        one(path, text="txt", keep="txt")
    put(tmp_path / "in/0.jsonl", {"text": "a row that has a text"})
    path.rename(tmp_path / "in" / path.name)
    ledger = job(tmp_path / "in", tmp_path / "out")
    assert ledger.files[1].rejected == {"text_missing": 1}
    [gone] = read_table(tmp_path / f"out/rejected/a.{suffix}.parquet").to_pylist()
    assert gone == {"txt": "a", "n": 1, "reason": "text_missing", "row": 0}


@pytest.mark.parametrize("suffix", TABLES)
def test_empty_and_odd_tables(tmp_path, suffix):
    nulls = write_table(tmp_path / f"nulls.{suffix}", pa.table({"text": pa.nulls(3)}))
    assert one(nulls)[0].rejected == {"text_null": 3}
    none = write_table(tmp_path / f"none.{suffix}", pa.table({"text": pa.array([], pa.string())}))
    file, out = one(none)
    assert (file.rows_read, file.status, read_table(out).num_rows) == (0, "complete", 0)
    bare = write_table(tmp_path / f"bare.{suffix}", pa.table({}))
    assert one(bare)[0].rows_read == 0
    twice = pa.Table.from_arrays([["x", "y"], [1, 2], ["same", "same"]], ["text", "n", "text"])
    file, out = one(write_table(tmp_path / f"twice.{suffix}", twice))
    assert file.dropped == {"equal": 1}  # of columns of one name the last counts, as in JSON
    found = pq.ParquetFile(out).read() if suffix == "parquet" else read_table(out)
    assert found.equals(twice.slice(0, 1))
    with pytest.raises(JobError, match=r"twice.*two columns are called 'text'"):
        one(tmp_path / f"twice.{suffix}", format="jsonl")


@pytest.mark.parametrize("suffix", TABLES)
def test_ids_and_rows_are_those_of_the_table(tmp_path, suffix):
    kinds = {
        "int": pa.array([7, 8]),
        "float": pa.array([0.5, 2.0]),
        "bool": pa.array([True, False]),
        "bytes": pa.array([b"\xff", b"a"]),
        "when": pa.array([0, 1], pa.timestamp("ms")),
        "list": pa.array([[1], [2]]),
        "null": pa.array([None, "é"]),
    }
    expected = {
        "int": ("8", "7"),
        "float": ("2.0", "0.5"),
        "bool": ("false", "true"),
        "bytes": ("YQ==", "/w=="),
        "when": ("1970-01-01T00:00:00.001", "1970-01-01T00:00:00.000"),
        "list": (None, None),
        "null": ("é", None),
    }
    table = pa.table({"text": TEXTS[:1] * 2, **kinds})
    path = write_table(tmp_path / f"a.{suffix}", table)
    for name, ids in expected.items():
        _, out = one(path, id=name)
        [pair] = pq.read_table(out.parent.parent / "duplicates.parquet").to_pylist()
        assert (pair["dropped_id"], pair["kept_id"]) == ids
        assert (pair["dropped_row"], pair["kept_row"]) == (1, 0)


# --- odd and damaged files ------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "jsonl.xz"])
@pytest.mark.parametrize("code", ["utf-16", "utf-16-le", "utf-16-be"])
def test_wide_text_is_told(tmp_path, suffix, code):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(pack('{"text": "a"}\n'.encode(code), path.name))
    file, _ = one(path)
    assert (file.status, file.rows_read) == ("unreadable", 0)
    assert "UTF-16" in file.error
    assert "convert" in file.error
    assert file.bytes == path.stat().st_size


def test_lines_that_end_in_cr_alone_are_one_bad_line(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "a"}\r{"text": "b"}\r')
    file, _ = one(path)
    assert (file.rows_read, file.rejected) == (1, {"invalid_json": 1})


@pytest.mark.parametrize("suffix", ["jsonl.gz", "jsonl.zst", "jsonl.bz2", "jsonl.xz"])
def test_rows_before_damage_are_taken(tmp_path, suffix):
    rng = random.Random(5)
    rows = [{"text": rng.randbytes(40).hex()} for _ in range(3000)]
    lines = [json.dumps(row).encode() + b"\n" for row in rows]
    whole = b"".join(pack(b"".join(lines[i : i + 1000]), suffix) for i in (0, 1000, 2000))
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(whole)
    file, out = one(path, method="exact")
    assert (file.status, rows_of(out)) == ("complete", rows)
    flip = bytearray(whole)
    flip[len(whole) // 2] ^= 0x10
    for data, status in (
        (whole[: len(whole) * 3 // 5], {"truncated"}),
        (bytes(flip), {"corrupt"}),
        (whole + b"garbage", {"corrupt"}),
    ):
        path.write_bytes(data)
        file, out = one(path, method="exact")
        assert file.status in status
        assert len(rows_of(out)) >= 1000
        whole_rows = rows_of(out)[: min(1000, file.kept)]
        assert whole_rows == rows[: len(whole_rows)]


@pytest.mark.parametrize("suffix", ["jsonl.bz2", "jsonl.xz", "jsonl.gz", "jsonl.zst", *TABLES])
def test_files_that_are_not_what_they_are_named(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b'{"text": "plain text"}\n')
    file, _ = one(path)
    assert (file.status, file.rows_read) == ("unreadable", 0)
    assert "no " in file.error
    path.write_bytes(b"")
    file, _ = one(path)
    assert (file.status, file.rows_read) == ("truncated", 0)
    assert file.error


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("within", [False, True], ids=["outermost", "within"])
def test_a_name_that_is_no_utf8_is_damage(tmp_path, suffix, within):
    notes = pa.array(["a", "b"])
    field = pa.StructArray.from_arrays([notes], ["note_"]) if within else notes
    table = pa.table({"text": ["one", "two"], "m" if within else "note_": field})
    path = write_table(tmp_path / f"a.{suffix}", table)
    path.write_bytes(path.read_bytes().replace(b"note_", b"note\xeb"))
    file, _ = one(path)
    assert (file.status, file.rows_read) == ("corrupt", 0)
    assert "utf-8" in file.error.lower()
    assert [of.error for of in cm.shards.stats(path).files] == [file.error]


@pytest.mark.parametrize("suffix", TABLES)
def test_a_table_cut_anywhere_is_told(tmp_path, suffix):
    table = pa.table({"text": [f"a row of its own {i}" for i in range(60)]})
    path = write_table(tmp_path / f"a.{suffix}", table, rows=20)
    whole = path.read_bytes()
    for size in [*range(1, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:size])
        file, out = one(path)
        if suffix == "arrows":  # a stream may end after any batch
            kept = read_table(out)
            assert kept.num_rows in (0, 20, 40, 60)
            assert kept.equals(table.slice(0, kept.num_rows)) or not kept.num_rows
            assert file.status in ("truncated", "complete", "corrupt")
        else:
            assert (file.status, file.rows_read) == ("truncated", 0)
        assert (file.error is None) == (file.status == "complete")


@pytest.mark.parametrize("codec", ["none", "zstd"])
@pytest.mark.parametrize("suffix", TABLES)
def test_no_flipped_bit_is_a_crash(tmp_path, suffix, codec):
    """Rows that cannot be decoded are counted where the file says how many there were."""
    table = pa.table({"text": [f"a row of its own {i}" for i in range(60)], "n": range(60)})
    path = write_table(tmp_path / f"a.{suffix}", table, rows=20, codec=codec)
    whole = path.read_bytes()
    rng = random.Random(3)
    for _ in range(60):
        flip = bytearray(whole)
        flip[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        path.write_bytes(flip)
        try:
            file, out = one(path)
        except JobError as error:
            assert "cannot write" in str(error)  # noqa: PT017
            continue
        except UsageError as error:
            assert "text" in str(error)  # noqa: PT017  the name or type of the column was hit
            continue
        assert file.status in ("complete", "corrupt", "truncated", "unreadable")
        if "undecodable" in file.rejected:
            rejected = read_table(out.parent.parent / f"rejected/a.{suffix}.parquet")
            assert (
                rejected["reason"].to_pylist().count("undecodable") == file.rejected["undecodable"]
            )


def test_rows_of_a_damaged_row_group_are_counted(tmp_path):
    table = pa.table({"text": [f"a row of its own {i}" for i in range(60)], "n": range(60)})
    path = write_table(tmp_path / "a.parquet", table, rows=20, codec="zstd")
    start = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + 60] = b"\xff" * 60
    path.write_bytes(data)
    file, out = one(path)
    assert (file.status, file.rows_read, file.kept) == ("corrupt", 60, 40)
    assert file.rejected == {"undecodable": 20}
    assert "row group 1" in file.error
    assert read_table(out)["n"].to_pylist() == [*range(20), *range(40, 60)]
    rejected = read_table(out.parent.parent / "rejected/a.parquet.parquet").to_pylist()
    assert [row["row"] for row in rejected] == list(range(20, 40))
    assert {row["text"] for row in rejected} == {None}


def test_a_feather_file_of_version_1_is_told(tmp_path):
    path = tmp_path / "a.feather"
    path.write_bytes(b"FEA1" + b"\0" * 40 + b"FEA1")
    file, _ = one(path)
    assert file.status == "unreadable"
    assert "version 1" in file.error


@pytest.mark.parametrize("name", ["with space", "é", "a#b", "100%", "日本"])
def test_names_of_any_kind(tmp_path, name):
    table = pa.table({"text": TEXTS})
    for i, suffix in enumerate(("parquet", "arrow", "ipc", "feather")):
        write_table(tmp_path / f"in/{name}/{i}{name}.{suffix}", table.slice(i, 1))
    ledger = job(tmp_path / "in", tmp_path / "out", threads=3)
    assert ledger.totals["kept"] == 3
    assert (tmp_path / f"out/data/{name}/0{name}.parquet").exists()


@pytest.mark.parametrize("suffix", TABLES)
def test_a_table_that_vanishes_or_changes_is_an_error(tmp_path, suffix):
    path = write_table(tmp_path / f"in/a.{suffix}", pa.table({"text": TEXTS}))

    def remove(news: cm.shards.Progress) -> None:
        if news.stage == "decide":
            path.unlink(missing_ok=True)

    with pytest.raises(JobError, match="cannot read"):
        job(tmp_path / "in", tmp_path / "out", progress=remove)
    path = write_table(path, pa.table({"text": TEXTS}))

    def change(news: cm.shards.Progress) -> None:
        if news.stage == "decide":
            write_table(path, pa.table({"text": TEXTS[:2]}))

    with pytest.raises(JobError, match="changed while the job ran"):
        job(tmp_path / "in", tmp_path / "out", progress=change)
    assert not (tmp_path / "out").exists()


def test_dictionaries_of_batches_that_differ(tmp_path):
    schema = pa.schema({"text": pa.string(), "kind": pa.dictionary(pa.int8(), pa.string())})
    path = tmp_path / "a.arrows"
    with pa.ipc.new_stream(path, schema) as writer:
        for i, text in enumerate(TEXTS):
            kinds = pa.array([f"kind {i}"]).dictionary_encode().cast(schema.field("kind").type)
            writer.write_batch(pa.record_batch([pa.array([text]), kinds], schema=schema))
    for target in ("parquet", "jsonl", None):
        _, out = one(path, format=target)
        assert [row["kind"] for row in rows_of(out)] == ["kind 0", "kind 1", "kind 2"]
    path.rename(tmp_path / "b.arrow")  # a stream under the name of a file, as datasets writes them
    _, out = one(tmp_path / "b.arrow")
    assert [row["kind"] for row in rows_of(out)] == ["kind 0", "kind 1", "kind 2"]
