"""added: columns of a whole job that rows get, or are cut by, when they are written.

Held in memory, asked for block by block. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow
from corpusmill.shards import json_rows
from corpusmill.shards.rows import BlockRows, Ints, PackedRows


class Added(Protocol):
    """A field that rows get."""

    @property
    def type(self) -> pa.DataType:
        """Of its values."""

    def of(self, rows: BlockRows, chosen: Ints) -> pa.Array:
        """The values of some rows of a block."""

    def key(self, rows: slice) -> Sequence[bytes]:
        """Of all that decides the values of these rows of the job."""


class Cuts(Protocol):
    """What is cut out of rows: spans of bytes."""

    def any_in(self, rows: BlockRows) -> bool:
        """Whether any row of a block has one."""

    def of(self, rows: BlockRows, chosen: Ints) -> pa.Array:
        """The spans of some rows of a block."""

    def key(self, rows: slice) -> Sequence[bytes]:
        """Of all that decides the spans of these rows of the job."""


@dataclass(frozen=True)
class Numbers:
    """A number for each row of the job."""

    values: npt.NDArray[np.int64] | npt.NDArray[np.float64]

    @property
    def type(self) -> pa.DataType:
        return pa.from_numpy_dtype(self.values.dtype)

    def of(self, rows: BlockRows, chosen: Ints) -> pa.Array:
        return _arrow.primitive(rows.of(self.values)[chosen])

    def key(self, rows: slice) -> Sequence[bytes]:
        return [self.values[rows].tobytes()]


@dataclass(frozen=True)
class RowLists:
    """A list for each row of the job, empty but for `rows`, which ascend, and have those of `values`."""

    rows: Ints
    values: pa.Array

    @property
    def type(self) -> pa.DataType:
        return self.values.type

    def of(self, rows: BlockRows, chosen: Ints) -> pa.Array:
        inside = _inside(self.rows, rows)
        having = self.rows[inside] - rows.first_row
        place = np.full(rows.num_rows, len(having))
        place[having] = np.arange(len(having))
        none = _arrow.large_list(np.zeros(2, np.int64), pa.nulls(0, self.type.value_type))
        values = pa.concat_arrays([self.values.slice(inside.start, len(having)), none])
        return values.take(_arrays.of_numpy(place[chosen]))

    def key(self, rows: slice) -> Sequence[bytes]:
        first, stop = np.searchsorted(self.rows, [rows.start, rows.stop]).tolist()
        texts = json_rows.values(self.values.slice(first, stop - first)).to_pylist()
        return [(self.rows[first:stop] - rows.start).tobytes(), "\n".join(texts).encode()]


@dataclass(frozen=True)
class Shares:
    """A share for each row of the job; NaN: null."""

    values: npt.NDArray[np.float64]
    type = pa.float64()

    def of(self, rows: BlockRows, chosen: Ints) -> pa.Array:
        values = rows.of(self.values)[chosen]
        return _arrays.of_numpy(values, ~np.isnan(values))

    def key(self, rows: slice) -> Sequence[bytes]:
        return [self.values[rows].tobytes()]


@dataclass(frozen=True)
class RowSpans:
    """Places in the texts of a job's rows: bytes of their UTF-8, half open.

    rows        that have any, ascending; those of rows[i] are begin and end from lists[i] to before
                lists[i + 1], ascending and not overlapping
    """

    rows: Ints
    lists: Ints
    begin: Ints
    end: Ints
    type = pa.large_list(pa.struct([("begin", pa.int64()), ("end", pa.int64())]))

    @classmethod
    def of_column(cls, rows: Ints, spans: pa.Array) -> RowSpans:
        """Lists of spans of these rows, ascending; a null list is an empty one."""
        return cls(rows, *_arrow.span_arrays(spans))

    def any_in(self, rows: BlockRows | PackedRows) -> bool:
        """Whether any row of a block has one."""
        inside = _inside(self.rows, rows)
        return bool(inside.start < inside.stop)

    def inside(self, rows: BlockRows) -> tuple[Ints, Ints]:
        """The rows of a block that have any, counted in it, and `lists` of those."""
        inside = _inside(self.rows, rows)
        having = self.rows[inside] - rows.first_row
        return having, self.lists[inside.start : inside.stop + 1]

    def of(self, rows: BlockRows, chosen: Ints) -> pa.Array:
        having, lists = self.inside(rows)
        first, count = np.zeros((2, rows.num_rows), np.int64)
        first[having] = lists[:-1]
        count[having] = np.diff(lists)
        first, count = first[chosen], count[chosen]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)])
        spans = np.repeat(first - offsets[:-1], count) + np.arange(offsets[-1])
        return _arrow.spans(offsets, self.begin[spans], self.end[spans])

    def key(self, rows: slice) -> Sequence[bytes]:
        first, stop = np.searchsorted(self.rows, [rows.start, rows.stop])
        spans = slice(int(self.lists[first]), int(self.lists[stop]))
        parts = [
            self.rows[first:stop] - rows.start,
            np.diff(self.lists[first : stop + 1]),
            self.begin[spans],
            self.end[spans],
        ]
        return [part.tobytes() for part in parts]


NO_SPANS = RowSpans(*(np.zeros(size, np.int64) for size in (0, 1, 0, 0)))


def _inside(numbers: Ints, rows: BlockRows | PackedRows) -> slice:
    """Which of the numbers of rows, ascending, are those of a block's."""
    ends = np.searchsorted(numbers, [rows.first_row, rows.first_row + rows.num_rows])
    return slice(*ends.tolist())
