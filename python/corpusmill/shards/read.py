"""read: an input file as blocks of whole lines, the first time and again. Parses no line.

The first reading finds the blocks, the file's status and its hash; later ones give the same blocks,
or some of them, by seeking where the format can. One thread at a time uses an iterator of blocks;
the blocks themselves may be worked on by many.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from corpusmill import _core
from corpusmill.shards.decode import PIECE_SIZE, Damage, decompress
from corpusmill.shards.errors import JobError
from corpusmill.shards.inputs import Input
from corpusmill.shards.ours import shown

BLOCK_SIZE = 2 << 20
"""Bytes from which a block is cut at the next newline: small enough to stay in the cache between
scanning and sketching, large enough that Python's share does not show."""

BOM = b"\xef\xbb\xbf"


Bytes: TypeAlias = bytes | memoryview


@dataclass(frozen=True)
class Block:
    """Whole lines of a file; the last of the file may lack its newline."""

    index: int
    offset: int  # of its first byte in the decompressed file
    data: Bytes
    torn: bool = False  # damage ends the file inside the last line


Blocks: TypeAlias = Generator[Block, None, None]


@dataclass
class Shard:
    """An input file and what the first reading finds out about it."""

    input: Input
    status: str = "complete"  # or "truncated", "corrupt", "unreadable"
    error: str | None = None
    num_bytes: int = 0
    xxh3_128: str | None = None  # of the bytes that could be read
    extents: list[tuple[int, int]] = field(default_factory=list)  # (offset, size) of each block
    stamp: tuple[int, int] | None = None  # (size, mtime_ns) when it was first opened

    def first(self, count: Callable[[int], None]) -> Blocks:
        """All blocks; damage ends them and is noted. `count` is told of file bytes as they come."""
        digest = _core.core.StreamHash()

        def note(raw: Bytes) -> None:
            digest.update(raw)
            self.num_bytes += len(raw)
            count(len(raw))

        try:
            with self._opened() as file:
                if self._seekable:
                    yield from self._cut_in_place(file, note)
                else:
                    raw = _raw(file, note)
                    yield from self._cut(decompress(raw, self._raw_again, self.input.format))
                    self._drain(raw)
            self.xxh3_128 = digest.hexdigest()
        except OSError as error:
            self.status, self.error = "unreadable", error.strerror or str(error)

    def again(self, wanted: Sequence[int], count: Callable[[int], None]) -> Blocks:
        """The blocks of these indices, ascending; `count` is told of bytes of blocks.

        Raises JobError if the file cannot be read or has changed.
        """
        if not wanted:
            return
        try:
            with self._opened() as file:
                extents = [self.extents[index] for index in wanted]
                for index, data in zip(wanted, self._stretches(file, extents), strict=True):
                    offset, size = self.extents[index]
                    if len(data) != size:
                        raise self.changed()
                    count(size)
                    yield Block(index, offset, data)
        except OSError as error:
            raise JobError(f"cannot read {shown(self.input.path)}: {error.strerror}") from error

    def size_of(self, blocks: Iterable[int]) -> int:
        """Decompressed bytes of these blocks."""
        return sum(self.extents[index][1] for index in blocks)

    def changed(self) -> JobError:
        name = shown(self.input.path)
        return JobError(f"{name} changed while the job ran; run again when it is at rest")

    @property
    def _seekable(self) -> bool:
        return self.input.format == "jsonl"

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The file, seen to be unchanged when opened and when done with."""
        path = self.input.path
        if path.exists() and not path.is_file():
            raise OSError(0, "not a regular file")
        file = os.open(path, os.O_RDONLY)
        try:
            self._check_stamp(file)
            yield file
            self._check_stamp(file)
        finally:
            os.close(file)

    def _check_stamp(self, file: int) -> None:
        found = os.fstat(file)
        stamp = (found.st_size, found.st_mtime_ns)
        self.stamp = self.stamp or stamp
        if stamp != self.stamp:
            raise self.changed()

    def _raw_again(self) -> Iterator[bytes]:
        with self._opened() as file:
            yield from _raw(file)

    def _cut(self, pieces: Iterable[bytes]) -> Iterator[Block]:
        held: list[bytes | memoryview] = []
        size = offset = 0
        try:
            for piece in pieces:
                held.append(piece)
                size += len(piece)
                cut = _core.jsonl.last_newline(piece) + 1 if size >= BLOCK_SIZE else 0
                if cut:
                    held[-1], rest = memoryview(piece)[:cut], memoryview(piece)[cut:]
                    yield self._block(offset, b"".join(held))
                    held, offset, size = [rest], offset + size - len(rest), len(rest)
        except Damage as damage:
            self.status, self.error = damage.status, str(damage)
        if size:
            data = b"".join(held)
            yield self._block(offset, data, torn=self.error is not None and data[-1:] != b"\n")

    def _cut_in_place(self, file: int, note: Callable[[Bytes], None]) -> Iterator[Block]:
        """Blocks of a plain file, cut from what one read gives, so that no byte is copied."""
        offset, size = 0, BLOCK_SIZE
        while data := _read_at(file, offset, size):
            cut = _core.jsonl.last_newline(data) + 1
            if len(data) < size:
                cut = len(data)  # the end of the file: its last line may lack the newline
            elif not cut:
                size *= 2  # a line longer than the block
                continue
            part = memoryview(data)[:cut]
            note(part)
            yield self._block(offset, part)
            offset, size = offset + cut, BLOCK_SIZE

    def _block(self, offset: int, data: Bytes, *, torn: bool = False) -> Block:
        if offset == 0 and data[: len(BOM)] == BOM:
            offset, data = len(BOM), data[len(BOM) :]
        self.extents.append((offset, len(data)))
        return Block(len(self.extents) - 1, offset, data, torn)

    def _drain(self, raw: Iterable[bytes]) -> None:
        """Reads what lies behind the damage: it belongs to the hash."""
        try:
            for _ in raw:
                pass
        except Damage as damage:
            self.status, self.error = damage.status, str(damage)

    def _stretches(self, file: int, extents: Sequence[tuple[int, int]]) -> Iterator[bytes]:
        if self._seekable:
            return (_read_at(file, offset, size) for offset, size in extents)
        pieces = decompress(_raw(file), self._raw_again, self.input.format)
        return _stretches(pieces, extents)


def _raw(file: int, note: Callable[[bytes], None] | None = None) -> Iterator[bytes]:
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


def _read_at(file: int, offset: int, size: int) -> bytes:
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


def _stretches(pieces: Iterator[bytes], extents: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Ascending (offset, size) stretches of a stream; shorter ones where it ends too early."""
    piece, at = memoryview(b""), 0  # a piece of the stream and where in it that piece begins
    for offset, size in extents:
        parts: list[memoryview] = []
        held = 0
        while held < size:
            part = piece[max(offset + held - at, 0) :][: size - held]
            parts.append(part)
            held += len(part)
            if held < size:
                at += len(piece)
                piece = memoryview(_next(pieces))
                if not piece:
                    break
        yield b"".join(parts)


def _next(pieces: Iterator[bytes]) -> bytes:
    try:
        return next(pieces, b"")
    except Damage:  # known from the first reading, which ended at the same byte
        return b""
