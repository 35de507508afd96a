"""index: the indexes of a near-duplicate job: one it is run against, one it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpusmill._dedup_index_file import Part
from corpusmill._dedup_options import DecideOptions
from corpusmill.shards import decoding, ours
from corpusmill.shards.errors import UsageError
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import results
from corpusmill.shards.jobs.dedup import new_index
from corpusmill.shards.jobs.dedup.against import OldIndex, index_options
from corpusmill.shards.jobs.dedup.choices import Choices
from corpusmill.shards.jobs.dedup.duplicates import Decisions
from corpusmill.shards.jobs.dedup.kept_rows import KeptRows
from corpusmill.shards.jobs.dedup.new_index import NewIndex
from corpusmill.shards.jobs.dedup.old_entries import Counted
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.ours import LEDGER, shown
from corpusmill.shards.progress import Listener, Notice
from corpusmill.shards.reading import inputs
from corpusmill.shards.reading.inputs import AnyPath, Input
from corpusmill.shards.reading.read import Shard
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.state.table import Table


@dataclass(frozen=True)
class Indexes:
    """Those that were asked for; made by `opened`."""

    old: OldIndex | None
    new: NewIndex | None

    @property
    def checksum(self) -> str | None:
        """Of the old one: its part in the answer."""
        return self.old.checksum if self.old else None

    def save(
        self,
        job: Job,
        table: Table,
        decisions: Decisions,
        options: DecideOptions,
    ) -> dict[str, Any]:
        """Writes the new one beside its name, if there is to be one; for the ledger, both."""
        found = {"against": self.old.facts()} if self.old else {}
        if self.new:
            keep, sizes = decisions.keep(table.num_rows), decisions.cluster_sizes(table.num_rows)
            kept = KeptRows(table, keep, sizes, options.num_hashes)
            before = []
            if self.old:
                before = [Counted(self.old.segment, np.sort(decisions.entries()))]
            parts: list[Part] = [*before, kept]
            num_entries = sum(map(len, before)) + len(kept)
            job.at("index", num_entries)
            found["saved"] = self.new.write(
                index_options(options), parts, num_entries, job.budget.rows, job.threads
            )
            job.stopwatch.lap("index")
        return {"index": found} if found else {}

    def note(self, out: OutFolder, ledger: Ledger) -> None:
        """Before the results of this ledger are published."""
        if self.new:
            self.new.note(out, ledger.to_json().encode())

    def publish(self) -> None:
        """After that: what must happen, though it be in another run, if that did."""
        if self.new:
            self.new.publish()


def settled(
    out: AnyPath,
    names: Sequence[str],
    asked: Mapping[str, Any],
    files: Sequence[Input],
    *,
    overwrite: bool,
    notice: Listener | None,
) -> Ledger | None:
    """Finishes a job that was stopped between its results and its index: see new_index.settle.

    Its ledger, if this one is the same: of the same arguments, options and files as they are now.
    """
    before = ours.job(Path(out)).get("inputs")
    if not new_index.settle(out, overwrite=overwrite):
        return None
    done = results.ledger_of(out)
    shards = [Shard(file) for file in files]
    for shard in shards:
        shard.look()
    same = (done.inputs, done.options, before) == (names, asked, decoding.identities(shards))
    said = f"an earlier run had left its results in {shown(out)!r}; now its index is in place too"
    if notice and same:
        facts = {"resumed_bytes": done.totals["bytes"]}
        notice(Notice("resume", f"{said}: nothing else is left to do", facts))
    elif notice:
        notice(Notice("warning", f"{said}; inputs or options have changed since: a new job begins"))
    return done if same else None


def check_place(
    choices: Choices, given: AnyPath | Sequence[AnyPath], files: Sequence[Input], out: AnyPath
) -> None:
    """UsageError if the new index would lie where the job writes its results, or reads rows."""
    path = choices.new_index
    if path is None:
        return
    option = "against" if choices.update else "save_index"
    inputs.check_no_input(option, path, given, files)
    if inputs.covering(out, path) is not None:
        raise UsageError(
            f"{option}: {shown(path)!r} is, or lies in, the output folder {shown(out)!r}; it is no "
            "result of this job alone, and lies elsewhere"
        )


@contextmanager
def opened(
    choices: Choices, options: DecideOptions, files: Sequence[Input], out: AnyPath, threads: int
) -> Iterator[Indexes]:
    """The indexes that a job into `out` asks for, the new one's name held; UsageError if one is wrong."""
    with new_index.claimed(choices.new_index, out, may_exist=choices.update) as new:
        old = None
        if choices.against is not None:
            old = OldIndex.load(choices.against, options, threads)
            _check_not_in(old, files, out)
        yield Indexes(old, new)


def _check_not_in(old: OldIndex, files: Sequence[Input], out: AnyPath) -> None:
    """UsageError if what an earlier job in `out` kept of the same files is what the index got last.

    Against it nothing would be kept of them, and the results in `out` would be overwritten.
    """
    if not ours.finished(Path(out)):
        return
    with results.reading(out, LEDGER):
        done = Ledger.load(out)
        if done.command != "dedup":
            return
        results.check(done)
    saved = done.findings.get("index", {}).get("saved", {})
    these = [(shown(file.name), file.size) for file in files]
    if saved.get("xxh3_128") == old.checksum and these == [(f.path, f.bytes) for f in done.files]:
        raise UsageError(
            f"against: the index holds the rows of these files already: the results in "
            f"{shown(out)!r} were added to it, and none would be kept now"
        )
