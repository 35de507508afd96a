"""write: the last pass of a job: kept rows to data/, rejected ones to rejected/. Decides nothing.

A kept row is the bytes that were read and a newline. A file has an output even if it keeps no row.
"""

from __future__ import annotations

import base64
import json
import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill.shards.encode import PLAIN, Encoding
from corpusmill.shards.ours import shown
from corpusmill.shards.out import OutFolder, data_name, rejected_name
from corpusmill.shards.output import Output
from corpusmill.shards.passes import Turns
from corpusmill.shards.progress import Meter
from corpusmill.shards.read import Block, Blocks, Shard
from corpusmill.shards.rows import BlockRows, Table


class _Outputs:
    """What one shard writes, and how many lines of it."""

    def __init__(self, kept: Output, rejected: Output | None, stop: threading.Event) -> None:
        self.kept = kept
        self.rejected = rejected
        self.turns = Turns(stop)
        self.num_kept = 0
        self.num_rejected = 0


class WritePass:
    """Writes the rows for which `keep`, a column of the whole job, is true."""

    def __init__(
        self,
        shards: Sequence[Shard],
        table: Table,
        keep: npt.NDArray[np.bool_],
        *,
        out: OutFolder,
        encoding: Callable[[str], Encoding],
        stop: threading.Event,
    ) -> None:
        self._shards = shards
        self._table = table
        self._keep = keep
        self._out = out
        self._encoding = encoding
        self._stop = stop
        self._outputs: dict[int, _Outputs] = {}
        self._wanted = table.blocks_where(
            lambda rows: bool(rows.of(keep).any()) or bool(rows.rejected_reason)
        )
        self.meter = Meter("write", sum(map(Shard.size_of, shards, self._wanted)))
        self.written = [(0, 0)] * len(shards)  # lines of data and of rejected, per shard
        self.names: list[list[str]] = [[] for _ in shards]  # of the outputs of each shard

    def blocks(self, shard: int) -> Blocks:
        file = self._shards[shard].input
        rejected = None
        if any(rows.rejected_reason for rows in self._table.shards[shard]):
            rejected = Output(self._out, rejected_name(file.name), PLAIN, self._stop)
        kept = Output(self._out, data_name(file.name), self._encoding(file.format), self._stop)
        self._outputs[shard] = _Outputs(kept, rejected, self._stop)
        yield from self._shards[shard].again(self._wanted[shard], self.meter.add_bytes)

    def work(self, shard: int, block: Block) -> None:
        rows = self._table.shards[shard][block.index]
        outputs = self._outputs[shard]
        kept = _core.jsonl.gather(block.data, rows.offset, rows.length, rows.of(self._keep))
        num_kept = _core.jsonl.count_lines(kept)
        rejected = _rejected(shown(self._shards[shard].input.name), block, rows)
        with outputs.turns.turn(bisect_left(self._wanted[shard], block.index)):
            frames = outputs.kept.add(kept)
            outputs.num_kept += num_kept
            if outputs.rejected and rejected:
                outputs.rejected.write(outputs.rejected.add(b"".join(rejected)))
                outputs.num_rejected += len(rejected)
        outputs.kept.write(frames)
        self.meter.add_rows(num_kept)

    def finish(self, shard: int) -> None:
        outputs = self._outputs.pop(shard)
        for output in (outputs.kept, outputs.rejected):
            if output:
                output.close()
                self.names[shard].append(output.name)
        self.written[shard] = (outputs.num_kept, outputs.num_rejected)


def _rejected(name: str, block: Block, rows: BlockRows) -> list[bytes]:
    """A line of JSON for each rejected line, which it holds in base64 without its line end."""
    places = zip(
        rows.rejected_line.tolist(),
        rows.rejected_offset.tolist(),
        rows.rejected_length.tolist(),
        rows.rejected_reason,
        strict=True,
    )
    return [
        json.dumps(
            {
                "file": name,
                "line": line + 1,
                "byte_offset": block.offset + offset,
                "reason": reason,
                "raw": base64.b64encode(block.data[offset : offset + length]).decode(),
            },
            ensure_ascii=False,
        ).encode()
        + b"\n"
        for line, offset, length, reason in places
    ]
