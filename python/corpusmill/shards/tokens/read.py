"""read: token shards for trainers: rows as views of mapped files. Writes none, and imports no framework."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill.shards import shape
from corpusmill.shards.ours import LEDGER, shown
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.rows import Ints
from corpusmill.shards.tokens.batch import PADDING, Ids, starts
from corpusmill.shards.tokens.file import HEADER_SIZE, Counts, Form, Header, Section

_LEDGER = {"command": str, "shards": [{"files": [str], "rows": int}]}
_PIECE = 16 << 20


class TokenShards:
    """The rows of a job's shards, numbered through all of them. Nothing is read before it is asked for.

    path        the output folder of a `tokenize` job, or one shard or several, in their order

    `len(shards)` rows; `shards[row]` the ids of one, a view of the file: copy it before changing it. Safe
    to use from many threads, to fork and to pickle (which opens the files again). Opening reads
    256 bytes a shard and checks them; `verify` checks all the rest.

    Raises ValueError if a file is none, damaged, not of one job with the others, or does not go on where
    the one before it ends; OSError.
    """

    def __init__(self, path: AnyPath | Sequence[AnyPath]) -> None:
        told = None
        if isinstance(path, (str, os.PathLike)):
            one = Path(path)
            self._paths, told = _of_job(one) if one.is_dir() else ([one], None)
        else:
            self._paths = [Path(each) for each in path]
        self.shards = [Shard(path) for path in self._paths]
        forms = {shard.form for shard in self.shards}
        if len(forms) != 1:
            raise ValueError(f"path: expected shards of one job, got {len(forms)} kinds of them")
        self.form: Form = forms.pop()
        _check_order(self.shards, told)
        self._first = starts(np.array([shard.counts.rows for shard in self.shards]))

    def __reduce__(self) -> tuple[type[TokenShards], tuple[list[Path]]]:
        return TokenShards, (self._paths,)

    @property
    def num_ids(self) -> int:
        """Ids of all rows, padding among them."""
        return sum(shard.counts.ids for shard in self.shards)

    def __len__(self) -> int:
        return int(self._first[-1])

    def __iter__(self) -> Iterator[Ids]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, row: int) -> Ids:
        shard, at = self._at(row)
        return shard.ids[slice(*shard.ends(at)[[0, -1]])]

    def cu_seqlens(self, row: int) -> npt.NDArray[np.int32]:
        """Where in a row its segments begin, and where the last ends: [0, ..., length of the row].

        A segment is of one document; padding is one too. So has it flash-attention's varlen interface.
        """
        shard, at = self._at(row)
        ends = shard.ends(at)
        within: npt.NDArray[np.int32] = (ends - ends[0]).astype(np.int32)
        return within

    def positions(self, row: int) -> Ints:
        """Of each id of a row, its place in its segment, from 0."""
        ends = self.cu_seqlens(row).astype(np.int64)
        return np.arange(ends[-1]) - np.repeat(ends[:-1], np.diff(ends))

    def documents(self, row: int) -> Ints:
        """Of each segment of a row, the number of its document (documents.parquet), -1 of padding."""
        shard, at = self._at(row)
        return shard.documents_of(at)

    def padding(self, row: int) -> int:
        """How many ids at the end of a row fill it up."""
        of_padding = np.flatnonzero(self.documents(row) == PADDING)
        return int(np.diff(self.cu_seqlens(row))[of_padding].sum())

    def verify(self) -> None:
        """Reads all of all files; ValueError naming the file and the bytes that are damaged."""
        for shard in self.shards:
            shard.verify()

    def _at(self, row: int) -> tuple[Shard, int]:
        number = row + len(self) if row < 0 else row
        if not 0 <= number < len(self):
            raise IndexError(f"row: expected one below {len(self):,}, got {row}")
        at = int(np.searchsorted(self._first, number, side="right")) - 1
        return self.shards[at], number - int(self._first[at])


class Shard:
    """One shard, mapped.

    ids         of all rows, one behind the other; where they have a length, `rows` is a matrix of them
    starts, documents, firsts: as file.py has them
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            try:
                header = Header.unpack(file.read(HEADER_SIZE))
            except ValueError as error:
                raise ValueError(f"{shown(path)} {error}") from None
        self._header = header
        self.form: Form = header.form
        self.counts: Counts = header.counts
        self._sections = header.sections()
        end = self._sections["firsts"].end
        if size != end:
            raise ValueError(f"{shown(path)} is damaged: expected {end:,} bytes, got {size:,}")
        self._bytes = np.memmap(path, np.uint8, "r")
        little = self.form.dtype.newbyteorder("<")
        self.ids: Ids = self._part("ids").view(little)
        self.starts: Ints = self._part("starts").view("<i8")
        self.documents: Ints = self._part("documents").view("<i8")
        self.firsts: Ints = self._part("firsts").view("<i8")

    @property
    def rows(self) -> Ids:
        """All rows of one length; ValueError if rows are documents."""
        if not self.form.length:
            raise ValueError(f"{shown(self.path)} has documents for rows, which differ in length")
        return self.ids.reshape(-1, self.form.length)

    def _segments(self, row: int) -> slice:
        return slice(*self.firsts[row : row + 2]) if self.form.length else slice(row, row + 1)

    def ends(self, row: int) -> Ints:
        """Where among the ids the segments of a row begin, and where the last ends."""
        of = self._segments(row)
        return self.starts[of.start : of.stop + 1]

    def documents_of(self, row: int) -> Ints:
        return self.documents[self._segments(row)]

    def verify(self) -> None:
        """As `TokenShards` has it."""
        index = Section(self._sections["ids"].end, len(self._bytes))
        self._check("ids", self._sections["ids"], self._header.ids_xxh3_128)
        self._check("index", index, self._header.index_xxh3_128)

    def _check(self, name: str, section: Section, expected: bytes) -> None:
        hashed = _core.core.StreamHash()
        for at in range(section.at, section.end, _PIECE):
            hashed.update(self._bytes[at : min(at + _PIECE, section.end)].data)
        if hashed.hexdigest() != expected.hex():
            raise ValueError(
                f"{shown(self.path)} is damaged in its {name}, bytes {section.at:,} to {section.end:,}"
            )

    def _part(self, name: str) -> npt.NDArray[np.uint8]:
        section = self._sections[name]
        return np.asarray(self._bytes)[section.at : section.end]


