"""out: the output folder: when it may be used, and what in it is ours. Knows no rows.

A file is written under OUT/.state and moved to its name when it is whole. OUT/.state names all that
a running job may leave behind; OUT/ledger.json all that a finished one did. Nothing else is ever
deleted.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.inputs import AnyPath, shown

LEDGER, DUPLICATES, RUN = "ledger.json", "duplicates.parquet", "run.json"
STATE = ".state"
OF_A_JOB = (DUPLICATES, RUN, "report.html", LEDGER)


def data_name(name: str) -> str:
    return f"data/{name}"


def rejected_name(name: str) -> str:
    return f"rejected/{name}.jsonl"


class OutFolder:
    """The folder of one job, from asking for it to the last file in place."""

    def __init__(self, path: AnyPath, *, overwrite: bool) -> None:
        self.path = Path(path)
        self._state = self.path / STATE
        self._old = self._names_in_place(overwrite=overwrite)
        self._files: list[BinaryIO] = []
        self._published: list[str] = []
        self._created = not self.path.exists()

    def _names_in_place(self, *, overwrite: bool) -> list[str]:
        """Files of an earlier job here; UsageError if the folder may not be used."""
        path = shown(self.path)
        if not self.path.exists():
            return []
        if not self.path.is_dir():
            raise UsageError(f"output {path!r} is a file; name a folder")
        interrupted = _names(self._state / "job.json", "names")
        finished = _names(self.path / LEDGER, "files")
        if finished and not overwrite:
            raise UsageError(
                f"output {path!r} holds the results of an earlier job; name another folder, or "
                "say overwrite=True (--overwrite) to replace them"
            )
        if not finished and not interrupted and any(self.path.iterdir()):
            raise UsageError(
                f"output {path!r} holds files that no job of corpusmill left there; name an empty "
                "or new folder"
            )
        return [*interrupted, *finished]

    def claim(self, names: Iterable[str]) -> None:
        """Makes the folder and notes in it what the job will write; UsageError if that fails."""
        names = [*names, *OF_A_JOB]
        foreign = [name for name in names if name not in self._old and (self.path / name).exists()]
        if foreign:
            raise UsageError(f"output {shown(self.path / foreign[0])!r} exists and is not ours")
        try:
            shutil.rmtree(self._state / "files", ignore_errors=True)
            self._state.mkdir(parents=True, exist_ok=True)
            note = {"names": [*names, *self._old]}
            (self._state / "job.json").write_text(json.dumps(note), encoding="ascii")
        except OSError as error:
            self.discard()
            raise UsageError(
                f"output {shown(self.path)!r} cannot be written: {error.strerror}"
            ) from error

    def clear(self) -> None:
        """Deletes what an earlier job left, just before the first file takes its place."""
        for name in self._old:
            self._delete(name)

    def create(self, name: str) -> BinaryIO:
        with self.writing(name):
            temporary = self._state / "files" / name
            temporary.parent.mkdir(parents=True, exist_ok=True)
            self._files.append(temporary.open("wb"))
            return self._files[-1]

    @contextmanager
    def writing(self, name: str) -> Iterator[None]:
        """Turns an error of the file system into one that names the file."""
        try:
            yield
        except OSError as error:
            raise JobError(f"cannot write {shown(self.path / name)}: {error.strerror}") from error

    def publish(self, name: str) -> None:
        """Gives a whole file its name."""
        final = self.path / name
        self._published.append(name)
        final.parent.mkdir(parents=True, exist_ok=True)
        (self._state / "files" / name).replace(final)

    def put(self, name: str, data: bytes) -> None:
        with self.writing(name), self.create(name) as file:
            file.write(data)
            file.close()
            self.publish(name)

    def complete(self) -> None:
        """All files are in place: the state goes."""
        shutil.rmtree(self._state, ignore_errors=True)

    def discard(self) -> None:
        """The job failed: what it wrote goes, and the folder if the job made it."""
        for file in self._files:
            with suppress(OSError):
                file.close()
        for name in self._published:
            self._delete(name)
        self.complete()
        if self._created:
            with suppress(OSError):
                self.path.rmdir()

    def _delete(self, name: str) -> None:
        with suppress(OSError):
            (self.path / name).unlink()
        for folder in Path(name).parents[:-1]:
            with suppress(OSError):  # not empty
                (self.path / folder).rmdir()


def _names(path: Path, key: str) -> list[str]:
    """The files that a ledger or a state names, all of them inside the folder; none if not ours."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))[key]
        if key == "files":
            found = [*OF_A_JOB, *(name for entry in found for name in entry["outputs"])]
        names = [Path(name) for name in found]
    except (OSError, ValueError, LookupError, TypeError):
        return []
    inside = [name for name in names if not name.is_absolute() and ".." not in name.parts]
    return [str(name) for name in inside]
