"""lock: one job at a time in a folder. The system frees the lock however the job ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class Lock:
    """An exclusive lock on a file, which is made for it and goes with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def take(self) -> bool:
        """Whether the lock is ours now; False if another job has it. OSError if none can be."""
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is(file, self._path):
                    self._file = file
                    return True
            except BlockingIOError:
                return False
            finally:
                if self._file is None:
                    os.close(file)
            # Its last holder removed the file between our opening and locking it: a new one.

    def taken_by_another(self) -> bool:
        """Whether another job has it just now; makes nothing."""
        try:
            file = os.open(self._path, os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        else:
            return False
        finally:
            os.close(file)

    def remove(self) -> None:
        """The file goes while the lock is still held, so that nobody can lock what is going."""
        with suppress(OSError):
            self._path.unlink()

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _is(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False
