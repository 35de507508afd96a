"""zstd_heads: where the blocks of a zstd frame begin and where it ends, told from its heads alone.

Decodes nothing and checks nothing: what the blocks hold, and whether it is sound, is for the library to say.
"""

from __future__ import annotations

from collections.abc import Iterator

MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE = tuple(bytes([first]) + b"\x2a\x4d\x18" for first in range(0x50, 0x60))

_MAGIC_SIZE, _BLOCK_HEAD, _CHECKSUM = 4, 3, 4
_REPEATED = 1  # the kind of a block for which one byte stands
_ENDLESS = 1 << 62


class Heads:
    """Those of one frame, skippable or not, in data as they come. Source: RFC 8878, section 3.1."""

    def __init__(self) -> None:
        self._head = b""  # as far as it has come
        self._wanted = _MAGIC_SIZE + 1  # bytes of it
        self._skip = 0  # bytes until the next one, or the end
        self._in_frame = self._last = False
        self._checksum = 0  # bytes of one behind the last block
        self.begun = False  # with a magic number that is known
        self.ended = False

    def places(self, data: bytes, at: int = 0) -> Iterator[int]:
        """From `at` on the places behind the heads of blocks; at last where the frame ends, or `data`."""
        while at < len(data) and not self.ended:
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
            else:
                part = data[at : at + self._wanted - len(self._head)]
                self._head += part
                at += len(part)
                if len(self._head) < self._wanted:
                    break
                of_block = self._in_frame
                self._read_head()
                if of_block:
                    yield at
            self.ended = self._last and not self._skip
        yield at

    def _read_head(self) -> None:
        """Of a frame up to its descriptor or its size; of a block its size, its kind, and whether it is
        the last."""
        head, self._head = self._head, b""
        if self._in_frame:
            bits = int.from_bytes(head, "little")
            self._last = bool(bits & 1)
            self._skip = 1 if bits >> 1 & 3 == _REPEATED else bits >> 3
            self._skip += self._checksum if self._last else 0
        elif head.startswith(MAGIC):
            descriptor = head[_MAGIC_SIZE]
            whole = descriptor >> 5 & 1  # the frame needs no window
            size = (whole, 2, 4, 8)[descriptor >> 6]
            self._skip = 1 - whole + (0, 1, 2, 4)[descriptor & 3] + size
            self._checksum = _CHECKSUM if descriptor & 4 else 0
            self._in_frame, self._wanted, self.begun = True, _BLOCK_HEAD, True
        elif not head.startswith(SKIPPABLE):
            self._skip = _ENDLESS
        elif len(head) < 2 * _MAGIC_SIZE:
            self._head, self._wanted, self.begun = head, 2 * _MAGIC_SIZE, True
        else:
            self._skip, self._last = int.from_bytes(head[_MAGIC_SIZE:], "little"), True
