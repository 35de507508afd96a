"""out: the output folder of one job: claimed, filled, published at once or not at all.

Files are written under OUT/.state; when all are whole, the results of an earlier job are put aside
there and the new ones moved to their names, the ledger last. OUT/.state/job.json names both, so
that a job that is stopped in between, or the next one, can put everything back.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from corpusmill.shards import ours
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.inputs import AnyPath
from corpusmill.shards.lock import Lock
from corpusmill.shards.ours import LEDGER, shown


class OutFolder:
    """The folder of one job, from asking for it to the last file in place."""

    def __init__(self, path: AnyPath, *, overwrite: bool) -> None:
        self.path = Path(path)
        self._overwrite = overwrite
        self._state = self.path / ours.STATE
        self._new, self._aside = self._state / ours.FILES, self._state / ours.ASIDE
        self._lock = Lock(self._state / ours.LOCK)
        self._old: list[str] = []
        self._files: list[BinaryIO] = []
        self._whole: list[str] = []
        self._created = False
        if self._lock.taken_by_another():
            raise self._taken()
        if not ours.note(self.path)["new"]:  # else what lies there is not what it was
            self._check_usable()

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

    def claim(self, names: Iterable[str]) -> None:
        """Takes the folder for a job that writes these files; UsageError if that cannot be."""
        self._created = not self.path.exists()
        try:
            self._take()
            self._roll_back()
            self._check_usable()
            old = ours.finished(self.path)
            self._check_nothing_in_the_way([*names, *ours.OF_A_JOB], old)
            self._old = ours.lying(self.path, old)
            self._empty_state()
            self._note([], [])
        except OSError as error:
            self.discard()
            raise UsageError(
                f"output {shown(self.path)!r} cannot be written: {error.strerror}"
            ) from error
        except BaseException:
            self.discard()
            raise

    def _take(self) -> None:
        self._state.mkdir(parents=True, exist_ok=True)
        if not self._lock.take():
            raise self._taken()

    def _check_nothing_in_the_way(self, names: Iterable[str], old: set[str]) -> None:
        for name in names:
            if shown(name) not in old and (self.path / name).exists():
                raise UsageError(f"output {shown(self.path / name)!r} exists and is not ours")

    def create(self, name: str) -> BinaryIO:
        with self.writing(name):
            temporary = self._new / name
            temporary.parent.mkdir(parents=True, exist_ok=True)
            self._files.append(temporary.open("wb"))
            return self._files[-1]

    @contextmanager
    def writing(self, name: str) -> Iterator[None]:
        """Turns an error of the file system into one that names the file."""
        try:
            yield
        except OSError as error:
            place = shown(self.path / name)
            raise JobError(f"cannot write {place}: {error.strerror}") from error

    def whole(self, name: str) -> None:
        """A file is closed and complete: it will be published."""
        self._whole.append(name)

    def put(self, name: str, data: bytes) -> None:
        with self.writing(name), self.create(name) as file:
            file.write(data)
            file.close()
            self.whole(name)

    def lacks(self, names: Iterable[str]) -> list[str]:
        """Of these names, as a ledger writes them, those without a whole file."""
        have = {shown(name) for name in self._whole if (self._new / name).is_file()}
        return sorted(set(names) - have)

    def publish(self) -> None:
        """Puts the old results aside and the new ones in place; the ledger goes first and last."""
        old = sorted(self._old, key=lambda name: name != LEDGER)
        new = sorted(self._whole, key=lambda name: name == LEDGER)
        with self.writing(ours.NOTE):
            self._note(new, old)
        for name in old:
            with self.writing(name):
                self._move(name, self.path, self._aside)
        for name in new:
            with self.writing(name):
                self._move(name, self._new, self.path)
        self._leave()

    def discard(self) -> bool:
        """The job failed: its files go, and the folder if the job made it; the old ones stay.

        False if there was nothing to undo: the folder is not ours, or all of it is in place.
        """
        for file in self._files:
            with suppress(OSError):
                file.close()
        if not self._lock.held:
            return False
        done = LEDGER in self._whole and not (self._new / LEDGER).exists()
        if not done:
            self._roll_back()
        self._leave()
        if self._created and not done:
            with suppress(OSError):
                self.path.rmdir()
        return not done

    def _roll_back(self) -> None:
        """Undoes a publishing that was stopped; may itself be stopped, and called again.

        A ledger in place says that nothing was moved yet, or all was.
        """
        if (self.path / LEDGER).exists():
            return
        note = ours.note(self.path)
        for name in note["new"]:
            if not (self._new / name).exists():
                self._move(name, self.path, self._new)
        for name in reversed(note["old"]):
            self._move(name, self._aside, self.path)

    def _move(self, name: str, source: Path, target: Path) -> None:
        """Moves a file if it is there, and takes away the folders that this leaves empty."""
        final = target / name
        final.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            (source / name).replace(final)
        for folder in Path(name).parents[:-1]:
            with suppress(OSError):  # not empty
                (source / folder).rmdir()

    def _note(self, new: list[str], old: list[str]) -> None:
        content = json.dumps({"new": new, "old": old})
        (self._state / ours.NEW_NOTE).write_text(content, encoding="ascii")
        (self._state / ours.NEW_NOTE).replace(self._state / ours.NOTE)

    def _empty_state(self) -> None:
        """The note goes last: as long as it lies there, it can be true."""
        for folder in (self._new, self._aside):
            shutil.rmtree(folder, ignore_errors=True)
        for name in (ours.NEW_NOTE, ours.NOTE):
            (self._state / name).unlink(missing_ok=True)

    def _leave(self) -> None:
        with suppress(OSError):
            self._empty_state()
        self._lock.remove()
        with suppress(OSError):
            self._state.rmdir()
        self._lock.release()
