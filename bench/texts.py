"""Raw texts to bench with: a folder's JSON lines, or what lies on any machine. Cuts nothing."""

from __future__ import annotations

import gzip
import io
import json
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

_ENDINGS = {".md", ".rst", ".txt", ".html", ".py", ".pyi", ".h", ".hpp"}
_LICENCES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "METADATA", "README", "copyright")
_LARGEST = 2_000_000


def folder_texts(folder: Path) -> Iterator[str]:
    """The `text` of every row of every .jsonl, .jsonl.gz and .jsonl.zst below, in path order."""
    for path in sorted(folder.rglob("*.jsonl*")):
        yield from file_texts(path)


def file_texts(path: Path) -> Iterator[str]:
    """The `text` of every row; a file whose first row has none holds labels, and is skipped."""
    with _open(path) as lines:
        for line in lines:
            text = json.loads(line).get("text")
            if not isinstance(text, str):
                return
            yield text


def machine_texts() -> Iterator[str]:
    """The interpreter's library, installed packages and the system's documents, in path order."""
    roots = [sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), "/usr/share/doc"]
    seen: set[Path] = set()
    for root in roots:
        for path in sorted(Path(root).rglob("*")):
            if _readable(path) and path.resolve() not in seen:
                seen.add(path.resolve())
                yield _decoded(path)


def _open(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast(BinaryIO, gzip.open(path))
    if path.suffix == ".zst":
        return io.BufferedReader(pa.input_stream(str(path), compression="zstd"), 1 << 20)
    return path.open("rb")


def _readable(path: Path) -> bool:
    named = path.suffix.removesuffix(".gz") in _ENDINGS or path.name.startswith(_LICENCES)
    packed = path.suffix == ".gz" and path.parts[1:4] == ("usr", "share", "doc")
    return (named or packed) and path.is_file() and path.stat().st_size <= _LARGEST


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    return raw.decode("utf-8", errors="ignore").replace("\r\n", "\n").replace("\0", "")
