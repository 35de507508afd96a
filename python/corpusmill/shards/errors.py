"""errors: the two ways a shard job ends without a result."""

from __future__ import annotations


class UsageError(ValueError):
    """The job was asked for wrongly: a path, a field, an option. Nothing was written."""


class JobError(RuntimeError):
    """The job could not finish: a disk is full, an input changed. Run again, it goes on."""
