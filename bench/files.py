"""The corpus on disk: the same rows plain, in eight shards, .gz, .zst and Parquet, and parts of them.

::

    english.jsonl       all rows                 english-8/*.jsonl   the same rows in eight files
    english.jsonl.gz    gzip level 6             english.jsonl.zst   zstd level 3, one frame
    english.parquet     zstd level 3, groups of at most 10,000 rows
    part.jsonl          the first quarter, for what is too slow for all of it
    one.jsonl           a single row: a job on it costs what starting up costs
    non_ascii.jsonl     rows most of whose bytes are not ASCII
    planted.jsonl       copy, original, Jaccard similarity
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from bench.copies import Planted

SHARDS = 8


def write(
    folder: Path, rows: list[tuple[str, str]], planted: list[Planted], foreign: list[str]
) -> dict[str, int]:
    """Writes them all and counts what the plain ones hold."""
    lines = [_line(name, text) for name, text in rows]
    part = len(lines) // 4
    everything = b"".join(lines)
    _put(folder / "english.jsonl", everything)
    _put(folder / "english.jsonl.gz", gzip.compress(everything, 6, mtime=0))
    _put(folder / "english.jsonl.zst", pa.Codec("zstd", 3).compress(everything, asbytes=True))
    table = pa.table(dict(zip(("id", "text"), zip(*rows, strict=True), strict=True)))
    options = {"compression": "zstd", "compression_level": 3, "row_group_size": 10_000}
    parquet.write_table(table, folder / "english.parquet", **options)
    for i, shard in enumerate(_shards(lines)):
        _put(folder / "english-8" / f"{i}.jsonl", b"".join(shard))
    _put(folder / "part.jsonl", b"".join(lines[:part]))
    _put(folder / "one.jsonl", lines[0])
    names = [f"f{i:07d}" for i in range(len(foreign))]
    _put(folder / "non_ascii.jsonl", b"".join(map(_line, names, foreign)))
    _put(folder / "planted.jsonl", "".join(_json(asdict(p)) for p in planted).encode())
    return {
        "documents": len(rows),
        "text_bytes": _bytes([text for _, text in rows]),
        "part_documents": part,
        "part_bytes": _bytes([text for _, text in rows[:part]]),
        "non_ascii_documents": len(foreign),
        "non_ascii_bytes": _bytes(foreign),
    }


def planted(folder: Path) -> list[Planted]:
    """What `copies.plant` planted into english.jsonl."""
    lines = (folder / "planted.jsonl").read_text().splitlines()
    return [Planted(**json.loads(line)) for line in lines]


def _shards(lines: list[bytes]) -> Iterator[list[bytes]]:
    size = -(-len(lines) // SHARDS)
    return (lines[i * size : (i + 1) * size] for i in range(SHARDS))


def _line(name: str, text: str) -> bytes:
    return _json({"id": name, "text": text}).encode()


def _json(row: dict[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _bytes(found: list[str]) -> int:
    return sum(len(text.encode()) for text in found)


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
