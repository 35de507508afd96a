"""string_columns: Arrow columns that hold text, as strings; strings as bytes; some of their rows.

What most tables hold is taken without pyarrow's `take` and `cast`, whose first call imports
pyarrow.compute: that takes longer than all their calls in many a job.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _core
from corpusmill.shards.rows import Ints

_AS_STRINGS = {
    pa.binary(): pa.string(),
    pa.large_binary(): pa.large_string(),
    pa.binary_view(): pa.string_view(),
}
_TAKEN_AS = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
"""pyarrow's `take` knows no views."""
_AS_BINARY = {strings: binary for binary, strings in _AS_STRINGS.items()}
_OFFSETS: dict[pa.DataType, npt.DTypeLike] = {
    pa.string(): np.int32,
    pa.binary(): np.int32,
    pa.large_string(): np.int64,
    pa.large_binary(): np.int64,
}
"""Of the types that have them and whose rows lie one behind the other, what they are."""

_LARGEST = 2**31 - 1
"""Bytes that offsets of 32 bits reach."""


def holds_text(kind: pa.DataType) -> bool:
    """Whether a column of this type may be a text column; one of nulls alone may."""
    if pa.types.is_dictionary(kind):
        return holds_text(kind.value_type)
    return kind in _AS_STRINGS or kind in _AS_BINARY or pa.types.is_null(kind)


def as_strings(column: pa.ChunkedArray) -> list[pa.Array]:
    """The chunks of a column that holds text, their bytes taken for UTF-8 unseen."""
    return [_as_strings(chunk) for chunk in column.chunks]


def _as_strings(chunk: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(chunk.type):
        values = _as_strings(chunk.dictionary)
        if values.type == chunk.dictionary.type:
            return chunk
        return pa.DictionaryArray.from_arrays(chunk.indices, values)
    if pa.types.is_null(chunk.type):
        return chunk.cast(pa.string())
    return _of_type(chunk, _AS_STRINGS.get(chunk.type))


def as_binary(chunk: pa.Array) -> pa.Array:
    """Strings as the bytes they are; any other column as it is."""
    return _of_type(chunk, _AS_BINARY.get(chunk.type))


def _of_type(chunk: pa.Array, kind: pa.DataType | None) -> pa.Array:
    if kind is None:
        return chunk
    return pa.Array.from_buffers(kind, len(chunk), chunk.buffers(), offset=chunk.offset)


def taken(table: pa.Table, rows: Ints, gone: npt.NDArray[np.bool_] | None = None) -> pa.Table:
    """Some rows of a table; those that are `gone` are null."""
    columns = [taken_column(column, rows, gone) for column in table.columns]
    return pa.Table.from_arrays(columns, schema=table.schema)


def only(table: pa.Table, names: Collection[str] | None) -> pa.Table:
    """The columns of these names, in the table's order; None: all."""
    if names is None:
        return table
    return table.select([i for i, name in enumerate(table.column_names) if name in names])


def ill_formed(table: pa.Table) -> npt.NDArray[np.bool_]:
    """The rows in which a column of strings holds bytes that are not UTF-8."""
    found = np.zeros(table.num_rows, np.bool_)
    for column in table.columns:
        if holds_strings(column.type):
            capsules = [chunk.__arrow_c_array__() for chunk in column.chunks]
            found |= _core.text.well_formed(capsules) == 0
    return found


def holds_strings(kind: pa.DataType) -> bool:
    """Whether a column of this type holds text that says it is text."""
    if pa.types.is_dictionary(kind):
        return holds_strings(kind.value_type)
    return kind in _AS_BINARY


def taken_column(
    column: pa.ChunkedArray, rows: Ints, gone: npt.NDArray[np.bool_] | None = None
) -> pa.ChunkedArray:
    """Some rows of a column, each at most once; those that are `gone` are null."""
    kind = _TAKEN_AS.get(column.type)
    if gone is None and column.type in _OFFSETS and column.nbytes <= _LARGEST:
        return pa.chunked_array([_gathered(column, rows)])
    places = _arrays.of_numpy(rows, None if gone is None else ~gone)
    return column.cast(kind).take(places).cast(column.type) if kind else column.take(places)


def _gathered(column: pa.ChunkedArray, rows: Ints) -> pa.Array:
    offsets, data, valid = gathered(column, rows)
    places = pa.py_buffer(offsets.astype(_OFFSETS[column.type], copy=False))
    buffers = [_arrays.bitmap(valid), places, pa.py_buffer(data)]
    return pa.Array.from_buffers(column.type, len(rows), buffers)


def gathered(column: pa.ChunkedArray, rows: Ints) -> tuple[Ints, bytes, npt.NDArray[np.bool_]]:
    """Some rows of a column that holds text: where each begins in the bytes of all and where the last
    ends, these bytes, and which rows are not null.
    """
    found = _arrow.Strings(*_arrow.imported(as_strings(column)))
    offsets, data = _core.core.gather(found.capsules, rows)
    return offsets, data, found.valid_mask()[rows]


def taken_texts(texts: list[pa.Array], rows: Ints) -> list[pa.Array]:
    """Some strings of a column given in chunks."""
    if not texts:
        return []
    return list(taken_column(pa.chunked_array(texts), rows).chunks)


def packed(texts: pa.LargeStringArray) -> tuple[Ints, npt.NDArray[np.uint8]]:
    """The bytes of each string, none of null, and all of them one after the other."""
    lengths = _core.core.byte_lengths([texts.__arrow_c_array__()])
    there = texts.drop_null() if texts.null_count else texts
    _, offsets, data = there.buffers()
    if not len(there) or data is None:
        return lengths, np.empty(0, np.uint8)
    ends = np.frombuffer(offsets, np.int64)[there.offset :]
    return lengths, np.frombuffer(data, np.uint8)[ends[0] : ends[len(there)]].copy()
