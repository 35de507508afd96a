"""disk: room for what a job writes: estimated before it starts, watched while it runs; and what is
written, or read for the last time for long, leaves the memory.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
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


def told(error: OSError) -> str:
    """Why something cannot be written, and the way out where that is room."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return f"{error.strerror}; make room and run again" if full else str(error.strerror)


def let_go(file: int, begin: int = 0, size: int = 0) -> None:
    """Starts writing to the disk what lies in memory of a file, and lets go of what is there already.

    size        of the bytes from `begin` on; 0: all of them

    A long job writes more than it reads again. Kept, it would push out of memory what others need, and
    each page of it would be a fresh one, which may take the system longer than all the work on its rows.
    """
    if sys.platform == "linux":
        os.posix_fadvise(file, begin, size, os.POSIX_FADV_DONTNEED)


class Behind:
    """Lets go of what the reader of a file has come past, a stretch at a time, if the file is `passing`:
    one of more than stays in memory from one reading to the next.
    """

    STRETCH = 64 << 20

    def __init__(self, file: int, *, passing: bool) -> None:
        self._file = file
        self._passing = passing
        self._end = 0

    def come_to(self, at: int) -> None:
        """All before is read."""
        if self._passing and at - self._end >= self.STRETCH:
            let_go(self._file, self._end, at - self._end)
            self._end = at
