"""account: what a near-duplicate job tells of its decision, per file and per row."""

from __future__ import annotations

from typing import Any

import numpy as np

from corpusmill.shards.job import Job
from corpusmill.shards.jobs.dedup import duplicates
from corpusmill.shards.jobs.dedup.against import OldIndex
from corpusmill.shards.jobs.dedup.decide import Decided
from corpusmill.shards.jobs.dedup.duplicates import REASONS
from corpusmill.shards.jobs.places import Places
from corpusmill.shards.ledger import Counts
from corpusmill.shards.state.table import Table


def dropped(table: Table, decided: Decided) -> list[Counts]:
    """Per file, the dropped rows by reason."""
    files = table.shard_of(decided.decisions.dropped)
    counts = np.zeros((table.num_shards, len(REASONS)), np.int64)
    np.add.at(counts, (files, decided.decisions.reason), 1)
    return [
        {reason: count for reason, count in sorted(zip(REASONS, of_file, strict=True)) if count}
        for of_file in counts.tolist()
    ]


def report(job: Job, table: Table, decided: Decided, old: OldIndex | None) -> dict[str, Any]:
    """Writes duplicates.parquet; what max_comparisons cut short, for the ledger."""
    places = Places(job.shards, table)
    duplicates.write(job.out, decided.decisions, places, job.budget.rows, old)
    rows = np.array([row for _, row, _, _ in decided.capped], np.int64)
    files, lines, _ = places.of(rows)
    where = zip(files.to_pylist(), lines.to_pylist(), strict=True)
    buckets = [
        {"band": band, "units": units, "kept": kept, "file": file, "row": line}
        for (band, _, units, kept), (file, line) in zip(decided.capped, where, strict=True)
    ]
    return {"capped": {"units": decided.num_capped, "buckets": buckets}}
