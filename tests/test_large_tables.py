"""large_tables: tables whose rows, pages or record batches are megabytes, in little memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import corpusmill as cm
from corpusmill.shards import memory
from corpusmill.shards.reading import parquet_pages, thrift
from test_faults import PEAK, in_child

BUDGET = 250_000_000
LIMIT = memory.Budget(BUDGET, 0, 1 << 20, 0, 0)
JOB = (
    "import sys; from corpusmill import shards\n"
    "getattr(shards, sys.argv[1])(sys.argv[2], sys.argv[3], memory=int(sys.argv[4]), threads=1,"
    " format='jsonl', max_rejected=1.0, notice=lambda notice: print(notice.message))\n"
    f"print({PEAK})"
)

_SIZES = (thrift.number(size) for size in (0, 40, 1 << 30))  # a data page, unpacked, packed
LYING = b"\x15" + b"\x15".join(_SIZES) + bytes.fromhex("2c 15 3c 15 00 15 06 15 06 00 00")
"""The head of a page that says that it is a gigabyte."""


def texts(sizes: list[int]) -> pa.Array:
    """Of words of a few letters; few of them are near-duplicates."""
    rng = np.random.default_rng(1)
    return pa.array([rng.bytes(size // 2).hex(" ", 4)[:size] for size in sizes], pa.large_string())


def table(sizes: list[int]) -> pa.Table:
    return pa.table({"number": np.arange(len(sizes)), "text": texts(sizes)})


def write(path: Path, rows: pa.Table, **options: object) -> Path:
    """Of Parquet with pages of one row, of Arrow with record batches of so many."""
    if path.suffix == ".parquet":
        options = {"write_batch_size": 1, "use_dictionary": False} | options
        parquet.write_table(rows, path, **options)
    else:
        with pa.ipc.new_file(path, rows.schema) as file:
            file.write_table(rows, **options)
    return path


def run(kind: str, path: Path, out: Path, budget: int = BUDGET) -> tuple[list[str], int]:
    """What was said, and the peak of the process."""
    done = in_child(JOB, kind, path, out, budget)
    assert done.stderr == ""
    *said, peak = done.stdout.splitlines()
    return said, int(peak)


@pytest.mark.parametrize("kind", ["dedup", "convert", "paragraphs", "passages"])
def test_rows_of_megabytes_keep_to_the_budget_and_one_too_large_goes_alone(
    tmp_path: Path, kind: str
) -> None:
    sizes = [2_000_000] * 12 + [100] * 500 + [LIMIT.row_limit + 1_000_000] + [1_000_000] * 6
    path = write(tmp_path / "a.parquet", table(sizes))
    _, peak = run(kind, path, tmp_path / "out")
    assert peak <= BUDGET
    (file,) = cm.shards.Ledger.load(tmp_path / "out").files
    if kind == "convert":  # reads no text
        assert (file.kept, file.rejected) == (len(sizes), {})
        return
    assert file.rejected == {"row_too_large": 1}
    rejected = parquet.read_table(tmp_path / "out/rejected/a.parquet.parquet").to_pylist()
    assert rejected == [{"number": None, "text": None, "reason": "row_too_large", "row": 512}]


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_what_cannot_be_decoded_in_the_budget_is_rejected_by_name(
    tmp_path: Path, name: str
) -> None:
    """One page, or record batch, of 60 MB; rows of others are taken."""
    rows = table([10_000] * 6000 + [1000] * 1000)
    if name == "a.parquet":
        with parquet.ParquetWriter(
            tmp_path / name,
            rows.schema,
            use_dictionary=False,
            write_batch_size=6000,
            data_page_size=1 << 30,
        ) as file:
            file.write_table(rows.slice(0, 6000))
            file.write_table(rows.slice(6000))
        what = "row group 0 (column 'text')"
    else:
        write(tmp_path / name, rows, max_chunksize=6000)
        what = "record batch 0"
    said, peak = run("dedup", tmp_path / name, tmp_path / "out")
    assert peak <= BUDGET
    (file,) = cm.shards.Ledger.load(tmp_path / "out").files
    assert (file.kept, file.rejected) == (1000, {"too_large_to_decode": 6000})
    (warning,) = [line for line in said if "too_large_to_decode" in line]
    assert warning.startswith(f"{name}: {what} takes ")
    enough = int(warning.split("allow ")[1].split(" MB")[0].replace(",", "")) + 1
    assert LIMIT.to_decode(LIMIT.decode_limit) <= BUDGET < enough * 1_000_000
    _, peak = run("dedup", tmp_path / name, tmp_path / "more", enough * 1_000_000)
    assert peak <= enough * 1_000_000
    assert cm.shards.Ledger.load(tmp_path / "more").totals["kept"] == 7000


def test_a_page_that_lies_about_its_size_takes_no_memory(tmp_path: Path) -> None:
    rows = pa.table({"text": texts([50] * 90), "m": [{"a": i} for i in range(90)]})
    path = write(tmp_path / "a.parquet", rows, row_group_size=30, compression="zstd")
    begin = parquet.read_metadata(path).row_group(1).column(1).data_page_offset
    data = bytearray(path.read_bytes())
    data[begin : begin + len(LYING)] = LYING
    path.write_bytes(data)
    _, peak = run("convert", path, tmp_path / "out")
    assert peak <= BUDGET
    (file,) = cm.shards.Ledger.load(tmp_path / "out").files
    assert (file.status, file.kept, file.rejected) == ("corrupt", 60, {"undecodable": 30})


def test_a_column_is_sound_if_its_pages_were_looked_at_and_fit(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", table([50_000] * 40))
    facts = parquet.read_metadata(path)
    with path.open("r+b") as file:
        number, text = parquet_pages.cost(file.fileno(), facts, 0).columns
        assert (number.sound, text.sound) == (False, True)  # the small one is not looked at
        parquet_pages.check(file.fileno(), facts, 0, ["number", "text"], ())
        file.seek(facts.row_group(0).column(1).data_page_offset)
        file.write(LYING)
        file.flush()
        assert not parquet_pages.cost(file.fileno(), facts, 0).columns[1].sound
        parquet_pages.check(file.fileno(), facts, 0, ["number", "text"], {"text"})
        with pytest.raises(ValueError, match="a page of column 'text' is larger"):
            parquet_pages.check(file.fileno(), facts, 0, ["text"], {"number"})


def test_columns_of_one_name_are_sound_together(tmp_path: Path) -> None:
    columns = [texts([50_000] * 40), texts([50] * 40)]  # of which the small one is not looked at
    for names, sound in ((["text", "other"], {"text"}), (["text", "text"], set())):
        path = write(tmp_path / "a.parquet", pa.Table.from_arrays(columns, names))
        with path.open("rb") as file:
            cost = parquet_pages.cost(file.fileno(), parquet.read_metadata(path), 0)
        assert cost.sound() == sound


def test_what_a_row_group_takes_is_told_before_it_is_decoded(tmp_path: Path) -> None:
    sizes = [50] * 3000 + [200_000] * 20
    for options in ({}, {"use_dictionary": True}, {"data_page_version": "2.0"}):
        path = write(tmp_path / "a.parquet", table(sizes), **{"write_batch_size": 10} | options)
        facts = parquet.read_metadata(path)
        with path.open("rb") as file:
            cost = parquet_pages.cost(file.fileno(), facts, 0)
        most = max(sum(sizes[at : at + 30]) for at in range(len(sizes)))
        text = next(column for column in cost.columns if column.name == "text")
        assert text.of_rows(30) >= most
        rows = cost.rows_within(20_000_000, 1000)
        assert rows
        assert cost.of_rows(rows) <= 20_000_000
        assert cost.rows_within(100_000, 1000) == 0


def test_a_dictionary_does_not_hide_how_large_values_are(tmp_path: Path) -> None:
    """A few places in a dictionary stand for more than the budget."""
    long = pa.array(["x" * 400_000, "y"])
    column = pa.DictionaryArray.from_arrays(np.zeros(1000, np.int32), long)
    parquet.write_table(pa.table({"text": column.dictionary_decode()}), tmp_path / "a.parquet")
    _, peak = run("dedup", tmp_path / "a.parquet", tmp_path / "out")
    assert peak <= BUDGET
    assert cm.shards.Ledger.load(tmp_path / "out").totals["dropped"] == {"equal": 999}
