"""findings: what a pass asks of a block, and what a block says, whatever the file's format."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill.shards.rows import BlockRows, Ints


@dataclass(frozen=True)
class Fields:
    """The names of the fields (or columns) that a pass reads; without a text, all rows are good."""

    text: str | None
    id: str | None
    number: str | None

    def names(self) -> list[str]:
        return [name for name in (self.text, self.id, self.number) if name is not None]


@dataclass(frozen=True)
class Found:
    """The rows of a block and, for each good one, its text and what goes with it."""

    rows: BlockRows
    texts: list[pa.Array]  # chunks of a string column without nulls
    lengths: Ints  # bytes of each text
    numbers: npt.NDArray[np.float64]  # NaN where there is none


@dataclass(frozen=True)
class Seen:
    """What some rows show of one field."""

    rows: int
    present: bool
    lacking: int  # rows that have fields, but not this one
    names: Counter[str]  # the fields of those rows
    wrong: str | None = None  # the column's type, where it can hold no text
