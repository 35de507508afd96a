"""old_entries: ids and cluster sizes of the entries of a saved index, some pages of it at a time.

Looks no signature up: that is against.py's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _dedup_segments
from corpusmill._dedup_segments import MAX_SIZE, Segment
from corpusmill.shards.rows import Ints

Sizes = npt.NDArray[np.uint32]

MOST_PICKED = 1 << 8
"""Entries whose ids are looked up together: each may bring two stretches of 64 KiB of the file."""


def ids_of(segment: Segment, entries: Ints) -> pa.Array:
    """The ids of these entries as large_string, null for one without."""
    order = np.argsort(entries, kind="stable")
    found = [pa.nulls(0, pa.large_string())]
    for begin in range(0, len(entries), MOST_PICKED):
        some = entries[order[begin : begin + MOST_PICKED]]
        found.append(_dedup_segments.ids_of([segment], some))
        segment.let_go()
    return pa.concat_arrays(found).take(_arrays.of_numpy(np.argsort(order)))


def sizes_of(segment: Segment, entries: Ints) -> Ints:
    """The cluster sizes of these entries, which ascend."""
    found = [np.empty(0, np.int64)]
    for first, sizes in _numbered(segment.size_blocks()):
        here = slice(*np.searchsorted(entries, (first, first + len(sizes))))
        found.append(sizes[entries[here] - first].astype(np.int64))
    return np.concatenate(found)


@dataclass(frozen=True)
class Counted:
    """All entries as a part of another index, the clusters of some grown by a document each time.

    grown       entries, ascending, with repeats
    """

    segment: Segment
    grown: Ints

    def __len__(self) -> int:
        return len(self.segment)

    @property
    def has_ids(self) -> bool:
        return self.segment.has_ids

    def slot_blocks(self) -> Iterator[Sizes]:
        return self.segment.slot_blocks()

    def size_blocks(self) -> Iterator[Sizes]:
        for first, sizes in _numbered(self.segment.size_blocks()):
            here = slice(*np.searchsorted(self.grown, (first, first + len(sizes))))
            more = np.bincount(self.grown[here] - first, minlength=len(sizes))
            yield np.minimum(sizes + more, MAX_SIZE).astype(np.uint32)

    def id_blocks(self) -> Iterator[pa.Array]:
        return self.segment.id_blocks()


def _numbered(blocks: Iterator[Sizes]) -> Iterator[tuple[int, Sizes]]:
    """Blocks and the number of the first entry of each."""
    first = 0
    for block in blocks:
        yield first, block
        first += len(block)
