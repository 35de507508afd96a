"""against: the index of what was kept before: opened for a job, and asked about all of its rows.

Reads the index, changes nothing. Which of a job's own rows are alike is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusmill import _dedup_index_file, _dedup_segments
from corpusmill._dedup_index_options import IndexOptions
from corpusmill._dedup_options import DecideOptions
from corpusmill._dedup_segments import Segment
from corpusmill.shards.errors import UsageError
from corpusmill.shards.job import Job
from corpusmill.shards.ours import shown
from corpusmill.shards.rows import Ints
from corpusmill.shards.state.table import Table

MOST_AT_ONCE, LEAST_AT_ONCE = 1 << 16, 1 << 10
"""Rows that are looked up together: many, because neighbours in a table then share its pages."""

HIT_BYTES = 64
"""Of a row and band that is looked up: its key, the tag that was found."""


@dataclass(frozen=True)
class Matches:
    """Rows of the job that are in the index, ascending, and the entry that each matches."""

    rows: Ints
    entries: Ints
    similarity: npt.NDArray[np.float64]  # the share of equal slots


NO_MATCHES = Matches(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))


@dataclass(frozen=True)
class OldIndex:
    """A saved index, mapped. What has its name may be replaced; this stays what it was."""

    options: IndexOptions
    segment: Segment
    checksum: str  # of the header, which stands for every byte

    @classmethod
    def load(cls, path: str, options: DecideOptions, threads: int) -> OldIndex:
        """The index at `path`, read once to compare its checksums.

        Raises UsageError if it cannot be read, is damaged, or is not one for these options.
        """
        try:
            found, segment, identity = _dedup_index_file.read(path, verify=True, threads=threads)
        except OSError as error:
            raise UsageError(f"against: {shown(path)}: {error.strerror}") from error
        except ValueError as error:
            raise UsageError(f"against: {error}") from error
        _check_equal(asdict(found), asdict(index_options(options)))
        return cls(found, segment, _dedup_index_file.checksum_of(identity))

    def facts(self) -> dict[str, Any]:
        """For the ledger."""
        return {
            "entries": len(self.segment),
            "xxh3_128": self.checksum,
            "options": asdict(self.options),
        }

    def matches(self, job: Job, table: Table, *, max_comparisons: int, memory: int) -> Matches:
        """All rows of the table that match an entry: of several, the first one.

        A batch of rows at a time, within `memory` bytes, of which pages of the index have a part.
        """
        if not len(self.segment):
            return NO_MATCHES
        row_bytes = 8 * self.options.num_hashes + HIT_BYTES * self.options.bands
        at_once = min(max(memory // 4 // row_bytes, LEAST_AT_ONCE), MOST_AT_ONCE)
        found = [NO_MATCHES]
        for first, slots in _batches(table, at_once):
            job.at("against", first)
            query, entries, similarity = _dedup_segments.found_in(
                [self.segment],
                slots,
                self.options,
                threshold=self.options.threshold,
                verify=True,
                matches="first",
                max_comparisons=max_comparisons,
                threads=job.threads,
                resident=memory // 4,
            )
            self.segment.let_go()
            found.append(Matches(first + query, entries, similarity))
        job.at("against", table.num_rows)
        return Matches(
            np.concatenate([batch.rows for batch in found]),
            np.concatenate([batch.entries for batch in found]),
            np.concatenate([batch.similarity for batch in found]),
        )


def index_options(options: DecideOptions) -> IndexOptions:
    """Those of an index of a job's signatures."""
    names = IndexOptions.__dataclass_fields__
    return IndexOptions(**{name: getattr(options, name) for name in names})


def _check_equal(theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    different = {name: value for name, value in theirs.items() if value != ours[name]}
    if different:
        needed = ", ".join(f"{name}={value!r}" for name, value in different.items())
        given = ", ".join(f"{name}={ours[name]!r}" for name in different)
        raise UsageError(
            f"against: the index was made with {needed}, and the job has {given}; give the job the "
            "same options, or make another index with them"
        )


def _batches(table: Table, at_once: int) -> Iterator[tuple[int, npt.NDArray[np.uint32]]]:
    """The signatures of all rows, some blocks at a time, and the number of the first of them."""
    held: list[npt.NDArray[np.uint32]] = []
    first = count = 0
    for rows in table.blocks():
        held.append(rows.slots)
        count += rows.num_rows
        if count >= at_once:
            yield first, np.concatenate(held)
            first, count = first + count, 0
            held.clear()
    if count:
        yield first, np.concatenate(held)
