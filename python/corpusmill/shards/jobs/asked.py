"""asked: what every job over rows is asked for alike: inputs, outputs, memory; and the job made of it.

Runs none, and knows no kind of job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from corpusmill import _check, _core
from corpusmill.shards.errors import UsageError
from corpusmill.shards.job import Job
from corpusmill.shards.memory import Budget
from corpusmill.shards.memory import parse as parse_memory
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading.inputs import AnyPath, Input, as_given, find
from corpusmill.shards.run_facts import Stopwatch
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.writing.target import Target


@contextmanager
def checks(wrong: tuple[type[Exception], ...] = (TypeError, ValueError)) -> Iterator[None]:
    """Options are looked at in here: such errors are UsageErrors."""
    try:
        yield
    except wrong as error:
        raise UsageError(str(error)) from None


def check_cuts_field(name: Any, text: str, *, cuts: bool) -> None:
    """ValueError if it is no field beside the text for what is cut out of it, or nothing is cut."""
    if name is None:
        return
    if not isinstance(name, str) or name in ("", text):
        raise ValueError(
            f"cuts_field: expected the name of a field that is not the text, got {name!r}"
        )
    if not cuts:
        raise ValueError("cuts_field: says what was cut out, and nothing is; leave it out, or cut")


@dataclass(frozen=True)
class Asked:
    """Checked options; with `found`, the files they name, and outputs as those have them."""

    inputs: AnyPath | Sequence[AnyPath]
    out: AnyPath
    target: Target
    threads: int
    max_rejected: float
    memory: int | str | None
    overwrite: bool
    progress: Report | None
    notice: Listener | None
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    files: Sequence[Input] = ()

    def __post_init__(self) -> None:
        parse_memory(self.memory)
        if not 0 <= self.max_rejected <= 1:
            raise ValueError(f"max_rejected: expected 0 to 1, got {self.max_rejected!r}")
        threads = _core.core.resolve_threads(_check.threads(self.threads))
        object.__setattr__(self, "threads", threads)

    @property
    def names(self) -> list[str]:
        """The inputs as they were given, for the ledger."""
        return [shown(name) for name in as_given(self.inputs)]

    def found(self) -> Asked:
        """UsageError if there are no inputs, or not of one form where outputs ask for one."""
        files = find(self.inputs, self.out)
        target = self.target.settled(files)
        target.check(files)
        return replace(self, files=files, target=target)

    def budget(
        self,
        row_bytes: int,
        *,
        writes: bool = True,
        writes_dropped: bool = False,
        held: int = 0,
    ) -> Budget:
        """What the memory is leased to.

        row_bytes   of a row's results of the first pass; writes: whether kept rows are written, and
        writes_dropped  whether dropped ones are besides
        held        bytes of what a job holds whatever its rows
        """
        return Budget.of(
            self.memory,
            threads=self.threads,
            row_bytes=row_bytes,
            frame_size=self.target.frame_size(self.files) if writes else 0,
            frames_held=1 + writes_dropped,
            formats=[file.format for file in self.files],
            writes_tables=writes and not all(map(self.target.writes_lines, self.files)),
            held=held,
        )

    def job(
        self,
        about: Mapping[str, Any],
        row_bytes: int,
        *,
        scratch_bytes: int = 0,
        scratch_share: float | None = None,
        held: int = 0,
    ) -> Job:
        """The job over the files, all else as `Job` has it. UsageError as `Budget.of` has it."""
        return Job(
            self.files,
            OutFolder(self.out, overwrite=self.overwrite),
            about=about,
            threads=self.threads,
            budget=self.budget(
                row_bytes,
                writes=scratch_share is None,
                writes_dropped=about["options"].get("write_dropped", False),
                held=held,
            ),
            row_bytes=row_bytes,
            scratch_bytes=scratch_bytes,
            scratch_share=scratch_share,
            report=self.progress,
            notice=self.notice,
            stopwatch=self.stopwatch,
        )

    def outputs(self) -> list[str]:
        """All files that the outputs may be called."""
        return self.target.all_names(self.files, Path(self.out))
