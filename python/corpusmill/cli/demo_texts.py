"""demo_texts: real text that lies on any machine with Python: sources, help topics, documents.

Installed packages carry copies of each other's licences and files, so true near-duplicates are
among them. Reads no network.
"""

from __future__ import annotations

import pydoc_data.topics
import sysconfig
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

SUFFIXES = (".py", ".pyi", ".md", ".rst", ".txt", ".h", ".js")
NAMES = ("METADATA", "LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")
MAX_FILE = 400_000
"""Bytes: larger files are generated tables more often than text."""


def sources() -> Iterator[tuple[str, str]]:
    """(id, text) of the interpreter's own library."""
    root = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root)
        if "site-packages" not in name.parts:
            yield from _document(f"python/{name.as_posix()}", path)


def topics() -> Iterator[tuple[str, str]]:
    """(id, text) of what `help()` knows."""
    for name, text in sorted(pydoc_data.topics.topics.items()):
        yield f"topic/{name}", text


def packages() -> Iterator[tuple[str, str]]:
    """(id, text) of the sources, documents and licences of installed packages."""
    for package in sorted(distributions(), key=lambda package: package.name or ""):
        for file in package.files or ():
            if file.suffix in SUFFIXES or file.name.startswith(NAMES):
                yield from _document(f"{package.name}/{file}", Path(str(file.locate())))


def _document(name: str, path: Path) -> Iterator[tuple[str, str]]:
    try:
        if 0 < path.stat().st_size <= MAX_FILE:
            yield name, path.read_text(encoding="utf-8")
    except (OSError, ValueError):  # gone, not readable, or not UTF-8
        return
