"""job: what every shard job does around its passes: claims OUT, runs them, accounts, cleans up.

A job that cannot finish keeps what it saved, and the next run of it goes on from there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from corpusmill.shards import decoding, need, ours, passes, run_facts
from corpusmill.shards.errors import JobError
from corpusmill.shards.large import OneAtATime
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.memory import Budget, arrow_gives_back, keep_freed_memory
from corpusmill.shards.ours import LEDGER, RUN, shown
from corpusmill.shards.progress import Listener, Notice, Progress, Report
from corpusmill.shards.reading.inputs import Input
from corpusmill.shards.reading.tables import LateDamage
from corpusmill.shards.state import saved, stages
from corpusmill.shards.state.decided import Decided
from corpusmill.shards.state.identities import identities
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.state.saved import Identity
from corpusmill.shards.state.store import Store
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.written import WrittenLog


class Job:
    """A job over `inputs` into `out`; used as `with job.claimed(names): ...`.

    about       command, software versions and options: all that decides the results but the inputs
    row_bytes   of a row's results of the first pass
    scratch_bytes   of a row's, where a decision does not fit in memory, for its scratch file
    scratch_share   of a job that writes no rows: bytes for each of text that may go to scratch files
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        out: OutFolder,
        *,
        about: Mapping[str, Any],
        threads: int,
        budget: Budget,
        row_bytes: int,
        scratch_bytes: int = 0,
        scratch_share: float | None = None,
        report: Report | None,
        notice: Listener | None,
        stopwatch: run_facts.Stopwatch,
    ) -> None:
        keep_freed_memory(budget.freed)
        self.stopwatch = stopwatch
        self.stop = threading.Event()
        self._large = OneAtATime(self._stopped)
        self.shards = decoding.shards(inputs, budget, self._large, self._stopped, self.warn)
        for shard in self.shards:
            shard.look()
        self.out = out
        self.about = about
        self.threads = threads
        self.budget = budget
        self._report = report or (lambda _: None)
        self._notice = notice or (lambda _: None)
        self._need = need.of(self.shards, budget, row_bytes, scratch_bytes, scratch_share)
        self.text_bytes = self._need.text  # estimated
        self.long = self._need.saving  # so that what is found out is worth being saved
        self._store: Store | None = None
        self._log: WrittenLog | None = None
        self._resumed_bytes = 0

    @contextmanager
    def claimed(self, names: Iterable[str]) -> Iterator[None]:
        """Holds the folder for the job, which may write these files; if it fails, all stays
        as it was but for what is saved.
        """
        need.check_memory(self._need, self.budget)
        need.check_room(self._need, self.out.path)
        facts = {"scratch_bytes": self._need.total, "minimum_memory_bytes": self.budget.minimum}
        self._notice(Notice("start", need.said(self._need, self.budget), facts))
        job = {**self.about, "inputs": identities(self.shards)}
        self.out.claim(names, job)
        if self.out.earlier and self.out.resumable:
            for changes in saved.changes(self.out.earlier, job):
                self.warn(changes)
        try:
            with arrow_gives_back():
                yield
        except KeyboardInterrupt as interruption:
            # The command line shows this text, which is true here alone.
            said = (self._end(),)
            raise type(interruption)(*filter(None, said)) from None
        except BaseException:
            self._end()
            raise

    def _end(self) -> str:
        """Saves what can be resumed and undoes the rest; says what became of it."""
        self._close()
        resumable = self.out.resumable
        if not self.out.discard():
            return ""
        return "run again to resume" if resumable else "what was written is gone again"

    def _close(self) -> None:
        """Saves what can be resumed."""
        if self._store is not None:
            with suppress(OSError, JobError):
                self._store.seal()
            self._store.close()
        if self._log is not None:
            with suppress(OSError):  # of what could not be written it says nothing
                self._log.close()
            self._log = None

    def begin_again(self, lost: Sequence[tuple[int, ...]]) -> None:
        """As if nothing had been done, but that these row groups of each shard are lost."""
        self._close()
        self.out.forget()
        self.stop = threading.Event()
        self.shards = [shard.anew(of) for shard, of in zip(self.shards, lost, strict=True)]

    def _stopped(self) -> bool:
        return self.stop.is_set()

    def warn(self, message: str) -> None:
        self._notice(Notice("warning", message))

    @property
    def saving(self) -> bool:
        """Whether the job is long enough for its results to be saved as it goes."""
        return self._store is not None and self._store.saving

    def store(
        self,
        depends: Mapping[str, Any],
        first: Mapping[Identity, int] | None = None,
        *,
        dear: bool = False,
    ) -> Store:
        """Where the results of the first pass go, which depend on `depends` besides the inputs.

        first       of each input how many blocks are taken over: just these, or none of any; None: all
        dear        whether results take so long to make that those of a small job, too, are saved
        """
        key = stages.key_of({"software": self.about["software"], **depends})
        saving = dear or self._need.saving
        store = Store(self.shards, self.out, key, saving=saving, allowance=self.budget.rows)
        self._store = store
        self._resumed_bytes = taken = store.resume(self.warn, first)
        if taken:
            message = f"taking over {taken / 1e6:,.1f} MB of text that an earlier run has read"
            self._notice(Notice("resume", message, {"resumed_bytes": taken}))
        return store

    def room(self, num_rows: int) -> tuple[str, int]:
        """A folder for what a decision cannot hold in memory, and how many bytes it may hold."""
        folder = self.out.state / ours.SCRATCH
        with self.out.writing(f"{ours.STATE}/{ours.SCRATCH}"):
            folder.mkdir(exist_ok=True)
        return str(folder), self.budget.for_decision(num_rows, rows_held=self._rows_held)

    def check_columns(self, num_rows: int, row_bytes: int) -> None:
        """JobError if the budget has no room for columns of so many bytes a row, held to the end."""
        self.budget.beside(num_rows, row_bytes, rows_held=self._rows_held)

    @property
    def _rows_held(self) -> bool:
        return self._store is not None and not self._store.spilled

    def decided(self, table: Table, name: str = ours.DECIDED, *depends: Any) -> Decided:
        """Where is saved what was decided on `table`, or found out next, with `depends`."""
        rows = [table.rows_of(number).stop for number in range(table.num_shards)]
        inputs = [shard.identity for shard in self.shards]
        key = stages.key_of(self.about, inputs, rows, *depends)
        path = self.out.state / name if self.saving else None
        return Decided(path, f"{ours.STATE}/{name}", key, self.out.writing)

    def written(self) -> WrittenLog:
        """The account of how far the outputs are."""
        if self._log is None:
            with self.out.writing(f"{ours.STATE}/{ours.WRITTEN}"):
                path = self.out.state / ours.WRITTEN if self.saving else None
                self._log = WrittenLog(path, self.warn)
        return self._log

    def run(
        self,
        a_pass: passes.Pass[Any],
        num_streams: int | None = None,
        reads: Callable[[int], int] = lambda shard: shard,
    ) -> None:
        """Walks over the shards, or over streams; `reads`: the shard that one is reading.

        LateDamage if a row group has turned out not to be decodable.
        """
        passes.run(
            a_pass,
            num_streams or len(self.shards),
            threads=self.threads,
            stop=self.stop,
            report=self._report,
            stalled=lambda stream: self._stalled(reads(stream)),
            done=self._large.let_go,
        )
        self.stopwatch.lap(a_pass.meter.read().stage)
        if any(shard.damaged for shard in self.shards):
            raise LateDamage

    def _stalled(self, shard: int) -> None:
        path = shown(self.shards[shard].input.path)
        self.warn(f"{path}: nothing could be read for {passes.STALLED_SECONDS:.0f} s; still trying")

    def at(self, stage: str, rows: int) -> None:
        """Reports a stage that is no pass."""
        self._report(Progress(stage, 0, 0, rows))

    def finish(self, ledger: Ledger, then: Callable[[], None] | None = None) -> None:
        """Puts all results in place, and calls `then`.

        JobError if they do not balance or are not all there.
        """
        for file in ledger.files:
            if not file.balanced:
                raise JobError(
                    f"{file.path}: {file.rows_read} rows were read, but {file.kept} kept, "
                    f"{file.dropped} dropped, {file.rejected} rejected; please report this"
                )
        lacking = self.out.lacks(name for file in ledger.files for name in file.outputs)
        if lacking:
            raise JobError(f"{lacking[0]} was written and is gone; did something clear OUT/.state?")
        if self._log is not None:
            self._log.close()
        inputs = [shard.input for shard in self.shards]
        self.stopwatch.lap("ledger")
        facts = run_facts.to_json(self.stopwatch, inputs, self.threads, self._facts())
        self.out.put(RUN, facts.encode())
        self.out.put(LEDGER, ledger.to_json().encode())
        self.out.publish(then, synced=self.saving)

    def _facts(self) -> dict[str, int | bool]:
        """What was done and what was taken over: bytes of files hashed, of text scanned."""
        store = self._store
        return {
            "memory_bytes": self.budget.total,
            "minimum_memory_bytes": self.budget.minimum,
            "spilled": store is not None and store.spilled,
            "resumed_bytes": self._resumed_bytes,
            "scanned_bytes": store.scanned_bytes if store else 0,
            "hashed_bytes": sum(shard.num_bytes for shard in self.shards if not shard.taken_over),
        }
