"""decoding: a job's inputs, and the one room in which they decode row groups and record batches.

Decodes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from corpusmill.shards.large import OneAtATime
from corpusmill.shards.memory import Budget, stays
from corpusmill.shards.ours import shown
from corpusmill.shards.passes import TICK_SECONDS, Stopped
from corpusmill.shards.reading import read
from corpusmill.shards.reading.inputs import Input
from corpusmill.shards.reading.read import Shard
from corpusmill.shards.reading.room import Decoding


def shards(
    inputs: Sequence[Input],
    budget: Budget,
    large: OneAtATime,
    stopped: Callable[[], bool],
    warn: Callable[[str], None],
) -> list[Shard]:
    """The inputs, to be read within the budget. `warn` is told once a file of what does not fit."""
    shares = Shares(budget.decode_limit, stopped)
    passing = not stays(sum(file.size for file in inputs))

    def of(file: Input) -> Shard:
        refused = _Refused(shown(file.name), budget, warn)
        return Shard(
            file,
            block_size=min(budget.block_size, read.BLOCK_SIZE),
            row_limit=budget.row_limit,
            large=large.take,
            decoding=Decoding(budget.decode_limit, shares.share, refused),
            passing=passing,
        )

    return [of(file) for file in inputs]


class _Refused:
    def __init__(self, name: str, budget: Budget, warn: Callable[[str], None]) -> None:
        self._name = name
        self._budget = budget
        self._warn = warn
        self._told = False

    def __call__(self, what: str, size: int) -> None:
        if self._told:
            return
        self._told = True
        self._warn(
            f"{self._name}: {what} takes {size / 1e6:,.0f} MB to be decoded: its rows, and those of "
            f"others like it, are rejected (too_large_to_decode); allow "
            f"{self._budget.to_decode(size) / 1e6:,.0f} MB, or write the file with smaller ones"
        )


class Shares:
    """So many bytes, for those who take no second share before they have given back the first."""

    def __init__(self, size: int, stopped: Callable[[], bool]) -> None:
        self._free = self._size = size
        self._stopped = stopped
        self._changed = threading.Condition()

    @contextmanager
    def share(self, size: int) -> Iterator[None]:
        """Waits until so many are free, or all; raises Stopped if it should not."""
        size = min(size, self._size)
        with self._changed:
            while self._free < size:
                if self._stopped():
                    raise Stopped
                self._changed.wait(TICK_SECONDS)
            self._free -= size
        try:
            yield
        finally:
            with self._changed:
                self._free += size
                self._changed.notify_all()
