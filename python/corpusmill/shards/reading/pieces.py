"""pieces: a file's bytes as they come, before they are blocks: all, some, around long lines.

Knows no format but newlines.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
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


class Held:
    """Pieces that are to be one, and are joined once. Those of a long line grow in place: joined they
    would be there twice.
    """

    def __init__(self) -> None:
        self._pieces: list[Bytes] = []
        self._grown: bytearray | None = None
        self.size = 0

    def add(self, piece: Bytes) -> None:
        self.size += len(piece)
        if self._grown is None:
            self._pieces.append(piece)
        else:
            self._grown += piece

    def grow(self) -> None:
        """From now on pieces are added in place."""
        if self._grown is None:
            self._grown = bytearray().join(self._pieces)
            self._pieces = []

    @property
    def growing(self) -> bool:
        return self._grown is not None

    def taken(self) -> Bytes:
        """All that was added; none of it is held any more."""
        found = b"".join(self._pieces) if self._grown is None else memoryview(self._grown)
        self._pieces, self._grown, self.size = [], None, 0
        return found


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


def read_some(file: int, offset: int, size: int, starts: Ints, sizes: Ints) -> Bytes:
    """So many bytes, of which only those at these places are sure to be the file's.

    Zeros, which no line holds, where the file has become too short; fewer bytes if many are asked for.
    """
    if 4 * sizes.sum() > size:
        return read_at(file, offset, size)
    room = np.empty(size, np.uint8)
    _core.core.read_places(file, offset, starts, sizes, room)
    return room.data


def stretches(
    pieces: Iterator[bytes],
    extents: Iterable[tuple[int, int]],
    most: int,
    large: Callable[[], None],
) -> Iterator[Bytes]:
    """Ascending (offset, size) stretches of a stream; shorter ones where it ends too early.

    `large` is called before one of more than `most` bytes.
    """
    piece, at = memoryview(b""), 0  # a piece of the stream and where in it that piece begins
    for offset, size in extents:
        held = Held()
        if size > most:
            large()
            held.grow()
        while held.size < size:
            part = piece[max(offset + held.size - at, 0) :][: size - held.size]
            if part:  # an empty one would hold on to its piece
                held.add(part)
            if held.size < size:
                at += len(piece)
                piece = memoryview(_next(pieces))
                if not piece:
                    break
        yield held.taken()


def _next(pieces: Iterator[bytes]) -> bytes:
    try:
        return next(pieces, b"")
    except Damage:  # known from the first reading, which ended at the same byte
        return b""


def read_between(file: int, start: int, end: int) -> Iterator[bytes]:
    """The bytes of a file from `start` to `end`, or to its own end, in pieces."""
    while start < end and (piece := read_at(file, start, min(PIECE_SIZE, end - start))):
        yield piece
        start += len(piece)
