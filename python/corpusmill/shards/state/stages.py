"""stages: one file of saved results: records, an index of them, a checksum over each. Knows no rows.

    magic, key | record | record | ... | index (JSON) | size and XXH3-128 of key and index, magic
    record: size and XXH3-128 of its entry | its entry of the index | its arrays

A file is written under another name, synced and renamed when it is whole; of one that never was, its
records tell themselves what they are. Arrays are as they lie in memory, each from a multiple of 8, so
that one read gives them all. `key` is 16 bytes that say what the records are results of; files of
another key or version are none of ours.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill.shards import disk
from corpusmill.shards.ours import NEW

MAGIC = b"CMSTAGE6"  # the last character is the version of the format
KEY_SIZE = 16
HEAD_SIZE = len(MAGIC) + KEY_SIZE
ENTRY = struct.Struct("<Q16s")
TAIL = struct.Struct("<Q16s8s")
ALIGNMENT = 8

Arrays = Sequence[npt.NDArray[Any]]


class StageError(Exception):
    """The file, or a record of it, is damaged."""


class StageWriter:
    """A file that grows by records, by one thread at a time."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = key
        self._file = path.with_name(path.name + NEW).open("wb")
        self._file.write(MAGIC + key)
        self.size = HEAD_SIZE
        self.index: dict[str, Any] = {"records": []}

    def append(self, entry: dict[str, Any], arrays: Arrays) -> int:
        """Writes a record, and `entry` into the index; the place of its arrays in the file."""
        parts = [
            part
            for array in arrays
            if array.nbytes
            for part in (array.data, bytes(-array.nbytes % ALIGNMENT))
        ]
        size = sum(aligned(array.nbytes) for array in arrays)
        entry = entry | {"size": size, "xxh3_128": digest(*parts)}
        said = json.dumps(entry).encode("ascii")
        said += b" " * (-len(said) % ALIGNMENT)
        self._file.writelines([ENTRY.pack(len(said), bytes.fromhex(digest(said))), said, *parts])
        self._file.flush()  # whatever becomes of this process, the record is there
        at = self.size + ENTRY.size + len(said)
        self.size = at + size
        self.index["records"].append(entry | {"at": at})
        return at

    def seal(self, *, synced: bool = True) -> None:
        """The file is whole: from now on it counts; after a loss of power only if it is synced."""
        self.end()
        self.publish(synced=synced)

    def end(self) -> None:
        """Writes what stands behind the last record."""
        self._file.write(_end(self._key, self.index))
        self._file.flush()

    def publish(self, *, synced: bool = True, stays: bool = True) -> None:
        """Gives an ended file its name. `stays`: in the system's memory, where this job reads it again."""
        with self._file:
            if synced:
                os.fsync(self._file.fileno())
            if not stays:
                disk.let_go(self._file.fileno())
        Path(self._file.name).replace(self.path)

    def close(self) -> None:
        """Gives up a file, unless it is sealed."""
        with suppress(OSError):  # what could not be written is not wanted any more
            self._file.close()


def _end(key: bytes, index: dict[str, Any]) -> bytes:
    """What stands behind the last record."""
    said = json.dumps(index).encode("ascii")
    return said + TAIL.pack(len(said), bytes.fromhex(digest(key, said)), MAGIC)


def seal_left(path: Path, key: bytes) -> None:
    """Gives a file that was never finished its end and its name, as far as its records go.

    Removes it if it has none, or is of another key or version.
    """
    with path.open("r+b") as file:
        found = records(file) if file.read(HEAD_SIZE) == MAGIC + key else []
        if found:
            file.seek(found[-1]["at"] + found[-1]["size"])
            file.truncate()
            file.write(_end(key, {"records": found}))
    if found:
        path.replace(path.with_name(path.name.removesuffix(NEW)))
    else:
        path.unlink()


