"""counted: the n-grams of inputs that were read to their ends, saved for a run that goes on behind them.

One sum over these inputs and who they were; of no use when one of them has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from corpusmill.shards import ours
from corpusmill.shards.job import Job
from corpusmill.shards.jobs.select.choices import SOFTWARE, Choices
from corpusmill.shards.jobs.select.passes import Ints
from corpusmill.shards.reading.read import Shard
from corpusmill.shards.state import stages, store
from corpusmill.shards.state.decided import Decided
from corpusmill.shards.state.saved import Identity


class Counted:
    """The counts of a job's inputs, of which those of whole inputs are saved if the job is long."""

    def __init__(self, job: Job, choices: Choices) -> None:
        path = job.out.state / ours.COUNTED if job.long else None
        key = stages.key_of(SOFTWARE, asdict(choices.features), choices.text)
        self._saved = Decided(path, f"{ours.STATE}/{ours.COUNTED}", key, job.out.writing)
        self._whole, self._rest = np.zeros((2, choices.features.buckets), np.int64)
        self._done: list[Identity] = []
        self._unsaved_bytes = 0

    @property
    def totals(self) -> Ints:
        return self._whole + self._rest

    def take_over(self, shards: Sequence[Shard]) -> list[int]:
        """Takes what an earlier run saved; the numbers of the shards that are not in it."""
        (totals,), saved = self._saved.load() or ((self._whole,), [])
        done = {tuple(of) for of in saved}
        if not done <= {shard.identity for shard in shards}:
            return list(range(len(shards)))
        self._whole, self._done = totals.copy(), list(done)
        return [number for number, shard in enumerate(shards) if shard.identity not in done]

    def add(self, shard: Shard, totals: Ints) -> None:
        """A shard was read to its end; called by one thread at a time."""
        if not shard.identity or shard.status == "unreadable" or shard.damaged:
            self._rest += totals
            return
        self._whole += totals
        self._done.append(shard.identity)
        self._unsaved_bytes += shard.num_bytes
        if self._unsaved_bytes >= store.UNIT_SIZE + 16 * totals.nbytes:
            self.save()

    def save(self) -> None:
        """Now, unless nothing has come since."""
        if self._unsaved_bytes:
            self._saved.save([self._whole], sorted(self._done))
            self._unsaved_bytes = 0
