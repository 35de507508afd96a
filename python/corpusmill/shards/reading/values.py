"""values: columns of fields whose rows may be of different kinds: what a condition is computed on.

A value is, for each kind that occurs, N entries and which of them are of that kind; a row that is of
none is null. Kinds are never mixed: the number 1 and the string "1" are not comparable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _core
from corpusmill.shards import json_rows

Mask: TypeAlias = npt.NDArray[np.bool_]
Path: TypeAlias = tuple[str, ...]
"""Where a field is: its name, and names inside of the objects or structs there."""


class Part(NamedTuple):
    """The rows of one kind. A scalar stands for as many rows as there are."""

    entries: Any  # NumPy's; of strings Arrow's; where `valid` is false they mean nothing
    valid: Any  # a mask, or one answer for all rows


Value: TypeAlias = dict[str, Part]
"""By kind: "boolean"; "whole", int64; "real", float64; "string"; "other", which compares with nothing."""

_MOST = 2**63 - 1
_STRINGS = (pa.string(), pa.large_string(), pa.string_view())


def constant(literal: bool | float | str) -> Value:
    """The same value in every row; whole numbers beyond int64 are real. OverflowError beyond that."""
    yes = np.True_
    if isinstance(literal, bool):
        return {"boolean": Part(np.bool_(literal), yes)}
    if isinstance(literal, str):
        return {"string": Part(_arrays.one(literal), yes)}
    if isinstance(literal, int) and -_MOST - 1 <= literal <= _MOST:
        return {"whole": Part(np.int64(literal), yes)}
    return {"real": Part(np.float64(float(literal)), yes)}


def of_json(column: tuple[npt.NDArray[Any], ...]) -> Value:
    """A field of JSON lines, as the scanner gives it."""
    kinds, whole, real, offsets, text = column
    is_kind = {name: kinds == code for code, name in enumerate(_core.jsonl.kinds)}
    entries = {
        "boolean": whole != 0,
        "whole": whole,
        "real": real,
        "string": _arrow.large_string(offsets, text),
        "other": None,
    }
    is_kind["other"] = is_kind.pop("nested")
    return {
        kind: Part(values, is_kind[kind]) for kind, values in entries.items() if is_kind[kind].any()
    }


def of_column(column: pa.ChunkedArray, inside: Sequence[str] = ()) -> Value:
    """A column of a table, or what is inside of its structs at these names.

    Decimals become real; dates, times and timestamps text as JSON lines have them; durations the
    number of their units.
    """
    array = _plain(column.combine_chunks())
    for name in inside:
        array = _field(array, name)
    valid = _arrays.valid(array)
    return _typed(array, valid) if valid.any() else {}


def _typed(array: pa.Array, valid: Mask) -> Value:
    kind, types = array.type, pa.types
    if types.is_boolean(kind):
        return {"boolean": Part(_arrays.filled(array), valid)}
    if types.is_duration(kind):
        return _whole(array.cast(pa.int64()), valid)
    if types.is_integer(kind):
        return _whole(array, valid)
    if json_rows.is_number(kind):
        return {"real": Part(_doubles(array), valid)}
    if types.is_temporal(kind):
        array = json_rows.scalars(pa.chunked_array([array]))
    is_text = array.type in _STRINGS
    strings = array.cast(pa.large_string()) if is_text else None
    return {"string" if is_text else "other": Part(strings, valid)}


def _whole(array: pa.Array, valid: Mask) -> Value:
    if not pa.types.is_uint64(array.type):
        return {"whole": Part(_arrays.filled(array.cast(pa.int64())), valid)}
    numbers = _arrays.filled(array)
    large = valid & (numbers > _MOST)
    found = {"whole": Part(numbers.astype(np.int64), valid & ~large)}
    return found | ({"real": Part(numbers.astype(np.float64), large)} if large.any() else {})


def _field(array: pa.Array, name: str) -> pa.Array:
    """A field of a struct column, null where the struct is; of one name the last, if there is any."""
    from pyarrow import compute  # noqa: PLC0415  takes long to import, and only this needs it

    places = array.type.get_all_field_indices(name) if pa.types.is_struct(array.type) else []
    return _plain(compute.struct_field(array, places[-1:])) if places else pa.nulls(len(array))


def _plain(array: pa.Array) -> pa.Array:
    if isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _doubles(array: pa.Array) -> npt.NDArray[np.float64]:
    if pa.types.is_float16(array.type):
        array = array.cast(pa.float32())
    return _arrays.filled(array.cast(pa.float64()))
