"""disk: room for what a job writes: estimated before it starts, watched while it runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from corpusmill.shards.errors import JobError
from corpusmill.shards.ours import shown


def free(folder: Path) -> int:
    """Bytes that may be written where `folder` lies, or will lie."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def check_room(folder: Path, need: int, what: str) -> None:
    """JobError if so many bytes do not fit where `folder` lies."""
    there = free(folder)
    if there < need:
        raise JobError(
            f"no room for {what}: {need / 1e6:,.1f} MB are needed and {there / 1e6:,.1f} MB free "
            f"at {shown(folder)!r}; make room and run again to resume"
        )
