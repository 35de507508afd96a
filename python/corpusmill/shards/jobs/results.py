"""results: what lies in the output folder of a finished job besides its data: read, never judged."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpusmill import _arrays
from corpusmill._dedup_options import DecideOptions
from corpusmill.shards import json_rows, shape
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.jobs.fate import Entry, Member, Place, Rejection
from corpusmill.shards.ledger import FileEntry, Ledger
from corpusmill.shards.ours import DUPLICATES, LEDGER, REJECTED, shown
from corpusmill.shards.reading.inputs import AnyPath

Line = dict[str, Any]
"""A line of duplicates.parquet."""


def any_ledger_of(out: AnyPath) -> Ledger:
    """The ledger in `out`; UsageError if there is none that can be read."""
    try:
        return Ledger.load(out)
    except FileNotFoundError:
        raise UsageError(f"{shown(out)!r} holds no {LEDGER}: no job has finished there") from None
    except _UNREADABLE as error:
        raise _unreadable(out, LEDGER, error) from None


def ledger_of(out: AnyPath) -> Ledger:
    """The ledger in `out`; UsageError if there is none, or none of a near-duplicate job."""
    ledger = any_ledger_of(out)
    if ledger.command != "dedup":
        raise UsageError(
            f"{shown(out)!r} holds the results of {ledger.command!r}; this tells of 'dedup' alone. "
            f"{LEDGER} there counts what was kept, dropped and rejected, and {REJECTED}/ holds the rejected"
        )
    check_in(out, ledger)
    return ledger


def check_in(out: AnyPath, ledger: Ledger) -> None:
    """UsageError unless it is one of a near-duplicate job."""
    with reading(out, LEDGER):
        check(ledger)


def check(ledger: Ledger) -> None:
    """ValueError or TypeError unless options and findings are those of a near-duplicate job."""
    shape.check(ledger.options, _OPTIONS, "options")
    decided = {name: ledger.options[name] for name in DecideOptions.__dataclass_fields__}
    if decided["method"] == "exact":
        decided |= {"bands": None, "rows": None}
    DecideOptions.checked(**decided)
    findings: dict[str, Any] = {"capped": {}, "index": {}, **ledger.findings}
    shape.check(findings, {"capped": dict, "index": dict}, "findings")
    shape.check(findings["capped"], {"units": int} if findings["capped"] else {}, "capped")
    for saved in findings["index"].values():
        shape.check(saved, {"entries": int, "xxh3_128": str}, "index")


_OPTIONS: shape.Shape = dict.fromkeys(DecideOptions.__dataclass_fields__, (str, int, float))
_OPTIONS |= {"text": str, "keep": str} | dict.fromkeys(("id", "against"), (str, type(None)))


@contextmanager
def reading(out: AnyPath, name: str) -> Iterator[None]:
    """Turns what is wrong with a file that a job left into a UsageError that names it."""
    try:
        yield
    except _UNREADABLE as error:
        raise _unreadable(out, name, error) from error


_UNREADABLE = (pa.ArrowException, OSError, ValueError, LookupError, TypeError)


def _unreadable(out: AnyPath, name: str, error: Exception) -> UsageError:
    return UsageError(f"{shown(out)!r}: {name} cannot be read: {error}")


def duplicates_where(out: AnyPath, most: int, **equal: str | int) -> tuple[list[Line], int]:
    """The first lines of duplicates.parquet with these values, and how many there are in all."""
    from pyarrow import compute, parquet  # noqa: PLC0415  they take long to import

    lines: list[Line] = []
    count = 0
    with reading(out, DUPLICATES), parquet.ParquetFile(Path(out) / DUPLICATES) as file:
        for batch in file.iter_batches(use_threads=False):
            found = batch
            for name, value in equal.items():
                column = found.column(name)
                one = _arrays.one(value).cast(column.type)
                found = found.filter(compute.equal(column, one))
            lines += found.slice(0, most - len(lines)).to_pylist()
            count += found.num_rows
    return lines, count


def dropped_place(line: Line) -> Place:
    return Place(line["dropped_file"], line["dropped_row"], line["dropped_id"])


def kept_place(line: Line) -> Place | None:
    """The row it went for; None if that is an entry of an index."""
    if line["kept_entry"] is not None:
        return None
    return Place(line["kept_file"], line["kept_row"], line["kept_id"])


def entry(line: Line) -> Entry | None:
    """The entry of an index that it went for; None if that is a row."""
    number = line["kept_entry"]
    return None if number is None else Entry(number, line["kept_id"])


def member(line: Line) -> Member:
    return Member(dropped_place(line), line["similarity"], line["verified"])


def rejections(out: AnyPath, entry: FileEntry) -> Iterator[Rejection]:
    """The rejected lines of a file, in order; those before the damage if rejected/ is not whole."""
    if not entry.rejected:
        return
    path = Path(out, REJECTED, entry.path)
    try:
        if entry.format.startswith("jsonl"):
            yield from _rejected_lines(path.with_name(f"{path.name}.jsonl"))
        else:
            yield from _rejected_rows(path.with_name(f"{path.name}.parquet"))
    except (*_UNREADABLE, JobError):
        return


def _rejected_lines(path: Path) -> Iterator[Rejection]:
    with path.open("rb") as file:
        for line in file:
            found = json.loads(line)
            raw = base64.b64decode(found.get("raw", ""))  # of a line too large there is none
            yield Rejection(found["reason"], int(found["line"]), int(found["byte_offset"]), raw)


def _rejected_rows(path: Path) -> Iterator[Rejection]:
    """Rows of tables, as lines of JSON; they count from 1 here, and have no byte offset."""
    from pyarrow import Table, parquet  # noqa: PLC0415  as above

    for batch in parquet.ParquetFile(path).iter_batches():
        rows = Table.from_batches([batch])
        content = rows.select(range(rows.num_columns - 2))
        raw = json_rows.lines(content).splitlines()
        reasons, numbers = (column.to_pylist() for column in rows.columns[-2:])
        for reason, number, line in zip(reasons, numbers, raw, strict=True):
            yield Rejection(reason, number + 1, 0, line)
