"""rows: what a job remembers of one block's rows without their text: places, ids, signals.

A pass makes `BlockRows`. They are kept as `PackedRows`, in memory or in a record of a stage file, each
array in the narrowest type that holds it, and unpacked a block at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill.shards.state import stages

Ints: TypeAlias = npt.NDArray[np.int64]
Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]

PLACE_BYTES = 32
"""About what a packed row takes besides its signals: place, id, and its share of an index."""

MEAN_ROW = 64
"""Bytes that the rows of a block of full size have at least on average: a block of shorter ones is
smaller, so that what is found out about its rows is bounded."""

_ROWS = ("line", "offset", "length", "id_length", "id_valid", "id_data")
_REJECTED = ("rejected_line", "rejected_offset", "rejected_length")
PLACES = (*_ROWS, *_REJECTED, "reasons")
SIGNALS = ("preference", "hashes", "slots", "found")


@dataclass
class BlockRows:
    """The rows of one block. Lines count from 0, in the block until they come out of a `Table`."""

    num_lines: int
    line: Ints
    offset: Ints  # in the block
    length: Ints
    rejected_line: Ints
    rejected_offset: Ints
    rejected_length: Ints
    rejected_reason: list[str]
    id_length: Ints
    id_data: npt.NDArray[np.uint8]
    id_valid: npt.NDArray[np.bool_]
    preference: npt.NDArray[Any] | None = None
    found: npt.NDArray[np.uint8] | None = None  # about some of the rows, as the job packs it
    slots: npt.NDArray[Any] = field(default_factory=lambda: np.empty(0, np.uint32))
    hashes: npt.NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    first_row: int = 0

    @property
    def num_rows(self) -> int:
        return len(self.line)

    def of(self, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """This block's part of a column of the whole job."""
        return column[self.first_row : self.first_row + self.num_rows]

    def packed(self) -> HeldRows:
        """The rows as they are kept; signals are not copied."""
        reasons = "\n".join(self.rejected_reason).encode()
        arrays: dict[str, npt.NDArray[Any]] = {
            # How many lines before it are no rows: most often none.
            "line": narrow(self.line - np.arange(self.num_rows)),
            "offset": narrow(self.offset),
            "length": narrow(self.length),
            "id_length": narrow(self.id_length),
            "id_valid": self.id_valid,
            "id_data": self.id_data,
            **{name: narrow(getattr(self, name)) for name in _REJECTED},
            "reasons": np.frombuffer(reasons, np.uint8),
        }
        signals = {name: getattr(self, name) for name in SIGNALS}
        arrays |= {name: array for name, array in signals.items() if array is not None}
        return HeldRows(self.num_lines, self.num_rows, Counter(self.rejected_reason), arrays)


