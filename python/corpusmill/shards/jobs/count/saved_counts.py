"""saved_counts: how far a count is, for the run that goes on when this one is killed.

What is counted of the first blocks of each input, and how many these are; their rows are the store's.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import numpy.typing as npt

from corpusmill.shards import ours
from corpusmill.shards.errors import JobError
from corpusmill.shards.job import Job
from corpusmill.shards.state import stages
from corpusmill.shards.state.decided import Decided
from corpusmill.shards.state.saved import Identity
from corpusmill.shards.state.store import Store

UNIT_SIZE = 16 << 20
"""Bytes of text after which counts are saved, or as many as the counter asks for if that is more."""

Arrays = Sequence[npt.NDArray[Any]]
T = TypeVar("T")


class Saving(Protocol):
    """A counter that can be saved, and another one begin with what was."""

    saved_after: int
    """Bytes of text from one time to the next, so that saving takes little of the whole."""

    def save(self) -> Arrays:
        """What is counted so far, or where it lies; nobody counts meanwhile."""

    def sync(self) -> None:
        """All that lies elsewhere is on the disk."""

    def begin_with(self, saved: Arrays) -> bool:
        """Nothing is counted yet: this is, already. False if it is not there as it was.

        What lies elsewhere need not be looked at before it is read: see `undamaged`.
        """


class SavedCounts:
    """The counts of a job so far; of short jobs none are saved.

    depends     what is kept of rows depends on, besides the inputs: the text, and the id if it is
    """

    def __init__(self, job: Job, counter: Saving, depends: Mapping[str, Any]) -> None:
        self._job = job
        self._counter = counter
        self._depends = depends
        path = job.out.state / ours.COUNTED if job.long else None
        self._saved = Decided(
            path, f"{ours.STATE}/{ours.COUNTED}", stages.key_of(job.about), job.out.writing
        )
        self.every = max(UNIT_SIZE, counter.saved_after) if job.long else None
        self._thread = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def close(self) -> None:
        """Waits until what was saved last is written."""
        self._thread.shutdown()

    def take_over(self) -> tuple[Store, list[int]]:
        """Where rows go, which has those of the blocks counted; and of each input the texts counted."""
        saved, found = self._saved.load() or ([], [])
        of_inputs: dict[Identity, tuple[int, int]] = {
            tuple(of): (blocks, texts) for of, blocks, texts in found
        }
        shards = self._job.shards
        if not of_inputs.keys() <= {shard.identity for shard in shards}:
            of_inputs = {}  # the counts of one that is no more cannot be told from the others'
        store = self._store({of: blocks for of, (blocks, _) in of_inputs.items()})
        if not any(shard.extents for shard in shards):
            self._saved.forget()  # its numbers of blocks are of others than will be saved now
            return store, [0] * len(shards)
        if not self._counter.begin_with(saved):
            self._job.warn("what was counted is damaged, or more than memory now allows: redone")
            self._saved.forget()
            return self._store({}), [0] * len(shards)
        return store, [of_inputs.get(shard.identity or (), (0, 0))[1] for shard in shards]

    def _store(self, first: Mapping[Identity, int]) -> Store:
        return self._job.store(self._depends, first)

    def save(self, store: Store, texts: Sequence[int]) -> None:
        """`texts`: of each input how many were counted.

        The disk is waited for beside the counting that goes on, but for one time at most.
        """
        shards = self._job.shards
        if any(shard.extents and not shard.identity for shard in shards):
            return
        if self._writing is not None:
            self._writing.result()
        store.seal()
        of_inputs = [
            (shard.identity, len(shard.extents), number)
            for shard, number in zip(shards, texts, strict=True)
            if shard.extents
        ]
        self._writing = self._thread.submit(self._write, self._counter.save(), of_inputs)

    def _write(self, saved: Arrays, of_inputs: Any) -> None:
        self._counter.sync()
        self._saved.save(saved, of_inputs)


def undamaged(job: Job, attempt: Callable[[], T]) -> T:
    """What `attempt` returns, which counts and reads what was counted.

    Called again, from nothing, if that is not what an earlier run has written: OSError of EBADMSG.
    """
    try:
        return attempt()
    except (OSError, JobError) as error:
        reason = error.__cause__ if isinstance(error, JobError) else error
        if not isinstance(reason, OSError) or reason.errno != errno.EBADMSG:
            raise
    job.warn("what was counted is damaged: redone")
    (job.out.state / ours.COUNTED).unlink(missing_ok=True)
    job.begin_again([shard.lost for shard in job.shards])
    return attempt()
