"""json_rows: rows of Arrow tables as lines of JSON, and scalars as JSON writes them.

null, boolean, whole and floating numbers    as JSON has them; NaN and infinities: null
strings, and dictionaries of anything        their values
binary                                       base64
date, time, timestamp                        ISO 8601, as text; with a zone: its offset
duration                                     the number of its units
decimal                                      as text, so that no digit is lost
list, struct, map                            array, object, array of objects of key and value
"""

from __future__ import annotations

import base64
import json

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _core
from corpusmill.shards.errors import JobError

_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def lines(table: pa.Table) -> bytes:
    """An object and a newline for each row, fields in the order of the columns.

    Raises JobError if two columns have one name, or a column has no form in JSON.
    """
    names = table.schema.names
    try:
        columns = [_texts(_ready(column.combine_chunks())) for column in table.columns]
        _, data = _objects(names, columns, np.ones(table.num_rows, np.bool_), "\n")
        return data.tobytes()
    except (pa.ArrowException, ValueError) as error:
        raise JobError(f"a column cannot be written as JSON: {error}") from error


def _texts(array: pa.Array) -> pa.Array:
    """Each value as JSON writes it; nulls may stay nulls."""
    kind, types = array.type, pa.types
    if types.is_struct(kind):
        fields = [_texts(array.field(i)) for i in range(kind.num_fields)]
        names = [field.name for field in kind]
        return _arrow.large_string(*_objects(names, fields, _valid(array), ""))
    if types.is_nested(kind):
        offsets = _arrow.numbers(array.offsets)
        items = [_texts(array.values).__arrow_c_array__()]
        return _arrow.large_string(*_core.jsonl.write_arrays(offsets, items, _valid(array)))
    if types.is_floating(kind):
        numbers = [None if value is None else _ENCODE(value) for value in array.to_pylist()]
        return _arrays.of_texts(numbers)
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_null(kind):
        return array.cast(pa.large_string())
    return _arrow.large_string(*_core.jsonl.write_strings([array.__arrow_c_array__()]))


def _objects(
    names: list[str], columns: list[pa.Array], valid: npt.NDArray[np.bool_], end: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise JobError(f"two columns are called {twice[0]!r}, which no JSON object can hold")
    values = [[column.__arrow_c_array__()] for column in columns]
    return _core.jsonl.write_objects(list(map(_ENCODE, names)), values, valid, end)


def _valid(array: pa.Array) -> npt.NDArray[np.bool_]:
    return _arrays.valid(array)


def values(array: pa.Array) -> pa.Array:
    """Each value of a column as JSON writes it; nulls may stay nulls."""
    return _texts(_ready(array))


def scalars(column: pa.ChunkedArray) -> pa.Array:
    """Each scalar as JSON would write it, strings without quotes; lists and structs as null."""
    values = _ready(column.combine_chunks())
    if pa.types.is_nested(values.type):
        return pa.nulls(len(values), pa.large_string())
    if pa.types.is_floating(values.type):
        numbers = [None if value is None else _ENCODE(value) for value in values.to_pylist()]
        return _arrays.of_texts(numbers)
    return values.cast(pa.large_string())


def is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def type_of(kind: pa.DataType) -> str:
    """What JSON calls the values of a column."""
    types = pa.types
    if types.is_dictionary(kind):
        return type_of(kind.value_type)
    if types.is_null(kind):
        return "null"
    if types.is_boolean(kind):
        return "boolean"
    if types.is_integer(kind) or types.is_floating(kind) or types.is_duration(kind):
        return "number"
    if types.is_struct(kind):
        return "object"
    return "array" if types.is_nested(kind) else "string"


def _ready(array: pa.Array) -> pa.Array:
    """The same values in types that Python's JSON writes as they should be."""
    if isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return _nested(array) if pa.types.is_nested(array.type) else _scalar(array)


def _scalar(array: pa.Array) -> pa.Array:
    kind, types = array.type, pa.types
    if types.is_floating(kind):
        return _finite(array)
    if types.is_temporal(kind):
        return _moment(array)
    if types.is_decimal(kind):
        return array.cast(pa.string())
    if _is_bytes(kind):
        return _arrays.of_texts([_base64(value) for value in array.to_pylist()])
    return array


def _nested(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_map(kind):
        item = pa.struct([("key", kind.key_type), ("value", kind.item_type)])
        array = array.cast(pa.list_(item))
    if not pa.types.is_struct(kind):
        return _list(array)
    names = [field.name for field in kind]
    fields = [_ready(array.field(i)) for i in range(len(names))]
    return pa.StructArray.from_arrays(fields, names, mask=array.is_null()) if names else array


def _list(array: pa.Array) -> pa.Array:
    lengths = _arrays.filled(array.value_lengths())
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    values = _ready(array.flatten())
    return _arrow.large_list(offsets, values, _arrays.bitmap(_arrays.valid(array)))


def _finite(array: pa.Array) -> pa.Array:
    from pyarrow import compute  # noqa: PLC0415  tables alone need it

    if pa.types.is_float16(array.type):
        array = array.cast(pa.float32())
    finite = compute.is_finite(array)
    return (
        array
        if finite.false_count == 0
        else compute.if_else(finite, array, pa.nulls(1, array.type)[0])
    )


def _moment(array: pa.Array) -> pa.Array:
    if pa.types.is_duration(array.type):
        return array.cast(pa.int64())
    text = array.cast(pa.string())
    if not pa.types.is_timestamp(array.type):
        return text
    return _arrays.of_texts([value and _iso(value) for value in text.to_pylist()])


def _iso(moment: str) -> str:
    """Arrow writes a space where ISO 8601 has a T, and an offset without its colon."""
    day, _, time = moment.partition(" ")
    if len(time) > 5 and time[-5] in "+-":
        time = f"{time[:-2]}:{time[-2:]}"
    return f"{day}T{time}" if time else day


def _is_bytes(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or kind == pa.binary_view()
    )


def _base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()
