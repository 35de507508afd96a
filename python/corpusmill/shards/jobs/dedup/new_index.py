"""new_index: the index that a job leaves: what it was run against, and after it the rows it kept.

It is written whole as NAME.next before the job's results are published, and takes its name after
that. A note in OUT/.state lets the next run finish a job that was stopped in between; the checksum
of what has the name, before and after, tells whether that was done.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpusmill import _dedup_index_file
from corpusmill._dedup_index_options import IndexOptions
from corpusmill._dedup_options import check_num_rows
from corpusmill.shards import disk, ours
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.ours import LEDGER, shown
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.state import stages
from corpusmill.shards.state.lock import Lock
from corpusmill.shards.state.out import OutFolder

Parts = list[_dedup_index_file.Part]


@dataclass(frozen=True)
class _Swap:
    """One index for another: `old` has the name now (None: nothing), `new` lies beside it."""

    path: str
    old: str | None
    new: str
    ledger: str  # digest of the one that is published with it

    @property
    def next(self) -> Path:
        return Path(f"{self.path}.next")

    def published(self, out: Path) -> bool:
        """Whether the results in `out` are those of the job that made the new index."""
        with suppress(OSError):
            return stages.digest((out / LEDGER).read_bytes()) == self.ledger
        return False

    def finish(self) -> bool:
        """Gives the new index its name if it has not got it; False if something else has it."""
        now = _checksum(self.path)
        if now == self.new:  # an update of no rows makes an equal one
            self.next.unlink(missing_ok=True)
            return True
        if now != self.old or _checksum(self.next) != self.new:
            return False
        self.next.replace(self.path)
        return True


class NewIndex:
    """The index to be at `path`, whose name this process holds. Used in the order of its methods."""

    def __init__(self, path: str, out: AnyPath) -> None:
        self._path = os.path.abspath(path)  # noqa: PTH100  links stay what they are
        self._out = Path(out)
        self._old = _checksum(path)
        self._swap: _Swap | None = None

    def write(
        self, options: IndexOptions, parts: Parts, num_entries: int, memory: int, threads: int
    ) -> dict[str, Any]:
        """Writes it beside its name, within `memory` bytes; what the ledger says of it."""
        swap = self._swap = _Swap(self._path, self._old, "", "")
        self._remove()
        try:
            check_num_rows(num_entries)
            entry_bytes = 4 * options.num_hashes + 20 * options.bands + 64
            what = f"the index {shown(self._path)}"
            disk.check_room(swap.next.parent, num_entries * entry_bytes, what)
            _dedup_index_file.write(swap.next, options, parts, memory, threads)
        except OSError as error:
            raise JobError(f"cannot write {shown(swap.next)}: {disk.told(error)}") from error
        except ValueError as error:
            raise JobError(f"{shown(self._path)}: {error}") from error
        checksum = _checksum(swap.next)
        assert checksum is not None
        self._swap = _Swap(self._path, self._old, checksum, "")
        return {"entries": num_entries, "xxh3_128": checksum}

    def note(self, out: OutFolder, ledger: bytes) -> None:
        """Before publishing: from now on a later run can finish what this one began."""
        assert self._swap is not None
        if _checksum(self._path) != self._old:
            raise JobError(
                f"{shown(self._path)} was replaced while the job ran; run again: it is asked anew"
            )
        self._swap = _Swap(self._path, self._old, self._swap.new, stages.digest(ledger))
        with out.writing(f"{ours.STATE}/{ours.INDEX}"):
            note = json.dumps(asdict(self._swap))
            (out.state / ours.INDEX).write_text(note, encoding="ascii")

    def publish(self) -> None:
        """After the results: the index takes its name."""
        assert self._swap is not None
        try:
            done = self._swap.finish()
        except OSError as error:
            raise JobError(f"cannot write {shown(self._path)}: {disk.told(error)}") from error
        if not done:
            raise JobError(
                f"{shown(self._path)} was replaced while the job ended: the results are in place, "
                "but their rows are not in it"
            )

    def leave(self) -> None:
        """The job is over: what it wrote beside the name goes, unless a later run must finish."""
        if self._swap and not self._swap.published(self._out):
            self._remove()

    def _remove(self) -> None:
        """What this job or one that was killed left beside the name."""
        assert self._swap is not None
        new = self._swap.next
        for path in (*new.parent.glob(f"{glob.escape(new.name)}.partial-*"), new):
            path.unlink(missing_ok=True)


@contextmanager
def claimed(path: str | None, out: AnyPath, *, may_exist: bool) -> Iterator[NewIndex | None]:
    """Holds the name of an index while a job makes what will have it; None for None.

    Raises UsageError if another job holds it, or it cannot be written, or exists and may not.
    """
    if path is None:
        yield None
        return
    with _locked(path, "against" if may_exist else "save_index"):
        if not may_exist and os.path.lexists(path):
            raise UsageError(
                f"save_index: {shown(path)} exists; name a new file, or add to this one with "
                "against and update"
            )
        new = NewIndex(path, out)
        try:
            yield new
        finally:
            new.leave()


def settle(out: AnyPath, *, overwrite: bool) -> bool:
    """Finishes a job that was stopped when its results were published, but not its index.

    Whether there was such a job and it is finished now. Raises UsageError if its index has been
    replaced since, so that it cannot be; with `overwrite` it is given up instead.
    """
    swap = _noted(Path(out))
    if swap is None or not swap.published(Path(out)):
        return False
    with OutFolder(out, overwrite=True).finishing(), _locked(swap.path, "against"):
        if swap.finish():
            return True
        if overwrite:
            return False
        raise UsageError(
            f"the results in {shown(out)!r} were to be added to {shown(swap.path)!r}, which was "
            "replaced since; run again with overwrite=True (--overwrite) to ask it as it is now"
        )


@contextmanager
def _locked(path: str, option: str) -> Iterator[None]:
    lock = Lock(Path(f"{path}.lock"))
    try:
        taken = lock.take()
    except OSError as error:
        raise UsageError(f"{option}: {shown(path)}: {error.strerror}") from error
    if not taken:
        raise UsageError(f"{option}: another job is writing {shown(path)}; wait for it")
    try:
        yield
    finally:
        lock.remove()
        lock.release()


def _noted(out: Path) -> _Swap | None:
    try:
        return _Swap(**json.loads((out / ours.STATE / ours.INDEX).read_text(encoding="ascii")))
    except (OSError, ValueError, TypeError):
        return None


def _checksum(path: AnyPath) -> str | None:
    """What stands for the bytes of an index; None if there is nothing, "" if it is no index."""
    try:
        return _dedup_index_file.checksum_of(_dedup_index_file.read(path, False, 1)[2])
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return ""
