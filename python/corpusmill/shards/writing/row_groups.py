"""row_groups: rows of tables cut into row groups that do not depend on how they came.

A row group ends with the row that brings it to so many rows or bytes; whatever batches, threads and
inputs were. Writes no file.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from corpusmill import _arrays, _core
from corpusmill.shards.reading.string_columns import as_strings, holds_text
from corpusmill.shards.rows import Ints

GROUP_ROWS = 1 << 17
GROUP_SIZE = 16 << 20
"""Bytes of values: much of a disk's reading at once, little of a machine's memory per open file."""
REJECTED_GROUP_SIZE = 1 << 20
"""Of rejected rows: most files have few, and all may have them open beside their outputs."""


class RowGroups:
    """Cuts tables of one schema into row groups."""

    def __init__(self, max_rows: int, max_size: int) -> None:
        self._max_rows = max_rows
        self._max_size = max_size
        self._held: list[pa.Table] = []
        self._rows = self._size = 0

    def add(self, table: pa.Table) -> list[pa.Table]:
        """The row groups that these rows complete, in as many chunks as they came; see `canonical`."""
        ends = np.cumsum(_row_sizes(table))
        done, start, behind = [], 0, 0  # rows and bytes of this table that are in a row group
        while start < table.num_rows:
            by_size = int(np.searchsorted(ends, behind + self._max_size - self._size)) + 1
            stop = min(by_size, start + self._max_rows - self._rows)
            if stop > table.num_rows:
                break
            self._held.append(table.slice(start, stop - start))
            done.append(self.rest())
            start, behind = stop, int(ends[stop - 1])
        if start < table.num_rows:
            self._held.append(table.slice(start))
            self._rows += table.num_rows - start
            self._size += int(ends[-1]) - behind
        return done

    def rest(self) -> pa.Table:
        """The last, shorter row group; there is one if a table without rows was added."""
        held, self._held, self._rows, self._size = self._held, [], 0, 0
        return pa.concat_tables(held)

    @property
    def any_left(self) -> bool:
        return bool(self._held)


def batch_size(schema: pa.Schema) -> int:
    """Bytes of values of a record batch of an Arrow file: a quarter of a row group's, so that its copies
    stay in the cache and a run that is killed loses few rows.

    A dictionary is gone through with each batch, so a file that has any gets no more batches than that.
    """
    return GROUP_SIZE if any(_has_dictionary(of.type) for of in schema) else GROUP_SIZE // 4


def _has_dictionary(kind: pa.DataType) -> bool:
    kind = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    inner = (kind.field(place).type for place in range(kind.num_fields))
    return pa.types.is_dictionary(kind) or any(map(_has_dictionary, inner))


def canonical(table: pa.Table) -> pa.Table:
    """One chunk a column; dictionaries as these rows alone would have them.

    A dictionary whose order means something is left whole.
    """
    columns = [_canonical(column) for column in table.columns]
    return pa.Table.from_arrays(columns, schema=table.schema) if columns else table


def _canonical(column: pa.ChunkedArray) -> pa.Array:
    kind = column.type
    if not pa.types.is_dictionary(kind):
        whole = column.combine_chunks()
        return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
    if kind.ordered:
        return column.unify_dictionaries().combine_chunks()
    plain = column.cast(kind.value_type).combine_chunks()
    return plain.dictionary_encode().cast(kind)


def _row_sizes(table: pa.Table) -> Ints:
    sizes = np.ones(table.num_rows, np.int64)
    for column in table.columns:
        chunks = [_sizes(chunk) for chunk in column.chunks]
        sizes += np.concatenate(chunks) if chunks else 0
    return sizes


def _sizes(array: pa.Array) -> Ints:
    """Bytes of each value, offsets and bitmaps left out."""
    kind, types = array.type, pa.types
    sizes = np.full(len(array), 8, np.int64)
    if isinstance(kind, pa.BaseExtensionType):
        sizes = _sizes(array.storage)
    elif types.is_struct(kind):
        for field in array.flatten():
            sizes += _sizes(field)
    elif types.is_map(kind):
        sizes = _sizes(array.cast(pa.list_(pa.struct([kind.key_field, kind.item_field]))))
    elif types.is_nested(kind) and hasattr(array, "value_lengths"):
        ends = np.cumsum(_filled(array.value_lengths()))
        inner = np.concatenate([[0], np.cumsum(_sizes(array.flatten()))])
        sizes += np.diff(inner[np.concatenate([[0], ends])])
    elif holds_text(kind) and not (types.is_dictionary(kind) or types.is_null(kind)):
        strings = as_strings(pa.chunked_array([array]))
        sizes += _core.core.byte_lengths([chunk.__arrow_c_array__() for chunk in strings])
    elif types.is_fixed_size_binary(kind):
        sizes += kind.byte_width
    return sizes


def _filled(lengths: pa.Array) -> Ints:
    return _arrays.filled(lengths).astype(np.int64)