def _check_order(shards: Sequence[Shard], told: Sequence[int] | None) -> None:
    """ValueError unless each goes on with the rows behind those of the one before it.

    told        the rows of each, as the ledger of a job has them: then the first has the first row
    """
    expected = shards[0].counts.first_row if told is None else 0
    for number, shard in enumerate(shards):
        path, counts = shown(shard.path), shard.counts
        if counts.first_row != expected:
            raise ValueError(
                f"{path} begins with row {counts.first_row:,} of its job, expected {expected:,}: it is of "
                "another job, or shards before it are missing, doubled or in another order"
            )
        if told is not None and counts.rows != told[number]:
            raise ValueError(
                f"{path} holds {counts.rows:,} rows, but {LEDGER} says {told[number]:,}: it is of another job"
            )
        expected += counts.rows


def _of_job(folder: Path) -> tuple[list[Path], list[int]]:
    """The shards in an output folder and the rows of each, as its ledger has them."""
    try:
        content = json.loads((folder / LEDGER).read_text(encoding="utf-8"))
        shape.check(content, _LEDGER, LEDGER)
    except FileNotFoundError:
        raise ValueError(f"{shown(folder)} holds no {LEDGER}: no job has finished there") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{shown(folder)}: {LEDGER} is of no tokenize job: {error}") from None
    of_files = [(name, shard["rows"]) for shard in content["shards"] for name in shard["files"]]
    names = [name for name, _ in of_files]
    if any(name.endswith(".idx") for name in names):
        raise ValueError(f"{shown(folder)} holds shards for Megatron-LM, which reads them itself")
    if not names:
        raise ValueError(f"{shown(folder)} holds no shard: the job had no documents")
    return [folder / name for name in names], [rows for _, rows in of_files]
