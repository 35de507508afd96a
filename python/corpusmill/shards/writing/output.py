"""output: one file of a job, filled by many threads in a fixed order. Knows no format.

Pieces are added in the order of their numbers; the frames they complete are encoded by whichever
thread added them, at the same time as others, and written in order. Often, and when the file is
whole, what is written is noted: from there another run can go on. Less often it is synced before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, Protocol, TypeAlias

import pyarrow as pa

from corpusmill.shards.errors import JobError
from corpusmill.shards.ours import shown
from corpusmill.shards.passes import Turns
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.writing.sink import Sink

Rows: TypeAlias = Any  # bytes of lines, or a table, as the writer has it
Note: TypeAlias = Any  # as JSON has it
Numbered: TypeAlias = list[tuple[int, Rows]]

NOTED_SIZE = 4 << 20
"""Bytes of rows after which a file under way is noted: for a run that goes on when this one is killed."""

SYNCED_SIZE = 32 << 20
"""Bytes of it after which it is synced before: for one that goes on when the machine has stopped."""

SYNCED_WHOLE = 8 << 20
"""Bytes from which a whole file is synced before it is noted; a smaller one is soon written again."""


class Writer(Protocol):
    """How rows become a file."""

    notes: list[Note]
    """What another writer must be told to go on behind the frames that were put; grows."""

    def cut(self, rows: Rows, /) -> list[Rows]:
        """The frames that these rows complete."""

    def rest(self) -> Rows | None:
        """The last frame, if there must be one."""

    def encode(self, frame: Rows, /) -> Any:
        """Makes a frame ready; by many threads at once."""

    def put(self, frame: Any, /) -> None:
        """Writes a frame that is ready; by one thread at a time, in order."""

    def end(self) -> None:
        """Writes what stands behind the last frame."""

    def abandon(self) -> None:
        """The file is given up."""

    def count(self, rows: Rows, /) -> int:
        """How many rows these are."""

    def size(self, rows: Rows, /) -> int:
        """Bytes of these rows."""


NewWriter: TypeAlias = Callable[[Sink, Sequence[Note]], Writer]
"""For a file, and what its last writer's notes were."""


class Reached(NamedTuple):
    """So much of a file is written."""

    num_bytes: int
    xxh3_128: str
    num_rows: int
    whole: bool
    num_notes: int  # of its writer


class Output:
    """A file that is published only once it is whole.

    sink        the file, and in it `num_rows` rows of an earlier run, whose writer had these `notes`
    note        called with what is written, each time more than before, whether it is on the disk,
                the first new note of the writer, and these; None: nobody asks
    """

    def __init__(
        self,
        out: OutFolder,
        name: str,
        writer: NewWriter,
        stop: threading.Event,
        *,
        sink: Sink,
        num_rows: int = 0,
        notes: Sequence[Note] = (),
        note: Callable[[Reached, bool, int, list[Note]], None] | None,
    ) -> None:
        self.name = name
        self._out = out
        self._num_frames = 0
        self._turns = Turns(stop)
        self._sink = sink
        self._num_rows = num_rows  # counted only if they are noted
        self._note = note
        self._noting = threading.Lock()
        self._noted = 0  # bytes
        self._synced = sink.num_bytes
        self._unnoted = 0  # bytes of rows
        self._num_notes = len(notes)  # of which somebody knows
        with self._forming():
            self._writer = writer(sink, notes)

    def add(self, rows: Rows) -> tuple[Numbered, int]:
        """The frames that these rows complete, for `write`, and how many rows they are.

        By one thread at a time, in order.
        """
        frames = self._writer.cut(rows)
        first = self._num_frames
        self._num_frames += len(frames)
        return list(enumerate(frames, first)), self._writer.count(rows)

    def write(self, frames: Numbered) -> None:
        """Encodes frames and writes each when its turn has come."""
        for number, frame in frames:
            with self._forming():
                encoded = self._writer.encode(frame)
            num_rows = self._writer.count(frame) if self._note else 0
            with self._turns.turn(number), self._writing():
                with self._forming():
                    self._writer.put(encoded)
                self._num_rows += num_rows
                reached = self._checkpoint(frame)
            if reached:
                self._reach(reached)

    def _checkpoint(self, frame: Rows) -> Reached | None:
        """What is written, if it is time to note it."""
        self._unnoted += self._writer.size(frame)
        if not self._note or self._unnoted < NOTED_SIZE:
            return None
        self._unnoted = 0
        self._sink.flush()
        return self._reached(whole=False)

    def _reached(self, *, whole: bool) -> Reached:
        sink, num_notes = self._sink, len(self._writer.notes)
        return Reached(sink.num_bytes, sink.xxh3_128, self._num_rows, whole, num_notes)

    def _reach(self, reached: Reached) -> None:
        """Others go on writing meanwhile; who was overtaken has nothing to say."""
        with self._noting:
            if self._note and not self._sink.closed and reached.num_bytes > self._noted:
                self._noted = reached.num_bytes
                if synced := reached.num_bytes - self._synced >= SYNCED_SIZE:
                    self._synced = reached.num_bytes
                    with self._writing():
                        self._sink.sync()
                first, self._num_notes = self._num_notes, reached.num_notes
                self._note(reached, synced, first, self._writer.notes[first : reached.num_notes])

    def close(self) -> None:
        """Writes what is left, and says that the file is whole."""
        with self._turns.turn(self._num_frames):  # behind what other threads are writing
            rest = self._writer.rest()
        if rest is not None:
            self._num_frames += 1
            self.write([(self._num_frames, rest)])
        with self._noting, self._writing():
            self._writer.end()
            self._sink.flush()
            synced = self._note is not None and self._sink.num_bytes >= SYNCED_WHOLE
            if synced:
                self._sink.sync()
            self._sink.close()
        self._out.whole(self.name)
        if self._note:
            self._note(self._reached(whole=True), synced, 0, [])

    def abandon(self) -> None:
        self._writer.abandon()

    def _writing(self) -> AbstractContextManager[None]:
        return self._out.writing(self.name)

    @contextmanager
    def _forming(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, ValueError) as error:
            place = shown(self._out.path / self.name)
            raise JobError(f"cannot write {place}: {error}") from error
