"""late_damage: row groups of Parquet that turn out not to be decodable when a job counts on them.

A job reads the text first and the other columns when it writes. A row group of which any column
fails is lost as a whole, so that what is kept depends neither on which columns are read nor on how
rows are cut into blocks; the job begins again as if that had been known from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from corpusmill.shards import ours
from corpusmill.shards.job import Job
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.reading.tables import LateDamage
from corpusmill.shards.state import stages
from corpusmill.shards.state.saved import Identity

T = TypeVar("T")

Lost: TypeAlias = list[tuple[int, ...]]
"""Per shard, the row groups that cannot be decoded."""


def without_lost_rows(job: Job, attempt: Callable[[], T]) -> T:
    """What `attempt` returns, which makes all of a job but its end.

    If it meets LateDamage, every Parquet input is read through once, for all columns of all row
    groups; then it is called again, and the rows of those that cannot be decoded are rejected.
    Interrupted jobs remember what was found. JobError if damage comes and goes.
    """
    known = _load(job)
    if any(known):
        job.begin_again(known)
    try:
        return attempt()
    except LateDamage:
        pass
    job.begin_again([()] * len(job.shards))
    found = _find(job)
    _save(job, found)
    job.begin_again(found)
    try:
        return attempt()
    except LateDamage:
        damaged = next(shard for shard in job.shards if shard.damaged)
        raise damaged.changed() from None


class CheckPass:
    """Decodes all that there is of the shards that are Parquet."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self._shards = shards
        self._wanted = [shard.input.format == "parquet" for shard in shards]
        sizes = zip(shards, self._wanted, strict=True)
        self.meter = Meter("check", sum(shard.input.size for shard, wanted in sizes if wanted))

    def blocks(self, shard: int) -> Blocks:
        if self._wanted[shard]:
            yield from self._shards[shard].first(self.meter.add_bytes, None)

    def work(self, shard: int, block: Block) -> None:  # noqa: ARG002
        self.meter.add_rows(block.size)

    def finish(self, shard: int) -> None:
        """Nothing is left to do for a shard alone."""


def _find(job: Job) -> Lost:
    with suppress(LateDamage):
        job.run(CheckPass(job.shards))
    found = [tuple(sorted(shard.damaged)) for shard in job.shards]
    for shard, groups in zip(job.shards, found, strict=True):
        if groups:
            named = ", ".join(map(str, groups[:10])) + (", ..." if len(groups) > 10 else "")
            job.warn(
                f"{shown(shard.input.name)}: row groups that cannot be decoded: {named}; "
                "their rows are rejected, and the job begins again"
            )
    return found


def _load(job: Job) -> Lost:
    """What an earlier run of the job found out; nothing of inputs that have changed."""
    found: dict[Identity, tuple[int, ...]] = {}
    try:
        index: dict[str, Any] = stages.index(_path(job), _key(job)) or {}
        found = {tuple(identity): tuple(groups) for identity, groups in index.get("lost", [])}
    except (stages.StageError, OSError, ValueError):
        pass
    return [found.get(shard.identity or (), ()) for shard in job.shards]


def _save(job: Job, found: Lost) -> None:
    if not job.saving:
        return
    new, place = stages.StageWriter, f"{ours.STATE}/{ours.LOST}"
    with job.out.writing(place), closing(new(_path(job), _key(job))) as writer:
        shards = zip(job.shards, found, strict=True)
        writer.index["lost"] = [(shard.identity, groups) for shard, groups in shards if groups]
        writer.seal()


def _path(job: Job) -> Path:
    return job.out.state / ours.LOST


def _key(job: Job) -> bytes:
    return stages.key_of(job.about["software"])
