"""output: the files of a job, filled by many threads in a fixed order. Knows no format.

Pieces are added in the order of their numbers; the frames they complete are encoded by whichever
thread added them, at the same time as others, and written in order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol, TypeAlias

import numpy as np
import pyarrow as pa

from corpusmill.shards.errors import JobError
from corpusmill.shards.ours import shown
from corpusmill.shards.out import OutFolder
from corpusmill.shards.passes import Turns
from corpusmill.shards.rows import Ints

Rows: TypeAlias = Any  # bytes of lines, or a table, as the writer has it
Numbered: TypeAlias = list[tuple[int, Rows]]


class Writer(Protocol):
    """How rows become a file."""

    def cut(self, rows: Rows, /) -> list[Rows]:
        """The frames that these rows complete."""

    def rest(self) -> Rows | None:
        """The last frame, if there must be one."""

    def encode(self, frame: Rows, /) -> Rows:
        """Makes a frame ready; by many threads at once."""

    def put(self, frame: Rows, /) -> None:
        """Writes a frame that is ready; by one thread at a time, in order."""

    def end(self) -> None:
        """Writes what stands behind the last frame."""

    def abandon(self) -> None:
        """The file is given up."""

    def count(self, rows: Rows, /) -> int:
        """How many rows these are."""


class Output:
    """A file that is published only once it is whole."""

    def __init__(
        self, out: OutFolder, name: str, writer: Callable[[BinaryIO], Writer], stop: threading.Event
    ) -> None:
        self.name = name
        self._out = out
        self._num_frames = 0
        self._turns = Turns(stop)
        self._file = out.create(name)
        try:
            self._writer = writer(self._file)
        except (pa.ArrowException, ValueError) as error:
            raise self._no_form(error) from error

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
            encoded = self._writer.encode(frame)
            with self._turns.turn(number), self._out.writing(self.name):
                self._put(encoded)

    def _put(self, frame: Rows) -> None:
        try:
            self._writer.put(frame)
        except (pa.ArrowException, ValueError) as error:
            raise self._no_form(error) from error

    def _no_form(self, error: Exception) -> JobError:
        return JobError(f"cannot write {shown(self._out.path / self.name)}: {error}")

    def close(self) -> None:
        """Writes what is left, and says that the file is whole."""
        with self._turns.turn(self._num_frames):  # behind what other threads are writing
            rest = self._writer.rest()
        if rest is not None:
            self._num_frames += 1
            self.write([(self._num_frames, rest)])
        with self._out.writing(self.name):
            self._writer.end()
            self._file.close()
            self._out.whole(self.name)

    def abandon(self) -> None:
        self._writer.abandon()


class Series:
    """The files that rows of one shard go to, each but the last with as many rows."""

    def __init__(self, new: Callable[[int], Output], rows_per_file: int | None) -> None:
        self._new = new
        self._rows_per_file = rows_per_file
        self._output: Output | None = None
        self._open: list[Output] = []
        self._number = -1
        self.names: list[str] = []
        self.num_rows = 0

    def cut(self, rows: Ints, before: int) -> list[tuple[int, Ints]]:
        """The rows by the number of their file, when so many rows have gone before."""
        if not len(rows):
            return []
        if self._rows_per_file is None:
            return [(0, rows)]
        files = (before + np.arange(len(rows))) // self._rows_per_file
        parts = np.split(rows, np.flatnonzero(np.diff(files)) + 1)
        return list(enumerate(parts, int(files[0])))

    def add(self, number: int, rows: Rows) -> Callable[[], None]:
        """Adds rows to a file, by one thread at a time, in order; what is called then writes them."""
        done = self._output if number != self._number else None
        output = self._at(number)
        frames, count = output.add(rows)
        self.num_rows += count

        def write() -> None:
            if done:
                self._close(done)
            output.write(frames)

        return write

    def close(self) -> None:
        """The last file is complete; there is one even for no rows."""
        self._close(self._at(max(self._number, 0)))

    def abandon(self) -> None:
        for output in self._open:
            output.abandon()

    def _close(self, output: Output) -> None:
        output.close()
        self._open.remove(output)

    def _at(self, number: int) -> Output:
        if self._output is None or number != self._number:
            self._output = self._new(number)
            self._number = number
            self._open.append(self._output)
            self.names.append(self._output.name)
        return self._output
