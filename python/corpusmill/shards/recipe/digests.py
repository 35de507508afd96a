"""digests: what files hold, as XXH3-128, to know it again. Reads and compares nothing else."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from corpusmill import _core
from corpusmill.shards.ours import shown
from corpusmill.shards.state import stages

PIECE = 1 << 20


def of_file(path: Path) -> str | None:
    """Of the bytes of a file; None if there is none that can be read."""
    digest = _core.core.StreamHash()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
    except OSError:
        return None
    return digest.hexdigest()


def of_paths(given: str | Sequence[str]) -> str:
    """Of files, folders and globs: of the names and bytes of all files there."""
    arguments = [given] if isinstance(given, str) else given
    found: set[Path] = set()
    for argument in arguments:
        matches = [argument] if Path(argument).exists() else glob.glob(argument, recursive=True)  # noqa: PTH207
        for path in map(Path, matches):
            inside = [Path(base, name) for base, _, names in os.walk(path) for name in names]
            found.update(inside if path.is_dir() else [path])
    files = sorted(found, key=os.fsencode)
    return stages.digest(
        "".join(f"{shown(file.name)} {of_file(file)}\n" for file in files).encode()
    )
