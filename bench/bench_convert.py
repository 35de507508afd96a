"""Files of rows in other formats, beside DuckDB and pyarrow doing the same: one thread, CPU seconds.

They do less: ours reads its input twice, rejects what is no row, writes checksums and an account.
"""

from __future__ import annotations

import shutil
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench import codecs, corpus, machine, ours
from bench.harness import alternate
from bench.process import timed
from bench.results import Measurement, Result, compare

JOBS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "JSONL to JSONL.zst": ("jsonl", {"codec": "zst"}, "*", "jsonl.zst"),
    "JSONL to JSONL, two fields": ("jsonl", {"columns": ["id", "text"]}, "id, text", "jsonl"),
    "JSONL to Parquet": ("jsonl", {"format": "parquet"}, "*", "parquet"),
    "Parquet to JSONL": ("parquet", {"format": "jsonl"}, "*", "jsonl"),
    "Parquet to Parquet": ("parquet", {}, "*", "parquet"),
}
"""Suffix of the input, what ours is asked for, what DuckDB selects, and the suffix of its output."""

_AS = {
    "jsonl": "FORMAT json",
    "jsonl.zst": "FORMAT json, COMPRESSION zstd",
    "parquet": "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3",
}


def run(found: corpus.Corpus, rounds: int) -> Result:
    """All contenders in this process, each writing a file of its own anew."""
    result = Result("convert", corpus.describe(found))
    lacking = [name for name in ("duckdb", "pyarrow") if find_spec(name) is None]
    result.missing = [f"{name} is not installed" for name in lacking]
    if reason := ours.missing():
        result.missing.append(reason)
    if result.missing:
        return result
    result.versions = machine.versions("corpusmill", "duckdb", "pyarrow", "zstandard")
    folder = found.folder / "convert"
    inputs = _inputs(found.folder / "english.jsonl", folder)
    for job, (kind, options, select, suffix) in JOBS.items():
        source, out = inputs[kind], folder / f"other.{suffix}"
        calls = {
            "corpusmill": partial(_ours, source, folder / "out", **options),
            "DuckDB": partial(_duckdb, source, select, out, _AS[suffix]),
        }
        if (kind, suffix) == ("parquet", "parquet"):
            calls["pyarrow"] = partial(codecs.rewrite_parquet, source, out)
        contenders = {name: timed(call) for name, call in calls.items()}
        measured = {
            name: Measurement(job, name, found.documents, found.text_bytes, runs)
            for name, runs in alternate(contenders, rounds).items()
        }
        result.measurements += measured.values()
        result.lines += [
            compare(f"convert, {job}", measured["corpusmill"], beside, None)
            for name, beside in measured.items()
            if name != "corpusmill"
        ]
    return result


def _inputs(lines: Path, folder: Path) -> dict[str, Path]:
    """The same rows in both formats."""
    import corpusmill  # noqa: PLC0415  (may not be built yet when others are benched)

    shutil.rmtree(folder, ignore_errors=True)
    corpusmill.shards.convert(lines, folder / "in", format="parquet")
    return {"jsonl": lines, "parquet": folder / "in/data" / f"{lines.stem}.parquet"}


def _ours(source: Path, out: Path, **options: Any) -> None:
    import corpusmill  # noqa: PLC0415

    corpusmill.shards.convert(source, out, threads=1, overwrite=True, **options)


def _duckdb(source: Path, select: str, out: Path, how: str) -> None:
    import duckdb  # noqa: PLC0415

    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"COPY (SELECT {select} FROM '{source}') TO '{out}' ({how})")
