"""targets: the texts that rows should look like: read and counted before a job begins. Weighs nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from corpusmill.shards import passes
from corpusmill.shards.errors import UsageError
from corpusmill.shards.jobs.select.choices import Choices
from corpusmill.shards.jobs.select.passes import CountPass, Ints
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.inputs import AnyPath, find
from corpusmill.shards.reading.read import Shard


class Targets:
    """The target's files: their n-grams, read before the job begins, and who they are."""

    def __init__(
        self,
        targets: Sequence[AnyPath],
        out: AnyPath,
        choices: Choices,
        threads: int,
        report: Report | None,
    ) -> None:
        found = [find(one, out) for one in targets] if choices.separate else [find(targets, out)]
        self._shards = [Shard(file) for files in found for file in files]
        groups = [number for number, files in enumerate(found) for _ in files]
        fields.check(self._shards, "text", choices.text)
        self.totals: list[Ints] = [np.zeros(choices.features.buckets, np.int64) for _ in found]

        def ended(shard: int, totals: Ints) -> None:
            self.totals[groups[shard]] += totals

        counting = CountPass("target", self._shards, choices.features, choices.text, ended)
        passes.run(
            counting,
            len(self._shards),
            threads=threads,
            stop=threading.Event(),
            report=report or (lambda _: None),
        )
        for shard in self._shards:
            if shard.status != "complete" or shard.damaged:
                name = shown(shard.input.path)
                raise UsageError(
                    f"target: {name} is {shard.error or 'damaged'}; mend or leave it out"
                )
        self._groups = groups
        self._num_rows = counting.num_rows
        empty = [number for number, total in enumerate(self.totals) if not total.sum()]
        if empty:
            raise UsageError(f"target: no n-gram in number {empty[0]}, so nothing can look like it")

    @property
    def identity(self) -> list[Any]:
        """All of the targets that decides the answer."""
        return [[of["target"], of["xxh3_128"]] for of in self.findings()]

    def findings(self) -> list[dict[str, Any]]:
        """As the ledger has them."""
        shards = zip(self._shards, self._groups, self._num_rows, strict=True)
        return [
            {
                "path": shown(shard.input.name),
                "target": group,
                "bytes": shard.num_bytes,
                "xxh3_128": shard.xxh3_128,
                "rows": rows,
            }
            for shard, group, rows in shards
        ]
