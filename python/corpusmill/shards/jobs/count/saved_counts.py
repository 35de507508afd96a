"""saved_counts: how far a count is, for the run that goes on when this one is killed.

The sums over the first blocks of each input, and how many these are; their rows are the store's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy.typing as npt

from corpusmill.shards import ours
from corpusmill.shards.job import Job
from corpusmill.shards.state import stages
from corpusmill.shards.state.decided import Decided
from corpusmill.shards.state.saved import Identity
from corpusmill.shards.state.store import Store

UNIT_SIZE = 16 << 20
"""Bytes of text after which counts are saved, and as many as eight times what they take besides."""

Sums = Sequence[npt.NDArray[Any]]


@runtime_checkable
class Summing(Protocol):
    """A counter whose counts of some texts can be added to those of others."""

    def sums(self) -> Sums:
        """What is counted so far; nobody counts meanwhile."""

    def begin_with(self, sums: Sums) -> None:
        """Nothing is counted yet: these are counted already."""


class SavedCounts:
    """The counts of a job so far. Of counters that do not sum, and of short jobs, none are saved."""

    def __init__(self, job: Job, counter: object, depends: Mapping[str, Any]) -> None:
        self._job = job
        self._counter = counter if isinstance(counter, Summing) else None
        self._depends = depends
        key = stages.key_of(job.about)
        path = job.out.state / ours.COUNTED if job.long and self._counter else None
        self._saved = Decided(path, ours.COUNTED, key, job.out.writing)
        self.every: int | None = None
        if path is not None and self._counter:
            self.every = UNIT_SIZE + 8 * sum(sums.nbytes for sums in self._counter.sums())

    def take_over(self) -> tuple[Store, list[int]]:
        """Where rows go, which has those of the blocks counted; and of each input the texts counted."""
        sums, found = self._saved.load() or ([], [])
        of_inputs: dict[Identity, tuple[int, int]] = {
            tuple(of): (blocks, texts) for of, blocks, texts in found
        }
        shards = self._job.shards
        if not of_inputs.keys() <= {shard.identity for shard in shards}:
            of_inputs = {}  # the counts of one that is no more cannot be told from the others'
        first = {identity: blocks for identity, (blocks, _) in of_inputs.items()}
        store = self._job.store(self._depends, resumed=self._counter is not None, first=first)
        if self._counter is None or not any(shard.extents for shard in shards):
            return store, [0] * len(shards)
        self._counter.begin_with(sums)
        return store, [of_inputs.get(shard.identity or (), (0, 0))[1] for shard in shards]

    def save(self, store: Store, texts: Sequence[int]) -> None:
        """`texts`: of each input how many were counted."""
        shards = self._job.shards
        if self._counter is None or any(s.extents and not s.identity for s in shards):
            return
        store.seal()
        of_inputs = [
            (shard.identity, len(shard.extents), number)
            for shard, number in zip(shards, texts, strict=True)
            if shard.extents
        ]
        self._saved.save(self._counter.sums(), of_inputs)
