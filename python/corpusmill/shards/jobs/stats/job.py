"""job: what a corpus is made of, in one pass over its text. Writes nothing and drops nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill import _arrow, _check, _core
from corpusmill.shards import passes
from corpusmill.shards.errors import UsageError
from corpusmill.shards.jobs.stats.result import FileStats, Stats
from corpusmill.shards.jobs.stats.tally import MOST_FIELDS, BlockCounts, Tally
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Meter, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.inputs import AnyPath, as_given, find
from corpusmill.shards.reading.read import Block, Blocks, Shard

_Hashes: TypeAlias = npt.NDArray[np.uint64]


def stats(
    inputs: AnyPath | Sequence[AnyPath],
    *,
    text: str = "text",
    threads: int = 0,
    max_rejected: float = 0.001,
    progress: Report | None = None,
) -> Stats:
    """Rows, lengths, scripts, repeated texts, fields and rejects of shards.

    inputs          files, folders and globs, as `dedup` takes them
    text            the field that holds a row's text
    threads         0: as many as this process may use; the answer does not depend on it
    max_rejected    share of rows that may be no good rows before `Stats.problems` says so
    progress        called from this thread with a `Progress`, a few times a second
    returns         what was counted per file and in total; read its `problems`

    One pass, linear time. Quantiles are exact. Memory is 16 bytes a row, for the hashes that find
    repeated texts (XXH3-128: two of 10**12 different texts have equal ones with probability
    1.5e-15), twice that at the end, and a few blocks of 1.5 MiB a thread.

    Raises UsageError (a ValueError) for wrong options, no input, or a text field that none of the
    first 1,000 rows has; JobError if an input changes meanwhile.
    """
    try:
        threads = _core.core.resolve_threads(_check.threads(threads))
        if not 0 <= max_rejected <= 1:
            raise ValueError(f"max_rejected: expected 0 to 1, got {max_rejected!r}")
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from None
    files = find(inputs, os.devnull)  # no output folder: nothing lies inside this
    shards = [Shard(file) for file in files]
    fields.check(shards, "text", text)
    counting = StatsPass(shards, text)
    passes.run(
        counting,
        len(shards),
        threads=threads,
        stop=threading.Event(),
        report=progress or (lambda _: None),
    )
    total = Tally()
    for tally in counting.tallies:
        total.merge(tally)
    repeated = counting.repeated()
    return Stats(
        inputs=[shown(name) for name in as_given(inputs)],
        options={"text": text, "max_rejected": max_rejected},
        files=[
            _file(shard, tally, again)
            for shard, tally, again in zip(shards, counting.tallies, repeated, strict=True)
        ],
        total=total.counted(sum(repeated)),
    )


class StatsPass:
    """Scans all blocks and counts what is in them."""

    def __init__(self, shards: Sequence[Shard], text: str) -> None:
        self._shards = shards
        self._fields = Fields(text, None, None)
        self._locks = [threading.Lock() for _ in shards]
        self._hashes: list[dict[int, _Hashes]] = [{} for _ in shards]
        self.tallies = [Tally() for _ in shards]
        self.meter = Meter("stats", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, None)

    def work(self, shard: int, block: Block) -> None:
        counts, hashes = _count(block, self._fields)
        with self._locks[shard]:
            self.tallies[shard].add(counts)
            self._hashes[shard][block.index] = hashes
        self.meter.add_rows(len(counts.words) + len(counts.rejected))

    def finish(self, shard: int) -> None:
        """Nothing is left to do for a shard alone."""

    def repeated(self) -> list[int]:
        """Per shard, the rows whose text an earlier row of the job has."""
        parts = [found[index] for found in self._hashes for index in sorted(found)]
        sizes = [sum(map(len, found.values())) for found in self._hashes]
        hashes = np.concatenate([np.empty((0, 2), np.uint64), *parts])
        order = np.lexsort(hashes.T)  # stable: rows of equal hashes stay in their order
        again = (hashes[order[1:]] == hashes[order[:-1]]).all(axis=1)
        shard_of = np.searchsorted(np.cumsum(sizes), order[1:][again], side="right")
        counts: list[int] = np.bincount(shard_of, minlength=len(sizes)).tolist()
        return counts


def _count(block: Block, fields: Fields) -> tuple[BlockCounts, _Hashes]:
    """The counts of a block, and the hash of each of its texts, 2 words a row."""
    found = block.rows(fields)

    def capsules() -> _arrow.Capsules:
        return [chunk.__arrow_c_array__() for chunk in found.texts]

    characters, words, letters = _core.text.counts(capsules(), 1)
    hashes = _core.dedup.content_hashes(capsules(), 1)
    objects, by_name, num_values = block.fields(found.rows, MOST_FIELDS)
    counts = BlockCounts(
        rejected=found.rows.rejected_reason,
        text_bytes=found.lengths,
        characters=characters,
        words=words,
        letters=letters,
        objects=objects,
        fields=by_name,
        num_values=num_values,
    )
    return counts, hashes.reshape(-1, 2)


def _file(shard: Shard, tally: Tally, repeated: int) -> FileStats:
    return FileStats(
        path=shown(shard.input.name),
        format=shard.input.format,
        status=shard.status,
        bytes=shard.num_bytes,
        xxh3_128=shard.xxh3_128,
        error=shard.error,
        counted=tally.counted(repeated),
    )