def records(file: BinaryIO) -> list[dict[str, Any]]:
    """The entries of the records from here up to the first that is not whole."""
    found: list[dict[str, Any]] = []
    length = os.fstat(file.fileno()).st_size
    while len(head := file.read(ENTRY.size)) == ENTRY.size:
        size, expected = ENTRY.unpack(head)
        said = file.read(min(size, length))
        if bytes.fromhex(digest(said)) != expected:
            break
        at, entry = file.tell(), json.loads(said)
        if at + entry["size"] > length:
            break
        found.append(entry | {"at": at})
        file.seek(entry["size"], os.SEEK_CUR)
    return found


def index(path: Path, key: bytes) -> dict[str, Any] | None:
    """The index of a whole file; None if it is of another key or version. StageError if damaged."""
    with path.open("rb") as file:
        head = file.read(HEAD_SIZE)
        if head[: len(MAGIC)] != MAGIC or head[len(MAGIC) :] != key:
            return None
        end = file.seek(0, os.SEEK_END) - TAIL.size
        if end < HEAD_SIZE:
            raise StageError("it is cut off")
        file.seek(end)
        size, expected, magic = TAIL.unpack(file.read())
        if magic != MAGIC or size > end - HEAD_SIZE:
            raise StageError("its end is damaged or missing")
        file.seek(end - size)
        content = file.read(size)
    if bytes.fromhex(digest(key, content)) != expected:
        raise StageError("its index is damaged")
    found: dict[str, Any] = json.loads(content)
    return found


def is_sound(file: int, record: dict[str, Any]) -> bool:
    """Whether a record is as it was written."""
    at, end, stream = record["at"], record["at"] + record["size"], _core.core.StreamHash()
    while at < end and (piece := os.pread(file, min(1 << 20, end - at), at)):
        stream.update(piece)
        at += len(piece)
    return bool(at == end and stream.hexdigest() == record["xxh3_128"])


def read(path: Path, at: int, size: int) -> bytes:
    """Bytes of a record; StageError if the file has become shorter."""
    file = os.open(path, os.O_RDONLY)
    try:
        data = os.pread(file, size, at)
    finally:
        os.close(file)
    if len(data) != size:
        raise StageError(f"{path.name} ends too early; did something change OUT/.state?")
    return data


def let_go(path: Path, begin: int, end: int) -> None:
    """Bytes of a file that are not read again leave the system's memory, if they are on the disk."""
    if begin == end:
        return
    file = os.open(path, os.O_RDONLY)
    try:
        disk.let_go(file, begin, end - begin)
    finally:
        os.close(file)


def mapped(path: Path, at: int, size: int) -> memoryview:
    """The same without reading them."""
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))[at : at + size]
    if len(data) != size:
        raise StageError(f"{path.name} ends too early; did something change OUT/.state?")
    return data


def layout(arrays: Arrays) -> list[tuple[str, int]]:
    """What a record must say of its arrays for `taken_apart`."""
    return [(array.dtype.str, len(array)) for array in arrays]


def taken_apart(
    data: bytes | memoryview, layout: Sequence[tuple[str, int]]
) -> list[npt.NDArray[Any]]:
    """The arrays of a record, of one dimension each, where they lie."""
    arrays, at = [], 0
    for kind, length in layout:
        arrays.append(np.frombuffer(data, kind, length, at))
        at += aligned(arrays[-1].nbytes)
    return arrays


def aligned(size: int) -> int:
    return size + -size % ALIGNMENT


def digest(*parts: bytes | memoryview) -> str:
    """XXH3-128 of these bytes, as 32 hexadecimal digits."""
    stream = _core.core.StreamHash()
    for part in parts:
        stream.update(part)
    return stream.hexdigest()


def key_of(*parts: Any) -> bytes:
    """The key of results that depend on these values, which JSON can write, or bytes."""
    encoded = (
        part if isinstance(part, bytes) else json.dumps(part, sort_keys=True).encode()
        for part in parts
    )
    return bytes.fromhex(digest(*(struct.pack("<Q", len(part)) + part for part in encoded)))
