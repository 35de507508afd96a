"""counting: what jobs that count texts have in common: one pass, tables, the account of every row.

What is counted is saved on its way and at the end of the pass, and a job that was killed goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from corpusmill import _arrow
from corpusmill.shards import ours
from corpusmill.shards.errors import JobError
from corpusmill.shards.gate import Gate
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.jobs.asked import Asked
from corpusmill.shards.jobs.count.saved_counts import SavedCounts, Saving, undamaged
from corpusmill.shards.jobs.write_rows import write_rejected
from corpusmill.shards.ledger import FileEntry, Ledger
from corpusmill.shards.need import EXPANSION
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.state.store import Store
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.target import Target, rejected_name

SOFTWARE = {"corpusmill": version("corpusmill"), "pyarrow": version("pyarrow")}
"""What decides the answer besides options and inputs."""


class Counter(Saving, Protocol):
    """What texts are counted by; several threads may add at once."""

    def add(self, texts: _arrow.Capsules) -> npt.NDArray[np.uint8] | None:
        """What is to be kept of them beside their rows, packed; None: nothing."""


ACounter = TypeVar("ACounter", bound=Counter)


@dataclass(frozen=True)
class Room:
    """Where a counter may put what it cannot hold, how much it may hold, and how much will come.

    kept_as     the name of a file there that a later run finds; "": none does
    """

    folder: str
    memory: int
    threads: int
    text_bytes: int
    kept_as: str


def count_into(
    asked: Asked,
    text: str,
    command: str,
    options: Mapping[str, Any],
    names: Sequence[str],
    *,
    scratch_share: float,
    row_bytes: int = 0,
    id: str | None = None,
    make: Callable[[Room], ACounter],
    write: Callable[[Job, ACounter, Table], Mapping[str, Any]],
) -> Ledger:
    """Counts all texts, writes the tables `names` and the ledger.

    text            the field that is counted
    options         as the ledger has them, besides text and max_rejected
    scratch_share   bytes for each of text that may go to scratch files
    row_bytes       of what the counter keeps beside a row, about; 0: nothing
    id              the field that names a row of which something is kept; None: "id" if present
    make, write     a counter; what it counted and kept, in OUT, which gives findings for the ledger
    """
    asked = asked.found()
    options = {"text": text, "max_rejected": asked.max_rejected, **options}
    about = {"command": command, "software": SOFTWARE, "options": options}
    job = asked.job(about, row_bytes, scratch_share=scratch_share)
    fields.check(job.shards, "text", text)
    if id is not None:
        fields.check(job.shards, "id", id)
    wanted = Fields(text, ("id" if id is None else id) if row_bytes else None, None)
    kept = {**options, "id": wanted.id} if row_bytes else {}
    depends = {"command": "count", "text": text, **kept}
    text_bytes = sum(file.size * EXPANSION[file.format] for file in asked.files)

    def results() -> tuple[Mapping[str, Any], list[FileEntry]]:
        folder, memory = job.room(0)
        if job.long:
            folder = str(job.out.state)
        kept_as = ours.SPILL if job.long else ""
        counter = make(Room(folder, memory, asked.threads, text_bytes, kept_as))
        with closing(SavedCounts(job, counter, depends)) as saved:
            table, found = _count(job, counter, saved, wanted, asked.target)
            return write(job, counter, table), found

    with job.claimed([*names, *map(rejected_name, asked.files)]):
        try:
            findings, found = undamaged(job, lambda: late_damage.without_lost_rows(job, results))
        except ValueError as error:  # of the counter, of memory
            raise JobError(str(error)) from None
        ledger = Ledger(
            command=command,
            software=SOFTWARE,
            inputs=asked.names,
            options=options,
            files=found,
            findings=findings,
        )
        job.finish(ledger)
    return ledger


def _count(
    job: Job, counter: Counter, saved: SavedCounts, wanted: Fields, target: Target
) -> tuple[Table, list[FileEntry]]:
    """Counts all texts and writes rejected rows; what is kept of rows, and the ledger's files."""
    store, before = saved.take_over()
    gate = Gate(job.stop, saved.every, lambda: saved.save(store, counting.texts))
    counting = CountPass(job.shards, store, counter, wanted, before=before, gate=gate)
    job.run(counting)
    gate.end()
    store.seal()
    table = store.table()
    return table, write_rejected(job, table, target, counting.texts)


class CountPass:
    """Scans all blocks and counts their texts. `before`: of each shard how many are counted."""

    def __init__(
        self,
        shards: Sequence[Shard],
        store: Store,
        counter: Counter,
        wanted: Fields,
        *,
        before: Sequence[int],
        gate: Gate,
    ) -> None:
        self._shards = shards
        self._store = store
        self._counter = counter
        self._fields = wanted
        self._texts = [[texts] for texts in before]  # of each block
        self._gate = gate
        self.meter = Meter("count", sum(shard.input.size for shard in shards))

    @property
    def texts(self) -> list[int]:
        """For each shard how many were counted."""
        return [sum(of_blocks) for of_blocks in self._texts]

    def blocks(self, shard: int) -> Blocks:
        blocks = self._shards[shard].first(self.meter.add_bytes, self._fields.names())
        return self._gate.through(blocks)

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        texts = [chunk.__arrow_c_array__() for chunk in found.texts]
        found.rows.found = self._counter.add(texts)
        self._texts[shard].append(sum(len(chunk) for chunk in found.texts))
        self._store.add(shard, block, found.rows)
        self._gate.done(self._shards[shard].size_of([block.index]))
        self.meter.add_rows(found.rows.num_rows + len(found.rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)
