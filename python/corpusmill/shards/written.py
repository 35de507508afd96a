"""written: which outputs of a job are whole, as OUT/.state/written: a line for each input.

Every line has a checksum, and so have the outputs: what does not fit is not believed.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from corpusmill import _core
from corpusmill.shards import stages
from corpusmill.shards.ours import NEW
from corpusmill.shards.out import OutFolder

SYNCED_SIZE = 8 << 20
"""Bytes from which an output is synced before it is noted; a smaller one is soon written again."""


class Written(NamedTuple):
    """A file of the job as it was when it was whole."""

    name: str
    num_bytes: int
    xxh3_128: str

    @classmethod
    def of(cls, out: OutFolder, name: str) -> Written:
        """The file as it lies there; large ones are on the disk then."""
        file = out.reopen(name)
        if file is None:
            return cls(name, 0, "")
        digest, size = _core.core.StreamHash(), 0
        with file:
            while piece := file.read(1 << 20):
                digest.update(piece)
                size += len(piece)
            if size >= SYNCED_SIZE:
                os.fsync(file.fileno())
        return cls(name, size, digest.hexdigest())


@dataclass(frozen=True)
class Step:
    """All outputs of one input."""

    key: str  # of the input and of the decisions on it, in hexadecimal
    files: list[Written]
    num_kept: int
    num_rejected: int


class WrittenLog:
    """The steps of a job; `path` None: none are noted, and there are none from before."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._steps: dict[str, Step] = {}
        self._file: BinaryIO | None = None
        if path is not None:
            self._steps = {step.key: step for step in map(_step, _lines(path))}
            new = path.with_name(path.name + NEW)
            self._file = new.open("wb")
            for step in self._steps.values():
                self._file.write(_line(asdict(step)))
            self._file.flush()
            new.replace(path)

    @property
    def open(self) -> bool:
        return self._file is not None

    def last(self, key: str) -> Step | None:
        """The last step of an input."""
        return self._steps.get(key)

    def note(self, step: Step) -> None:
        if self._file is not None:
            with self._lock:
                self._file.write(_line(asdict(step)))
                self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _line(content: dict[str, Any]) -> bytes:
    text = json.dumps(content).encode("ascii")
    return stages.key_of(text).hex().encode("ascii") + b" " + text + b"\n"


def _lines(path: Path) -> Sequence[bytes]:
    """The good lines of a file, up to the first that is none."""
    good: list[bytes] = []
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError:
        return good
    for line in lines:
        digest, _, text = line.rstrip(b"\n").partition(b" ")
        if stages.key_of(text).hex().encode("ascii") != digest:
            break
        good.append(line)
    return good


def _step(line: bytes) -> Step:
    content = json.loads(line.partition(b" ")[2])
    content["files"] = [Written(*file) for file in content["files"]]
    return Step(**content)
