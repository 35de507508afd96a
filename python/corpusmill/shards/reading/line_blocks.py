"""line_blocks: a file of JSON lines as blocks of whole lines, the first time and again.

Parses no line; the file is open already.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

from corpusmill.shards.reading import cuts, pieces
from corpusmill.shards.reading.cuts import Sizes
from corpusmill.shards.reading.decode import PART_SIZE, Damage
from corpusmill.shards.reading.lines import LineBlock
from corpusmill.shards.reading.pieces import Bytes
from corpusmill.shards.reading.rooms import Rooms
from corpusmill.shards.reading.stream import Stream, stream, stretches
from corpusmill.shards.rows import Ints

Places: TypeAlias = Callable[[int], tuple[Ints, Ints]]
"""Of a block, by its index: where in it the lines are that are asked for, and how long."""

BOM = b"\xef\xbb\xbf"

_WIDE = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"{\0": "UTF-16LE",
    b"\0{": "UTF-16BE",
}
"""How text of two bytes a character begins: with a byte order mark, or with an object."""


class LineFile:
    """The blocks of one file.

    again       opens it once more at a place, for what a decoder lost
    parts       where members or frames begin, in the file and decompressed: `first` adds to it
    """

    def __init__(
        self,
        file: int,
        file_format: str,
        sizes: Sizes,
        again: Callable[[int], Iterator[bytes]],
        *,
        parts: list[tuple[int, int]],
    ) -> None:
        self._file = file
        self._format = file_format
        self._sizes = sizes
        self._again = again
        self._parts_begin = parts

    def first(
        self, note: Callable[[Bytes], None], known: Sequence[tuple[int, int]]
    ) -> Iterator[LineBlock]:
        """All blocks behind the known ones; raises Damage behind the last.

        `note` is told of file bytes as they come, of those of known blocks too.
        """
        start, index = sum(known[-1]) if known else 0, len(known)
        if self._format == "jsonl":
            blocks = cuts.of_file(self._file, self._sizes, start, note)
        else:
            blocks = cuts.of_stream(self._decompressed(note, start), self._sizes, start)
        for offset, data, torn, too_large in blocks:
            mark = 0
            if offset == 0:
                _refuse_wide(data)
                mark = len(BOM) if data[: len(BOM)] == BOM else 0
            if too_large:
                ended = data == b"\n"
                yield LineBlock(index, offset, b"", too_large=too_large, ended=ended)
            else:
                yield LineBlock(index, offset + mark, data[mark:], torn)
            del data  # it may be large, and goes before the next one comes
            index += 1

    def again(
        self,
        extents: Sequence[tuple[int, int]],
        wanted: Sequence[int],
        too_large: Collection[int],
        places: Places | None,
    ) -> Iterator[LineBlock]:
        """The wanted blocks, ascending; with less data where the file is not what it was."""
        parts = self._parts_of(
            [index for index in wanted if index not in too_large], extents, places
        )
        for index in wanted:
            offset, size = extents[index]
            if index in too_large:
                yield LineBlock(index, offset, b"", too_large=size)
            else:
                yield LineBlock(index, offset, next(parts))

    def _decompressed(self, note: Callable[[Bytes], None], start: int) -> Stream:
        """What comes from `start` on; of what is known, only the part in which that lies is decompressed."""
        at, begin = pieces.part_of(self._parts_begin, start)
        for piece in pieces.read_between(self._file, 0, at):
            note(piece)
        os.lseek(self._file, at, os.SEEK_SET)
        found = stream(
            pieces.raw(self._file, note),
            partial(self._again, at),
            self._format,
            lambda fed, made: self._part_begins(at + fed, begin + made),
        )
        found.skip(start - begin)
        return found

    def _parts_of(
        self, wanted: Sequence[int], extents: Sequence[tuple[int, int]], places: Places | None
    ) -> Iterator[Bytes]:
        if self._format == "jsonl" and places is not None:
            return (
                pieces.read_some(self._file, *self._held(extents[i]), *places(i)) for i in wanted
            )
        rooms = Rooms(self._sizes.block)
        if self._format == "jsonl":
            return self._read((extents[i] for i in wanted), rooms)
        first = min((extents[i][0] for i in wanted), default=0)
        at, begin = pieces.part_of(self._parts_begin, first)
        os.lseek(self._file, at, os.SEEK_SET)
        found = stream(pieces.raw(self._file), partial(self._again, at), self._format)
        found.skip(first - begin)
        held = (self._held(extents[i]) for i in wanted)
        return stretches(found, ((offset - first, size) for offset, size in held), rooms)

    def _read(self, extents: Iterable[tuple[int, int]], rooms: Rooms) -> Iterator[Bytes]:
        for offset, size in map(self._held, extents):
            room = rooms.room(size)
            yield room[: pieces.read_into(self._file, offset, room)]
            del room  # it goes before the next one comes, which may be the same

    def _part_begins(self, at: int, made: int) -> None:
        if not self._parts_begin or made - self._parts_begin[-1][1] >= PART_SIZE:
            self._parts_begin.append((at, made))

    def _held(self, extent: tuple[int, int]) -> tuple[int, int]:
        """Where a block lies that is going to be read."""
        if extent[1] > self._sizes.block:
            self._sizes.large()
        return extent


def _refuse_wide(data: Bytes) -> None:
    found = _WIDE.get(bytes(data[:2]))
    if found:
        raise Damage(
            "unreadable",
            f"the text is {found}, JSON lines are UTF-8; convert the file, "
            f"e.g. iconv -f {found} -t UTF-8",
        )
