"""flow: the outputs of one stream while they are written: a series for each kind of its rows.

What is written where, and in which form; write.py says when.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill.shards import ours
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.ours import shown
from corpusmill.shards.passes import Turns
from corpusmill.shards.reading.lines import LineBlock
from corpusmill.shards.reading.read import Block, Shard
from corpusmill.shards.reading.tables import rejected_schema
from corpusmill.shards.rows import BlockRows, Ints
from corpusmill.shards.state import stages
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing import target
from corpusmill.shards.writing.forms import Change, Form
from corpusmill.shards.writing.joined import joined_schema
from corpusmill.shards.writing.json_schema import named
from corpusmill.shards.writing.output import NewWriter, Rows
from corpusmill.shards.writing.series import Series, Where
from corpusmill.shards.writing.streams import DROPPED, KEPT, KINDS, REJECTED, Stream


@dataclass(frozen=True)
class Plan:
    """What the flows of a job have in common; as `WritePass` has it."""

    shards: Sequence[Shard]
    table: Table
    keep: npt.NDArray[np.bool_]
    to: target.Target
    write_dropped: bool
    schema: pa.Schema | None
    change: Change
    data: bool

    def key(self, stream: Stream) -> str | None:
        """Of all that decides the outputs of a stream; None if a later run could not know its inputs."""
        parts: list[object] = [self._form]
        for shard in stream.shards:
            source, rows = self.shards[shard], self.table.rows_of(shard)
            if source.identity is None:
                return None
            parts += [source.identity, np.array(source.extents, np.int64).tobytes()]
            parts.append(np.packbits(self.keep[rows]).tobytes())
            parts += self.change.key(rows)
        return stages.key_of(*parts).hex()

    @cached_property
    def _form(self) -> bytes:
        cut = self.change.cut and self.change.cut[0]
        return stages.key_of(asdict(self.to), str(self.schema), cut, *self.change.added)


class Flow:
    """What becomes of the rows of a stream. `open` makes its series, some perhaps written before."""

    def __init__(self, plan: Plan, stream: Stream, where: Where) -> None:
        self.stream = stream
        self.turns = Turns(where.stop)
        self.series: dict[int, Series] = {}  # by kind
        self._plan = plan
        self._where = where
        self._first = plan.shards[stream.shards.start]
        self._forms: dict[int, Form] = {}
        self._rejected_schemas: dict[int, pa.Schema] = {}  # by shard
        self._counts: Counter[tuple[int, int]] = Counter()  # of shard and kind, in this run

    def open(self) -> None:
        plan, total = self._plan, self.stream.total
        key = plan.key(self.stream) if self._where.log.open else None
        keys = [None if key is None else f"{key}-{kind}" for kind in KINDS]
        if plan.data:
            self._add(KEPT, ours.DATA, plan.change, keys[KEPT])
        if plan.write_dropped:
            self._add(DROPPED, ours.DROPPED, plan.change.of_dropped(), keys[DROPPED])
        if total[REJECTED]:
            self.series[REJECTED] = self._rejected_series(keys[REJECTED])

    def _add(self, kind: int, folder: str, change: Change, key: str | None) -> None:
        plan, first = self._plan, self._first
        as_lines, schema = plan.to.writes_lines(first.input), None
        if plan.to.join:
            schema = self._joined_schema(change)
        elif not as_lines:
            own = first.facts().schema if first.is_table else plan.schema
            schema = change.schema(own, of_lines=not first.is_table)
        self._forms[kind] = Form(
            change,
            as_lines=as_lines,
            of_lines=plan.schema,
            joined=schema if plan.to.join else None,
        )
        writer = plan.to.writer(first, schema)

        def file_of(number: int) -> tuple[str, NewWriter]:
            return f"{folder}/{plan.to.name(first.input, number)}", writer

        num_rows = int(self.stream.total[kind])
        per_file = plan.to.rows_per_file or max(num_rows, 1)
        bounds = np.append(np.arange(0, max(num_rows, 1), per_file), num_rows)
        self.series[kind] = Series(bounds, file_of, self._where, key)

    def _joined_schema(self, change: Change) -> pa.Schema | None:
        plan = self._plan
        try:
            return joined_schema(plan.shards, plan.to, change, plan.schema)
        except UsageError as error:  # of lines, whose types were not known before
            raise JobError(str(error)) from None

    def _rejected_series(self, key: str | None) -> Series:
        """Rejected rows lie in a file for each input that has any."""
        ends = [(shard, *self.stream.rows_of(shard, REJECTED)) for shard in self.stream.shards]
        having = [(shard, stop) for shard, start, stop in ends if start < stop]

        def file_of(number: int) -> tuple[str, NewWriter]:
            shard = having[number][0]
            source, schema = self._plan.shards[shard], self._rejected_schema(shard)
            return target.rejected_name(source.input), target.rejected_writer(source, schema)

        return Series(np.array([0, *(stop for _, stop in having)]), file_of, self._where, key)

    def _rejected_schema(self, shard: int) -> pa.Schema:
        if shard not in self._rejected_schemas:
            source = self._plan.shards[shard]
            own = source.facts().schema if source.is_table else pa.schema([])
            self._rejected_schemas[shard] = rejected_schema(own)
        return self._rejected_schemas[shard]

    def taken(self, kind: int, shard: int, block: Block, rows: BlockRows, chosen: Ints) -> Rows:
        """Some rows of a block, as their output has them; of rejected ones all."""
        file = self._plan.shards[shard].input
        if kind == REJECTED:
            if isinstance(block, LineBlock):
                return block.rejected(shown(file.name), rows)
            return block.rejected(rows, self._rejected_schema(shard))
        with named(file):
            return self._forms[kind].rows(block, rows, chosen)

    def count(self, shard: int, kind: int, num_rows: int) -> None:
        """So many rows were added to the outputs."""
        self._counts[shard, kind] += num_rows

    def durable(self) -> Ints:
        """Rows of each kind that need not be written: an earlier run did, or nobody asks for them."""
        written = {kind: series.durable for kind, series in self.series.items()}
        return np.array([written.get(kind, self.stream.total[kind]) for kind in KINDS], np.int64)

    def written(self, shard: int, kind: int) -> int:
        """Rows of a shard in the outputs of a kind, counted as they were written."""
        if kind not in self.series:
            return 0
        start, stop = self.stream.rows_of(shard, kind)
        before = min(max(start, self.series[kind].durable), stop) - start
        return before + self._counts[shard, kind]

    def names(self, shard: int) -> list[str]:
        """The outputs that hold rows of a shard."""
        found: list[str] = []
        for kind, series in self.series.items():
            found += series.names(*self.stream.rows_of(shard, kind))
        return found
