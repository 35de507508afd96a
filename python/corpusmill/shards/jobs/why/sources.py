"""sources: the inputs of a finished job, read again for some of their rows.

An input is where it was, or where the caller says; if it has changed since, that is said and
nothing of it is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _core
from corpusmill.shards import run_facts
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.ledger import FileEntry, Ledger
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.findings import Fields, Found
from corpusmill.shards.reading.inputs import AnyPath, Input, find
from corpusmill.shards.reading.read import Shard
from corpusmill.shards.reading.strings import offsets_of
from corpusmill.shards.rows import BlockRows

Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """A good row: its line, from 0, and what is in it."""

    line: int
    id: str | None
    text: str


@dataclass(frozen=True)
class Rows:
    """Rows by line, and why some that were asked for are not among them."""

    rows: dict[int, Row] = field(default_factory=dict)
    note: str | None = None


class Sources:
    """The inputs of a finished job, by the names its ledger gives them."""

    def __init__(
        self, out: AnyPath, ledger: Ledger, inputs: AnyPath | Sequence[AnyPath] | None = None
    ) -> None:
        """`inputs`: where they are now; None: where they were when the job ran."""
        self._entries = {file.path: file for file in ledger.files}
        options = ledger.options
        id_field = "id" if options["id"] is None else options["id"]
        self._fields = Fields(options["text"], id_field, None)
        facts = run_facts.load(out)
        self._began_ns = run_facts.began_ns(facts)
        self._gone = (
            "is not where it was; say where with inputs= (--in)"
            if inputs is None
            else "has another name, or is not, where inputs= (--in) says; an input is known by its name"
        )
        self._paths = (
            _as_given(ledger, inputs, out)
            if inputs is not None
            else _as_they_were(ledger, facts.get("inputs"), out)
        )

    def rows(self, file: str, lines: Collection[int], most_bytes: int | None = None) -> Rows:
        """The good rows at these lines; plain files are read to the last of them only.

        most_bytes: how far to read at most, in decompressed bytes.
        """
        last = max(lines)

        def wanted(first: int, found: Found) -> Iterator[Row]:
            here = [line - first for line in lines if first <= line < first + found.rows.num_lines]
            if here:
                yield from good_rows(first, found, np.isin(found.rows.line, here))

        return self._walk(
            file, wanted, lambda line, offset: line > last or _beyond(offset, most_bytes)
        )

    def rows_with_id(self, file: str, id: str, most: int) -> Rows:
        """The first `most` good rows with this id."""
        raw = np.frombuffer(id.encode(), np.uint8)
        left = most

        def wanted(first: int, found: Found) -> Iterator[Row]:
            nonlocal left
            for row in good_rows(first, found, _has_id(found.rows, raw), left):
                left -= 1
                yield row

        return self._walk(file, wanted, lambda *_: left == 0)

    def _walk(
        self,
        file: str,
        wanted: Callable[[int, Found], Iterator[Row]],
        enough: Callable[[int, int], bool],
    ) -> Rows:
        entry, path = self._entries.get(file), self._paths.get(file)
        if entry is None:
            return Rows(note=f"{file} is not in the ledger")
        if path is None:
            return Rows(note=f"{file} {self._gone}")
        shard = Shard(Input(path, file, entry.format))
        try:
            stat = path.stat()
            if stat.st_size != entry.bytes:
                return Rows(
                    note=_changed(file, f"{entry.bytes:,} bytes then, {stat.st_size:,} now")
                )
            touched = stat.st_mtime_ns >= self._began_ns
            rows = self._read(shard, wanted, enough, whole=touched)
        except (OSError, JobError) as error:
            return Rows(note=f"{file} cannot be read again: {error}")
        if touched and shard.xxh3_128 != entry.xxh3_128:
            return Rows(note=_changed(file, "another xxh3_128"))
        return Rows(rows)

    def _read(
        self,
        shard: Shard,
        wanted: Callable[[int, Found], Iterator[Row]],
        enough: Callable[[int, int], bool],
        *,
        whole: bool,
    ) -> dict[int, Row]:
        """`whole`: on to the end of the file, for its hash."""
        rows: dict[int, Row] = {}
        line = 0
        with closing(shard.first(lambda _: None, self._fields.names())) as blocks:
            for block in blocks:
                if not enough(line, block.offset):
                    found = block.rows(self._fields)
                    rows |= {row.line: row for row in wanted(line, found)}
                    line += found.rows.num_lines
                elif not whole:
                    break
        return rows


def good_rows(first: int, found: Found, chosen: Mask, most: int | None = None) -> Iterator[Row]:
    """The first `most` of the chosen rows of a block whose first line is `first`."""
    texts = pa.chunked_array(found.texts, None if found.texts else pa.string())
    ids = offsets_of(found.rows.id_length)
    for row in np.flatnonzero(chosen)[:most].tolist():
        id_ = found.rows.id_data[ids[row] : ids[row + 1]].tobytes().decode()
        has_id = found.rows.id_valid[row]
        text = texts[row].as_py()
        if isinstance(text, bytes):
            text = text.decode()
        yield Row(first + int(found.rows.line[row]), id_ if has_id else None, text)


def _beyond(offset: int, most_bytes: int | None) -> bool:
    return most_bytes is not None and offset >= most_bytes


def _has_id(rows: BlockRows, raw: _core.Bytes) -> Mask:
    offsets = offsets_of(rows.id_length)
    alike: Mask = rows.id_valid & (rows.id_length == len(raw))
    for row in np.flatnonzero(alike):
        alike[row] = np.array_equal(rows.id_data[offsets[row] : offsets[row + 1]], raw)
    return alike


def _changed(file: str, how: str) -> str:
    return f"{file} has changed since the job read it: {how}"


def _as_they_were(ledger: Ledger, paths: object, out: AnyPath) -> dict[str, Path]:
    """By the paths that run.json holds, or else by the arguments of the job, seen from here."""
    known = isinstance(paths, list) and all(isinstance(path, str) for path in paths)
    if isinstance(paths, list) and known and len(paths) == len(ledger.files):
        were = {file.path: Path(path) for file, path in zip(ledger.files, paths, strict=True)}
        if all(path.is_file() for path in were.values()):
            return were
    try:
        return _as_given(ledger, ledger.inputs, out)
    except UsageError:
        return {}


def _as_given(ledger: Ledger, inputs: AnyPath | Sequence[AnyPath], out: AnyPath) -> dict[str, Path]:
    """By name relative to the inputs' common root, or by the end of it if that says enough."""
    found: dict[str, Path] = {}
    for input_ in find(inputs, out):
        name = shown(input_.name)
        alike = [file for file in ledger.files if _ends_with(file, name)]
        exact = [file for file in alike if file.path == name]
        if exact or len(alike) == 1:
            found[(exact or alike)[0].path] = input_.path
    return found


def _ends_with(file: FileEntry, name: str) -> bool:
    return f"/{file.path}".endswith(f"/{name}")
