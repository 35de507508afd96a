"""decode: gzip, zstd, bzip2 and xz bytes to decompressed pieces, up to the last byte that can be decoded.

Several members or frames follow each other as one stream. Finds no lines and opens no files.
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, cast

import zstandard
from isal import isal_zlib

from corpusmill.shards.reading import zstd_heads
from corpusmill.shards.reading.zstd_frame import ZstdFrame

PIECE_SIZE = 1 << 16
"""Compressed bytes to hand in at a time."""

MOST_AT_ONCE = 1 << 20
"""Decompressed bytes to come out at a time, whatever is handed in."""

PART_SIZE = 4 << 20
"""Decompressed bytes from one place to begin that is remembered to the next, at least."""


class Damage(Exception):
    """The stream ends before its end: `status` as the ledger names it, and what is wrong."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class _Codec:
    name: str
    part: str  # what the format calls a unit of its stream
    heads: tuple[bytes, ...]  # how a part begins
    decompressors: Callable[[], Callable[[], Any]]  # of a stream: one for each part in turn
    pieces: Callable[[Any, bytes], Iterator[bytes]]  # what it makes of more data
    error: type[Exception]
    padding: bytes  # what may follow the last part


def _with_tail(decompressor: Any, data: bytes) -> Iterator[bytes]:
    """As zlib does it: what has not been looked at comes back."""
    while True:
        piece = decompressor.decompress(data, MOST_AT_ONCE)
        if piece:
            yield piece
        data = decompressor.unconsumed_tail
        if decompressor.eof or (not data and len(piece) < MOST_AT_ONCE):
            return


def _holding(decompressor: Any, data: bytes) -> Iterator[bytes]:
    """As bz2 and lzma do it: they keep what they have not looked at."""
    while True:
        if piece := decompressor.decompress(data, MOST_AT_ONCE):
            yield piece
        if decompressor.eof or decompressor.needs_input:
            return
        data = b""


def zstd() -> zstandard.ZstdDecompressor:
    """Of whatever window zstd's own tool can write."""
    return zstandard.ZstdDecompressor(max_window_size=1 << 31)


_CODECS = {
    "jsonl.gz": _Codec(
        name="gzip",
        part="member",
        heads=(b"\x1f\x8b",),
        decompressors=lambda: partial(isal_zlib.decompressobj, 31),
        pieces=_with_tail,
        error=cast("type[Exception]", isal_zlib.error),
        padding=b"\0",
    ),
    "jsonl.zst": _Codec(
        name="zstd",
        part="frame",
        heads=(zstd_heads.MAGIC, *zstd_heads.SKIPPABLE),
        decompressors=lambda: partial(ZstdFrame, zstd()),
        pieces=ZstdFrame.pieces,
        error=zstandard.ZstdError,
        padding=b"",
    ),
    "jsonl.bz2": _Codec(
        name="bzip2",
        part="stream",
        heads=(b"BZh",),
        decompressors=lambda: bz2.BZ2Decompressor,
        pieces=_holding,
        error=OSError,
        padding=b"",
    ),
    "jsonl.xz": _Codec(
        name="xz",
        part="stream",
        heads=(b"\xfd7zX",),
        decompressors=lambda: partial(lzma.LZMADecompressor, lzma.FORMAT_XZ),
        pieces=_holding,
        error=lzma.LZMAError,
        padding=b"\0",
    ),
}
_HEAD_SIZE = 4


Begins: TypeAlias = Callable[[int, int], None]


def decompress(
    raw: Iterable[bytes],
    again: Callable[[], Iterable[bytes]],
    file_format: str,
    begins: Begins = lambda _at, _made: None,
) -> Iterator[bytes]:
    """The decompressed bytes of `raw`; raises Damage behind the last that can be decoded.

    `begins` is told where each member or frame begins, in `raw` and in what it gives: another stream
    may begin there.

    `again` gives the same pieces once more. Decoders drop what they decoded of the data in which
    they fail, so after a failure such a piece is decoded byte by byte, in a second walk.
    """
    stream = _Stream(_CODECS[file_format], begins)
    for index, data in enumerate(raw):
        given = 0
        try:
            for piece in stream.feed(data):
                given += len(piece)
                yield piece
        except Damage:
            for piece in _salvage(again(), index, file_format):
                if len(piece) > given:
                    yield piece[given:]
                given = max(given - len(piece), 0)
            raise
    stream.close()


def _salvage(raw: Iterable[bytes], failed: int, file_format: str) -> Iterator[bytes]:
    stream = _Stream(_CODECS[file_format])
    for index, data in enumerate(raw):
        if index < failed:
            for _ in stream.feed(data):
                pass
            continue
        for at in range(len(data)):
            try:
                yield from stream.feed(data[at : at + 1])
            except Damage:
                return


class _Stream:
    """Decodes part after part."""

    def __init__(self, codec: _Codec, begins: Begins = lambda _at, _made: None) -> None:
        self._codec = codec
        self._begins = begins
        self._fed = self._made = 0  # bytes, of all pieces so far
        self._decompressor = codec.decompressors()
        self._part: Any = None
        self._head = b""  # of a part that has not begun to be decoded
        self._num_parts = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._fed += len(data)
        while data:
            if self._part is None:
                data = self._begin(self._head + data)
                if self._part is not None:
                    self._begins(self._fed - len(data), self._made)
                continue
            try:
                for piece in self._codec.pieces(self._part, data):
                    self._made += len(piece)
                    yield piece
            except self._codec.error as error:
                raise Damage("corrupt", f"{self._codec.name}: {error}") from None
            data = self._part.unused_data if self._part.eof else b""
            if self._part.eof:
                self._part = None

    def _begin(self, data: bytes) -> bytes:
        """Starts a part with `data`, or keeps data until there is enough to tell."""
        if self._num_parts:
            data = data.lstrip(self._codec.padding) if self._codec.padding else data
        if len(data) < _HEAD_SIZE:
            self._head = data
            return b""
        if not data.startswith(self._codec.heads):
            raise self._foreign(data)
        self._head = b""
        self._num_parts += 1
        self._part = self._decompressor()
        return data

    def _foreign(self, data: bytes) -> Damage:
        name, part = self._codec.name, self._codec.part
        if self._num_parts:
            return Damage("corrupt", f"{name}: bytes behind the last {part} are no {part}")
        return Damage("unreadable", f"no {name} file: it begins with {data[:8]!r}")

    def close(self) -> None:
        """Says whether the stream may end here."""
        if self._part is None and self._num_parts and not self._head:
            return
        if self._head and not any(head.startswith(self._head) for head in self._codec.heads):
            raise self._foreign(self._head)
        raise Damage("truncated", f"{self._codec.name}: the file ends inside a {self._codec.part}")
