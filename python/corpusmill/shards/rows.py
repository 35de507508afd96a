"""rows: what a job remembers of one block's rows without their text: places, ids, signals.

Rows lie in memory, or in a record of a stage file from which they are read when asked for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill.shards import stages

Ints: TypeAlias = npt.NDArray[np.int64]

PLACE_BYTES = 60
"""About what a row takes besides its signals: place, id, and its share of an index."""


@dataclass
class BlockRows:
    """The rows of one block. Lines count from 0, in the block until a `Table` is made."""

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
    slots: npt.NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    hashes: npt.NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    first_row: int = 0

    @property
    def num_rows(self) -> int:
        return len(self.line)

    @property
    def rejected(self) -> Counter[str]:
        """The rejected lines by reason."""
        return Counter(self.rejected_reason)

    @property
    def nbytes(self) -> int:
        """About what the arrays take in memory."""
        return sum(array.nbytes for array in self.arrays()) + 64 * len(self.rejected_reason)

    def of(self, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """This block's part of a column of the whole job."""
        return column[self.first_row : self.first_row + self.num_rows]

    def move(self, first_row: int, first_line: int) -> None:
        """From now on rows and lines count from these."""
        self.first_row = first_row
        self.line = self.line + first_line
        self.rejected_line = self.rejected_line + first_line

    def arrays(self) -> list[npt.NDArray[Any]]:
        """All there is, in the order of a record; the signals, which are long, last."""
        reasons = np.frombuffer("\n".join(self.rejected_reason).encode(), np.uint8)
        ids: list[npt.NDArray[Any]] = [self.id_length, self.id_valid, self.id_data]
        places: list[npt.NDArray[Any]] = [self.line, self.offset, self.length]
        rejected: list[npt.NDArray[Any]] = [
            self.rejected_line,
            self.rejected_offset,
            self.rejected_length,
            reasons,
        ]
        signals: list[npt.NDArray[Any] | None] = [self.preference, self.hashes, self.slots]
        return [*places, *ids, *rejected, *(array for array in signals if array is not None)]


_NAMES = ("line", "offset", "length", "id_length", "id_valid", "id_data")
_REJECTED = ("rejected_line", "rejected_offset", "rejected_length", "reasons")
_SIGNALS = ("preference", "hashes", "slots")
_NUM_PLACES = len(_NAMES) + len(_REJECTED)


@dataclass
class StoredRows:
    """The rows of one block in a stage file: what must be known of them without reading."""

    path: Path
    at: int
    num_lines: int
    num_rows: int
    rejected: Counter[str]
    kinds: tuple[tuple[str, str], ...]  # name and dtype of each array, in order
    lengths: tuple[int, ...]
    first_row: int = 0
    first_line: int = 0

    def of(self, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return column[self.first_row : self.first_row + self.num_rows]

    def move(self, first_row: int, first_line: int) -> None:
        self.first_row, self.first_line = first_row, first_line

    def load(self, *, signals: bool = False) -> BlockRows:
        """The rows in memory; without `signals` only their places, ids and rejects."""
        found = self._read(0, len(self.kinds) if signals else _NUM_PLACES)
        reasons = found.pop("reasons").tobytes().decode()
        rows = BlockRows(
            num_lines=self.num_lines,
            rejected_reason=reasons.split("\n") if reasons else [],
            **found,
        )
        rows.move(self.first_row, self.first_line)
        return rows

    def column(self, name: str) -> npt.NDArray[Any]:
        """One of the arrays alone, as it was saved."""
        number = self._number(name)
        column: npt.NDArray[Any] = self._read(number, number + 1)[name]
        return column

    def length(self, name: str) -> int:
        """The entries of an array."""
        return self.lengths[self._number(name)]

    def _number(self, name: str) -> int:
        return [array for array, _ in self.kinds].index(name)

    def _read(self, first: int, end: int) -> dict[str, Any]:
        sizes = [
            stages.aligned(np.dtype(kind).itemsize * length)
            for (_, kind), length in zip(self.kinds, self.lengths, strict=True)
        ]
        at = sum(sizes[:first])
        data = stages.read(self.path, self.at + at, sum(sizes[first:end]))
        found, at = {}, 0
        for number in range(first, end):
            name, kind = self.kinds[number]
            found[name] = np.frombuffer(data, kind, self.lengths[number], at)
            at += sizes[number]
        return found


Rows: TypeAlias = BlockRows | StoredRows


def stored(path: Path, record: dict[str, Any]) -> StoredRows:
    """The rows of a record, as `entry` describes it."""
    return StoredRows(
        path=path,
        at=record["at"],
        num_lines=record["num_lines"],
        num_rows=record["num_rows"],
        rejected=Counter(record["rejected"]),
        kinds=_shared(tuple((name, kind) for name, kind, _ in record["arrays"])),
        lengths=tuple(length for _, _, length in record["arrays"]),
    )


def entry(rows: BlockRows, arrays: stages.Arrays) -> dict[str, Any]:
    """What the index of a stage file says of these rows, whose `arrays` are the record."""
    signals = [name for name in _SIGNALS if getattr(rows, name) is not None]
    names = [*_NAMES, *_REJECTED, *signals]
    return {
        "num_lines": rows.num_lines,
        "num_rows": rows.num_rows,
        "rejected": rows.rejected,
        "arrays": [
            (name, array.dtype.str, len(array)) for name, array in zip(names, arrays, strict=True)
        ],
    }


@cache
def _shared(kinds: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The same tuple for all blocks, of which there may be many."""
    return kinds
