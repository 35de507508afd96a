"""read: an input file as blocks of rows, the first time and again, whatever its format.

The first reading finds the blocks, the file's status and its hash; later ones give the same blocks,
or some of them. One thread at a time uses an iterator of blocks; the blocks themselves may be
worked on by many. What a block is in a format say line_blocks and table_files.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from corpusmill.shards import disk
from corpusmill.shards.errors import JobError
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.cuts import Sizes
from corpusmill.shards.reading.decode import Damage
from corpusmill.shards.reading.inputs import Input
from corpusmill.shards.reading.line_blocks import LineFile, Places
from corpusmill.shards.reading.lines import LineBlock
from corpusmill.shards.reading.noted import Noted
from corpusmill.shards.reading.parquet_steps import Steps
from corpusmill.shards.reading.pieces import raw, regular
from corpusmill.shards.reading.room import Decoding, Room
from corpusmill.shards.reading.table_files import TableFacts, TableFile
from corpusmill.shards.reading.tables import TableBlock

if TYPE_CHECKING:
    from corpusmill.shards.state.saved import Identity, SavedBlock

BLOCK_SIZE = 3 << 19
"""Bytes of a block: few enough to stay in the cache between scanning and sketching, and for malloc to keep
what one leaves for the next, many enough that Python's share does not show."""

Block: TypeAlias = LineBlock | TableBlock
Blocks: TypeAlias = Generator[Block, None, None]


