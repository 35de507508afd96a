"""found: what is found in the rows of a block, as it is kept beside their places, and as fields of rows.

Kept where the results of a first pass are, in memory or in stage files, and unpacked a block at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow
from corpusmill.ngram import ContaminationIndex
from corpusmill.shards.rows import BlockRows, Ints, PackedRows
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.added import RowLists, RowSpans

Bytes = npt.NDArray[np.uint8]

CONTAMINATED, EMPTIED, CUT, TAGGED = "contaminated", "emptied", "cut", "tagged"
"""What becomes of a row in which a text is found; the first two are dropped."""

SPANS = RowSpans.type
_NAMES = ("text", "benchmark", "item", "field", "share")
_TYPES = (pa.int64(), *3 * (pa.large_string(),), pa.float64())
FOUND = pa.large_list(pa.struct(list(zip(_NAMES, _TYPES, strict=True))))
_KEPT = ("text", "share")  # of each text: the rest follows from its number


class Some(NamedTuple):
    """Of a block, the rows in which a text is found, counted from its first one, ascending.

    found, spans    lists, as `ContaminationIndex.find` has them
    cuts            what is to be cut out; null: the row is to be dropped
    """

    rows: Ints
    became: Sequence[str]
    share: pa.Array
    spans: pa.Array
    found: pa.Array
    cuts: pa.Array

    def packed(self) -> Bytes:
        """As it is kept."""
        if not len(self.rows):
            return np.empty(0, np.uint8)
        texts = self.found.flatten()
        kept = pa.StructArray.from_arrays([texts.field(name) for name in _KEPT], list(_KEPT))
        lists = pa.LargeListArray.from_arrays(_offsets(self.found), kept)
        columns = [
            _arrow.primitive(self.rows),
            _arrays.of_texts(self.became),
            *self[2:4],
            lists,
            self.cuts,
        ]
        table = pa.table(dict(zip(self._fields, columns, strict=True)))
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        return np.frombuffer(sink.getvalue(), np.uint8)


def _offsets(lists: pa.Array) -> pa.Array:
    lengths = _arrow.numbers(lists.value_lengths())
    return _arrow.primitive(np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]))


class FoundRows:
    """What a job has found, by blocks."""

    def __init__(self, table: Table, index: ContaminationIndex) -> None:
        self._table = table
        self._texts = index.texts()

    def among(self, first: int, stop: int) -> Iterator[tuple[PackedRows, Some]]:
        """The blocks with anything found among these rows of the job, whole, in order."""
        for block in self._table.found(first, stop):
            yield block, self._unpacked(block.found())

    def all(self) -> Iterator[tuple[PackedRows, Some]]:
        """All blocks with anything found, in order."""
        return self.among(0, self._table.num_rows)

    def of(self, rows: BlockRows) -> Some | None:
        """Of one block; None if nothing is found in it."""
        found = self.among(rows.first_row, rows.first_row + rows.num_rows)
        return next((some for _, some in found), None)

    def key(self, rows: slice) -> Sequence[bytes]:
        """Of all that was found in these rows of the job, which are those of whole blocks."""
        blocks = self._table.found(rows.start, rows.stop)
        return [block.first_row.to_bytes(8, "little") + block.found().tobytes() for block in blocks]

    def _unpacked(self, packed: Bytes) -> Some:
        table = pa.ipc.open_stream(pa.py_buffer(packed)).read_all().combine_chunks()
        rows, became, share, spans, found, cuts = (
            column.chunk(0) for column in table.itercolumns()
        )
        text, part = (found.flatten().field(name) for name in _KEPT)
        named = [
            self._texts.column(name).take(text).combine_chunks()
            for name in _NAMES
            if name not in _KEPT
        ]
        texts = pa.StructArray.from_arrays([text, *named, part], list(_NAMES))
        lists = pa.LargeListArray.from_arrays(_offsets(found), texts)
        return Some(_arrow.numbers(rows), became.to_pylist(), share, spans, lists, cuts)


@dataclass(frozen=True)
class FoundField:
    """A field that rows get: the texts found in them, or where those are."""

    rows: FoundRows
    name: str  # of `Some`
    type: pa.DataType

    def of(self, rows: BlockRows, chosen: Ints) -> pa.Array:
        """The lists of some rows of a block."""
        found = self.rows.of(rows)
        if found is None:
            none = np.zeros(len(chosen) + 1, np.int64)
            return _arrow.large_list(none, pa.nulls(0, self.type.value_type))
        lists = RowLists(rows.first_row + found.rows, getattr(found, self.name))
        return lists.of(rows, chosen)

    def key(self, rows: slice) -> Sequence[bytes]:
        return self.rows.key(rows)


@dataclass(frozen=True)
class FoundCuts:
    """What is cut out of rows."""

    rows: FoundRows
    type = SPANS

    def any_in(self, rows: BlockRows) -> bool:
        """Whether anything is cut out of a block."""
        return self.rows.of(rows) is not None

    def of(self, rows: BlockRows, chosen: Ints) -> pa.Array:
        """The spans of some rows of a block."""
        found = self.rows.of(rows)
        assert found is not None
        cuts = RowSpans.of_column(rows.first_row + found.rows, found.cuts)
        return cuts.of(rows, chosen)

    def key(self, rows: slice) -> Sequence[bytes]:
        return self.rows.key(rows)
