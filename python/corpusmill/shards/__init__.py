"""shards: the capabilities on files: shards in, shards out, every row accounted for.

    dedup       near-duplicates removed
    convert     other formats, other sizes, some of the fields, some of the rows
    why         what became of a row of a job, and why
    stats       what a corpus is made of
    Ledger      the account of a job; Ledger.load(OUT) reads an earlier one

The order of reading: inputs, read, passes, rows, out, write, job; then one file per kind of job.
"""

from __future__ import annotations

from corpusmill.shards.convert_job import convert
from corpusmill.shards.dedup_job import dedup
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.fate import Entry, Fate, Place, Why
from corpusmill.shards.ledger import FileEntry, Ledger
from corpusmill.shards.progress import Notice, Progress
from corpusmill.shards.stats_job import stats
from corpusmill.shards.stats_result import Stats
from corpusmill.shards.why import why

__all__ = [
    "Entry",
    "Fate",
    "FileEntry",
    "JobError",
    "Ledger",
    "Notice",
    "Place",
    "Progress",
    "Stats",
    "UsageError",
    "Why",
    "convert",
    "dedup",
    "stats",
    "why",
]
