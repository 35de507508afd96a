"""saved: the stage files that earlier runs left: which blocks of which inputs they have the results of.

Whatever is damaged, of another key or of another version is left out, and said.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from corpusmill.shards.ours import NEW
from corpusmill.shards.rows import StoredRows
from corpusmill.shards.state import stages

Identity: TypeAlias = tuple[str | int, ...]
"""An input as it was: path, size, time of modification in nanoseconds, row groups that are lost."""


class SavedBlock(NamedTuple):
    """A block that was read and worked on before."""

    extent: tuple[int, int]
    nbytes: int  # of its lines, or of the columns of it that were read
    too_large: bool
    part: tuple[
        int, int
    ]  # the last from which what follows it can be read, as Shard.parts has them
    rows: StoredRows


class Saved:
    """What lies in `folder` under `key`; files that are no good are removed.

    Of one that a killed run has not sealed, its whole records are there.
    """

    def __init__(self, folder: Path, key: bytes, warn: Callable[[str], None]) -> None:
        self._blocks: dict[Identity, dict[int, SavedBlock]] = {}
        self._ends: dict[Identity, dict[str, Any]] = {}
        self.last_number = 0
        self._warn = warn
        strangers = sum(self._add(path, key) for path in files(folder, key))
        if strangers:
            warn(f"{strangers} saved stage files are of other options or another version: redone")

    def first_blocks(self, identity: Identity | None) -> list[SavedBlock]:
        """The blocks of an input from its beginning up to the first that is not there."""
        blocks = self._blocks.get(identity, {}) if identity else {}
        found: list[SavedBlock] = []
        while (block := blocks.get(len(found))) and _follows(found, block):
            found.append(block)
        return found

    def end(self, identity: Identity | None, num_blocks: int) -> dict[str, Any] | None:
        """What the whole reading of an input found out, if it had just so many blocks."""
        end = self._ends.get(identity) if identity else None
        return end if end and end["blocks"] == num_blocks else None

    def _add(self, path: Path, key: bytes) -> bool:
        """Whether the file is of another key. Of two results of a block the later one counts."""
        try:
            index = stages.index(path, key)
        except (stages.StageError, OSError, ValueError) as error:
            self._warn(f"saved stage file {path.name} is damaged ({error}): redone")
            path.unlink(missing_ok=True)
            return False
        if index is None:
            path.unlink(missing_ok=True)
            return True
        self.last_number = int(path.name)
        self._add_records(path, index)
        for end in index.get("ends", []):
            self._ends[_identity(end["of"])] = end
        return False

    def _add_records(self, path: Path, index: dict[str, Any]) -> None:
        file = os.open(path, os.O_RDONLY)
        damaged = 0
        try:
            for record in index["records"]:
                if record["of"] is None:
                    continue
                if not stages.is_sound(file, record):
                    damaged += 1
                    continue
                offset, size = record["extent"]
                at, begin = record["part"]
                rows = StoredRows.of_record(path, record)
                nbytes, too_large = record["nbytes"], record["too_large"]
                block = SavedBlock((offset, size), nbytes, too_large, (at, begin), rows)
                self._blocks.setdefault(_identity(record["of"]), {})[record["index"]] = block
        finally:
            os.close(file)
        if damaged:
            self._warn(f"saved stage file {path.name}: {damaged} damaged records: redone")


def changes(earlier: Mapping[str, Any], job: Mapping[str, Any]) -> Iterator[str]:
    """How a job differs from the one that left its state, if it does."""
    changed = [
        part
        for part in ("command", "software", "options", "index")
        if earlier.get(part) != job.get(part)
    ]
    before = {tuple(of) for of in earlier.get("inputs", [])}
    now = {tuple(of) for of in job["inputs"]}
    if before != now:
        changed.append(f"{len(now - before)} of {len(now)} inputs")
    if changed:
        yield (
            f"since an earlier run saved its work, these have changed: {', '.join(changed)}; "
            "what is still valid is used, the rest is done again"
        )


def files(folder: Path, key: bytes) -> list[Path]:
    """The files by their numbers, those too that were never finished."""
    if not folder.is_dir():
        return []
    for path in sorted(folder.iterdir()):
        if path.name.endswith(NEW):
            stages.seal_left(path, key)
    return sorted(path for path in folder.iterdir() if path.name.isdigit())


def _identity(of: list[Any]) -> Identity:
    return tuple(of)


def _follows(found: list[SavedBlock], block: SavedBlock) -> bool:
    """Whether the block begins where the last one ends: blocks of several runs may differ."""
    return not found or sum(found[-1].extent) == block.extent[0]
