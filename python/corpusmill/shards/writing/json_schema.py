"""json_schema: a pass before writing: the schema of all JSON lines that become tables.

One schema for the job, so that its outputs are one data set. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill.shards.errors import JobError
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.inputs import Input
from corpusmill.shards.reading.pieces import Bytes
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.rows import BlockRows, Ints
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.json_tables import Conflict, schema_of, widened


class SchemaPass:
    """Reads the rows for which `written` is true, of the shards that are JSON lines.

    text        the column that there is even if no row is written
    change      what the job makes of lines before they become tables
    """

    def __init__(
        self,
        shards: Sequence[Shard],
        table: Table,
        written: npt.NDArray[np.bool_],
        *,
        text: str | None,
        change: Callable[[Bytes], Bytes] = lambda lines: lines,
    ) -> None:
        self._shards = shards
        self._table = table
        self._written = written
        self._text = text
        self._change = change
        wanted = table.blocks_where(lambda rows: bool(rows.of(written).any()))
        self._wanted = [
            [] if shard.is_table else of_shard
            for shard, of_shard in zip(shards, wanted, strict=True)
        ]
        self._found: list[dict[int, pa.Schema]] = [{} for _ in shards]
        self.meter = Meter("schema", sum(map(Shard.size_of, shards, self._wanted)))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].again(self._wanted[shard], self.meter.add_bytes)

    def work(self, shard: int, block: Block) -> None:
        rows = self._table.block(shard, block.index)
        chosen = np.flatnonzero(rows.of(self._written))
        with named(self._shards[shard].input):
            lines = self._change(block.lines(rows, chosen))
            self._found[shard][block.index] = schema_of(lines, line_numbers(rows, chosen))
        self.meter.add_rows(len(chosen))

    def finish(self, shard: int) -> None:
        """Nothing is left to do for a shard alone."""

    def schema(self) -> pa.Schema:
        """Of all rows, or of none: the text, if there is one. JobError names where a field changes type."""
        schema = pa.schema([])
        for number, found in enumerate(self._found):
            for index in sorted(found):
                try:
                    schema = widened(schema, found[index])
                except Conflict as error:
                    rows = self._table.block(number, index)
                    raise JobError(
                        f"{shown(self._shards[number].input.name)}, in or after line "
                        f"{int(rows.line[0]) + 1:,}: {error}; give it one type, or write JSON lines"
                    ) from None
        if len(schema) or self._text is None:
            return schema
        return pa.schema({self._text: pa.string()})


def line_numbers(rows: BlockRows, chosen: Ints) -> Callable[[int], int]:
    """For the lines of some rows, the line of the file that each was, from 1."""
    return lambda line: int(rows.line[chosen[line]]) + 1


@contextmanager
def named(file: Input) -> Iterator[None]:
    """Says of which file a JobError speaks."""
    try:
        yield
    except JobError as error:
        raise JobError(f"{shown(file.name)}: {error}") from error