@dataclass
class Shard:
    """An input file and what the first reading finds out about it.

    The extent of a block is (offset, size): of lines in decompressed bytes, of tables in rows.
    """

    input: Input
    status: str = "complete"  # or "truncated", "corrupt", "unreadable"
    error: str | None = None
    num_bytes: int = 0
    xxh3_128: str | None = None  # of the bytes that could be read
    extents: list[tuple[int, int]] = field(default_factory=list)
    stamp: tuple[int, int] | None = None  # (size, mtime_ns) when it was first looked at
    parts: list[tuple[int, int]] = field(default_factory=list)  # where reading may begin
    too_large: set[int] = field(default_factory=set)  # blocks of one row that is not read
    taken_over: bool = False  # all of this is known from an earlier run
    block_size: int = field(default_factory=lambda: BLOCK_SIZE)
    row_limit: int = 2**62  # bytes of a line beyond which it is not read
    large: Callable[[], None] = lambda: None  # called before more than a block is held at once
    decoding: Decoding = field(default_factory=Decoding)  # of tables
    passing: bool = False  # it leaves the system's memory as it is read: see disk.Behind
    lost: tuple[int, ...] = ()  # row groups of Parquet known not to be decodable: see late_damage
    damaged: list[int] = field(default_factory=list)  # others that turned out so
    steps: Steps = field(default_factory=Steps)  # of Parquet

    def anew(self, lost: tuple[int, ...]) -> Shard:
        """The same file as if nothing of it had been read yet, but for what is lost."""
        return Shard(
            self.input,
            stamp=self.stamp,
            block_size=self.block_size,
            row_limit=self.row_limit,
            large=self.large,
            decoding=self.decoding,
            passing=self.passing,
            lost=lost,
        )

    def apart(self) -> Shard:
        """The same file, to be looked into before the job."""
        again = self.anew(())
        again.large = lambda: None
        return again

    def look(self) -> None:
        """Notes how the file is now: it must stay so."""
        with suppress(OSError):
            found = self.input.path.stat()
            if stat.S_ISREG(found.st_mode):
                self.stamp = (found.st_size, found.st_mtime_ns)

    @property
    def identity(self) -> Identity | None:
        """By what another run knows the file as the same, and reads as much; None: nothing to read."""
        if not self.stamp:
            return None
        return (shown(self.input.path.absolute()), *self.stamp, *self.lost)

    def take_over(self, blocks: Sequence[SavedBlock], end: dict[str, Any] | None) -> None:
        """These first blocks need not be read again; with `end`, findings of an earlier run, none.

        What was taken over before is not any more.
        """
        self.extents = [block.extent for block in blocks]
        self.parts = sorted({block.part for block in blocks} - {(0, 0)})
        self.too_large = {index for index, block in enumerate(blocks) if block.too_large}
        self.taken_over = end is not None
        found = end or {**Shard(self.input).findings(), "parts": self.parts}
        self.status, self.error = found["status"], found["error"]
        self.num_bytes, self.xxh3_128 = found["num_bytes"], found["xxh3_128"]
        self.damaged, self.parts = list(found["damaged"]), list(map(tuple, found["parts"]))

    def findings(self) -> dict[str, Any]:
        """What only a reading of the whole file finds out."""
        of = ("status", "error", "num_bytes", "xxh3_128", "damaged", "parts")
        return {name: getattr(self, name) for name in of}

    def first(self, count: Callable[[int], None], columns: Iterable[str] | None = ()) -> Blocks:
        """All blocks; damage ends them and is noted. `count` is told of file bytes as they come.

        Of tables, only `columns` are sure to be read; None: all. Of blocks taken over from an earlier
        run the bytes are only hashed again.
        """
        if self.taken_over:
            count(self.num_bytes)
            return

        def read(size: int) -> None:
            self.num_bytes += size
            count(size)

        try:
            with self._opened() as file:
                noted = Noted(file, read, passing=self.passing)
                size = self.stamp[0] if self.stamp else 0
                try:
                    blocks: Iterator[Block] = (
                        self._table(file, columns).first(lambda share: noted.up_to(share * size))
                        if self.is_table
                        else self._lines(file).first(noted.note, self.extents[:])
                    )
                    for block in blocks:
                        self._note_block(block)
                        yield block
                        del block  # it may be large, and goes before the next one comes
                except Damage as damage:
                    self.status, self.error = damage.status, str(damage)
                noted.rest()  # what lies behind damage is in the hash
            self.xxh3_128 = noted.hexdigest()
        except OSError as error:
            if self.stamp and not self.input.path.exists():
                raise self.changed() from error
            self.status, self.error = "unreadable", error.strerror or str(error)

    def _note_block(self, block: Block) -> None:
        self.extents.append((block.offset, block.size))
        if isinstance(block, LineBlock) and block.too_large:
            self.too_large.add(block.index)

    def again(
        self,
        wanted: Sequence[int],
        count: Callable[[int], None],
        columns: Iterable[str] | None = None,
        places: Places | None = None,
    ) -> Blocks:
        """The blocks of these indices, ascending; `count` is told of bytes of blocks.

        Of tables, `columns` alone, unless None, are sure to be read; of lines, those at `places`, unless
        None, whatever lies in a block between them. JobError if the file cannot be read or has changed.
        """
        if not wanted:
            return
        try:
            with self._opened() as file:
                blocks: Iterator[Block] = (
                    self._table(file, columns).again(wanted, damaged=self.status != "complete")
                    if self.is_table
                    else self._lines(file).again(self.extents, wanted, self.too_large, places)
                )
                behind = disk.Behind(file, passing=self.passing)
                for block in blocks:
                    if (block.offset, block.size) != self.extents[block.index]:
                        raise self.changed()
                    count(self.size_of([block.index]))
                    behind.come_to(self._place(block))
                    yield block
                    del block  # as above
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

    def _place(self, block: Block) -> int:
        """Where in the file it begins, about."""
        return block.offset * self.num_bytes // max(1, sum(self.extents[-1]))

    def changed(self) -> JobError:
        said = "changed while the job ran; run again when it is at rest"
        return JobError(f"{shown(self.input.path)} {said}")

    @property
    def is_table(self) -> bool:
        return not self.input.format.startswith("jsonl")

    def _lines(self, file: int) -> LineFile:
        sizes = Sizes(self.block_size, self.row_limit, self.large)
        return LineFile(file, self.input.format, sizes, self._raw_again, parts=self.parts)

    def _table(self, file: int, columns: Iterable[str] | None) -> TableFile:
        return TableFile(
            file,
            self.input.format,
            Room(self.block_size, self.row_limit, self.large, self.decoding),
            columns,
            known=self.extents[:],
            parts=self.parts,
            steps=self.steps,
            lost=self.lost,
            damaged=self.damaged.append,
        )

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The file, seen to be unchanged when opened and when done with."""
        with regular(self.input.path) as file:
            self._check_stamp(file)
            yield file
            self._check_stamp(file)
            if self.passing:
                disk.let_go(file)

    def _check_stamp(self, file: int) -> None:
        found = os.fstat(file)
        self.stamp = self.stamp or (found.st_size, found.st_mtime_ns)
        if self.stamp != (found.st_size, found.st_mtime_ns):
            raise self.changed()

    def _raw_again(self, at: int) -> Iterator[bytes]:
        with self._opened() as file:
            os.lseek(file, at, os.SEEK_SET)
            yield from raw(file)
