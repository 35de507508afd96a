"""noted: the bytes of a file that is read for the first time: counted, hashed, let go of behind the reader.

Reads none that its decoder gives, and knows no format.
"""

from __future__ import annotations

from collections.abc import Callable

from corpusmill import _core
from corpusmill.shards import disk
from corpusmill.shards.reading.pieces import Bytes, read_at

READ_SIZE = 1 << 18
"""Bytes that are read beside the decoder at a time: by 64 KiB, the calls are a fifth of the cost."""


class Noted:
    """All bytes of a file, each once, in order. `count` is told how many more they are."""

    def __init__(self, file: int, count: Callable[[int], None], *, passing: bool) -> None:
        self._file = file
        self._count = count
        self._behind = disk.Behind(file, passing=passing)
        self._digest = _core.core.StreamHash()
        self._num_bytes = 0

    def note(self, piece: Bytes) -> None:
        """The next bytes."""
        self._digest.update(piece)
        self._num_bytes += len(piece)
        self._count(len(piece))
        self._behind.come_to(self._num_bytes)

    def up_to(self, end: float) -> None:
        """Reads the file so far, beside what its decoder reads of it."""
        while self._num_bytes < end and (piece := self._next()):
            self.note(piece)

    def rest(self) -> None:
        """Reads the file to its end."""
        while piece := self._next():
            self.note(piece)

    def hexdigest(self) -> str:
        """XXH3-128 of all that was noted."""
        return self._digest.hexdigest()

    def _next(self) -> bytes:
        return read_at(self._file, self._num_bytes, READ_SIZE)
