"""sink: a file written from front to back, its bytes counted and, if asked, hashed; and gone on with.

Knows no format.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from corpusmill import _core
from corpusmill.shards import disk
from corpusmill.shards.reading.pieces import Bytes
from corpusmill.shards.state.out import OutFolder

LET_GO = 8 << 20
"""Bytes between two times that those of a long job are let go of."""

READ_SIZE = 1 << 20
"""Bytes that are read again at a time: by 64 KiB, the calls are a third of the cost."""


class Sink:
    """A file to be written; `begun` are the bytes that are in it already. Of a long job it is hashed."""

    def __init__(
        self, file: BinaryIO, digest: _core.core.StreamHash | None, begun: int = 0
    ) -> None:
        self._file = file
        self._digest = digest
        self.num_bytes = self._let_go_at = begun

    def write(self, data: Bytes) -> int:
        self._file.write(data)
        if self._digest is not None:
            self._digest.update(data)
        self.num_bytes += len(data)
        if self._digest is not None and self.num_bytes - self._let_go_at >= LET_GO:
            self._let_go()
        return len(data)

    @property
    def path(self) -> str:
        return self._file.name

    @property
    def xxh3_128(self) -> str:
        """Of all bytes of the file."""
        return self._digest.hexdigest() if self._digest else ""

    def flush(self) -> None:
        self._file.flush()

    def sync(self) -> None:
        """What was flushed is on the disk."""
        os.fsync(self._file.fileno())
        self._let_go()

    def _let_go(self) -> None:
        disk.let_go(self._file.fileno())
        self._let_go_at = self.num_bytes

    @property
    def closed(self) -> bool:
        return self._file.closed

    def close(self) -> None:
        self._file.close()


def go_on(out: OutFolder, name: str, num_bytes: int, xxh3_128: str) -> Sink | None:
    """A file of an earlier run, cut off behind so many bytes; None if they are not what they were."""
    file, digest = out.reopen(name), _core.core.StreamHash()
    if file is None:
        return None
    room, left = memoryview(bytearray(min(READ_SIZE, num_bytes))), num_bytes
    while left and (count := file.readinto(room[:left])):
        digest.update(room[:count])
        left -= count
    if digest.hexdigest() != xxh3_128:
        file.close()
        return None
    with out.writing(name):
        file.seek(num_bytes)
        file.truncate()
    return Sink(file, digest, num_bytes)
