"""write: rows of ids to token shards, one after the other. Decides no row; knows what a file is by its form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill.shards.rows import Ints
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.tokens.batch import TokenRows, starts
from corpusmill.shards.tokens.file import HEADER_SIZE, Counts, Form, Header, digest
from corpusmill.shards.writing.sink import Sink

MOST_SEGMENTS = 1 << 20
"""A shard ends before it has more, whatever its ids: about them it holds 32 bytes each until it ends."""


class Shard(Protocol):
    """A shard that is being written, of one file or more."""

    def add(self, rows: TokenRows) -> None:
        """Behind those that are there."""

    def end(self) -> Sequence[str]:
        """All rows are added; the names of its files, which are whole."""


class Written(NamedTuple):
    """What came to be of a shard."""

    files: Sequence[str]
    rows: int
    ids: int

    def told(self) -> dict[str, Any]:
        """For a ledger."""
        return {"files": list(self.files), "rows": self.rows, "ids": self.ids}


class Shards:
    """Shards that rows are written to, in their order. Where one ends depends on the rows alone.

    make            begins a shard: its number, and the number of its first row
    most_ids        a shard ends before the row that would bring it over so many, if it has another
    """

    def __init__(self, make: Callable[[int, int], Shard], most_ids: int) -> None:
        self._make = make
        self._most_ids = most_ids
        self._open: Shard | None = None
        self._rows = self._ids = self._segments = 0  # of the open one
        self._num_rows = 0
        self.written: list[Written] = []

    def add(self, rows: TokenRows) -> None:
        at = 0
        while at < rows.num_rows:
            if self._open is None:
                self._open = self._make(len(self.written), self._num_rows)
            end = at + self._fitting(rows.row_lengths()[at:], rows.segments[at:])
            part = rows.some(at, end)
            if part.num_rows:
                self._open.add(part)
            self._rows += part.num_rows
            self._num_rows += part.num_rows
            self._ids += len(part.ids)
            self._segments += len(part.lengths)
            if end < rows.num_rows:
                self.end()
            at = end

    def _fitting(self, lengths: Ints, segments: Ints) -> int:
        """How many of these rows the open shard takes; of an empty one, at least one."""
        by_ids = np.searchsorted(np.cumsum(lengths), self._most_ids - self._ids, side="right")
        left = MOST_SEGMENTS - self._segments
        by_segments = np.searchsorted(np.cumsum(segments), left, side="right")
        return max(int(min(by_ids, by_segments)), 0 if self._rows else 1)

    def end(self) -> None:
        """No further row comes, or none to this shard."""
        if self._open is not None:
            self.written.append(Written(self._open.end(), self._rows, self._ids))
        self._open, self._rows, self._ids, self._segments = None, 0, 0, 0


class OwnShard:
    """A shard as file.py has it."""

    def __init__(self, out: OutFolder, name: str, form: Form, first_row: int) -> None:
        self._out = out
        self._name = name
        self._form = form
        self._first_row = first_row
        self._lengths: list[Ints] = []
        self._documents: list[Ints] = []
        self._segments: list[Ints] = []
        self._file = out.create(name)
        with out.writing(name):
            self._file.write(bytes(HEADER_SIZE))
        self._ids = Sink(self._file, _core.core.StreamHash())

    def add(self, rows: TokenRows) -> None:
        data = np.ascontiguousarray(rows.ids, self._form.dtype.newbyteorder("<")).view(np.uint8)
        with self._out.writing(self._name):
            self._ids.write(data.data)
        self._lengths.append(rows.lengths)
        self._documents.append(rows.documents)
        self._segments.append(rows.segments)

    def end(self) -> Sequence[str]:
        begin = starts(np.concatenate(self._lengths))
        documents, segments = np.concatenate(self._documents), np.concatenate(self._segments)
        counts = Counts(int(begin[-1]), len(segments), len(documents), self._first_row)
        index: list[npt.NDArray[Any]] = [
            np.zeros(-counts.ids * self._form.id_bytes % 8, np.uint8),
            begin,
            documents,
        ]
        if self._form.length:
            index.append(starts(segments))
        data = b"".join(part.astype(part.dtype.newbyteorder("<")).tobytes() for part in index)
        header = Header(self._form, counts, bytes.fromhex(self._ids.xxh3_128), digest(data))
        with self._out.writing(self._name):
            self._file.write(data)
            self._file.seek(0)
            self._file.write(header.pack())
            self._file.close()
        self._out.whole(self._name)
        return [self._name]
