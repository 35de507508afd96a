"""write: the last pass of a job: kept rows to data/, dropped and rejected ones beside it.

Decides nothing. Rows flow in streams: of each input by itself, or of all inputs one behind the other.
A stream has an output even if it keeps no row. What an earlier run has written is not written again.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill.shards.passes import Blocks
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.read import Block, Shard
from corpusmill.shards.reading.room import NOT_THERE
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.flow import Flow, Plan
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.series import Where
from corpusmill.shards.writing.streams import DROPPED, KEPT, REJECTED, Stream, streams
from corpusmill.shards.writing.target import Target
from corpusmill.shards.writing.written import WrittenLog


class Placed(NamedTuple):
    """A block of a stream."""

    turn: int  # its number among those that are written in this run
    shard: int
    block: Block


class WritePass:
    """Writes the rows for which `keep`, a column of the whole job, is true; others if asked.

    to          settled
    schema      of lines that become tables, as `change` leaves them
    change      what is done to rows on their way; kept ones alone are cut and get new fields
    data        whether to write kept rows; rejected ones are written in any case
    A pass over `num_streams` streams. Closed when done with, come what may.
    """

    def __init__(
        self,
        shards: Sequence[Shard],
        table: Table,
        keep: npt.NDArray[np.bool_],
        *,
        out: OutFolder,
        to: Target,
        write_dropped: bool,
        schema: pa.Schema | None,
        stop: threading.Event,
        log: WrittenLog,
        change: Change | None = None,
        data: bool = True,
    ) -> None:
        self._shards = shards
        self._table = table
        self._keep = keep
        self._write_dropped = write_dropped
        self._plan = Plan(shards, table, keep, to, write_dropped, schema, change or Change(), data)
        self._where = Where(out, log, stop)
        self._streams = streams(table, keep, join=to.join)
        self._reads = [stream.shards.start for stream in self._streams]
        self._flows: dict[int, Flow] = {}
        wanted = (self._size(stream, shard) for stream in self._streams for shard in stream.shards)
        self.meter = Meter("write", sum(wanted))
        self.written = [(0, 0)] * len(shards)  # rows of data and of rejected, per shard
        self.names: list[list[str]] = [[] for _ in shards]  # of the outputs with rows of each shard

    @property
    def num_streams(self) -> int:
        return len(self._streams)

    def reads(self, stream: int) -> int:
        """The shard that is being read for a stream."""
        return self._reads[stream]

    def blocks(self, number: int) -> Blocks[Placed]:
        stream = self._streams[number]
        flow = self._flows[number] = Flow(self._plan, stream, self._where)
        flow.open()
        durable, turn = flow.durable(), 0
        for shard in stream.shards:
            self._reads[number] = shard
            source, left = self._shards[shard], stream.beyond(shard, durable)
            self.meter.add_bytes(self._size(stream, shard) - source.size_of(left))
            # Rejected rows keep all their columns, if they can be decoded and held.
            keeping = self._table.rejected(shard).keys() - NOT_THERE
            columns = None if keeping else self._plan.change.columns
            for block in source.again(left, self.meter.add_bytes, columns):
                yield Placed(turn, shard, block)
                del block  # it may be large, and goes before the next one comes
                turn += 1

    def _size(self, stream: Stream, shard: int) -> int:
        """Bytes of the blocks of a shard with rows to be written, in this run or an earlier one."""
        unasked = [0 if self._plan.data else stream.total[KEPT], stream.total[DROPPED], 0]
        if self._write_dropped:
            unasked[DROPPED] = 0
        return self._shards[shard].size_of(stream.beyond(shard, np.array(unasked)))

    def work(self, number: int, placed: Placed) -> None:
        turn, shard, block = placed
        flow = self._flows[number]
        rows = self._table.block(shard, block.index)
        keep = rows.of(self._keep)
        num_rejected = len(rows.rejected_reason)
        chosen = [np.flatnonzero(keep), np.flatnonzero(~keep), np.arange(num_rejected)]
        pieces = []
        for kind, series in flow.series.items():
            before = int(flow.stream.before(shard, block.index)[kind])
            for file, part in series.cut(chosen[kind], before):
                taken = flow.taken(kind, shard, block, rows, part)
                pieces.append((kind, series, file, taken))
        writes = []
        with flow.turns.turn(turn):
            for kind, series, file, piece in pieces:
                count, write = series.add(file, piece)
                flow.count(shard, kind, count)
                writes.append(write)
        for write in writes:
            write()
        self.meter.add_rows(int(keep.sum()))

    def finish(self, number: int) -> None:
        flow = self._flows[number]
        for series in flow.series.values():
            series.close()
        for shard in flow.stream.shards:
            self.written[shard] = (flow.written(shard, KEPT), flow.written(shard, REJECTED))
            self.names[shard] = flow.names(shard)
        del self._flows[number]

    def close(self) -> None:
        """Gives up the outputs of streams that are not finished, if there are any."""
        for flow in self._flows.values():
            for series in flow.series.values():
                series.abandon()
