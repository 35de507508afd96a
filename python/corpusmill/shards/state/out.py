"""out: the output folder of one job: claimed, filled, published at once or not at all.

Files are written under OUT/.state and moved to their names when all are whole (publish.py). What a
job saved there to be resumed outlives its failure; the next job on the folder finds it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedRandom
from pathlib import Path
from typing import Any, BinaryIO

from corpusmill.shards import disk, ours
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.ours import LEDGER, shown
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.state.lock import Lock
from corpusmill.shards.state.publish import Swap


class OutFolder:
    """The folder of one job, from asking for it to the last file in place."""

    def __init__(self, path: AnyPath, *, overwrite: bool) -> None:
        self.path = Path(path)
        self._overwrite = overwrite
        self.state = self.path / ours.STATE
        self.earlier: dict[str, Any] = {}  # what a job that left its state here was
        self._swap = Swap(self.path)
        self._lock = Lock(self.state / ours.LOCK)
        self._old: list[str] = []
        self._files: list[BinaryIO] = []
        self._whole: list[str] = []
        self._created = False
        if self._lock.taken_by_another():
            raise self._taken()
        try:
            if not ours.note(self.path)["new"]:  # else what lies there is not what it was
                self._check_usable()
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> UsageError:
        return UsageError(f"output {shown(self.path)!r} cannot be written: {error.strerror}")

    def _taken(self) -> UsageError:
        return UsageError(
            f"another job is writing {shown(self.path)!r}; wait for it or name another folder"
        )

    def _check_usable(self) -> None:
        """UsageError if what lies in the folder is in the way."""
        path = shown(self.path)
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise UsageError(f"output {path!r} is a file; name a folder")
        finished = ours.finished(self.path)
        if finished and not self._overwrite:
            raise UsageError(
                f"output {path!r} holds the results of an earlier job; name another folder, or "
                "say overwrite=True (--overwrite) to replace them"
            )
        if not finished and not ours.only_state(self.path):
            raise UsageError(
                f"output {path!r} holds files that no job of corpusmill left there; name an empty "
                "or new folder"
            )

    def claim(self, names: Iterable[str], job: Mapping[str, Any]) -> None:
        """Takes the folder for a job that writes these files; UsageError if that cannot be.

        `job` is all that decides its results. What an earlier job saved stays if it was the same
        one; of another, the results of passes, which say themselves for what they are good.
        """
        self._created = not self.path.exists()
        try:
            self._take()
            self._swap.roll_back()
            self._check_usable()
            old = ours.finished(self.path)
            self._check_nothing_in_the_way([*names, *ours.OF_A_JOB], old)
            self._old = ours.lying(self.path, old)
            self.earlier = ours.job(self.path)
            self._empty_state(self._kept(job))
            self._swap.job = job
            self._swap.note([], [])
        except OSError as error:
            self.discard()
            raise self._unusable(error) from error
        except BaseException:
            self.discard()
            raise

    def _kept(self, job: Mapping[str, Any]) -> set[str]:
        """What an earlier job saved that may be of use to this one."""
        if self.earlier == job:
            return ours.SAVED
        same = self.earlier.get("command") == job.get("command")
        return ours.RESULTS if same else {ours.SIGNALS}

    def _take(self) -> None:
        self.state.mkdir(parents=True, exist_ok=True)
        if not self._lock.take():
            raise self._taken()

    def _check_nothing_in_the_way(self, names: Iterable[str], old: set[str]) -> None:
        longest = os.pathconf(self.state, "PC_NAME_MAX")
        for name in names:
            if len(os.fsencode(Path(name).name)) > longest:
                raise UsageError(
                    f"output {shown(self.path / name)!r} would have a name of more than {longest} "
                    "bytes, which no file there can have; give the input a shorter one"
                )
            if shown(name) not in old and (self.path / name).exists():
                raise UsageError(f"output {shown(self.path / name)!r} exists and is not ours")

    def create(self, name: str) -> BinaryIO:
        with self.writing(name):
            temporary = self._swap.new / name
            temporary.parent.mkdir(parents=True, exist_ok=True)
            file = temporary.open("wb")
            self._files.append(file)  # by many threads: only `file` is sure to be this one
            return file

    def reopen(self, name: str) -> BufferedRandom | None:
        """A file that an earlier run of this job left unpublished, to be read and written on."""
        try:
            file = (self._swap.new / name).open("r+b")
        except OSError:
            return None
        self._files.append(file)
        return file

    @contextmanager
    def writing(self, name: str) -> Iterator[None]:
        """Turns an error of the file system into one that names the file."""
        try:
            yield
        except OSError as error:
            place = shown(self.path / name)
            raise JobError(f"cannot write {place}: {disk.told(error)}") from error

    def whole(self, name: str) -> None:
        """A file is closed and complete: it will be published."""
        self._whole.append(name)

    def forget(self) -> None:
        """The job begins again: what was written is published only if it is called whole again."""
        for file in self._files:
            with suppress(OSError):
                file.close()
        self._files, self._whole = [], []

    def put(self, name: str, data: bytes) -> None:
        with self.writing(name), self.create(name) as file:
            file.write(data)
            file.close()
            self.whole(name)

    def lacks(self, names: Iterable[str]) -> list[str]:
        """Of these names, as a ledger writes them, those without a whole file."""
        have = {shown(name) for name in self._whole if (self._swap.new / name).is_file()}
        return sorted(set(names) - have)

    def publish(self, then: Callable[[], None] | None = None, *, synced: bool = False) -> None:
        """Puts the old results aside and the new ones in place; `then` is called before all else goes."""
        for file in self._files:
            file.close()
        self._swap.publish(self._whole, self._old, self.writing, synced=synced)
        if then:
            then()
        self._leave()

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Holds the folder of a job whose results are in place, for what else it had to do."""
        try:
            self._take()
            yield
        except BaseException:
            self._unlock()
            raise
        self._leave()

    def discard(self) -> bool:
        """The job failed: the old results stay, and so does what was saved to be resumed.

        If nothing was saved, all goes, and the folder if the job made it. False if there was
        nothing to undo: the folder is not ours, or all of it is in place.
        """
        done = LEDGER in self._whole and not (self._swap.new / LEDGER).exists()
        self.forget()
        if not self._lock.held:
            return False
        if not done:
            self._swap.roll_back()
        if not done and self.resumable:
            self._unlock()
            return True
        if done and (self.state / ours.INDEX).exists():  # a later run must finish
            self._unlock()
            return False
        self._leave()
        if self._created and not done:
            with suppress(OSError):
                self.path.rmdir()
        return not done

    @property
    def resumable(self) -> bool:
        """Whether something is saved with which a job here could go on."""
        with suppress(OSError):
            if any(
                not path.name.endswith(ours.NEW) for path in (self.state / ours.SIGNALS).iterdir()
            ):
                return True
        return (self.state / ours.COUNTED).exists()

    def _empty_state(self, keep: Iterable[str] = ()) -> None:
        """The note goes last: as long as it lies there, it can be true."""
        for name in sorted(ours.IN_STATE - {*keep, ours.LOCK, ours.NOTE}):
            path = self.state / name
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        (self.state / ours.NOTE).unlink(missing_ok=True)

    def _leave(self) -> None:
        with suppress(OSError):
            self._empty_state()
        self._unlock()

    def _unlock(self) -> None:
        self._lock.remove()
        with suppress(OSError):  # not empty
            self.state.rmdir()
        self._lock.release()
