"""stream: the decompressed bytes of a file, read into room that the caller has.

zstd decodes straight into that room; what other decoders give is copied there. Finds no lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import IO, cast

import zstandard

from corpusmill.shards.reading.decode import PIECE_SIZE, Begins, Damage, decompress, zstd
from corpusmill.shards.reading.pieces import Bytes, after
from corpusmill.shards.reading.rooms import Rooms, new_room
from corpusmill.shards.reading.zstd_heads import Heads

AT_ONCE = 1 << 18
"""Bytes of what is only looked through: few enough to stay in the cache."""


class Stream:
    """Pieces as one stream."""

    def __init__(self, pieces: Iterator[Bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")  # of a piece
        self.damage: Damage | None = None  # what ended the stream

    def readinto(self, room: memoryview) -> int:
        """Writes more bytes to where `room` begins, and says how many; 0 at the end or at damage."""
        if not self._left:
            try:
                self._left = memoryview(next(self._pieces, b""))
            except Damage as damage:
                self.damage = damage
        size = min(len(room), len(self._left))
        room[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def fill(self, room: memoryview) -> int:
        """Writes as many bytes as there is room for; fewer if the stream ends before."""
        size = 0
        while size < len(room) and (more := self.readinto(room[size:])):
            size += more
        return size

    def skip(self, size: int) -> None:
        """Reads so many bytes for nobody."""
        for _ in self.passing(size):
            pass

    def passing(self, size: int, most: int = AT_ONCE) -> Iterator[memoryview]:
        """The next `size` bytes, by at most `most`, each for as long as none is asked for behind them."""
        room = new_room(min(size, most))
        while size and (more := self.readinto(room[:size])):
            yield room[:more]
            size -= more


class ZstdStream(Stream):
    """The frames of a file, decoded by the library where they are to lie.

    Of data in which it fails it does not say how many bytes were good, nor why data end too early. So
    where anything is odd, `exactly` is asked, which gives the same bytes from the first on.
    """

    def __init__(
        self, raw: Iterable[bytes], exactly: Callable[[], Iterator[bytes]], begins: Begins
    ) -> None:
        super().__init__(iter(()))
        self._exactly = exactly
        self._source = _Source(raw, begins)
        self._reader = zstd().stream_reader(cast("IO[bytes]", self._source), read_size=PIECE_SIZE)
        self._failed = False

    def readinto(self, room: memoryview) -> int:
        if not self._failed:
            try:
                size = self._reader.readinto(room)
            except zstandard.ZstdError:
                size = 0
            self._source.made += size
            if size or self._source.whole:
                return size
            self._failed = True
            self._pieces = after(self._exactly(), self._source.made)
        return super().readinto(room)


class _Source:
    """Gives the library the data of one frame after the other, and none of two at once: it stops where
    a frame ends, so that all bytes of those before are known when one begins.
    """

    def __init__(self, raw: Iterable[bytes], begins: Begins) -> None:
        self._raw = iter(raw)
        self._begins = begins
        self._data, self._at = b"", 0  # a piece, and how much of it was given
        self._before = 0  # bytes before that piece
        self._heads = Heads()
        self._place: tuple[int, int] | None = (0, 0)  # of a frame that is not told of yet
        self.made = 0  # decoded bytes that came of all that was given
        self.whole = False  # whether the data ended with a frame

    def read(self, _size: int) -> bytes:
        """More data; none at the end of them, or where they are none of zstd's."""
        if self._at == len(self._data):
            self._before += len(self._data)
            try:
                self._data, self._at = next(self._raw, b""), 0
            except Damage:
                self._data, self._at = b"", 0
                return b""
            if not self._data:
                self.whole = self._heads.ended
                return b""
        if self._heads.ended:
            self._heads = Heads()
            self._place = self._before + self._at, self.made
        start = self._at
        *_, self._at = self._heads.places(self._data, start)
        if self._heads.begun and self._place:
            self._begins(*self._place)
            self._place = None
        return self._data[start : self._at]


def stream(
    raw: Iterable[bytes],
    again: Callable[[], Iterable[bytes]],
    file_format: str,
    begins: Begins = lambda _at, _made: None,
) -> Stream:
    """What `raw` decompresses to, as `decompress` has it."""
    if file_format != "jsonl.zst":
        return Stream(decompress(raw, again, file_format, begins))
    return ZstdStream(raw, lambda: decompress(again(), again, file_format, begins), begins)


def stretches(
    found: Stream, extents: Iterable[tuple[int, int]], rooms: Rooms
) -> Iterator[memoryview]:
    """Ascending (offset, size) stretches of a stream; shorter ones where it ends too early."""
    at = 0
    for offset, size in extents:
        found.skip(offset - at)
        room = rooms.room(size)
        yield room[: found.fill(room)]
        del room  # it goes before the next one comes, which may be the same
        at = offset + size
