"""identities: by what OUT/.state/job.json knows a job's inputs again."""

from __future__ import annotations

from collections.abc import Iterable

from corpusmill.shards.ours import shown
from corpusmill.shards.reading.read import Shard


def identities(shards: Iterable[Shard]) -> list[list[str | int]]:
    """Of inputs that were looked at; of those that cannot be seen, their paths."""
    return [list(shard.identity or [shown(shard.input.path)]) for shard in shards]
