"""_whole_file: a file that is there whole or not at all. Knows no format."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """The file takes its name when it is whole and on the disk; if that fails, an earlier one stays."""
    if path.exists() and not path.is_file():  # a pipe, a terminal, /dev/null
        path.write_bytes(data)
        return
    path = Path(os.path.realpath(path))  # what a link leads to gets the data, and the link stays
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with new.open("wb") as file:
            if path.exists():
                os.fchmod(file.fileno(), path.stat().st_mode & 0o777)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
