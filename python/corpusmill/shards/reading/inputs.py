"""inputs: files, folders and globs to the job's list of input files. Opens none of them.

A folder gives what lies in it at any depth and is named like an input; hidden names, links to
folders, results of jobs and a bare .json (which is seldom lines) are left out there, but a file may
be named itself.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeAlias

from corpusmill.shards.errors import UsageError
from corpusmill.shards.ours import holds_results, shown

AnyPath: TypeAlias = str | os.PathLike[str]

_LINE_CODECS = ("gz", "zst", "bz2", "xz")
_LINES = {
    f".{name}{suffix}": f"jsonl{suffix}"
    for name in ("jsonl", "ndjson", "json")
    for suffix in ("", *(f".{codec}" for codec in _LINE_CODECS))
}
FORMATS = _LINES | {
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".arrows": "arrow",
}
"""By the end of the name; whether Arrow is a file or a stream is seen when it is opened."""

SUFFIXES = tuple(FORMATS)
IN_FOLDERS = tuple(suffix for suffix in SUFFIXES if suffix != ".json")


class NoInputError(UsageError):
    """There is no argument at all. A job that says so has found nothing else wrong with its options."""


@dataclass(frozen=True)
class Input:
    """One input file: where it lies, and its name relative to the inputs' common root."""

    path: Path
    name: str
    format: str  # "jsonl", "jsonl.gz", ".zst", ".bz2" or ".xz", "parquet" or "arrow"

    @property
    def size(self) -> int:
        """Bytes of the file; 0 if it cannot be seen."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0


def find(given: AnyPath | Sequence[AnyPath], out: AnyPath) -> list[Input]:
    """The input files in the order of the bytes of their names, each once; nothing inside `out`.

    The common root is the deepest folder that holds every argument: a folder counts as itself, a
    file or what a glob finds as its folder. Raises UsageError naming an argument that gives none.
    """
    arguments = as_given(given)
    if not os.fspath(out):
        raise UsageError("the output is an empty name; name a new or empty folder")
    if not arguments:
        raise NoInputError(
            "no input given; name files, folders or globs of JSON lines, Parquet or Arrow"
        )
    if "" in arguments:
        raise UsageError(
            "an input is an empty name; name files, folders or globs of JSON lines, Parquet or Arrow"
        )
    folders: set[Path] = set()
    names_of: dict[Path, list[Path]] = {}
    for argument in arguments:
        try:
            for folder, path in _files_of(argument, _real(Path(out))):
                folders.add(folder)
                names_of.setdefault(_real(path), []).append(path)
        except OSError as error:
            raise UsageError(f"input {shown(argument)!r}: {error.strerror}") from error
    root = Path(os.path.commonpath(folders))
    paths = [min(names, key=os.fsencode) for names in names_of.values()]
    inputs = [Input(path, path.relative_to(root).as_posix(), _format(path.name)) for path in paths]
    return sorted(inputs, key=lambda file: os.fsencode(file.name))


def find_for(option: str, given: AnyPath | Sequence[AnyPath], out: AnyPath) -> list[Input]:
    """The files that an option names; as `find`, but errors name the option."""
    try:
        return find(given, out)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from None


def _format(name: str) -> str:
    return next(kind for suffix, kind in FORMATS.items() if name.endswith(suffix))


def as_given(given: AnyPath | Sequence[AnyPath]) -> list[str]:
    """The arguments as text, sorted, each once: their order never matters."""
    arguments = [given] if isinstance(given, (str, os.PathLike)) else given
    return sorted({os.fspath(argument) for argument in arguments}, key=os.fsencode)


def covering(
    given: AnyPath | Sequence[AnyPath], path: AnyPath, found: Sequence[Input] = ()
) -> str | None:
    """The argument that is the file of this name, or a folder that holds it at any depth, or a glob
    that matches its name, if one is; or the file itself, if it is one of `found`.
    """
    place = _without_links(Path(path))
    for argument in as_given(given):
        if glob.has_magic(argument) and not Path(argument).exists():
            if place.name.endswith(SUFFIXES) and _matches(place, argument):
                return argument
            continue
        own = _real(Path(argument)) if Path(argument).is_dir() else _without_links(Path(argument))
        if place.is_relative_to(own):
            return argument
    return os.fspath(path) if any(file.path == place for file in found) else None


def check_no_input(
    option: str, path: AnyPath, given: AnyPath | Sequence[AnyPath], found: Sequence[Input]
) -> None:
    """UsageError if a file that a job writes is one of its inputs, or would be one the next time."""
    argument = covering(given, path, found)
    if argument is None or (Path(argument).is_dir() and not os.fspath(path).endswith(IN_FOLDERS)):
        return
    raise UsageError(
        f"{option}: {shown(path)!r} is, or lies in, the input {shown(argument)!r}, and would be read "
        "as rows; what a job writes lies elsewhere"
    )


def check_spared(option: str, path: AnyPath, given: AnyPath | Sequence[AnyPath]) -> None:
    """UsageError if to write into this file is to write into an input, links to it included."""
    found = find(given, os.devnull)
    check_no_input(option, path, given, found)
    place = Path(path)
    for file in found if place.exists() else ():
        if file.path.exists() and place.samefile(file.path):
            raise UsageError(
                f"{option}: {shown(path)!r} is the input {shown(file.name)!r} by another name; "
                "name another file"
            )


def _files_of(argument: str, out: Path) -> Iterator[tuple[Path, Path]]:
    """(folder that counts for the common root, file) for all files of one argument."""
    path = Path(argument)
    found: list[tuple[Path, Path]] = []
    if path.exists() and _real(path).is_relative_to(out):
        raise UsageError(f"input {shown(argument)!r} lies in the output folder; copy it elsewhere")
    if path.is_dir():
        if holds_results(path):
            raise UsageError(
                f"input {shown(argument)!r} holds the results of a job; its rows are in "
                f"{shown(path / 'data')!r}"
            )
        folder = _real(path)
        found = [(folder, file) for file in _walk(folder, out)]
        missing = f"holds no {', '.join(f'*{suffix}' for suffix in IN_FOLDERS)}"
    elif path.exists():
        _check_named(path)
        found = [(_real(path.parent), _without_links(path))]
    elif glob.has_magic(argument):
        matches = (Path(name) for name in glob.glob(argument, recursive=True))  # noqa: PTH207
        files = [_without_links(file) for file in matches if file.name.endswith(SUFFIXES)]
        found = [(file.parent, file) for file in files if _may_read(file, out)]
        missing = "matches no file of JSON lines, Parquet or Arrow; give one that does, or a folder"
    else:
        missing = "does not exist; look at its spelling, and from which folder it is named"
    if not found:
        raise UsageError(f"input {shown(argument)!r} {missing}")
    yield from found


def _walk(folder: Path, out: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder, onerror=_cannot_list):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and not holds_results(Path(base, name))
        ]
        for name in names:
            file = Path(base, name)
            if name.endswith(IN_FOLDERS) and not name.startswith(".") and _may_read(file, out):
                yield file


def _cannot_list(error: OSError) -> NoReturn:
    raise UsageError(f"input folder {shown(str(error.filename))!r}: {error.strerror}") from error


def _may_read(file: Path, out: Path) -> bool:
    return not file.is_dir() and not _real(file).is_relative_to(out)


def _matches(place: Path, pattern: str) -> bool:
    """Whether a glob would give this file if it were there."""
    names = Path(pattern).absolute().parts
    plain = next(i for i, name in enumerate(names) if glob.has_magic(name))
    folder = _real(Path(*names[:plain]))
    if not place.is_relative_to(folder):
        return False
    return _fits(place.relative_to(folder).parts, names[plain:])


def _fits(names: Sequence[str], patterns: Sequence[str]) -> bool:
    """Whether the names are of these patterns, of which "**" is any number of names."""
    may = {0}  # how many names the patterns before may have taken
    for pattern in patterns:
        if pattern == "**":
            may = set(range(min(may), len(names) + 1)) if may else may
        else:
            may = {
                taken + 1
                for taken in may
                if taken < len(names) and fnmatch.fnmatchcase(names[taken], pattern)
            }
    return len(names) in may


def _check_named(path: Path) -> None:
    if not path.is_file():
        raise UsageError(f"input {shown(path)!r} is not a file; a job reads its inputs twice")
    if not path.name.endswith(SUFFIXES):
        raise UsageError(
            f"input {shown(path)!r}: expected JSON lines, Parquet or Arrow in a file "
            f"named {', '.join(f'*{suffix}' for suffix in SUFFIXES)}; rename it if it is that"
        )


def _real(path: Path) -> Path:
    """Where it lies; of links in a circle, which lie nowhere, the name."""
    return Path(os.path.realpath(path))


def _without_links(path: Path) -> Path:
    """The file by its own name, in the folder where that name really lies."""
    return _real(path.parent) / path.name
