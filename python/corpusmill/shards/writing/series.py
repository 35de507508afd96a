"""series: rows in a fixed order, cut into files; what an earlier run has written of it is taken over.

Whole files are taken over as they are. A file under way is gone on with where its rows were noted
last. Knows no format.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from corpusmill import _core
from corpusmill.shards import ours
from corpusmill.shards.ours import shown
from corpusmill.shards.rows import Ints
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.writing.output import NewWriter, Note, Output, Reached, Rows
from corpusmill.shards.writing.sink import Sink, go_on
from corpusmill.shards.writing.written import Step, WrittenLog

FileOf: TypeAlias = Callable[[int], tuple[str, NewWriter]]
"""The name of a file of a series, and how it is written, by its number."""


class Where(NamedTuple):
    """What the outputs of a job have in common."""

    out: OutFolder
    log: WrittenLog
    stop: threading.Event


class Series:
    """File k of it holds the rows from bounds[k] to bounds[k + 1].

    key         of all that decides the rows and the files' form; None: nothing is noted
    durable     rows, from the first, that are written already
    """

    def __init__(self, bounds: Ints, file_of: FileOf, where: Where, key: str | None) -> None:
        self._bounds = bounds
        self._file_of = file_of
        self._where = where
        self._key = key
        self._output: Output | None = None
        self._open: list[Output] = []
        self._number = -1
        self.durable = 0
        if key is not None:
            self._take_over(key)

    def _take_over(self, key: str) -> None:
        out, log = self._where.out, self._where.log
        for number in range(self._num_files):
            steps = log.steps(key, number)
            if not steps:
                return
            name, _ = self._file_of(number)
            found = (
                (step, go_on(out, name, step.num_bytes, step.xxh3_128)) for step in steps[::-1]
            )
            step, sink = next((pair for pair in found if pair[1]), (steps[0], None))
            if step is not steps[-1] or sink is None:
                log.tell(f"{shown(name)}: what was saved of it is damaged or gone: written again")
            if sink is None:
                return
            self.durable = int(self._bounds[number]) + step.num_rows
            if not step.whole:
                self._begin(number, sink, step.num_rows, step.notes)
                return
            sink.close()
            out.whole(name)
            self._number = number

    def cut(self, rows: Ints, before: int) -> list[tuple[int, Ints]]:
        """Those of the rows that are not yet written by the number of their file.

        `before`: how many rows of the series go before them.
        """
        rows, first = rows[max(0, self.durable - before) :], max(before, self.durable)
        if not len(rows):
            return []
        if self._num_files == 1:
            return [(0, rows)]
        files = np.searchsorted(self._bounds, first + np.arange(len(rows)), side="right") - 1
        parts = np.split(rows, np.flatnonzero(np.diff(files)) + 1)
        return list(enumerate(parts, int(files[0])))

    def add(self, number: int, rows: Rows) -> tuple[int, Callable[[], None]]:
        """Adds rows to a file, by one thread at a time, in order.

        How many rows they are; and what is called then writes them.
        """
        done = self._output if number != self._number else None
        output = self._at(number)
        frames, count = output.add(rows)

        def write() -> None:
            if done:
                self._close(done)
            output.write(frames)

        return count, write

    def close(self) -> None:
        """The last file is complete; there is one even for no rows."""
        if self._output is None and self._number + 1 < self._num_files:
            self._at(self._num_files - 1)
        if self._output is not None:
            self._close(self._output)

    def abandon(self) -> None:
        for output in self._open:
            output.abandon()

    def names(self, start: int, stop: int) -> list[str]:
        """The files that hold these rows; of a series without rows, the empty one."""
        first = last = 0
        if self._bounds[-1] == 0:
            last = self._num_files
        elif start < stop:
            first = int(np.searchsorted(self._bounds, start, side="right")) - 1
            last = int(np.searchsorted(self._bounds, stop, side="left"))
        return [self._file_of(number)[0] for number in range(first, last)]

    @property
    def _num_files(self) -> int:
        return len(self._bounds) - 1

    def _at(self, number: int) -> Output:
        if self._output is None or number != self._number:
            digest = None if self._key is None else _core.core.StreamHash()
            file = self._where.out.create(self._file_of(number)[0])
            self._begin(number, Sink(file, digest), 0, [])
        assert self._output is not None
        return self._output

    def _begin(self, number: int, sink: Sink, num_rows: int, notes: list[Note]) -> None:
        name, writer = self._file_of(number)
        out, _, stop = self._where

        def note(reached: Reached, synced: bool, first: int, more: list[Note]) -> None:
            assert self._key is not None
            step = Step(self._key, number, *reached[:4], synced, first, more)
            with out.writing(f"{ours.STATE}/{ours.WRITTEN}"):
                self._where.log.note(step)

        noted = None if self._key is None else note
        self._output = Output(
            out, name, writer, stop, sink=sink, num_rows=num_rows, notes=notes, note=noted
        )
        self._number = number
        self._open.append(self._output)

    def _close(self, output: Output) -> None:
        output.close()
        self._open.remove(output)
