"""written: how far the outputs of a job are, as OUT/.state/written: a line for each step.

Outputs that follow each other are a series (series.py); a step is of one file of it. Every line has a
checksum, and so have the files: what does not fit is not believed. A machine that stops may lose what
is not synced, so of each file the last synced step is remembered and those behind it.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from corpusmill.shards.ours import NEW
from corpusmill.shards.state import stages


@dataclass(frozen=True)
class Step:
    """The first bytes of an output and the rows in them; all, if it is whole."""

    series: str  # the key of all that decides its rows and their form
    number: int  # of the file in its series
    num_bytes: int
    xxh3_128: str
    num_rows: int
    whole: bool
    synced: bool  # whatever happens to the machine, so much is there
    first_note: int  # those of the file's writer before it are in the steps before
    notes: list[Any]


class WrittenLog:
    """The steps of a job; `path` None: none are noted, and there are none from before."""

    def __init__(self, path: Path | None, tell: Callable[[str], None]) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, dict[int, _Known]] = {}
        self._file: BinaryIO | None = None
        self.tell = tell
        if path is not None:
            for line in _lines(path, tell):
                self._add(Step(**json.loads(line.partition(b" ")[2])))
            new = path.with_name(path.name + NEW)
            self._file = new.open("wb")
            for known in (known for of in self._files.values() for known in of.values()):
                self._file.writelines(map(_line, [known.all()[0], *known.steps[1:]]))
            self._file.flush()
            new.replace(path)

    def _add(self, step: Step) -> None:
        self._files.setdefault(step.series, {}).setdefault(step.number, _Known()).add(step)

    @property
    def open(self) -> bool:
        return self._file is not None

    def steps(self, series: str, number: int) -> Sequence[Step]:
        """How far an earlier run was with a file, in the order it came there, each with all notes."""
        known = self._files.get(series, {}).get(number)
        return known.all() if known else []

    def note(self, step: Step) -> None:
        """A synced step is on the disk itself then, unless its file is whole."""
        if self._file is not None:
            with self._lock:
                self._file.write(_line(step))
                self._file.flush()
                if step.synced and not step.whole:
                    os.fsync(self._file.fileno())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


@dataclass
class _Known:
    """What is remembered of a file: steps that a run may go on from, and the notes of the last."""

    steps: list[Step] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)

    def add(self, step: Step) -> None:
        """Of a run that went on from an earlier step, those beyond that are forgotten."""
        del self.notes[step.first_note :]
        self.notes += step.notes
        if step.synced or step.whole:
            self.steps.clear()
        self.steps = [of for of in self.steps if of.num_bytes < step.num_bytes]
        self.steps.append(step)

    def all(self) -> list[Step]:
        """Each with all notes up to it."""
        ends = [step.first_note + len(step.notes) for step in self.steps]
        return [
            replace(step, first_note=0, notes=self.notes[:end])
            for step, end in zip(self.steps, ends, strict=True)
        ]


def _line(step: Step) -> bytes:
    text = json.dumps(asdict(step)).encode("ascii")
    return stages.key_of(text).hex().encode("ascii") + b" " + text + b"\n"


def _lines(path: Path, tell: Callable[[str], None]) -> Sequence[bytes]:
    """The good lines of a file, up to the first that is none; the last may be cut off by a kill."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError:
        return []
    for number, line in enumerate(lines):
        digest, _, text = line.rstrip(b"\n").partition(b" ")
        if stages.key_of(text).hex().encode("ascii") != digest:
            if line.endswith(b"\n"):
                tell("what was noted of the outputs is damaged: those behind are written again")
            return lines[:number]
    return lines
