"""block: some whole lines of a file, the unit of all reading. Reads nothing itself."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias

from corpusmill.shards.pieces import Bytes


@dataclass(frozen=True)
class Block:
    """Whole lines of a file; the last of the file may lack its newline."""

    index: int
    offset: int  # of its first byte in the decompressed file
    data: Bytes
    torn: bool = False  # damage ends the file inside the last line
    too_large: int = 0  # bytes of a row that is too large to be read: then there are no data


Blocks: TypeAlias = Generator[Block, None, None]
