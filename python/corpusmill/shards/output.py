"""output: one file of a job, filled by many threads in a fixed order. Knows no rows.

Pieces are added in the order of their numbers; the frames they complete are encoded by whichever
thread added them, at the same time as others, and written in order.
"""

from __future__ import annotations

import threading
from typing import TypeAlias

from corpusmill.shards.encode import Encoding, Frames
from corpusmill.shards.out import OutFolder
from corpusmill.shards.passes import Turns

Numbered: TypeAlias = list[tuple[int, bytes]]


class Output:
    """A file that is published only once it is whole."""

    def __init__(
        self, out: OutFolder, name: str, encoding: Encoding, stop: threading.Event
    ) -> None:
        self.name = name
        self._out = out
        self._encode = encoding.encode
        self._frames = Frames(encoding.frame_size)
        self._num_frames = 0
        self._turns = Turns(stop)
        self._file = out.create(name)

    def add(self, rows: bytes) -> Numbered:
        """The frames that these rows complete, for `write`. By one thread at a time, in order."""
        frames = self._frames.add(rows)
        first = self._num_frames
        self._num_frames += len(frames)
        return list(enumerate(frames, first))

    def write(self, frames: Numbered) -> None:
        """Encodes frames and writes each when its turn has come."""
        for number, frame in frames:
            encoded = self._encode(frame)
            with self._turns.turn(number), self._out.writing(self.name):
                self._file.write(encoded)

    def close(self) -> None:
        """Writes what is left, and says that the file is whole."""
        rest = self._frames.rest()
        if rest or self._num_frames == 0:
            self.write([(self._num_frames, rest)])
        with self._out.writing(self.name):
            self._file.close()
            self._out.whole(self.name)
