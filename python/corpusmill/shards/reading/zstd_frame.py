"""zstd_frame: one frame of zstd, decoded a few of its blocks at a time.

The library decodes at once all that it is handed, and a few kilobytes may stand for gigabytes. So what
is handed in is cut where blocks begin, each of which stands for at most 128 KiB; what they hold, and
whether it is sound, is for the library to say.
"""

from __future__ import annotations

from collections.abc import Iterator

import zstandard

BLOCKS_AT_ONCE = 8

_MAGIC = b"\x28\xb5\x2f\xfd"
_ENDLESS = 1 << 62


class ZstdFrame:
    """Decodes one frame, or skips one that is skippable; `eof` and `unused_data` as zlib has them."""

    def __init__(self, decompressor: zstandard.ZstdDecompressor) -> None:
        self._decoder = decompressor.decompressobj()
        self._head = b""  # of the frame or of a block, as far as it has come
        self._wanted = 5  # bytes of that
        self._in_frame = False
        self._skip = 0  # bytes until the next head
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return bool(self._decoder.eof)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What more data come to, in pieces of at most BLOCKS_AT_ONCE blocks."""
        start = 0
        for stop in self._cuts(data):
            if piece := self._decoder.decompress(data[start:stop]):
                yield piece
            start = stop
            if self.eof:
                self.unused_data = self._decoder.unused_data + data[stop:]
                return

    def _cuts(self, data: bytes) -> Iterator[int]:
        at = blocks = 0
        while at < len(data):
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
                continue
            part = data[at : at + self._wanted - len(self._head)]
            self._head += part
            at += len(part)
            if len(self._head) == self._wanted:
                blocks += self._in_frame
                self._read_head()
                if blocks == BLOCKS_AT_ONCE and at < len(data):
                    yield at
                    blocks = 0
        yield at

    def _read_head(self) -> None:
        """Of the frame up to its descriptor; of a block its size, its kind and whether it is the last."""
        head, self._head = self._head, b""
        if self._in_frame:
            bits = int.from_bytes(head, "little")
            repeated = bits >> 1 & 3 == 1  # one byte stands for the block
            self._skip = _ENDLESS if bits & 1 else 1 if repeated else bits >> 3
        elif head.startswith(_MAGIC):
            descriptor = head[4]
            whole = descriptor >> 5 & 1  # the frame needs no window
            size = (whole, 2, 4, 8)[descriptor >> 6]
            self._skip = 1 - whole + (0, 1, 2, 4)[descriptor & 3] + size
            self._in_frame, self._wanted = True, 3
        else:
            self._skip = _ENDLESS
