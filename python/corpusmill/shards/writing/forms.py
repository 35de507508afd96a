"""forms: how chosen rows of a block become rows of an output: lines or a table.

On the way a job may change them and add fields. Writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from corpusmill import _arrays, _core
from corpusmill.shards import json_rows
from corpusmill.shards.reading.lines import LineBlock
from corpusmill.shards.reading.pieces import Bytes
from corpusmill.shards.reading.read import Block
from corpusmill.shards.rows import BlockRows, Ints
from corpusmill.shards.writing.added import Added, Cuts, RowSpans
from corpusmill.shards.writing.cut import cut_lines, cut_table, in_characters
from corpusmill.shards.writing.json_schema import line_numbers
from corpusmill.shards.writing.json_tables import table_of
from corpusmill.shards.writing.output import Rows


def _same_lines(lines: Bytes) -> Bytes:
    return lines


def _same_table(table: pa.Table) -> pa.Table:
    return table


@dataclass(frozen=True)
class Change:
    """What a job does to the rows it writes; unless said otherwise, nothing.

    lines       rows of JSON lines, each with its newline, to as many others
    table       rows of tables to as many others; a table without rows gives the schema
    cut         a field of text and what is cut out of it, behind all that is changed above
    added       new fields: of lines behind all others, as their last field (of equal keys the last
                counts); of tables in the place of a column of that name, or behind all others
    columns     of tables, the names of all that `table` looks at: others need not be read; None: all
    characters  a field of text, in whose characters added spans are told, not in its bytes
    """

    lines: Callable[[Bytes], Bytes] = _same_lines
    table: Callable[[pa.Table], pa.Table] = _same_table
    cut: tuple[str, Cuts] | None = None
    added: Mapping[str, Added] = field(default_factory=dict)
    columns: Sequence[str] | None = None
    characters: str | None = None

    def of_dropped(self) -> Change:
        """Dropped rows stay whole, and get no field."""
        return replace(self, added={}, cut=None)

    def key(self, rows: slice) -> list[bytes]:
        """Of all that decides what becomes of these rows of the job, but `lines` and `table`."""
        found = [part for added in self.added.values() for part in added.key(rows)]
        return [*found, *self.cut[1].key(rows)] if self.cut else found

    def schema(self, schema: pa.Schema, *, of_lines: bool) -> pa.Schema:
        """Of outputs, by that of an input, or of its lines as they were changed."""
        if not of_lines:
            schema = self.table(_arrays.no_rows(schema)).schema
        for name, added in self.added.items():
            schema = _with_field(schema, pa.field(name, added.type))
        return schema


class Form:
    """The rows of one series.

    as_lines    else they are tables
    of_lines    schema of JSON lines that become tables, as `change` leaves them
    joined      schema of tables that several inputs flow into
    """

    def __init__(
        self,
        change: Change,
        *,
        as_lines: bool,
        of_lines: pa.Schema | None,
        joined: pa.Schema | None,
    ) -> None:
        self._change = change
        self._as_lines = as_lines
        self._of_lines = of_lines
        self._joined = joined

    def rows(self, block: Block, rows: BlockRows, chosen: Ints) -> Rows:
        """Some rows of a block."""
        change = self._change
        added = {name: of_job.of(rows, chosen) for name, of_job in change.added.items()}
        if change.characters is not None and added:
            texts = pa.chunked_array(block.texts(rows, chosen, change.characters))
            for name in (name for name, values in added.items() if values.type == RowSpans.type):
                added[name] = in_characters(texts, added[name])
        cut = None
        if change.cut and change.cut[1].any_in(rows):
            cut = (change.cut[0], change.cut[1].of(rows, chosen))
        if isinstance(block, LineBlock):
            lines = change.lines(block.lines(rows, chosen))
            if self._as_lines:
                lines = cut_lines(lines, *cut) if cut else lines
                for name, values in added.items():
                    key = json.dumps(name, ensure_ascii=False)
                    texts = json_rows.values(values).__arrow_c_array__()
                    lines = _core.jsonl.append_field(lines, key, [texts])
                return lines
            assert self._of_lines is not None
            table = table_of(lines, self._of_lines, line_numbers(rows, chosen))
        else:
            table = change.table(block.taken(rows, chosen))
        table = cut_table(table, *cut) if cut else table
        for name, values in added.items():
            table = _with_column(table, pa.field(name, values.type), values)
        if self._as_lines:
            return json_rows.lines(table)
        return table if self._joined is None else _fitted(table, self._joined)


def _with_column(table: pa.Table, of: pa.Field, column: pa.Array) -> pa.Table:
    places = table.schema.get_all_field_indices(of.name)
    if places:
        return table.set_column(places[-1], of, column)
    return table.append_column(of, column)


def _with_field(schema: pa.Schema, of: pa.Field) -> pa.Schema:
    places = schema.get_all_field_indices(of.name)
    return schema.set(places[-1], of) if places else schema.append(of)


def _fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with all fields of a schema that `joined_schema` made; nulls for those it lacks."""
    if table.schema.equals(schema):
        return table
    columns = []
    for of in schema:
        place = table.schema.get_field_index(of.name)
        there = place >= 0 and table.schema.field(place).type == of.type
        columns.append(table.column(place) if there else pa.nulls(table.num_rows, of.type))
    return pa.Table.from_arrays(columns, schema=schema)
