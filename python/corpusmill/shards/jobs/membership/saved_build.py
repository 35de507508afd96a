"""saved_build: how far a filter is, in a folder beside its file, for the run that goes on when this one
is killed. The folder goes when the filter is whole.

    filter-N    the filter of all blocks that `counted` names, or of an older or newer state
    counted     N, how far each input is read, and the rows so far
    lock        one job at a time
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np

from corpusmill.ngram import BloomFilter
from corpusmill.shards.errors import UsageError
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.read import Shard
from corpusmill.shards.state.decided import Decided
from corpusmill.shards.state.lock import Lock

UNIT_SIZE = 16 << 20
"""Bytes of text after which a filter is saved, and as many as it has itself besides."""

SUFFIX = ".state"
LOCK, COUNTED, FILTER = "lock", "counted", "filter-"


class SavedBuild:
    """The filter at `path` while it is made of the shards; `key` is of all that decides it but these."""

    def __init__(self, path: Path, shards: Sequence[Shard], key: bytes) -> None:
        self._folder = path.with_name(path.name + SUFFIX)
        self._shards = shards
        self._lock = Lock(self._folder / LOCK)
        self._saved = Decided(self._folder / COUNTED, COUNTED, key, lambda _: nullcontext())
        self._number = 0
        self._name = shown(path)

    @contextmanager
    def held(self) -> Any:
        """Nobody else makes this filter meanwhile; if nothing is saved then, nothing is left."""
        self._folder.mkdir(exist_ok=True)
        for path in self._folder.iterdir():
            if not path.name.startswith((LOCK, COUNTED, FILTER)):
                raise UsageError(f"{shown(self._folder)!r} is in the way; name another file")
        if not self._lock.take():
            raise UsageError(f"another job is making {self._name!r}; wait for it")
        try:
            yield
        finally:
            if not (self._folder / COUNTED).exists():
                self._clear()
            self._lock.remove()
            with suppress(OSError):  # not empty
                self._folder.rmdir()
            self._lock.release()

    def take_over(self, bloom: BloomFilter) -> tuple[BloomFilter, int, Counter[str]]:
        """The filter as it was saved last, else the one given; rows in it, and those rejected."""
        arrays, found = self._saved.load() or ([], {"inputs": []})
        by_identity = {shard.identity: shard for shard in self._shards}
        last = None
        if found["inputs"] and by_identity.keys() >= {tuple(of) for of, *_ in found["inputs"]}:
            with suppress(OSError, ValueError):
                path = self._filter(found["number"])
                last = BloomFilter.load(path, verify=True, allow_overfull=bloom.allow_overfull)
        if last is None:
            self._clear()
            return bloom, 0, Counter()
        self._number = found["number"]
        for (of, end, parts), extents in zip(found["inputs"], arrays, strict=True):
            shard = by_identity[tuple(of)]
            if end is not None:
                shard.take_over([], end)
            else:
                shard.extents = [(offset, size) for offset, size in extents.reshape(-1, 2).tolist()]
                shard.parts = [(at, made) for at, made in parts]
        return last, found["rows"], Counter(found["rejected"])

    def save(
        self, bloom: BloomFilter, ended: Callable[[int], bool], rows: int, rejected: Counter[str]
    ) -> None:
        """Nothing is added meanwhile, and all blocks that were read are in the filter."""
        inputs, arrays = [], []
        for number, shard in enumerate(self._shards):
            done = (shard.taken_over or ended(number)) and shard.status != "unreadable"
            if not done and not shard.extents:
                continue
            if not shard.identity or (shard.damaged and not done):
                return  # of no use to a later run, which must see for itself
            end = shard.findings() | {"parts": []} if done else None
            inputs.append((shard.identity, end, [] if done else shard.parts))
            arrays.append(np.array([] if done else shard.extents, np.int64).ravel())
        bloom.save(self._filter(self._number + 1))
        self._number += 1
        findings = {"number": self._number, "inputs": inputs, "rows": rows, "rejected": rejected}
        self._saved.save(arrays, findings)
        self._filter(self._number - 1).unlink(missing_ok=True)

    def done(self) -> None:
        """The filter has its name, or never will."""
        self._clear()

    def _filter(self, number: int) -> Path:
        return self._folder / f"{FILTER}{number}"

    def _clear(self) -> None:
        for path in self._folder.iterdir():
            if path.name != LOCK:
                path.unlink(missing_ok=True)
