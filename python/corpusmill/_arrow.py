"""_arrow: anything Arrow-like in, pyarrow out. The door at which columns are checked.

Text is never copied here: producers hand over the capsules of the Arrow C data interface, and the
compiled code reads behind them. Knows no area.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _core

Docs: TypeAlias = Any
"""A string column: anything with `__arrow_c_array__` or `__arrow_c_stream__`, or a list of str."""

Capsules: TypeAlias = list[tuple[Any, Any]]


@dataclass(frozen=True)
class Strings:
    """A string column as the compiled code takes it: per chunk a (schema, array) capsule pair."""

    capsules: Capsules
    num_rows: int
    validity: pa.Buffer | None

    def valid_mask(self) -> npt.NDArray[np.bool_]:
        """For each row whether it is not null."""
        if self.validity is None:
            return np.ones(self.num_rows, np.bool_)
        bits = np.unpackbits(np.frombuffer(self.validity, np.uint8), bitorder="little")
        return bits[: self.num_rows].view(np.bool_)

    def valid_rows(self) -> npt.NDArray[np.int64]:
        """The rows that are not null, ascending."""
        return np.flatnonzero(self.valid_mask())


def strings(docs: Docs, name: str = "docs") -> Strings:
    """The column behind `docs`; TypeError naming the argument if it holds no strings.

    What was checked before comes through as it is: a stream can be read only once.
    """
    return docs if isinstance(docs, Strings) else Strings(*imported(string_chunks(docs, name)))


def string_chunks(docs: Docs, name: str = "docs") -> list[pa.Array]:
    """The column as pyarrow has it; TypeError as for `strings`."""
    column = _column(docs, name)
    if not _holds_strings(column.type):
        raise TypeError(
            f"{name}: expected a string column, got {column.type}; "
            'pass the text column, e.g. table["text"]'
        )
    chunks: list[pa.Array] = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return chunks


def imported(chunks: list[pa.Array]) -> tuple[Capsules, int, pa.Buffer | None]:
    """The fields of `Strings`."""
    capsules = [chunk.__arrow_c_array__() for chunk in chunks]
    bitmap = _core.core.validity(capsules)
    validity = pa.py_buffer(bitmap) if len(bitmap) else None
    return capsules, sum(len(chunk) for chunk in chunks), validity


def _holds_strings(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _holds_strings(kind.value_type)
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _column(docs: Docs, name: str) -> pa.Array | pa.ChunkedArray:
    """The Arrow column behind `docs`; one of nulls alone counts as strings."""
    if isinstance(docs, (list, tuple)):
        docs = _from_list(docs, name)
    elif not isinstance(docs, (pa.Array, pa.ChunkedArray)):
        docs = from_producer(docs, name)
    if pa.types.is_null(docs.type):
        docs = docs.cast(pa.large_string())
    return docs


def _from_list(docs: list[Any] | tuple[Any, ...], name: str) -> pa.Array:
    for i, document in enumerate(docs):
        if document is not None and not isinstance(document, str):
            kind = type(document).__name__
            raise TypeError(f"{name}[{i}]: expected str or None, got {kind}; decode or drop it")
    try:
        return _arrays.of_texts(docs)
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name}: {error}; a lone surrogate is no text, encode it away with "
            "s.encode('utf-8', 'replace').decode()"
        ) from None


def from_producer(docs: Docs, name: str) -> pa.Array | pa.ChunkedArray:
    """The column behind a producer of the C data interface."""
    if hasattr(docs, "__arrow_c_array__") and not hasattr(docs, "__arrow_c_stream__"):
        return pa.array(docs)
    if not hasattr(docs, "__arrow_c_stream__"):
        raise TypeError(
            f"{name}: expected an Arrow string column or a list of str, got "
            f"{type(docs).__name__}; convert it with pyarrow.array(...), or take the column "
            'of a HF dataset with dataset.with_format("arrow")["text"]'
        )
    reader = isinstance(docs, pa.RecordBatchReader)
    column = docs.read_all() if reader else _import_stream(docs)
    if isinstance(column, pa.ChunkedArray):
        return column
    if column.num_columns != 1:
        raise TypeError(
            f"{name}: expected a string column, got a table with columns "
            f'{column.column_names}; pass the text column, e.g. table["text"]'
        )
    return column.column(0)


def _import_stream(docs: Docs) -> pa.ChunkedArray | pa.Table:
    """A stream of structs is a table; of anything else, a column."""
    column = pa.chunked_array(docs)
    if not pa.types.is_struct(column.type):
        return column
    batches = [pa.RecordBatch.from_struct_array(chunk) for chunk in column.chunks]
    return pa.Table.from_batches(batches, pa.schema(list(column.type)))


def _buffer(values: npt.NDArray[Any]) -> pa.Buffer:
    return pa.py_buffer(values)


def primitive(values: npt.NDArray[Any], validity: pa.Buffer | None = None) -> pa.Array:
    """NumPy values as an Arrow array of their type, in place."""
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [validity, _buffer(values)])


def numbers(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    """The values of a column of numbers without nulls; in place if it is of one piece.

    pyarrow's own `to_numpy` imports pandas where there is one, which takes longer than many a job.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return np.from_dlpack(array)


