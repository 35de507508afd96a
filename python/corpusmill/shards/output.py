"""output: one file of a job, filled by many threads in a fixed order. Knows no rows.

Pieces are added in the order of their numbers; the frames they complete are encoded by whichever
thread added them, at the same time as others, and written in order.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import BinaryIO, NamedTuple, TypeAlias

from corpusmill import _core
from corpusmill.shards.encode import Encoding, Frames
from corpusmill.shards.out import OutFolder
from corpusmill.shards.passes import Turns

Numbered: TypeAlias = list[tuple[int, bytes]]


class Written(NamedTuple):
    """The first bytes of a file, as they were written."""

    num_bytes: int
    xxh3_128: str


class Output:
    """A file that is published only once it is whole. `begun` is what lies there already."""

    def __init__(
        self,
        out: OutFolder,
        name: str,
        encoding: Encoding,
        stop: threading.Event,
        begun: tuple[BinaryIO, _core.core.StreamHash] | None = None,
    ) -> None:
        self.name = name
        self._out = out
        self._encode = encoding.encode
        self._frames = Frames(encoding.frame_size)
        self._num_frames = 0
        self._turns = Turns(stop)
        self._file, self._digest = begun or (out.create(name), _core.core.StreamHash())
        self._num_bytes = self._file.tell()

    @property
    def written(self) -> Written:
        """What of the file is written; to be asked for in a turn of `write`, or after `close`."""
        return Written(self._num_bytes, self._digest.hexdigest())

    @property
    def held(self) -> int:
        """Bytes of rows that were added and are in no frame yet."""
        return self._frames.held

    def add(self, rows: bytes) -> Numbered:
        """The frames that these rows complete, for `write`. By one thread at a time, in order."""
        frames = self._frames.add(rows)
        first = self._num_frames
        self._num_frames += len(frames)
        return list(enumerate(frames, first))

    def write(self, frames: Numbered, then: Callable[[], None] | None = None) -> None:
        """Encodes frames and writes each when its turn has come; `then` is in the last one's turn."""
        for number, frame in frames:
            encoded = self._encode(frame)
            with self._turns.turn(number), self._out.writing(self.name):
                self._file.write(encoded)
                self._digest.update(encoded)
                self._num_bytes += len(encoded)
                if then and number == frames[-1][0]:
                    then()

    def sync(self) -> None:
        """What is written is on the disk."""
        with self._out.writing(self.name):
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Writes what is left, and says that the file is whole."""
        rest = self._frames.rest()
        if rest or self._num_bytes == 0 == self._num_frames:
            self.write([(self._num_frames, rest)])
        with self._out.writing(self.name):
            self._file.close()
            self._out.whole(self.name)


def go_on(
    out: OutFolder, name: str, written: Written
) -> tuple[BinaryIO, _core.core.StreamHash] | None:
    """A file that begins with what was written, cut off behind it; None if it does not."""
    file, digest = out.reopen(name), _core.core.StreamHash()
    if file is None:
        return None
    left = written.num_bytes
    while left and (piece := file.read(min(1 << 20, left))):
        digest.update(piece)
        left -= len(piece)
    if left or digest.hexdigest() != written.xxh3_128:
        return None
    with out.writing(name):
        file.seek(written.num_bytes)
        file.truncate()
    return file, digest
