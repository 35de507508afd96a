"""publish: old results out and new ones in, by renames that can be undone. Writes no results.

New files lie in OUT/.state/files until all are whole; old ones are put aside in OUT/.state/old, and
the ledger moves first and last. OUT/.state/job.json names both, so that a job that is stopped in
between, or the next one, can put everything back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from corpusmill import _core
from corpusmill.shards import ours
from corpusmill.shards.ours import LEDGER

Writing = Callable[[str], AbstractContextManager[None]]


class Swap:
    """The exchange of results in one folder. `job` is what job.json says of the job besides."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = path / ours.STATE
        self.new, self.aside = self.state / ours.FILES, self.state / ours.ASIDE
        self.job: Mapping[str, Any] = {}

    def publish(
        self, new: Sequence[str], old: Sequence[str], writing: Writing, *, synced: bool
    ) -> None:
        """Puts the old results aside and the new ones in place; the ledger goes first and last.

        synced      whether what has its name is on the disk, whatever happens to the machine
        """
        old = sorted(old, key=lambda name: name != LEDGER)
        new = sorted(new, key=lambda name: name == LEDGER)
        with writing(ours.NOTE):
            self.note(new, old)
            if synced:
                _core.core.sync_file_system(os.fsencode(self.path))
        for name in old:
            with writing(name):
                self.move(name, self.path, self.aside)
        for name in new:
            with writing(name):
                self.move(name, self.new, self.path)
        for folder in {(self.path / name).parent for name in new} if synced else ():
            with writing(LEDGER):
                _sync(folder)

    def roll_back(self) -> None:
        """Undoes a publishing that was stopped; may itself be stopped, and called again.

        A ledger in place says that nothing was moved yet, or all was.
        """
        if (self.path / LEDGER).exists():
            return
        note = ours.note(self.path)
        for name in note["new"]:
            if not (self.new / name).exists():
                self.move(name, self.path, self.new)
            _clear(name, self.path)  # a folder that was made and not yet moved into
        for name in reversed(note["old"]):
            self.move(name, self.aside, self.path)

    def move(self, name: str, source: Path, target: Path) -> None:
        """Moves a file if it is there, and takes away the folders that this leaves empty."""
        final = target / name
        final.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            (source / name).replace(final)
        _clear(name, source)

    def note(self, new: Sequence[str], old: Sequence[str]) -> None:
        content = json.dumps({"job": self.job, "new": new, "old": old})
        (self.state / ours.NEW_NOTE).write_text(content, encoding="ascii")
        (self.state / ours.NEW_NOTE).replace(self.state / ours.NOTE)


def _sync(folder: Path) -> None:
    """The names in it are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _clear(name: str, folder: Path) -> None:
    """Takes away the folders that led to a file, if they are empty."""
    for parent in Path(name).parents[:-1]:
        with suppress(OSError):  # not empty
            (folder / parent).rmdir()
