"""written: how far the outputs of a job are, as OUT/.state/written: a line for each step.

Outputs that follow each other are a series (series.py); a step is of one file of it. Every line has a
checksum, and so have the files: what does not fit is not believed.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
    first_note: int  # those of the file's writer before it are in the steps before
    notes: list[Any]


class WrittenLog:
    """The steps of a job; `path` None: none are noted, and there are none from before."""

    def __init__(self, path: Path | None, tell: Callable[[str], None]) -> None:
        self._lock = threading.Lock()
        self._steps: dict[str, dict[int, Step]] = {}
        self._file: BinaryIO | None = None
        self.tell = tell
        if path is not None:
            for line in _lines(path, tell):
                self._add(Step(**json.loads(line.partition(b" ")[2])))
            new = path.with_name(path.name + NEW)
            self._file = new.open("wb")
            for of_series in self._steps.values():
                self._file.writelines(map(_line, of_series.values()))
            self._file.flush()
            new.replace(path)

    def _add(self, step: Step) -> None:
        of_series = self._steps.setdefault(step.series, {})
        if step.first_note:
            before = of_series[step.number].notes[: step.first_note]
            step = replace(step, first_note=0, notes=before + step.notes)
        of_series[step.number] = step

    @property
    def open(self) -> bool:
        return self._file is not None

    def steps(self, series: str) -> Mapping[int, Step]:
        """The last step of each file of a series, as an earlier run noted it, with all notes."""
        return self._steps.get(series, {})

    def note(self, step: Step, *, sync: bool) -> None:
        """With `sync`, the step is on the disk then."""
        if self._file is not None:
            with self._lock:
                self._file.write(_line(step))
                self._file.flush()
                if sync:
                    os.fsync(self._file.fileno())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


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
