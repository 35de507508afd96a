"""gather: what a report tells, from a finished job's output folder, in one walk over its duplicates.

Holds a few lines of it, however many there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corpusmill import _arrow
from corpusmill.shards import run_facts
from corpusmill.shards.jobs.fate import Rejection
from corpusmill.shards.jobs.results import Line, ledger_of, reading, rejections
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.ours import DUPLICATES
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.rows import Ints

BINS = 40
STRATA = 8
CLUSTERS = 10
EXAMPLES = 3


@dataclass
class Pairs:
    """What the lines of duplicates.parquet say together."""

    low: float  # where the histogram begins; it ends at 1
    bins: Ints = field(default_factory=lambda: np.zeros(BINS, np.int64))
    num_equal: int = 0  # the same shingle set or signature, or the same bytes
    num_unverified: int = 0
    clusters: list[Line] = field(default_factory=list)  # a line of each of the largest
    samples: dict[int, Line] = field(default_factory=dict)  # by stratum of similarity

    def add(self, batch: pa.RecordBatch) -> None:
        similarity, cluster, size, dropped = (
            _arrow.numbers(batch[name]) for name in ("similarity", "cluster", "size", "dropped_row")
        )
        kept = _arrow.numbers(_without_nulls(batch["kept_row"]))
        verified = np.array([how != "none" for how in batch["verified"].to_pylist()], np.bool_)
        in_index = cluster < 0  # whose text nobody has
        equal = similarity == 1
        self.num_equal += int(equal.sum())
        self.num_unverified += int((~verified).sum())
        places = (similarity - self.low) / (1 - self.low)
        places = np.clip(places, 0, np.nextafter(1, 0))
        self.bins += np.bincount((places * BINS).astype(int)[verified & ~equal], minlength=BINS)
        strata = np.where(equal, STRATA, (places * STRATA).astype(int))
        strata[in_index] = -1
        self._choose_samples(batch, strata, np.maximum(dropped, kept))
        self._choose_clusters(batch, cluster, size)

    def _choose_samples(self, batch: pa.RecordBatch, strata: Ints, depth: Ints) -> None:
        """Of each stratum the pair that lies nearest to the heads of its files: soon read."""
        for stratum in np.unique(strata[strata >= 0]).tolist():
            rows = np.flatnonzero(strata == stratum)
            row = rows[np.argmin(depth[rows])]
            [line] = batch.slice(row, 1).to_pylist()
            held = self.samples.get(stratum)
            if held is None or depth[row] < max(held["dropped_row"], held["kept_row"]):
                self.samples[stratum] = line

    def _choose_clusters(self, batch: pa.RecordBatch, cluster: Ints, size: Ints) -> None:
        numbers, first = np.unique(cluster, return_index=True)
        largest = first[np.lexsort((numbers, -size[first]))[:CLUSTERS]]
        held = {line["cluster"]: line for line in self.clusters}
        for row in largest.tolist():
            held.setdefault(int(cluster[row]), batch.slice(row, 1).to_pylist()[0])
        by_size = sorted(held.values(), key=lambda line: (-line["size"], line["cluster"]))
        self.clusters = by_size[:CLUSTERS]


def _without_nulls(column: pa.Array) -> pa.Array:
    """The column with any number where there is none."""
    return pa.Array.from_buffers(
        column.type, len(column), [None, column.buffers()[1]], offset=column.offset
    )


@dataclass(frozen=True)
class Finished:
    """What a report of any job tells."""

    ledger: Ledger
    run: Mapping[str, Any]
    rejects: dict[str, list[tuple[str, Rejection]]]  # by reason, the first few with their file


@dataclass(frozen=True)
class Job(Finished):
    """All that a report of a near-duplicate job tells but the texts of its samples."""

    pairs: Pairs


def gather(out: AnyPath) -> Job:
    """Reads ledger.json, run.json, duplicates.parquet and the heads of rejected/.

    Raises UsageError if no job has finished in `out`.
    """
    from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

    ledger = ledger_of(out)
    pairs = Pairs(low=min(ledger.options["threshold"], 0.98))
    with reading(out, DUPLICATES), parquet.ParquetFile(Path(out) / DUPLICATES) as file:
        for batch in file.iter_batches():
            pairs.add(batch)
    return Job(ledger, run_facts.load(out), rejects_of(out, ledger), pairs)


def gather_any(out: AnyPath, ledger: Ledger) -> Finished:
    """What any job leaves, whose ledger this is."""
    return Finished(ledger, run_facts.load(out), rejects_of(out, ledger))


def rejects_of(out: AnyPath, ledger: Ledger) -> dict[str, list[tuple[str, Rejection]]]:
    """The first rejected lines of each reason; files are opened until there are enough."""
    wanted = dict.fromkeys(ledger.totals["rejected"], EXAMPLES)
    found: dict[str, list[tuple[str, Rejection]]] = {reason: [] for reason in wanted}
    for entry in ledger.files:
        of_file = {reason: min(wanted[reason], count) for reason, count in entry.rejected.items()}
        left = sum(of_file.values())
        for rejection in rejections(out, entry) if left else ():
            if of_file.get(rejection.reason):
                of_file[rejection.reason] -= 1
                wanted[rejection.reason] -= 1
                left -= 1
                found[rejection.reason].append((entry.path, rejection))
            if not left:
                break
    return found
