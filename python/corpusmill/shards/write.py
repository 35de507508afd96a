"""write: the last pass of a job: kept rows to data/, dropped and rejected ones beside it.

Decides nothing. A file has an output even if it keeps no row.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill.shards import ours, stages, target
from corpusmill.shards.json_schema import line_numbers, named
from corpusmill.shards.json_tables import table_of
from corpusmill.shards.lines import LineBlock
from corpusmill.shards.ours import shown
from corpusmill.shards.out import OutFolder
from corpusmill.shards.output import Output, Rows, Series
from corpusmill.shards.passes import Turns
from corpusmill.shards.progress import Meter
from corpusmill.shards.read import Block, Blocks, Shard
from corpusmill.shards.rows import BlockRows, Ints
from corpusmill.shards.table import Table
from corpusmill.shards.tables import TableBlock, rejected_schema
from corpusmill.shards.written import Step, Written, WrittenLog


class _Outputs:
    """What one shard writes."""

    def __init__(
        self,
        kept: Series,
        dropped: Series | None,
        rejected: Series | None,
        rejected_schema: pa.Schema,
        stop: threading.Event,
    ) -> None:
        self.kept = kept
        self.dropped = dropped
        self.rejected = rejected
        self.rejected_schema = rejected_schema
        self.turns = Turns(stop)

    def all(self) -> list[Series]:
        return [series for series in (self.kept, self.dropped, self.rejected) if series]


class WritePass:
    """Writes the rows for which `keep`, a column of the whole job, is true; others if asked.

    `schema` is that of lines which become tables. Closed when done with, come what may.
    """

    def __init__(
        self,
        shards: Sequence[Shard],
        table: Table,
        keep: npt.NDArray[np.bool_],
        *,
        out: OutFolder,
        to: target.Target,
        write_dropped: bool,
        schema: pa.Schema | None,
        stop: threading.Event,
        log: WrittenLog,
    ) -> None:
        self._shards = shards
        self._table = table
        self._keep = keep
        self._out = out
        self._to = to
        self._write_dropped = write_dropped
        self._schema = schema
        self._stop = stop
        self._log = log
        self._outputs: dict[int, _Outputs] = {}
        self._kept_before = np.concatenate([[0], np.cumsum(keep)])
        self._wanted = table.blocks_where(
            lambda rows: (
                bool(rows.of(keep).any())
                or bool(rows.rejected)
                or (write_dropped and rows.num_rows > 0)
            )
        )
        self.meter = Meter("write", sum(map(Shard.size_of, shards, self._wanted)))
        self.written = [(0, 0)] * len(shards)  # rows of data and of rejected, per shard
        self.names: list[list[str]] = [[] for _ in shards]  # of the outputs of each shard

    def blocks(self, shard: int) -> Blocks:
        if self._is_whole(shard):
            return
        source = self._shards[shard]
        writer = self._to.writer(source, None if source.is_table else self._schema)

        def series(folder: str) -> Series:
            def new(number: int) -> Output:
                name = f"{folder}/{self._to.name(source.input, number)}"
                return Output(self._out, name, writer, self._stop)

            return Series(new, self._to.rows_per_file)

        schema = rejected_schema(source.facts().schema if source.is_table else pa.schema([]))
        self._outputs[shard] = _Outputs(
            series(ours.DATA),
            series(ours.DROPPED) if self._write_dropped else None,
            self._rejected_series(shard, schema),
            schema,
            self._stop,
        )
        yield from source.again(self._wanted[shard], self.meter.add_bytes)

    def _rejected_series(self, shard: int, schema: pa.Schema) -> Series | None:
        if not self._table.rejected(shard):
            return None
        source = self._shards[shard]
        writer = target.rejected_writer(source, schema)
        name = target.rejected_name(source.input)
        return Series(lambda _: Output(self._out, name, writer, self._stop), None)

    def work(self, shard: int, block: Block) -> None:
        rows = self._table.block(shard, block.index)
        outputs = self._outputs[shard]
        keep = rows.of(self._keep)
        kept_before = int(self._kept_before[rows.first_row])
        first = self._table.rows_of(shard).start
        kept_before -= int(self._kept_before[first])
        pieces = self._pieces(shard, outputs.kept, block, np.flatnonzero(keep), kept_before)
        if outputs.dropped:
            dropped_before = rows.first_row - first - kept_before
            gone = np.flatnonzero(~keep)
            pieces += self._pieces(shard, outputs.dropped, block, gone, dropped_before)
        if outputs.rejected and rows.rejected_reason:
            pieces.append((outputs.rejected, 0, self._rejected(shard, block, rows)))
        with outputs.turns.turn(bisect_left(self._wanted[shard], block.index)):
            writes = [series.add(number, piece) for series, number, piece in pieces]
        for write in writes:
            write()
        self.meter.add_rows(int(keep.sum()))

    def finish(self, shard: int) -> None:
        outputs = self._outputs.get(shard)
        if outputs is None:  # they were whole
            return
        for series in outputs.all():
            series.close()
            self.names[shard] += series.names
        num_rejected = outputs.rejected.num_rows if outputs.rejected else 0
        self.written[shard] = (outputs.kept.num_rows, num_rejected)
        if self._log.open and self._shards[shard].identity:
            files = [Written.of(self._out, name) for name in self.names[shard]]
            self._log.note(Step(self._key(shard), files, outputs.kept.num_rows, num_rejected))

    def _is_whole(self, shard: int) -> bool:
        """Whether an earlier run has written all outputs of a shard; then they are taken over."""
        step = self._log.last(self._key(shard)) if self._shards[shard].identity else None
        if step is None or any(Written.of(self._out, file.name) != file for file in step.files):
            return False
        for file in step.files:
            self._out.whole(file.name)
            self.names[shard].append(file.name)
        self.written[shard] = (step.num_kept, step.num_rejected)
        return True

    def _key(self, shard: int) -> str:
        """Of all that decides the outputs of a shard."""
        file, keep = self._shards[shard], self._keep[self._table.rows_of(shard)]
        places = np.array(file.extents, np.int64).tobytes()
        how = [asdict(self._to), self._write_dropped, str(self._schema)]
        return stages.key_of(file.identity, places, np.packbits(keep).tobytes(), how).hex()

    def close(self) -> None:
        """Gives up the outputs of shards that are not finished, if there are any."""
        for outputs in self._outputs.values():
            for series in outputs.all():
                series.abandon()

    def _pieces(
        self, shard: int, series: Series, block: Block, rows: Ints, before: int
    ) -> list[tuple[Series, int, Rows]]:
        return [
            (series, number, self._taken(shard, block, part))
            for number, part in series.cut(rows, before)
        ]

    def _taken(self, shard: int, block: Block, chosen: Ints) -> Rows:
        """Some rows of a block, as their output has them."""
        file = self._shards[shard].input
        rows = self._table.block(shard, block.index)
        with named(file):
            if self._to.writes_lines(file):
                return block.lines(rows, chosen)
            if isinstance(block, TableBlock):
                return block.taken(rows, chosen)
            assert self._schema is not None
            return table_of(block.lines(rows, chosen), self._schema, line_numbers(rows, chosen))

    def _rejected(self, shard: int, block: Block, rows: BlockRows) -> Rows:
        source = self._shards[shard]
        if isinstance(block, LineBlock):
            return block.rejected(shown(source.input.name), rows)
        return block.rejected(rows, self._outputs[shard].rejected_schema)
