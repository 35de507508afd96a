"""tables: a block of a Parquet or Arrow file: its rows, and parts of it again. Reads no file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _core
from corpusmill.shards import json_rows
from corpusmill.shards.reading.findings import Fields, Found, Seen
from corpusmill.shards.reading.room import ENDLESS, NOT_THERE, TOO_LARGE, UNDECODABLE, size_of
from corpusmill.shards.reading.string_columns import (
    as_strings,
    gathered,
    holds_strings,
    holds_text,
    ill_formed,
    packed,
    taken,
    taken_column,
    taken_texts,
)
from corpusmill.shards.reading.values import Path, Value, of_column
from corpusmill.shards.rows import BlockRows, Ints


class LateDamage(Exception):
    """Rows that a job counted on cannot be decoded: it must begin again without them."""


@dataclass(frozen=True)
class TableBlock:
    """Consecutive rows of a file, or none of their columns where they cannot be decoded."""

    index: int
    offset: int  # of its first row in the file
    size: int  # rows
    table: pa.Table | None
    names: tuple[str, ...]  # of all columns of the file, read or not
    why: str = UNDECODABLE  # there is no table
    limit: int = ENDLESS  # bytes of a text beyond which its row is rejected

    @property
    def nbytes(self) -> int:
        """Of the columns that were read."""
        return 0 if self.table is None else size_of(self.table)

    def rows(self, fields: Fields) -> Found:
        """The rows, and those whose text is none. Of columns of one name the last counts.

        Without a text, rows are rejected that no string column read may hold: bytes that are no UTF-8.
        """
        column, reason = self._text(fields.text)
        reasons = np.full(self.size, reason or "", object)
        texts: list[pa.Array] = []
        lengths = np.zeros(self.size, np.int64)
        if column is not None:
            texts = as_strings(column)
            capsules = [chunk.__arrow_c_array__() for chunk in texts]
            reasons[_core.text.well_formed(capsules) == 0] = "invalid_utf8"
            reasons[~_arrow.strings(column_of(texts)).valid_mask()] = "text_null"
            lengths = _core.core.byte_lengths(capsules)
            reasons[lengths > self.limit] = TOO_LARGE
        elif reason is None and self.table is not None:
            reasons[ill_formed(self.table)] = "invalid_utf8"
        good, bad = np.flatnonzero(reasons == ""), np.flatnonzero(reasons != "")
        if len(bad):
            texts = taken_texts(texts, good)
        id_length, id_data, id_valid = self._ids(fields.id, good)
        rows = BlockRows(
            num_lines=self.size,
            line=good,
            offset=good.copy(),
            length=lengths[good],
            rejected_line=bad,
            rejected_offset=bad.copy(),
            rejected_length=np.zeros(len(bad), np.int64),
            rejected_reason=reasons[bad].tolist(),
            id_length=id_length,
            id_data=id_data,
            id_valid=id_valid,
        )
        return Found(rows, texts, lengths[good], self._numbers(fields.number, good))

    def texts(self, rows: BlockRows, chosen: Ints, text: str) -> list[pa.Array]:
        """The texts of some of its rows; fewer if the file is not what it was."""
        column, _ = self._text(text)
        return [] if column is None else taken_texts(as_strings(column), rows.offset[chosen])

    def values(self, rows: BlockRows, paths: Sequence[Path]) -> list[Value]:
        """The fields at these paths, of all its rows; a column that it lacks is null."""
        found: list[Value] = []
        for name, *inside in paths:
            column = self._column(name)
            if column is not None and rows.num_rows < self.size:
                column = taken_column(column, rows.offset)
            found.append({} if column is None else of_column(column, inside))
        return found

    def taken(self, rows: BlockRows, chosen: Ints) -> pa.Table:
        """Some of its rows with all their columns; LateDamage if they cannot be decoded."""
        if self.table is None:
            raise LateDamage
        return taken(self.table, rows.offset[chosen])

    def lines(self, rows: BlockRows, chosen: Ints) -> bytes:
        """Some of its rows, each an object of JSON and a newline."""
        return json_rows.lines(self.taken(rows, chosen))

    def rejected(self, rows: BlockRows, schema: pa.Schema) -> pa.Table:
        """The rejected rows with all their columns, their reason and their number in the file.

        `schema` is `rejected_schema` of the file's; all else is null where nothing could be decoded, where
        not all columns were read, and in rows that are too large.
        """
        added = [
            _arrays.of_texts(rows.rejected_reason).cast(pa.string()),
            _arrow.primitive(rows.rejected_line),
        ]
        if self.table is None or self.table.num_columns + len(added) != len(schema):
            columns = [pa.nulls(len(added[0]), kind) for kind in schema.types[: -len(added)]]
        else:
            gone = np.isin(rows.rejected_reason, list(NOT_THERE))
            columns = taken(self.table, rows.rejected_offset, gone).columns
        return pa.Table.from_arrays([*columns, *added], schema=schema)

    def fields(self, rows: BlockRows, most: int) -> tuple[int, dict[str, list[int]], int]:  # noqa: ARG002
        """How many rows there are; per column how many of them are null; values in all."""
        if self.table is None:
            return 0, {}, 0
        names = sorted(set(self.table.column_names), key=str.encode)[:most]
        columns = {name: self._column(name) for name in names}
        counts = {
            name: _type_counts(column) for name, column in columns.items() if column is not None
        }
        return self.size, counts, self.size * len(set(self.table.column_names))

    def seen(self, name: str, limit: int) -> Seen:
        """What the first rows, at most `limit`, show of the column `name`."""
        rows = min(self.size, limit)
        column = self._column(name)
        names = Counter(dict.fromkeys(self.names, rows))
        if self.table is None or column is None:
            lacking = 0 if self.table is None else rows
            return Seen(rows, present=False, lacking=lacking, names=names)
        wrong = None if holds_text(column.type) else str(column.type)
        return Seen(rows, present=rows > 0, lacking=0, names=names, wrong=wrong)

    def _text(self, name: str | None) -> tuple[pa.ChunkedArray | None, str | None]:
        """The text column, or why there is none."""
        if self.table is None:
            return None, self.why
        if name is None:
            return None, None
        column = self._column(name)
        if column is None:
            return None, "text_missing"
        return (column, None) if holds_text(column.type) else (None, "text_not_a_string")

    def _column(self, name: str | None) -> pa.ChunkedArray | None:
        if self.table is None or name is None:
            return None
        places = self.table.schema.get_all_field_indices(name)
        return self.table.column(places[-1]) if places else None

    def _ids(
        self, name: str | None, good: Ints
    ) -> tuple[Ints, npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
        column = self._column(name)
        if column is None or not len(good):
            none = np.zeros(len(good), np.int64)
            return none, np.zeros(0, np.uint8), none.astype(np.bool_)
        if holds_strings(column.type):
            offsets, data, valid = gathered(column, good)
            return offsets[1:] - offsets[:-1], np.frombuffer(data, np.uint8), valid
        if len(good) < self.size:
            column = column.take(_arrays.of_numpy(good))
        texts = json_rows.scalars(column)
        return (*packed(texts), _arrays.valid(texts))

    def _numbers(self, name: str | None, good: Ints) -> npt.NDArray[np.float64]:
        column = self._column(name)
        if column is None or not json_rows.is_number(column.type):
            return np.full(len(good), np.nan)
        numbers = column.take(_arrays.of_numpy(good)).cast(pa.float64(), safe=False)
        return np.where(_arrays.valid(numbers), _arrays.filled(numbers), np.nan)


def _type_counts(column: pa.ChunkedArray) -> list[int]:
    """How many rows hold each of JSON's types, in their order."""
    counts = dict.fromkeys(_core.jsonl.types, 0)
    counts[json_rows.type_of(column.type)] += len(column) - column.null_count
    counts["null"] += column.null_count
    return list(counts.values())


def rejected_schema(schema: pa.Schema) -> pa.Schema:
    """The columns of a file, and behind them why and where."""
    return schema.append(pa.field("reason", pa.string())).append(pa.field("row", pa.int64()))


def column_of(chunks: list[pa.Array]) -> pa.ChunkedArray:
    return pa.chunked_array(chunks, chunks[0].type if chunks else pa.string())
