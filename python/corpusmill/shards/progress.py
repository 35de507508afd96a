"""progress: how far a job is, told to whoever wants to show it. Reads no clock and prints nothing.

A job counts in a `Meter` from many threads and reports from one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Progress:
    """Where a job stands. Stages follow each other; bytes and rows count within one.

    Bytes are of files in the first stage, decompressed ones in later stages.
    """

    stage: str
    done_bytes: int
    total_bytes: int
    rows: int


@dataclass(frozen=True)
class Notice:
    """What a job says besides: in a sentence for people, in `facts` for programs.

    kind        "start": what it needs; "resume": what it takes over; "warning": what may be wrong
    """

    kind: str
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)


Report: TypeAlias = Callable[[Progress], None]
Listener: TypeAlias = Callable[[Notice], None]


class Meter:
    """Counts of one stage, fed by many threads."""

    def __init__(self, stage: str, total_bytes: int) -> None:
        self._lock = threading.Lock()
        self._stage = stage
        self._total_bytes = total_bytes
        self._bytes = 0
        self._rows = 0

    def add_bytes(self, count: int) -> None:
        with self._lock:
            self._bytes += count

    def add_rows(self, count: int) -> None:
        with self._lock:
            self._rows += count

    def read(self) -> Progress:
        return Progress(self._stage, self._bytes, self._total_bytes, self._rows)
