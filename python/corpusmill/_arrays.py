"""_arrays: NumPy arrays and Python lists as Arrow arrays, and back, by their buffers.

pyarrow's own `array`, `scalar`, `fill_null` and `to_numpy` import pandas where it is installed: 35 MB,
which no budget of a job knows of, and longer than many a job takes. Checks nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Mask = npt.NDArray[np.bool_]


def bitmap(valid: Mask) -> pa.Buffer | None:
    """The validity of rows; None if all are valid."""
    return None if valid.all() else _packed(valid)


def of_numpy(values: npt.NDArray[Any], valid: Mask | None = None) -> pa.Array:
    """Numbers, in place, or booleans; null where they are not valid."""
    validity = None if valid is None else bitmap(valid)
    boolean = values.dtype == np.bool_
    data = _packed(values) if boolean else pa.py_buffer(np.ascontiguousarray(values))
    kind = pa.bool_() if boolean else pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [validity, data])


def of_texts(values: Sequence[str | None]) -> pa.Array:
    """large_string; null for None. UnicodeEncodeError if one holds half a surrogate pair."""
    lengths = [0 if v is None else len(v) if v.isascii() else len(v.encode()) for v in values]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
    valid = np.fromiter((value is not None for value in values), np.bool_, len(values))
    data = "".join(filter(None, values)).encode()
    buffers = [bitmap(valid), pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_string(), len(values), buffers)


def one(value: str | int) -> pa.Scalar:
    """A large_string or int64, for what computes with columns."""
    return (of_texts([value]) if isinstance(value, str) else of_numpy(np.array([value])))[0]


def valid(column: pa.Array | pa.ChunkedArray) -> Mask:
    """For each row whether it is not null."""
    types = pa.types
    told = not (types.is_union(column.type) or types.is_run_end_encoded(column.type))
    if told and not column.null_count:
        return np.ones(len(column), np.bool_)
    return _bits(_whole(column.is_valid()))


def filled(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    """The values of numbers or booleans, 0 or false for null; numbers without nulls in place."""
    array = _whole(column)
    if pa.types.is_boolean(array.type):
        return _bits(array) & valid(array)
    buffers = [None, array.buffers()[1]]
    bare = pa.Array.from_buffers(array.type, len(array), buffers, offset=array.offset)
    values = np.from_dlpack(bare)
    if not array.null_count:
        return values
    return np.where(valid(array), values, values.dtype.type(0))


def no_rows(schema: pa.Schema) -> pa.Table:
    return pa.Table.from_arrays([pa.nulls(0, kind) for kind in schema.types], schema=schema)


def as_numpy(values: Any) -> npt.NDArray[Any]:
    """What NumPy makes of it; a column of whole or floating numbers without nulls in place."""
    if isinstance(values, (pa.Array, pa.ChunkedArray)) and not values.null_count:
        kind = values.type
        plain = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        return filled(values) if plain else np.asarray(values)
    return np.asarray(values)


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _packed(bits: Mask) -> pa.Buffer:
    return pa.py_buffer(np.packbits(bits, bitorder="little"))


def _bits(array: pa.Array) -> Mask:
    """The data of booleans, whatever stands at nulls."""
    data = np.frombuffer(array.buffers()[1] or b"", np.uint8)
    bits = np.unpackbits(data, bitorder="little")[array.offset : array.offset + len(array)]
    return bits.view(np.bool_)
