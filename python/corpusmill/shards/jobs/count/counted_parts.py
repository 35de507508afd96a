"""counted_parts: what the parts of a count came to, for the run that goes on when this one is killed.

Stage files under OUT/.state, one for each run. A record is of some parts that follow each other, and is
there as soon as they are counted; it is checked before it is taken over. Knows no n-grams.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from corpusmill import _core
from corpusmill._ngram_counting import OfParts
from corpusmill.shards import ours
from corpusmill.shards.job import Job
from corpusmill.shards.state import saved, stages

MOST_STEPS = 64
"""In which all parts are counted, where they are not kept one by one."""

Arrays = Sequence[npt.NDArray[Any]]


class CountedParts:
    """`counted` names what is in the parts, and so does the job; None: nothing is kept, nothing was."""

    def __init__(self, job: Job, num_parts: int, counted: bytes | None) -> None:
        self._job = job
        self._num_parts = num_parts
        self._folder = job.out.state / ours.PARTS
        self._key = None if counted is None else stages.key_of(job.about, counted)
        self._found: dict[tuple[str, int], tuple[int, list[npt.NDArray[Any]]]] = {}
        self._number = 0
        self._writer: stages.StageWriter | None = None
        if self._key is not None:
            with job.out.writing(f"{ours.STATE}/{ours.PARTS}"):
                self._take_over(self._key)

    def _take_over(self, key: bytes) -> None:
        for path in saved.files(self._folder, key):
            self._number, damaged = int(path.name), False
            try:
                index = stages.index(path, key) or {"records": []}
            except (stages.StageError, ValueError):
                index, damaged = {"records": []}, True
            for record in index["records"]:
                data = stages.read(path, record["at"], record["size"])
                if stages.digest(data) != record["xxh3_128"]:
                    damaged = True
                    continue
                arrays = stages.taken_apart(data, record["arrays"])
                self._found[record["of"], record["first"]] = record["end"], arrays
            if damaged:
                self._job.warn(f"what {ours.PARTS} came to is damaged: those are counted again")

    def found(self, of: str, first: int) -> tuple[int, Arrays] | None:
        """What was found out of the parts from `first` to before which, if that is known."""
        return self._found.get((of, first))

    def keep(self, of: str, first: int, end: int, arrays: Arrays) -> None:
        """What was found out of these parts."""
        if self._key is None:
            return
        with self._job.out.writing(f"{ours.STATE}/{ours.PARTS}"):
            if self._writer is None:
                self._folder.mkdir(exist_ok=True)
                path = self._folder / f"{self._number + 1:06}"
                self._writer = stages.StageWriter(path, self._key)
            about = {"of": of, "first": first, "end": end, "arrays": stages.layout(arrays)}
            self._writer.append(about, arrays)

    def best(self, of: str, k: int, of_parts: OfParts) -> _core.Grams:
        """The k best n-grams of all parts, some parts at a time; `of` names them."""
        whole = f"{of}, all parts"
        if (known := self.found(whole, 0)) is not None:
            offsets, texts, counts, scores = known[1]
            return offsets, texts, counts, scores
        best, first = _core.ngram.BestGrams(k), 0
        step = max(self._job.threads, -(-self._num_parts // MOST_STEPS))
        while first < self._num_parts:
            if (known := self.found(of, first)) is None:
                end = min(first + step, self._num_parts)
                known = end, of_parts(first, end, best.least())
                self.keep(of, first, *known)
            first, some = known
            best.add(*some)
        found = best.grams()
        self.keep(whole, 0, self._num_parts, found)
        return found

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
