"""rows: what a job remembers of its rows without their text: where they lie, what they signal.

Blocks are read by many threads in any order; a `Table` puts them in the order of files and lines.
Rows are counted through the whole job, good ones only, in that order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass
class BlockRows:
    """The rows of one block. Lines count from 0, in the block until a `Table` is made."""

    num_lines: int
    line: Ints
    offset: Ints  # in the block
    length: Ints
    rejected_line: Ints
    rejected_offset: Ints
    rejected_length: Ints
    rejected_reason: list[str]
    id_length: Ints
    id_data: npt.NDArray[np.uint8]
    id_valid: npt.NDArray[np.bool_]
    preference: npt.NDArray[Any] | None = None
    slots: npt.NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    hashes: npt.NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    first_row: int = 0

    @property
    def num_rows(self) -> int:
        return len(self.line)

    def of(self, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """This block's part of a column of the whole job."""
        return column[self.first_row : self.first_row + self.num_rows]


class Table:
    """The blocks of every shard, their rows and lines counted through."""

    def __init__(self, shards: Sequence[Sequence[BlockRows]]) -> None:
        self.shards = shards
        first_rows = [0]
        for blocks in shards:
            row, line = first_rows[-1], 0
            for block in blocks:
                block.first_row = row
                block.line += line
                block.rejected_line += line
                row += block.num_rows
                line += block.num_lines
            first_rows.append(row)
        self.num_rows = first_rows[-1]
        self._first_rows = np.array(first_rows, np.int64)

    def shard_of(self, rows: Ints) -> Ints:
        """The number of the shard in which each row lies."""
        return np.searchsorted(self._first_rows, rows, side="right") - 1

    def block(self, shard: int, index: int) -> BlockRows:
        return self.shards[shard][index]

    def blocks(self) -> Iterator[BlockRows]:
        for blocks in self.shards:
            yield from blocks

    def blocks_where(self, wanted: Callable[[BlockRows], bool]) -> list[list[int]]:
        """Per shard, the indices of the blocks that are wanted, ascending."""
        return [
            [index for index, rows in enumerate(blocks) if wanted(rows)] for blocks in self.shards
        ]

    def gather(self, name: str, dtype: type[np.generic]) -> npt.NDArray[Any]:
        """A column of the blocks as one array; they let go of theirs, so it is held once."""
        size = sum(len(getattr(block, name)) for block in self.blocks())
        column = np.empty(size, dtype)
        at = 0
        for block in self.blocks():
            part = getattr(block, name)
            column[at : at + len(part)] = part
            at += len(part)
            setattr(block, name, None)
        return column
