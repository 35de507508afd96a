"""dedup_index: the indexes of a near-duplicate job: one it is run against, one it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusmill._dedup_index_file import Part
from corpusmill._dedup_options import DecideOptions
from corpusmill.shards import new_index, results
from corpusmill.shards.against import OldIndex, index_options
from corpusmill.shards.dedup_choices import Choices
from corpusmill.shards.duplicates import Decisions
from corpusmill.shards.errors import UsageError
from corpusmill.shards.inputs import AnyPath, Input
from corpusmill.shards.job import Job
from corpusmill.shards.kept_rows import KeptRows
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.new_index import NewIndex
from corpusmill.shards.ours import finished, shown
from corpusmill.shards.out import OutFolder
from corpusmill.shards.table import Table


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
            before = [self.old.counted(decisions.entries())] if self.old else []
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
    if not finished(Path(out)):
        return
    done = results.ledger_of(out)
    saved = done.findings.get("index", {}).get("saved", {})
    these = [(shown(file.name), file.size) for file in files]
    if saved.get("xxh3_128") == old.checksum and these == [(f.path, f.bytes) for f in done.files]:
        raise UsageError(
            f"against: the index holds the rows of these files already: the results in "
            f"{shown(out)!r} were added to it, and none would be kept now"
        )