class Signals(NamedTuple):
    """What the first pass found in the rows of a block."""

    first_row: int
    num_rows: int
    hashes: npt.NDArray[np.uint64]
    slots: npt.NDArray[Any]  # signatures, or what else a job keeps of them

    def of(self, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """This block's part of a column of the whole job."""
        return column[self.first_row : self.first_row + self.num_rows]


@dataclass
class PackedRows(ABC):
    """The rows of one block as they are kept, and what is known of them without unpacking."""

    num_lines: int
    num_rows: int
    rejected: Counter[str]
    first_row: int = field(default=0, init=False)
    first_line: int = field(default=0, init=False)

    def move(self, first_row: int, first_line: int) -> None:
        """From now on rows and lines count from these."""
        self.first_row, self.first_line = first_row, first_line

    def of(self, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """This block's part of a column of the whole job."""
        return column[self.first_row : self.first_row + self.num_rows]

    def rows(self) -> BlockRows:
        """The rows without their signals."""
        found: dict[str, Any] = dict(zip(PLACES, self.read(PLACES), strict=True))
        reasons = found.pop("reasons").tobytes().decode()
        for name in ("line", "offset", "length", "id_length", *_REJECTED):
            found[name] = found[name].astype(np.int64)
        found["line"] += np.arange(self.first_line, self.first_line + self.num_rows)
        found["rejected_line"] += self.first_line
        return BlockRows(
            num_lines=self.num_lines,
            rejected_reason=reasons.split("\n") if reasons else [],
            first_row=self.first_row,
            **found,
        )

    def signals(self) -> Signals:
        return Signals(self.first_row, self.num_rows, *self.read(("hashes", "slots")))

    def found(self) -> npt.NDArray[np.uint8]:
        """What was found out about some of the rows, as the job packed it; empty: of none."""
        return self.read(("found",))[0]

    @abstractmethod
    def read(self, names: Sequence[str]) -> list[npt.NDArray[Any]]:
        """Arrays that follow each other, as they are kept."""

    @abstractmethod
    def let_go(self, *names: str) -> None:
        """These arrays are not asked for again."""


@dataclass
class HeldRows(PackedRows):
    """Rows in memory."""

    arrays: dict[str, npt.NDArray[Any]]

    @property
    def nbytes(self) -> int:
        """What the arrays take in memory."""
        return sum(array.nbytes for array in self.arrays.values())

    def read(self, names: Sequence[str]) -> list[npt.NDArray[Any]]:
        return [self.arrays[name] for name in names]

    def let_go(self, *names: str) -> None:
        for name in names:
            self.arrays.pop(name, None)

    def entry(self) -> dict[str, Any]:
        """What the index of a stage file says of these rows, of which the arrays are the record."""
        return {
            "num_lines": self.num_lines,
            "num_rows": self.num_rows,
            "rejected": self.rejected,
            "arrays": [(name, array.dtype.str, len(array)) for name, array in self.arrays.items()],
        }


@dataclass
class StoredRows(PackedRows):
    """Rows in a record of a stage file."""

    path: Path
    at: int
    kinds: tuple[tuple[str, str], ...]  # name and dtype of each array, in order
    lengths: tuple[int, ...]

    @classmethod
    def of_record(cls, path: Path, record: dict[str, Any]) -> StoredRows:
        """The rows of a record, as `HeldRows.entry` describes it."""
        return cls(
            num_lines=record["num_lines"],
            num_rows=record["num_rows"],
            rejected=Counter(record["rejected"]),
            path=path,
            at=record["at"],
            kinds=_shared(tuple((name, kind) for name, kind, _ in record["arrays"])),
            lengths=tuple(length for _, _, length in record["arrays"]),
        )

    def read(self, names: Sequence[str]) -> list[npt.NDArray[Any]]:
        places = self._places()
        first, end = _around(places, names)
        data = stages.read(self.path, first, end - first)
        return [
            np.frombuffer(data, kind, length, at - first)
            for at, kind, length in map(places.__getitem__, names)
        ]

    def let_go(self, *names: str) -> None:
        """They stay in the file, but not in the system's memory: see `disk.let_go`."""
        places = self._places()
        if names := tuple(name for name in names if name in places):
            stages.let_go(self.path, *_around(places, names))

    def _places(self) -> dict[str, _Place]:
        places, at = {}, self.at
        for (name, kind), length in zip(self.kinds, self.lengths, strict=True):
            places[name] = _Place(at, kind, length)
            at += stages.aligned(np.dtype(kind).itemsize * length)
        return places


class _Place(NamedTuple):
    """Of an array in a file."""

    at: int
    kind: str
    length: int


def _around(places: Mapping[str, _Place], names: Sequence[str]) -> tuple[int, int]:
    """Where the first of these arrays begins and the last ends."""
    at, kind, length = places[names[-1]]
    return places[names[0]].at, at + np.dtype(kind).itemsize * length


def narrow(numbers: npt.NDArray[np.integer[Any]]) -> npt.NDArray[Any]:
    """The same numbers, none of them negative, in the narrowest type that holds them."""
    return numbers.astype(np.min_scalar_type(numbers.max(initial=0)))


@cache
def _shared(kinds: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The same tuple for all blocks, of which there may be many."""
    return kinds
