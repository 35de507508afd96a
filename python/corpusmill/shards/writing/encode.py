"""encode: lines to the bytes of an output file, in frames that do not depend on how they came.

Opens no file.
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import deflate
import zstandard

from corpusmill import _core
from corpusmill.shards.reading.pieces import Bytes
from corpusmill.shards.writing.sink import Sink

FRAME_SIZE = 8 << 20
"""A gzip member, zstd frame, bzip2 or xz stream ends with the row that brings it to so many bytes of
rows, whatever the blocks, threads and inputs were. Enough to keep many readers busy with the frames
of a file; far beyond the windows of all formats at their usual levels."""


@dataclass(frozen=True)
class Encoding:
    """How the rows of a file become its bytes."""

    encode: Callable[[Bytes], Bytes]  # a frame; one of no rows is a valid empty file
    frame_size: int  # 0: rows are passed on as they come


def encoding(codec: str, *, gzip_level: int, zstd_level: int) -> Encoding:
    """The encoding of "none", "gz", "zst", "bz2" or "xz"; the last two at their tools' levels."""

    def compress_gzip(rows: Bytes) -> Bytes:
        # Its header holds no file name and no time. isal, which is faster, gives at levels 1 and 2
        # other bytes in a few of a thousand processes.
        return memoryview(deflate.gzip_compress(rows, gzip_level))

    def compress_zstd(rows: Bytes) -> bytes:
        # A compressor serves one thread at a time, so each frame has its own.
        return zstandard.ZstdCompressor(zstd_level, write_checksum=True).compress(rows)

    encodings = {
        "none": PLAIN,
        "gz": Encoding(compress_gzip, FRAME_SIZE),
        "zst": Encoding(compress_zstd, FRAME_SIZE),
        "bz2": Encoding(bz2.compress, FRAME_SIZE),
        "xz": Encoding(lzma.compress, FRAME_SIZE),
    }
    return encodings[codec]


PLAIN = Encoding(lambda rows: rows, 0)


def versions() -> dict[str, str]:
    """What the bytes of compressed outputs depend on."""
    return {name: version(name) for name in ("deflate", "zstandard")}


class Frames:
    """Cuts rows, each ending in a newline, into frames."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: list[memoryview] = []
        self._num_held = 0

    def add(self, rows: Bytes) -> list[Bytes]:
        """The frames that these rows complete."""
        if self._size == 0:
            return [rows]
        done: list[Bytes] = []
        view, start = memoryview(rows), 0
        while self._num_held + len(rows) - start >= self._size:
            at_least = start + self._size - 1 - self._num_held
            end = len(rows)  # a view is of one line
            if isinstance(rows, bytes):
                end = rows.index(b"\n", at_least) + 1
            frame = view[start:end]
            done.append(b"".join([*self._held, frame]) if self._held else frame)
            self._held, self._num_held, start = [], 0, end
        if start < len(rows):
            self._held.append(view[start:])
            self._num_held += len(rows) - start
        return done

    def rest(self) -> bytes:
        """The last, shorter frame."""
        return b"".join(self._held)


class LineWriter:
    """Writes lines in one encoding; what output asks of a writer."""

    def __init__(self, file: Sink, encoding: Encoding) -> None:
        self.notes: list[None] = []  # a frame needs none: all of it is bytes of its own
        self._file = file
        self._frames = Frames(encoding.frame_size)
        self.encode = encoding.encode
        self.cut = self._frames.add

    def rest(self) -> bytes | None:
        rest = self._frames.rest()
        return rest if rest or not self._file.num_bytes else None

    def put(self, frame: Bytes) -> None:
        self._file.write(frame)

    def end(self) -> None:
        """Lines need no end."""

    def abandon(self) -> None:
        """Nor does anything need to be undone."""

    @staticmethod
    def count(rows: Bytes) -> int:
        return _core.jsonl.count_lines(rows)

    @staticmethod
    def size(rows: Bytes) -> int:
        return len(rows)
