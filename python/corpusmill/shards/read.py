"""read: an input file as blocks of whole lines, the first time and again. Parses no line.

The first reading finds the blocks, the file's status and its hash; later ones give the same blocks,
or some of them, by seeking where the format can. One thread at a time uses an iterator of blocks;
the blocks themselves may be worked on by many.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from corpusmill import _core
from corpusmill.shards import pieces
from corpusmill.shards.block import Block, Blocks
from corpusmill.shards.decode import Damage, decompress
from corpusmill.shards.errors import JobError
from corpusmill.shards.inputs import Input
from corpusmill.shards.ours import shown
from corpusmill.shards.pieces import Bytes

if TYPE_CHECKING:
    from corpusmill.shards.saved import Identity, SavedBlock

BLOCK_SIZE = 2 << 20
"""Bytes from which a block is cut at the next newline: small enough to stay in the cache between
scanning and sketching, large enough that Python's share does not show."""

BOM = b"\xef\xbb\xbf"


@dataclass
class Shard:
    """An input file and what the first reading finds out about it."""

    input: Input
    status: str = "complete"  # or "truncated", "corrupt", "unreadable"
    error: str | None = None
    num_bytes: int = 0
    xxh3_128: str | None = None  # of the bytes that could be read
    extents: list[tuple[int, int]] = field(default_factory=list)  # (offset, size) of each block
    stamp: tuple[int, int] | None = None  # (size, mtime_ns) when it was first looked at
    too_large: set[int] = field(default_factory=set)  # blocks of one row that is not read
    taken_over: bool = False  # all of this is known from an earlier run
    block_size: int = field(default_factory=lambda: BLOCK_SIZE)
    row_limit: int = 2**62  # bytes of a line beyond which it is not read

    def look(self) -> None:
        """Notes how the file is now: it must stay so."""
        with suppress(OSError):
            found = self.input.path.stat()
            if stat.S_ISREG(found.st_mode):
                self.stamp = (found.st_size, found.st_mtime_ns)

    @property
    def identity(self) -> Identity | None:
        """By what another run knows the file as the same; None if there is none to be read."""
        return (shown(self.input.path.absolute()), *self.stamp) if self.stamp else None

    def take_over(self, blocks: Sequence[SavedBlock], end: dict[str, Any] | None) -> None:
        """These first blocks need not be read again; with `end`, findings of an earlier run, none."""
        self.extents = [block.extent for block in blocks]
        self.too_large = {index for index, block in enumerate(blocks) if block.too_large}
        if end is not None:
            self.taken_over = True
            self.status, self.error = end["status"], end["error"]
            self.num_bytes, self.xxh3_128 = end["num_bytes"], end["xxh3_128"]

    def findings(self) -> dict[str, Any]:
        """What only a reading of the whole file finds out."""
        names = ("status", "error", "num_bytes", "xxh3_128")
        return {name: getattr(self, name) for name in names}

    def first(self, count: Callable[[int], None]) -> Blocks:
        """All blocks; damage ends them and is noted. `count` is told of file bytes as they come.

        Blocks taken over from an earlier run are left out: their bytes are only hashed again.
        """
        if self.taken_over:
            count(self.num_bytes)
            return
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
                    coming = pieces.raw(file, note)
                    yield from self._cut(decompress(coming, self._raw_again, self.input.format))
                    self._drain(coming)
            self.xxh3_128 = digest.hexdigest()
        except OSError as error:
            if self.stamp and not self.input.path.exists():
                raise self.changed() from error
            self.status, self.error = "unreadable", error.strerror or str(error)

    def again(self, wanted: Sequence[int], count: Callable[[int], None]) -> Blocks:
        """The blocks of these indices, ascending; `count` is told of bytes of blocks.

        Raises JobError if the file cannot be read or has changed.
        """
        if not wanted:
            return
        try:
            with self._opened() as file:
                extents = [self.extents[i] for i in wanted if i not in self.too_large]
                parts = self._stretches(file, extents)
                for index in wanted:
                    offset, size = self.extents[index]
                    data = b"" if index in self.too_large else next(parts)
                    if len(data) != size and index not in self.too_large:
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
            yield from pieces.raw(file)

    @property
    def _end(self) -> int:
        """Where the blocks found so far end."""
        return sum(self.extents[-1]) if self.extents else 0

    def _cut(self, stream: Iterator[bytes]) -> Iterator[Block]:
        offset = self._end
        coming = pieces.after(stream, offset)
        held: list[Bytes] = []
        size = 0
        try:
            for piece in coming:
                held.append(piece)
                size += len(piece)
                cut = _core.jsonl.last_newline(piece) + 1 if size >= self.block_size else 0
                if cut:
                    held[-1], rest = memoryview(piece)[:cut], memoryview(piece)[cut:]
                    yield from self._blocks(offset, b"".join(held))
                    held, offset, size = [rest], offset + size - len(rest), len(rest)
                elif size > self.row_limit:
                    data = b"".join(held)
                    cut = _core.jsonl.last_newline(data) + 1
                    if cut:
                        yield from self._blocks(offset, data[:cut])
                        held, offset, size = [data[cut:]], offset + cut, size - cut
                    else:
                        more, ended, begun = pieces.rest_of_line(coming)
                        yield self._too_large(offset, size + more, ended=ended)
                        held, offset, size = [begun], self._end, len(begun)
        except Damage as damage:
            self.status, self.error = damage.status, str(damage)
        if size:
            data = b"".join(held)
            torn = self.error is not None and data[-1:] != b"\n"
            yield from self._blocks(offset, data, torn=torn)

    def _cut_in_place(self, file: int, note: Callable[[Bytes], None]) -> Iterator[Block]:
        """Blocks of a plain file, cut from what one read gives, so that no byte is copied."""
        offset, size = self._end, self.block_size
        for piece in pieces.read_between(file, 0, offset):
            note(piece)
        while data := pieces.read_at(file, offset, size):
            cut = _core.jsonl.last_newline(data) + 1
            if len(data) < size:
                cut = len(data)  # the end of the file: its last line may lack the newline
            elif not cut and size <= self.row_limit:
                size = min(2 * size, self.row_limit + 1)  # a line longer than the block
                continue
            if cut:
                part = memoryview(data)[:cut]
                note(part)
                yield self._block(offset, part)
            else:
                length, ended, _ = pieces.rest_of_line(pieces.read_between(file, offset, 2**62))
                for piece in pieces.read_between(file, offset, offset + length + ended):
                    note(piece)
                yield self._too_large(offset, length, ended=ended)
            offset, size = self._end, self.block_size

    def _blocks(self, offset: int, data: Bytes, *, torn: bool = False) -> Iterator[Block]:
        for part, too_large in pieces.around_long_lines(data, self.row_limit):
            if too_large:
                ended = part[-1:] == b"\n"
                yield self._too_large(offset, len(part) - ended, ended=ended)
            else:
                yield self._block(offset, part, torn=torn)
            offset += len(part)

    def _too_large(self, offset: int, length: int, *, ended: bool) -> Block:
        """A block of one row that is not read."""
        index = len(self.extents)
        self.extents.append((offset, length + ended))
        self.too_large.add(index)
        return Block(index, offset, b"", too_large=length)

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
            return (pieces.read_at(file, offset, size) for offset, size in extents)
        stream = decompress(pieces.raw(file), self._raw_again, self.input.format)
        return pieces.stretches(stream, extents)