def large_string(
    offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8], validity: pa.Buffer | None = None
) -> pa.Array:
    """A large_string array from its offsets and its bytes, in place."""
    buffers = [validity, _buffer(offsets), _buffer(data)]
    return pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)


def large_list(
    offsets: npt.NDArray[np.int64], values: pa.Array, validity: pa.Buffer | None = None
) -> pa.Array:
    """A large_list array from its offsets and its values, in place."""
    return pa.Array.from_buffers(
        pa.large_list(values.type),
        len(offsets) - 1,
        [validity, _buffer(offsets)],
        children=[values],
    )


def spans(
    offsets: npt.NDArray[np.int64],
    begin: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    validity: pa.Buffer | None = None,
) -> pa.Array:
    """A large_list<struct<begin, end>> array: the places begin[i] to before end[i], in place."""
    children = [primitive(begin), primitive(end)]
    return large_list(offsets, pa.StructArray.from_arrays(children, ["begin", "end"]), validity)


_SPANS = pa.large_list(pa.struct([("begin", pa.int64()), ("end", pa.int64())]))


def span_lists(spans: Any, name: str = "spans") -> pa.Array:
    """A column of lists of structs, or lists of (begin, end), as `spans` makes them.

    TypeError naming the argument if it is neither.
    """
    try:
        producer = hasattr(spans, "__arrow_c_array__") or hasattr(spans, "__arrow_c_stream__")
        column = _column(spans, name) if producer else pa.array(spans, _SPANS)
        array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        array = array.cast(_SPANS)
        items = array.flatten()
        if items.null_count or any(field.null_count for field in items.flatten()):
            raise TypeError("there is a null among them")
    except (pa.ArrowException, TypeError) as error:
        raise TypeError(f"{name}: expected lists of structs of begin and end: {error}") from None
    return array


def span_arrays(spans: Any, name: str = "spans") -> tuple[npt.NDArray[np.int64], ...]:
    """`span_lists` taken apart: offsets, begin, end. A null list has no span."""
    array = span_lists(spans, name)
    lengths = _arrays.filled(array.value_lengths())
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
    begin, end = array.flatten().flatten()
    return offsets, numbers(begin), numbers(end)


def fixed_size_list(
    values: npt.NDArray[Any], size: int, num_rows: int, validity: pa.Buffer | None = None
) -> pa.Array:
    """A fixed_size_list array over num_rows * size values, in place."""
    items = primitive(values)
    return pa.Array.from_buffers(pa.list_(items.type, size), num_rows, [validity], children=[items])
