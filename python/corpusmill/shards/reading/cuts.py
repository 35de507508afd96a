"""cuts: bytes of JSON lines as blocks of whole lines: those of a file in place, those of a stream.

A line longer than a block is a block; one longer than may be read is none. Parses no line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple, TypeAlias

from corpusmill import _core
from corpusmill.shards.reading import pieces
from corpusmill.shards.reading.pieces import Bytes
from corpusmill.shards.reading.rooms import Rooms
from corpusmill.shards.reading.stream import Stream
from corpusmill.shards.rows import MEAN_ROW

Cut: TypeAlias = tuple[int, Bytes, bool, int]
"""Where it begins, whole lines, whether the last is torn, and the bytes of a line too large to be
read, of which only the newline is given, if it has one."""


class Sizes(NamedTuple):
    """Bytes of a block, and of a line beyond which it is not read; `large` is called before a line
    longer than a block is held.
    """

    block: int
    row: int
    large: Callable[[], None] = lambda: None


def of_stream(coming: Stream, sizes: Sizes, start: int) -> Iterator[Cut]:
    """Blocks of a stream that stands at `start`, read to where they are to lie: nothing is copied but
    what is behind the last line of each. Raises Damage behind the last.
    """
    offset, begun, ended, rooms = start, b"", False, Rooms(sizes.block)
    while not ended:
        room = rooms.room(sizes.block)
        room[: len(begun)] = begun
        size = len(begun) + coming.fill(room[len(begun) :])
        ended = size < sizes.block
        cut = size if ended else _core.jsonl.last_newline(room) + 1
        if not cut and not ended:
            sizes.large()
            line = bytearray(room)
            del room  # not held beside it
            offset, begun = yield from _long_line(coming, sizes, offset, line)
            continue
        begun, torn = bytes(room[cut:size]), _is_torn(room[:cut], coming)
        yield from _parts(offset, _filling(room, cut), sizes, torn=torn)
        del room  # the next one may be the same
        offset += cut
    if coming.damage:
        raise coming.damage


def _long_line(
    coming: Stream, sizes: Sizes, offset: int, line: bytearray
) -> Generator[Cut, None, tuple[int, bytes]]:
    """A line of which a whole block has come; where it ends, and what has come behind it.

    It grows in place: joined of pieces it would be there twice.
    """
    begun = b""
    for more in (passing := coming.passing(sys.maxsize, sizes.block)):
        if end := pieces.first_newline(more) + 1:
            line += more[:end]
            begun = bytes(more[end:])
            break
        line += more
        if len(line) > sizes.row:
            size = len(line)
            line.clear()
            rest, ended, behind = pieces.rest_of_line(passing)
            yield offset, b"\n" * ended, False, size + rest
            return offset + size + rest + ended, bytes(behind)
    yield from _parts(offset, memoryview(line), sizes, torn=_is_torn(line, coming))
    return offset + len(line), begun


def of_file(file: int, sizes: Sizes, start: int, note: Callable[[Bytes], None]) -> Iterator[Cut]:
    """Blocks of a plain file behind `start`, cut from what one read gives, so that no byte is copied."""
    for piece in pieces.read_between(file, 0, start):
        note(piece)
    offset, size, rooms = start, sizes.block, Rooms(sizes.block)
    while come := pieces.read_into(file, offset, room := rooms.room(size)):
        # The last line of the file may lack the newline.
        cut = come if come < size else _core.jsonl.last_newline(room) + 1
        if cut:
            note(room[:cut])
            yield from _parts(offset, _filling(room, cut), sizes)
            del room  # the next one may be the same
            offset += cut
            continue
        del room
        rest = pieces.read_between(file, offset + size, 2**62)
        length, ended, _ = pieces.rest_of_line(rest)
        end = offset + size + length + ended
        if size + length > sizes.row:
            for piece in pieces.read_between(file, offset, end):
                note(piece)
            yield offset, b"\n" * ended, False, size + length
        else:
            sizes.large()
            line = pieces.read_at(file, offset, end - offset)
            note(line)
            yield from _parts(offset, line, sizes)
            del line
        offset = end


def _parts(offset: int, data: Bytes, sizes: Sizes, *, torn: bool = False) -> Iterator[Cut]:
    """Whole lines as blocks: of no more rows than are held at once, around lines too large."""
    if not data:
        return
    end = offset + len(data)
    for part, too_large in pieces.around_long_lines(data, sizes.row):
        if too_large:
            ended = part[-1:] == b"\n"
            yield offset, b"\n" * ended, False, len(part) - ended
            offset += len(part)
            continue
        for lines in pieces.by_lines(part, max(1, sizes.block // MEAN_ROW)):
            yield offset, lines, torn and offset + len(lines) == end, 0
            offset += len(lines)


def _filling(room: memoryview, size: int) -> Bytes:
    """What lies in a room; by itself if that is little, so that it does not hold the rest."""
    return room[:size] if 2 * size > len(room) else bytes(room[:size])


def _is_torn(lines: Bytes | bytearray, coming: Stream) -> bool:
    """Whether damage ends the stream inside the last of them."""
    return coming.damage is not None and lines[-1:] != b"\n"
