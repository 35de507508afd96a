"""shards: the capabilities on files: shards in, shards out, every row accounted for.

    dedup       near-duplicates removed
    Ledger      the account of a job; Ledger.load(OUT) reads an earlier one

The order of reading: inputs, read, passes, rows, out, write, job; then one file per kind of job.
"""

from __future__ import annotations

from corpusmill.shards.dedup_job import dedup
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.ledger import FileEntry, Ledger
from corpusmill.shards.progress import Notice, Progress

__all__ = ["FileEntry", "JobError", "Ledger", "Notice", "Progress", "UsageError", "dedup"]
