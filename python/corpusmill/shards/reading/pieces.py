"""pieces: a file's bytes as they come, before they are blocks: all, some, around long lines.

Knows no format but newlines.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np

from corpusmill import _core
from corpusmill.shards.reading.decode import PIECE_SIZE, Damage
from corpusmill.shards.rows import Ints

Bytes: TypeAlias = bytes | memoryview


def after(pieces: Iterator[bytes], start: int) -> Iterator[Bytes]:
    """The bytes of a stream from `start` on."""
    for piece in pieces:
        if start < len(piece):
            yield memoryview(piece)[start:] if start else piece
        start = max(start - len(piece), 0)


def part_of(parts: Sequence[tuple[int, int]], offset: int) -> tuple[int, int]:
    """Of places where reading may begin, in a file and in what it gives, the last for what comes from
    `offset` on."""
    before = bisect_right(parts, offset, key=lambda part: part[1])
    return parts[before - 1] if before else (0, 0)


def first_newline(piece: Bytes) -> int:
    """Where it is, or -1."""
    return (piece if isinstance(piece, bytes) else bytes(piece)).find(b"\n")


def rest_of_line(pieces: Iterator[Bytes]) -> tuple[int, bool, Bytes]:
    """Takes the rest of a line: its bytes, whether a newline follows, and what follows that."""
    size = 0
    for piece in pieces:
        at = first_newline(piece)
        if at >= 0:
            return size + at, True, memoryview(piece)[at + 1 :]
        size += len(piece)
    return size, False, b""


def around_long_lines(data: Bytes, limit: int) -> Iterator[tuple[Bytes, bool]]:
    """`data`, whole lines, in parts: each line of more than `limit` bytes is one, and marked."""
    if len(data) <= limit:
        yield data, False
        return
    view = memoryview(data)
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    starts = np.concatenate([[0], ends + 1])
    ends = np.append(ends, len(data))
    long = np.flatnonzero(ends - starts > limit)
    done = 0
    for start, end in zip(starts[long].tolist(), ends[long].tolist(), strict=True):
        if done < start:
            yield view[done:start], False
        done = min(end + 1, len(data))
        yield view[start:done], True
    if done < len(data):
        yield view[done:], False


def by_lines(data: Bytes, most: int) -> Iterator[Bytes]:
    """`data`, whole lines, in parts of at most so many lines."""
    if _core.jsonl.count_lines(data) <= most:
        yield data
        return
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))[most - 1 :: most] + 1
    view, done = memoryview(data), 0
    for end in ends.tolist():
        yield view[done:end]
        done = end
    if done < len(data):
        yield view[done:]


def raw(file: int, note: Callable[[bytes], None] | None = None) -> Iterator[bytes]:
    """The pieces of a file from where it stands; Damage if it cannot be read further."""
    while True:
        try:
            piece = os.read(file, PIECE_SIZE)
        except OSError as error:
            raise Damage("unreadable", error.strerror or str(error)) from error
        if not piece:
            return
        if note:
            note(piece)
        yield piece


@contextmanager
def regular(path: Path) -> Iterator[int]:
    """A file, opened; OSError if it is of no such kind."""
    if path.exists() and not path.is_file():
        raise OSError(0, "not a regular file")
    file = os.open(path, os.O_RDONLY)
    try:
        yield file
    finally:
        os.close(file)


def read_at(file: int, offset: int, size: int) -> bytes:
    """So many bytes, or fewer where the file ends or cannot be read further."""
    parts: list[bytes] = []
    try:
        while size and (part := os.pread(file, size, offset)):
            parts.append(part)
            offset += len(part)
            size -= len(part)
    except OSError:
        if not parts:
            raise
    return parts[0] if len(parts) == 1 else b"".join(parts)


def read_into(file: int, offset: int, room: memoryview) -> int:
    """Fills `room`: how many bytes; fewer where the file ends or cannot be read further."""
    size = 0
    try:
        while size < len(room) and (more := os.preadv(file, [room[size:]], offset + size)):
            size += more
    except OSError:
        if not size:
            raise
    return size


def read_some(file: int, offset: int, size: int, starts: Ints, sizes: Ints) -> Bytes:
    """So many bytes, of which only those at these places are sure to be the file's.

    Zeros, which no line holds, where the file has become too short; fewer bytes if many are asked for.
    """
    if 4 * sizes.sum() > size:
        return read_at(file, offset, size)
    room = np.empty(size, np.uint8)
    _core.core.read_places(file, offset, starts, sizes, room)
    return room.data


def read_between(file: int, start: int, end: int) -> Iterator[bytes]:
    """The bytes of a file from `start` to `end`, or to its own end, in pieces."""
    while start < end and (piece := read_at(file, start, min(PIECE_SIZE, end - start))):
        yield piece
        start += len(piece)
