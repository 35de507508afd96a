"""write: the last pass of a job: kept rows to data/, rejected ones to rejected/. Decides nothing.

A kept row is the bytes that were read and a newline. A file has an output even if it keeps no row.
Outputs that an earlier run of the job has begun are gone on with, whole ones are left as they are.
"""

from __future__ import annotations

import base64
import json
import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill.shards import stages
from corpusmill.shards.block import Block, Blocks
from corpusmill.shards.encode import PLAIN, Encoding
from corpusmill.shards.ours import shown
from corpusmill.shards.out import OutFolder, data_name, rejected_name
from corpusmill.shards.output import Output, Written, go_on
from corpusmill.shards.passes import Turns
from corpusmill.shards.progress import Meter
from corpusmill.shards.read import Shard
from corpusmill.shards.rows import BlockRows
from corpusmill.shards.table import Table
from corpusmill.shards.written import CHECKPOINT_SIZE, Step, WrittenLog


@dataclass
class _Outputs:
    """What one shard writes: `blocks`, and how many lines of them."""

    key: str
    kept: Output
    rejected: Output | None
    blocks: list[int]
    turns: Turns
    first: int | None = None  # the block that was begun before, and so many bytes of its kept rows
    skip: int = 0
    num_kept: int = 0
    num_rejected: int = 0
    unsaved: int = 0  # bytes of rows since the last step


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
        log: WrittenLog,
    ) -> None:
        self._shards = shards
        self._table = table
        self._keep = keep
        self._out = out
        self._encoding = encoding
        self._stop = stop
        self._log = log
        self._outputs: dict[int, _Outputs] = {}
        self._wanted = table.blocks_where(
            lambda rows: bool(rows.of(keep).any()) or bool(rows.rejected)
        )
        self.meter = Meter("write", sum(map(Shard.size_of, shards, self._wanted)))
        self.written = [(0, 0)] * len(shards)  # lines of data and of rejected, per shard
        self.names: list[list[str]] = [[] for _ in shards]  # of the outputs of each shard

    def blocks(self, shard: int) -> Blocks:
        outputs = self._begin(shard)
        done = len(self._wanted[shard])
        if outputs is not None:
            self._outputs[shard] = outputs
            done -= len(outputs.blocks)
        self.meter.add_bytes(self._shards[shard].size_of(self._wanted[shard][:done]))
        yield from self._shards[shard].again(self._wanted[shard][done:], self.meter.add_bytes)

    def work(self, shard: int, block: Block) -> None:
        rows = self._table.block(shard, block.index)
        outputs = self._outputs[shard]
        kept = _core.jsonl.gather(block.data, rows.offset, rows.length, rows.of(self._keep))
        skip = outputs.skip if block.index == outputs.first else 0
        kept = kept[skip:]
        num_kept = _core.jsonl.count_lines(kept)
        rejected = _rejected(shown(self._shards[shard].input.name), block, rows)
        with outputs.turns.turn(bisect_left(outputs.blocks, block.index)):
            frames = outputs.kept.add(kept)
            then = self._step_at(outputs, block.index, skip, kept) if frames else None
            outputs.num_kept += num_kept
            if outputs.rejected and rejected:
                outputs.rejected.write(outputs.rejected.add(b"".join(rejected)))
                outputs.num_rejected += len(rejected)
        outputs.kept.write(frames, then)
        self.meter.add_rows(num_kept)

    def finish(self, shard: int) -> None:
        outputs = self._outputs.pop(shard, None)
        if outputs is None:  # they were whole
            return
        for output in (outputs.kept, outputs.rejected):
            if output:
                output.close()
                self.names[shard].append(output.name)
        self.written[shard] = (outputs.num_kept, outputs.num_rejected)
        self._log.note(
            Step(
                outputs.key,
                block=None,
                skip=0,
                num_kept=outputs.num_kept,
                num_rejected=outputs.num_rejected,
                kept=outputs.kept.written,
                rejected=outputs.rejected.written if outputs.rejected else None,
            ),
        )

    def _begin(self, shard: int) -> _Outputs | None:
        """The outputs of a shard, begun now or before; None if they are whole."""
        file, keep = self._shards[shard], self._keep[self._table.rows_of(shard)]
        places = np.array(file.extents, np.int64).tobytes()
        key = stages.key_of(file.identity, places, np.packbits(keep).tobytes()).hex()
        names = [data_name(file.input.name)]
        if self._table.rejected(shard):
            names.append(rejected_name(file.input.name))
        step = self._log.last(key) if file.identity else None
        begun = [go_on(self._out, *begin) for begin in _begun(names, step)]
        if step is None or None in begun or len(begun) < len(names):
            step, begun = None, [None] * len(names)
        elif step.block is None:
            for name, done in zip(names, begun, strict=True):
                if done is not None:
                    done[0].close()
                self._out.whole(name)
            self.names[shard] = names
            self.written[shard] = (step.num_kept, step.num_rejected)
            return None
        encodings = [self._encoding(file.input.format), PLAIN]
        outputs = [
            Output(self._out, name, encoding, self._stop, done)
            for name, encoding, done in zip(names, encodings, begun, strict=False)
        ]
        rejected = outputs[1] if len(outputs) > 1 else None
        blocks, turns = self._wanted[shard], Turns(self._stop)
        if step is None or step.block is None:
            return _Outputs(key, outputs[0], rejected, blocks, turns)
        left = blocks[bisect_left(blocks, step.block) :]
        begun_at = (step.block, step.skip, step.num_kept, step.num_rejected)
        return _Outputs(key, outputs[0], rejected, left, turns, *begun_at)

    def _step_at(
        self, outputs: _Outputs, block: int, skip: int, kept: bytes
    ) -> Callable[[], None] | None:
        """What notes a step behind the last frame that `kept` completed, if it is time for one."""
        outputs.unsaved += len(kept)
        if not self._log.open or outputs.unsaved < CHECKPOINT_SIZE:
            return None
        outputs.unsaved = outputs.kept.held
        framed = len(kept) - outputs.kept.held
        num_kept = outputs.num_kept + _core.jsonl.count_lines(kept[:framed])
        num_rejected = outputs.num_rejected
        rejected = outputs.rejected.written if outputs.rejected else None

        def note() -> None:
            for output in (outputs.kept, outputs.rejected):
                if output:
                    output.sync()
            written = outputs.kept.written
            key, at = outputs.key, skip + framed
            self._log.note(Step(key, block, at, num_kept, num_rejected, written, rejected))

        return note


def _begun(names: list[str], step: Step | None) -> list[tuple[str, Written]]:
    """The outputs that a step says are begun."""
    if step is None:
        return []
    files = [step.kept, step.rejected]
    return [(name, file) for name, file in zip(names, files, strict=False) if file is not None]


def _rejected(name: str, block: Block, rows: BlockRows) -> list[bytes]:
    """A line of JSON for each rejected line, which it holds in base64 without its line end.

    A line too large to be read is told by its length.
    """
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
            }
            | _content(block, offset, length),
            ensure_ascii=False,
        ).encode()
        + b"\n"
        for line, offset, length, reason in places
    ]


def _content(block: Block, offset: int, length: int) -> dict[str, str | int]:
    if not block.data:
        return {"length": length}
    return {"raw": base64.b64encode(block.data[offset : offset + length]).decode()}
