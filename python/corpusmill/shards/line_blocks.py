"""line_blocks: a file of JSON lines as blocks of whole lines, the first time and again.

Parses no line; the file is open already.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from corpusmill import _core
from corpusmill.shards.decode import PIECE_SIZE, Damage, decompress
from corpusmill.shards.lines import Bytes, LineBlock

BOM = b"\xef\xbb\xbf"

_WIDE = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"{\0": "UTF-16LE",
    b"\0{": "UTF-16BE",
}
"""How text of two bytes a character begins: with a byte order mark, or with an object."""


class LineFile:
    """The blocks of one file. `again` opens it once more, for what a decoder lost."""

    def __init__(
        self, file: int, file_format: str, block_size: int, again: Callable[[], Iterator[bytes]]
    ) -> None:
        self._file = file
        self._format = file_format
        self._block_size = block_size
        self._again = again

    def first(self, note: Callable[[Bytes], None]) -> Iterator[LineBlock]:
        """All blocks; raises Damage behind the last. `note` is told of file bytes as they come."""
        if self._format == "jsonl":
            blocks = self._cut_in_place(note)
        else:
            pieces = decompress(raw(self._file, note), self._again, self._format)
            blocks = self._cut(pieces)
        for index, (offset, data, torn) in enumerate(blocks):
            mark = 0
            if index == 0:
                _refuse_wide(data)
                mark = len(BOM) if data[: len(BOM)] == BOM else 0
            yield LineBlock(index, offset + mark, data[mark:], torn)

    def again(
        self, extents: Sequence[tuple[int, int]], wanted: Sequence[int]
    ) -> Iterator[LineBlock]:
        """The wanted blocks, ascending; with less data where the file is not what it was."""
        places = [extents[index] for index in wanted]
        for index, data in zip(wanted, self._stretches(places), strict=True):
            yield LineBlock(index, extents[index][0], data)

    def _cut(self, pieces: Iterable[bytes]) -> Iterator[tuple[int, Bytes, bool]]:
        held: list[Bytes] = []
        size = offset = 0
        damage = None
        try:
            for piece in pieces:
                held.append(piece)
                size += len(piece)
                cut = _core.jsonl.last_newline(piece) + 1 if size >= self._block_size else 0
                if cut:
                    held[-1], rest = memoryview(piece)[:cut], memoryview(piece)[cut:]
                    yield offset, b"".join(held), False
                    held, offset, size = [rest], offset + size - len(rest), len(rest)
        except Damage as found:
            damage = found
        if size:
            data = b"".join(held)
            yield offset, data, damage is not None and data[-1:] != b"\n"
        if damage:
            raise damage

    def _cut_in_place(self, note: Callable[[Bytes], None]) -> Iterator[tuple[int, Bytes, bool]]:
        """Blocks of a plain file, cut from what one read gives, so that no byte is copied."""
        offset, size = 0, self._block_size
        while data := read_at(self._file, offset, size):
            cut = _core.jsonl.last_newline(data) + 1
            if len(data) < size:
                cut = len(data)  # the end of the file: its last line may lack the newline
            elif not cut:
                size *= 2  # a line longer than the block
                continue
            part = memoryview(data)[:cut]
            note(part)
            yield offset, part, False
            offset, size = offset + cut, self._block_size

    def _stretches(self, extents: Sequence[tuple[int, int]]) -> Iterator[bytes]:
        if self._format == "jsonl":
            return (read_at(self._file, offset, size) for offset, size in extents)
        return _stretches(decompress(raw(self._file), self._again, self._format), extents)


def _refuse_wide(data: Bytes) -> None:
    found = _WIDE.get(bytes(data[:2]))
    if found:
        raise Damage(
            "unreadable",
            f"the text is {found}, JSON lines are UTF-8; convert the file, "
            f"e.g. iconv -f {found} -t UTF-8",
        )


def raw(file: int, note: Callable[[bytes], None] | None = None) -> Iterator[bytes]:
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
