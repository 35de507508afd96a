"""counting: what jobs that count texts have in common: one pass, tables, the account of every row.

A count that was killed begins again: what is counted is found in no order, and saved by nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, Protocol, TypeVar

import numpy as np

from corpusmill import _arrow, _check, _core
from corpusmill.shards.entries import entries
from corpusmill.shards.errors import JobError
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.jobs.write_rows import write_rows
from corpusmill.shards.ledger import FileEntry, Ledger
from corpusmill.shards.memory import Budget
from corpusmill.shards.memory import parse as parse_memory
from corpusmill.shards.need import EXPANSION
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Listener, Meter, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.inputs import AnyPath, as_given, find
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.run_facts import Stopwatch
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.state.store import Store
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.target import Target, rejected_name

SOFTWARE = {"corpusmill": version("corpusmill"), "pyarrow": version("pyarrow")}
"""What decides the answer besides options and inputs."""


class Counter(Protocol):
    """What texts are counted by; several threads may add at once."""

    def add(self, texts: _arrow.Capsules) -> None: ...


ACounter = TypeVar("ACounter", bound=Counter)


@dataclass(frozen=True)
class Asked:
    """What every count is asked for."""

    inputs: AnyPath | Sequence[AnyPath]
    out: AnyPath
    text: str
    threads: int
    max_rejected: float
    memory: int | str | None
    overwrite: bool
    progress: Report | None
    notice: Listener | None

    def checked(self) -> Asked:
        """With as many threads as that means. Raises ValueError."""
        if not 0 <= self.max_rejected <= 1:
            raise ValueError(f"max_rejected: expected 0 to 1, got {self.max_rejected!r}")
        parse_memory(self.memory)
        return replace(self, threads=_core.core.resolve_threads(_check.threads(self.threads)))


@dataclass(frozen=True)
class Room:
    """Where a counter may put what it cannot hold, how much it may hold, and how much will come."""

    folder: str
    memory: int
    threads: int
    text_bytes: int


def count_into(
    asked: Asked,
    command: str,
    options: Mapping[str, Any],
    names: Sequence[str],
    *,
    scratch_share: float,
    make: Callable[[Room], ACounter],
    write: Callable[[Job, ACounter], Mapping[str, Any]],
) -> Ledger:
    """Counts all texts, writes the tables `names` and the ledger. `asked` is checked.

    options         as the ledger has them, besides text and max_rejected
    scratch_share   bytes for each of text that may go to scratch files
    make, write     a counter; what it counted, in OUT, which gives findings for the ledger
    """
    stopwatch = Stopwatch()
    files = find(asked.inputs, asked.out)
    target = Target(None, None, None, 2, 3).settled(files)
    folder = OutFolder(asked.out, overwrite=asked.overwrite)
    options = {"text": asked.text, "max_rejected": asked.max_rejected, **options}
    job = Job(
        files,
        folder,
        about={"command": command, "software": SOFTWARE, "options": options},
        threads=asked.threads,
        budget=Budget.of(
            asked.memory,
            threads=asked.threads,
            row_bytes=0,
            frame_size=0,
            formats=[file.format for file in files],
        ),
        row_bytes=0,
        scratch_share=scratch_share,
        report=asked.progress,
        notice=asked.notice,
        stopwatch=stopwatch,
    )
    fields.check(job.shards, "text", asked.text)
    text_bytes = sum(file.size * EXPANSION[file.format] for file in files)

    def counted() -> tuple[ACounter, list[FileEntry]]:
        counter = make(Room(*job.room(0), asked.threads, text_bytes))
        return counter, _count(job, counter, asked.text, target)

    with job.claimed([*names, *map(rejected_name, files)]):
        try:
            counter, found = late_damage.without_lost_rows(job, counted)
            findings = write(job, counter)
        except ValueError as error:  # of the counter, of memory
            raise JobError(str(error)) from None
        ledger = Ledger(
            command=command,
            software=SOFTWARE,
            inputs=[shown(name) for name in as_given(asked.inputs)],
            options=options,
            files=found,
            findings=findings,
        )
        job.finish(ledger)
    return ledger


def _count(job: Job, counter: Counter, text: str, target: Target) -> list[FileEntry]:
    """Counts all texts and writes rejected rows; the ledger's files."""
    store = job.store({"command": "count", "text": text}, resumed=False)
    counting = CountPass(job.shards, store, counter, text)
    job.run(counting)
    store.seal()
    table = store.table()
    written = write_rows(
        job,
        table,
        np.ones(table.num_rows, np.bool_),
        target,
        text=None,
        write_dropped=False,
        change=Change(),
        data=False,
    )
    found = entries(job.shards, table, [{} for _ in job.shards], written)
    return [replace(file, kept=rows) for file, rows in zip(found, counting.rows, strict=True)]


class CountPass:
    """Scans all blocks and counts their texts."""

    def __init__(self, shards: Sequence[Shard], store: Store, counter: Counter, text: str) -> None:
        self._shards = shards
        self._store = store
        self._counter = counter
        self._fields = Fields(text, None, None)
        self._rows: list[list[int]] = [[] for _ in shards]  # of each block
        self.meter = Meter("count", sum(shard.input.size for shard in shards))

    @property
    def rows(self) -> list[int]:
        """For each shard how many texts were counted."""
        return [sum(of_blocks) for of_blocks in self._rows]

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        self._counter.add([chunk.__arrow_c_array__() for chunk in found.texts])
        self._rows[shard].append(sum(len(chunk) for chunk in found.texts))
        self._store.add(shard, block, found.rows)
        self.meter.add_rows(found.rows.num_rows + len(found.rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)
