"""fate: what became of a row of a finished job, as plain values. Looks nothing up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Place:
    """A row by its file's name in the ledger, its line from 0, and its id if it has one."""

    file: str
    row: int
    id: str | None = None


@dataclass(frozen=True)
class Entry:
    """An entry of the index that the job was run against, by its number and its id if it has one."""

    entry: int
    id: str | None = None


@dataclass(frozen=True)
class Member:
    """A row that was dropped for the kept row, or the entry, of its cluster."""

    place: Place
    similarity: float
    verified: str  # what the similarity is: "exact", "signature" or "none"


@dataclass(frozen=True)
class Comparison:
    """A dropped text beside the kept one, computed now, with the options of the job."""

    dropped_text: str
    kept_text: str
    jaccard: float | None  # of the shingle sets, exactly; None if the job compared bytes
    shared_bands: list[int]  # numbers of the bands in which both signatures agree
    num_bands: int  # 0 if the job compared bytes


@dataclass(frozen=True)
class Rejection:
    """Why a line was no row. The line counts from 1, as in rejected/."""

    reason: str
    line: int
    byte_offset: int  # in the decompressed file
    raw: bytes


@dataclass(frozen=True)
class Fate:
    """What became of one row."""

    place: Place
    fate: Literal["kept", "dropped", "rejected"]
    dropped_as: Member | None = None  # of a dropped row
    kept: Place | None = None  # the row it went for
    in_index: Entry | None = None  # or the entry, of which there is no text
    comparison: Comparison | None = None  # if both texts can still be read
    rejection: Rejection | None = None
    because: list[str] = field(default_factory=list)  # of other jobs than dedup: what they found
    cluster_size: int = 1  # rows of the cluster, the kept one included; of an entry's, of all jobs
    others: list[Member] = field(default_factory=list)  # further dropped rows of it, the first few
    notes: list[str] = field(default_factory=list)  # what could not be looked up, and why


@dataclass(frozen=True)
class Why:
    """Every row that was asked for: one, or all with an id up to a hundred."""

    asked: str
    fates: list[Fate]
    more: bool = False  # whether there may be others
