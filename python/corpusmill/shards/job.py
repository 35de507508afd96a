"""job: what every shard job does around its passes: claims OUT, runs them, accounts, cleans up."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from corpusmill import _core
from corpusmill.shards import passes, run_facts
from corpusmill.shards.errors import JobError
from corpusmill.shards.inputs import Input
from corpusmill.shards.ledger import Counts, FileEntry, Ledger
from corpusmill.shards.ours import LEDGER, RUN, shown
from corpusmill.shards.out import OutFolder
from corpusmill.shards.progress import Progress, Report
from corpusmill.shards.read import Shard
from corpusmill.shards.rows import Table
from corpusmill.shards.write import WritePass


class Job:
    """A job over `inputs` into `out`; used as `with job.claimed(names): ...`."""

    def __init__(
        self,
        inputs: Sequence[Input],
        out: OutFolder,
        *,
        threads: int,
        report: Report | None,
        stopwatch: run_facts.Stopwatch,
    ) -> None:
        self.stopwatch = stopwatch
        self.shards = [Shard(file) for file in inputs]
        self.out = out
        self.threads = _core.core.resolve_threads(threads)
        self.stop = threading.Event()
        self._report = report or (lambda _: None)

    @contextmanager
    def claimed(self, names: Iterable[str]) -> Iterator[None]:
        """Holds the folder for the job, which may write these files; if the job fails, what it wrote is taken away again."""
        self.out.claim(names)
        try:
            yield
        except KeyboardInterrupt:
            # The command line shows this text, which is true here alone.
            said = ("what was written is gone again",) if self.out.discard() else ()
            raise KeyboardInterrupt(*said) from None
        except BaseException:
            self.out.discard()
            raise

    def run(self, a_pass: passes.Pass) -> None:
        num_shards = len(self.shards)
        passes.run(a_pass, num_shards, threads=self.threads, stop=self.stop, report=self._report)
        self.stopwatch.lap(a_pass.meter.read().stage)

    def at(self, stage: str, rows: int) -> None:
        """Reports a stage that is no pass."""
        self._report(Progress(stage, 0, 0, rows))

    def entries(
        self, table: Table, dropped: Sequence[Counts], written: WritePass
    ) -> list[FileEntry]:
        """The ledger's line for each file: what was read, decided and really written of it."""
        return [
            self._entry(number, table, dropped[number], written)
            for number in range(len(self.shards))
        ]

    def _entry(self, number: int, table: Table, dropped: Counts, written: WritePass) -> FileEntry:
        shard, blocks = self.shards[number], table.shards[number]
        rejected = Counter(reason for rows in blocks for reason in rows.rejected_reason)
        kept, num_rejected = written.written[number]
        if num_rejected != rejected.total():
            raise JobError(
                f"{shown(shard.input.name)}: {rejected.total()} rows were rejected, but "
                f"{num_rejected} written to rejected/; please report this"
            )
        return FileEntry(
            path=shown(shard.input.name),
            format=shard.input.format,
            status=shard.status,
            bytes=shard.num_bytes,
            xxh3_128=shard.xxh3_128,
            rows_read=sum(rows.num_rows for rows in blocks) + rejected.total(),
            kept=kept,
            dropped=dropped,
            rejected=dict(sorted(rejected.items())),
            outputs=sorted(map(shown, written.names[number])),
            error=shard.error,
        )

    def finish(self, ledger: Ledger) -> None:
        """Puts all results in place; JobError if they do not balance or are not all there."""
        for file in ledger.files:
            if not file.balanced:
                raise JobError(
                    f"{file.path}: {file.rows_read} rows were read, but {file.kept} kept, "
                    f"{file.dropped} dropped, {file.rejected} rejected; please report this"
                )
        lacking = self.out.lacks(name for file in ledger.files for name in file.outputs)
        if lacking:
            raise JobError(f"{lacking[0]} was written and is gone; did something clear OUT/.state?")
        inputs = [shard.input for shard in self.shards]
        self.stopwatch.lap("ledger")
        facts = run_facts.to_json(self.stopwatch, inputs, self.threads)
        self.out.put(RUN, facts.encode())
        self.out.put(LEDGER, ledger.to_json().encode())
        self.out.publish()
