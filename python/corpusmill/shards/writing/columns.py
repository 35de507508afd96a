"""columns: rows with some of their fields alone, as lines and as tables. Reads and writes no file."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa

from corpusmill import _core
from corpusmill.shards.reading.pieces import Bytes
from corpusmill.shards.writing.forms import Change


class Columns:
    """The fields of these names, in this order; of fields of one name the last."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._written = [(name, json.dumps(name, ensure_ascii=False)) for name in names]

    def of_lines(self, lines: Bytes) -> bytes:
        """Values byte for byte; what a row lacks is left out of it."""
        return _core.jsonl.project(lines, self._written)

    def of_table(self, table: pa.Table) -> pa.Table:
        """What the table lacks is left out. Keeps the metadata of the schema."""
        indices = map(table.schema.get_all_field_indices, self.names)
        places = [of_name[-1] for of_name in indices if of_name]
        fields = [table.schema.field(place) for place in places]
        chosen = [table.column(place) for place in places]
        return pa.Table.from_arrays(chosen, schema=pa.schema(fields, table.schema.metadata))

    def of_schema(self, schema: pa.Schema) -> pa.Schema:
        """All of them, in their order; those that the schema of some lines lacks hold nulls alone."""
        places = [(name, schema.get_field_index(name)) for name in self.names]
        return pa.schema(
            [pa.field(n, pa.null()) if place < 0 else schema.field(place) for n, place in places]
        )

    def change(self) -> Change:
        """What becomes of rows that are written so."""
        return Change(lines=self.of_lines, table=self.of_table, columns=self.names)
