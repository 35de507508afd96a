"""read: an input file as blocks of rows, the first time and again, whatever its format.

The first reading finds the blocks, the file's status and its hash; later ones give the same blocks,
or some of them. One thread at a time uses an iterator of blocks; the blocks themselves may be
worked on by many. What a block is in a format say line_blocks and table_files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from corpusmill import _core
from corpusmill.shards.decode import PIECE_SIZE, Damage
from corpusmill.shards.errors import JobError
from corpusmill.shards.inputs import Input
from corpusmill.shards.line_blocks import LineFile, raw, read_at
from corpusmill.shards.lines import Bytes, LineBlock
from corpusmill.shards.ours import shown
from corpusmill.shards.table_files import TableFacts, TableFile
from corpusmill.shards.tables import TableBlock

BLOCK_SIZE = 2 << 20
"""Bytes of which a block is made: small enough to stay in the cache between scanning and
sketching, large enough that Python's share does not show."""

Block: TypeAlias = LineBlock | TableBlock
Blocks: TypeAlias = Generator[Block, None, None]


@dataclass
class Shard:
    """An input file and what the first reading finds out about it.

    The extent of a block is (offset, size): of lines in bytes of the decompressed file, of tables
    in rows.
    """

    input: Input
    status: str = "complete"  # or "truncated", "corrupt", "unreadable"
    error: str | None = None
    num_bytes: int = 0
    xxh3_128: str | None = None  # of the bytes that could be read
    extents: list[tuple[int, int]] = field(default_factory=list)
    stamp: tuple[int, int] | None = None  # (size, mtime_ns) when it was first opened

    def first(self, count: Callable[[int], None], columns: Iterable[str] | None = ()) -> Blocks:
        """All blocks; damage ends them and is noted. `count` is told of file bytes as they come.

        Of tables, only `columns` are sure to be read; None: all.
        """
        digest = _core.core.StreamHash()

        def note(piece: Bytes) -> None:
            digest.update(piece)
            self.num_bytes += len(piece)
            count(len(piece))

        def note_to(share: float) -> None:
            """Reads the file so far for its hash, beside what its decoder reads of it."""
            size = self.stamp[0] if self.stamp else 0
            while self.num_bytes < share * size and (piece := self._next_piece(file)):
                note(piece)

        try:
            with self._opened() as file:
                try:
                    blocks: Iterator[Block] = (
                        self._table(file, columns).first(note_to)
                        if self.is_table
                        else self._lines(file).first(note)
                    )
                    for block in blocks:
                        self.extents.append((block.offset, block.size))
                        yield block
                except Damage as damage:
                    self.status, self.error = damage.status, str(damage)
                while piece := self._next_piece(file):  # what lies behind damage is in the hash
                    note(piece)
            self.xxh3_128 = digest.hexdigest()
        except OSError as error:
            self.status, self.error = "unreadable", error.strerror or str(error)

    def again(
        self,
        wanted: Sequence[int],
        count: Callable[[int], None],
        columns: Iterable[str] | None = None,
    ) -> Blocks:
        """The blocks of these indices, ascending; `count` is told of bytes of blocks.

        Of tables, `columns` alone, unless None, are sure to be read. Raises JobError if the file cannot be
        read or has changed.
        """
        if not wanted:
            return
        try:
            with self._opened() as file:
                source = self._table(file, columns) if self.is_table else self._lines(file)
                for block in source.again(self.extents, wanted):
                    if (block.offset, block.size) != self.extents[block.index]:
                        raise self.changed()
                    count(self.size_of([block.index]))
                    yield block
        except OSError as error:
            raise JobError(f"cannot read {shown(self.input.path)}: {error.strerror}") from error
        except Damage as damage:
            raise self.changed() from damage

    def facts(self) -> TableFacts:
        """What a table says of itself; JobError as for `again`."""
        try:
            with self._opened() as file:
                return self._table(file, ()).facts()
        except OSError as error:
            raise JobError(f"cannot read {shown(self.input.path)}: {error.strerror}") from error

    def size_of(self, blocks: Iterable[int]) -> int:
        """Bytes that these blocks stand for: decompressed ones of lines, shares of a table's."""
        size = sum(self.extents[index][1] for index in blocks)
        if not size or not self.is_table:
            return size
        return size * max(1, self.num_bytes // sum(rows for _, rows in self.extents))

    def changed(self) -> JobError:
        name = shown(self.input.path)
        return JobError(f"{name} changed while the job ran; run again when it is at rest")

    @property
    def is_table(self) -> bool:
        return not self.input.format.startswith("jsonl")

    def _lines(self, file: int) -> LineFile:
        return LineFile(file, self.input.format, BLOCK_SIZE, self._raw_again)

    def _table(self, file: int, columns: Iterable[str] | None) -> TableFile:
        return TableFile(file, self.input.format, BLOCK_SIZE, columns)

    def _next_piece(self, file: int) -> bytes:
        return read_at(file, self.num_bytes, PIECE_SIZE)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The file, seen to be unchanged when opened and when done with."""
        path = self.input.path
        if path.exists() and not path.is_file():
            raise OSError(0, "not a regular file")
        file = os.open(path, os.O_RDONLY)
        try:
            self._check_stamp(file)
            yield file
            self._check_stamp(file)
        finally:
            os.close(file)

    def _check_stamp(self, file: int) -> None:
        found = os.fstat(file)
        stamp = (found.st_size, found.st_mtime_ns)
        self.stamp = self.stamp or stamp
        if stamp != self.stamp:
            raise self.changed()

    def _raw_again(self) -> Iterator[bytes]:
        with self._opened() as file:
            yield from raw(file)
