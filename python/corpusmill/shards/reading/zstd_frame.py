"""zstd_frame: one frame of zstd, decoded a few of its blocks at a time, as its data come.

The library decodes at once all that it is handed, and a few kilobytes may stand for gigabytes. So what
is handed in is cut where blocks begin, each of which stands for at most 128 KiB.
"""

from __future__ import annotations

from collections.abc import Iterator

import zstandard

from corpusmill.shards.reading.zstd_heads import Heads

BLOCKS_AT_ONCE = 8


class ZstdFrame:
    """Decodes one frame, or skips one that is skippable; `eof` and `unused_data` as zlib has them."""

    def __init__(self, decompressor: zstandard.ZstdDecompressor) -> None:
        self._decoder = decompressor.decompressobj()
        self._heads = Heads()
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return bool(self._decoder.eof)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What more data come to, in pieces of at most BLOCKS_AT_ONCE blocks."""
        start = 0
        for stop in [
            *list(self._heads.places(data))[BLOCKS_AT_ONCE - 1 :: BLOCKS_AT_ONCE],
            len(data),
        ]:
            if piece := self._decoder.decompress(data[start:stop]):
                yield piece
            start = stop
            if self.eof:
                self.unused_data = self._decoder.unused_data + data[stop:]
                return
