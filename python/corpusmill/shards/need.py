"""need: what a job will write, estimated before it starts, and whether there is room for it.

Reads one block of lines, or what a table says of itself, of a job that is not small.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from corpusmill import _core
from corpusmill.shards import disk, ours
from corpusmill.shards.errors import UsageError
from corpusmill.shards.memory import TABLES, Budget
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.lines import LineBlock
from corpusmill.shards.reading.num_rows import num_rows
from corpusmill.shards.reading.read import Shard
from corpusmill.shards.rows import PLACE_BYTES
from corpusmill.shards.state import store

LEAST_ROW = 8
"""Bytes of text for each row that a table says it has: what it says may be damaged."""

EXPANSION = {
    "jsonl": 1,
    "jsonl.gz": 4,
    "jsonl.zst": 5,
    "jsonl.bz2": 5,
    "jsonl.xz": 6,
    "parquet": 3,
    "arrow": 2,
}
"""Bytes of text in a byte of a file, where nothing is known: what web text comes to."""


@dataclass(frozen=True)
class Need:
    """Bytes of text to be read; of results saved while the job runs; of the scratch file of its
    decision, which is gone before outputs are written; of these, at most. Rows of a job that is
    not small, to be decided on."""

    rows: int
    text: int
    results: int
    scratch: int
    outputs: int

    @property
    def total(self) -> int:
        return self.results + max(self.scratch, self.outputs)

    @property
    def saving(self) -> bool:
        """Whether results are worth being saved."""
        return self.text > store.SMALL_JOB


def of(
    shards: Sequence[Shard],
    budget: Budget,
    row_bytes: int,
    scratch_bytes: int,
    scratch_share: float | None = None,
) -> Need:
    """The need of a job whose first pass leaves `row_bytes` of results a row.

    scratch_bytes   of a row and all that is decided by, if it does not fit into the budget
    scratch_share   of a job that writes no rows: the same of a byte of text
    """
    sizes = [shard.input.size for shard in shards]
    text = sum(
        size * EXPANSION[shard.input.format] for size, shard in zip(sizes, shards, strict=True)
    )
    rows = results = scratch = 0
    if text > store.SMALL_JOB:
        largest = shards[max(range(len(sizes)), key=sizes.__getitem__)]
        rows = int(text / _row_size(largest))
        results = rows * (row_bytes + PLACE_BYTES)
        if (needed := rows * scratch_bytes) > budget.rows:
            scratch = needed
        scratch += int(text * (scratch_share or 0))
    return Need(
        rows if scratch_bytes else 0,
        text,
        results,
        scratch,
        0 if scratch_share is not None else sum(sizes),
    )


def said(need: Need, budget: Budget) -> str:
    return (
        f"about {need.total / 1e6:,.0f} MB will be written; of {budget.total / 1e6:,.0f} MB of "
        f"memory at least {budget.minimum / 1e6:,.0f} MB are needed"
    )


def check_memory(need: Need, budget: Budget) -> None:
    """UsageError if there are too many rows by far: they are only estimated."""
    budget.check_decision(need.rows // 2)


def check_room(need: Need, out: Path) -> None:
    """UsageError if it will not fit where OUT lies, beside what lies there.

    A small job finds out soon enough by itself.
    """
    if not need.saving:
        return
    free = disk.free(out) + _size(out / ours.STATE)
    if free < need.total:
        raise UsageError(
            f"output {shown(out)!r}: about {need.total / 1e6:,.0f} MB will be written there, but "
            f"only {free / 1e6:,.0f} MB are free; make room or name a folder on another disk"
        )


def _row_size(shard: Shard) -> float:
    """Bytes of text of a row: of lines as the first block of a file has them, of a table as it says."""
    text = shard.input.size * EXPANSION[shard.input.format]
    if shard.input.format in TABLES:
        with suppress(OSError):  # of a file that is gone its reader says so
            rows = num_rows(shard.input.path, shard.input.format)
            return max(LEAST_ROW, text / max(1, rows))
    again = shard.apart()
    blocks = again.first(lambda _: None)
    block = next(blocks, None)
    blocks.close()
    if not isinstance(block, LineBlock) or not block.size:
        return 1e6
    return len(block.data) / max(1, _core.jsonl.count_lines(block.data))


def _size(folder: Path) -> int:
    """What an earlier run of the job has written already."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
