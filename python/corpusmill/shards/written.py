"""written: how far the outputs of a job are, as OUT/.state/written: a line for each step.

A step says what bytes of the outputs of one input are written, and with which block of the input
to go on. Every line has a checksum, and so have the outputs: what does not fit is not believed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from corpusmill.shards import stages
from corpusmill.shards.ours import NEW
from corpusmill.shards.output import Written

CHECKPOINT_SIZE = 64 << 20
"""Bytes of kept rows after which a file's outputs are synced and a step is noted."""


@dataclass(frozen=True)
class Step:
    """The outputs of one input up to a place in it.

    `block` and `skip`: the next block to be written and how many bytes of its kept rows already
    are; None: all are. `rejected` ends before that block.
    """

    key: str  # of the input and of the decisions on it, in hexadecimal
    block: int | None
    skip: int
    num_kept: int
    num_rejected: int
    kept: Written
    rejected: Written | None


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
    content["kept"] = Written(*content["kept"])
    if content["rejected"] is not None:
        content["rejected"] = Written(*content["rejected"])
    return Step(**content)
