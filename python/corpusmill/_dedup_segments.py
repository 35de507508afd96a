"""_dedup_segments: the parts an index is made of, and what is asked of several at once.

A segment is some consecutive entries: signatures, tables over them once they are looked up, ids,
cluster sizes. No array is ever changed in place: indexes share segments. Knows no files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _core
from corpusmill._dedup_index_options import OPEN, IndexOptions

Entries = npt.NDArray[np.int64]

MAX_SIZE = 2**32 - 1

ID_BLOCK = 1 << 20  # ids or cluster sizes written at a time
SLOT_BLOCK = 8 << 20  # bytes of signatures


@dataclass(frozen=True)
class Segment:
    """`slots` is row-major, num_hashes a row; a row of 2**32 - 1 alone stands for a null."""

    slots: npt.NDArray[np.uint32]
    sizes: npt.NDArray[np.uint32]
    ids: pa.Array | None  # large_string
    tables: npt.NDArray[np.uint8] | None
    file: _core.dedup.IndexFile | None = None  # mapped, if signatures and tables are views of it

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def in_file(self) -> bool:
        return self.file is not None

    def let_go(self) -> None:
        """What is mapped need not be in memory until it is read again."""
        if self.file is not None:
            self.file.let_go()

    @property
    def has_ids(self) -> bool:
        return self.ids is not None

    def slot_blocks(self) -> Iterator[npt.NDArray[np.uint32]]:
        size = SLOT_BLOCK // self.slots.itemsize
        for begin in range(0, len(self.slots), size):
            yield self.slots[begin : begin + size]
            self.let_go()

    def size_blocks(self) -> Iterator[npt.NDArray[np.uint32]]:
        for begin in range(0, len(self), ID_BLOCK):
            yield self.sizes[begin : begin + ID_BLOCK]
            self.let_go()

    def id_blocks(self) -> Iterator[pa.Array]:
        for begin in range(0, len(self), ID_BLOCK):
            if self.ids is None:
                yield pa.nulls(min(ID_BLOCK, len(self) - begin), pa.large_string())
            else:
                yield self.ids.slice(begin, ID_BLOCK)
            self.let_go()


def joined(segments: Sequence[Segment]) -> Segment:
    """One segment of several, without tables. Copies, unless it is one."""
    if len(segments) == 1:
        return segments[0]
    ids = None
    if any(segment.ids is not None for segment in segments):
        parts = [
            pa.nulls(len(each), pa.large_string()) if each.ids is None else each.ids
            for each in segments
        ]
        ids = pa.concat_arrays(parts)
    return Segment(
        np.concatenate([segment.slots for segment in segments]),
        np.concatenate([segment.sizes for segment in segments]),
        ids,
        None,
    )


def ready(segments: Sequence[Segment], options: IndexOptions, threads: int) -> list[Segment]:
    """The same entries with tables throughout.

    Segments without tables are joined with those before them that are less than twice as large,
    so an index grown by many additions has few segments, and each entry is copied a few times.
    """
    done = [segment for segment in segments if segment.tables is not None]
    new = segments[len(done) :]
    if not new:
        return done
    while done and not done[-1].in_file and len(done[-1]) < 2 * sum(map(len, new)):
        new = [done.pop(), *new]
    one = joined(new)
    tables = _core.dedup.index_tables(
        one.slots, options.num_hashes, options.bands, options.rows, threads
    )
    return [*done, replace(one, tables=tables)]


def counted(
    segments: Sequence[Segment], entries: Entries, amounts: npt.NDArray[np.int64]
) -> list[Segment]:
    """The segments with `amounts` added to the cluster sizes of `entries`, repeats adding up."""
    out, first = [], 0
    for segment in segments:
        here = (entries >= first) & (entries < first + len(segment))
        if here.any():
            sizes = segment.sizes.copy()
            changed, which = np.unique(entries[here] - first, return_inverse=True)
            sums = sizes[changed].astype(np.int64)
            np.add.at(sums, which, amounts[here])
            sizes[changed] = np.minimum(sums, MAX_SIZE)
            segment = replace(segment, sizes=sizes)  # noqa: PLW2901
        out.append(segment)
        first += len(segment)
    return out


def signatures_of(segments: Sequence[Segment], entries: Entries, num_hashes: int) -> pa.Array:
    """The signatures of these entries; null for a null."""
    out = np.empty((len(entries), num_hashes), np.uint32)
    first = 0
    for segment in segments:
        here = (entries >= first) & (entries < first + len(segment))
        out[here] = segment.slots.reshape(-1, num_hashes)[entries[here] - first]
        first += len(segment)
    valid = ~(out == OPEN).all(axis=1)
    bitmap = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    return _arrow.fixed_size_list(out.reshape(-1), num_hashes, len(entries), bitmap)


def with_ids(
    segments: Sequence[Segment],
    query: Entries,
    match: Entries,
    similarity: npt.NDArray[np.float64],
) -> pa.Table:
    """What was found, as `Index.query` returns it."""
    names = ids_of(segments, match)
    columns = [*map(_arrow.primitive, (query, match)), names, _arrow.primitive(similarity)]
    return pa.Table.from_arrays(columns, ["query", "match", "match_id", "similarity"])


def found_in(
    segments: Sequence[Segment],
    slots: npt.NDArray[np.uint32],
    options: IndexOptions,
    *,
    threshold: float,
    verify: bool,
    matches: str,
    max_comparisons: int,
    threads: int,
    resident: int | None = None,
) -> tuple[Entries, Entries, npt.NDArray[np.float64]]:
    """Query, match and similarity, without the ids.

    resident: how many bytes of the segments, then all of them files, may be in memory at a time
    """
    assert resident is None or all(segment.in_file for segment in segments)
    return _core.dedup.index_query(
        [segment.slots for segment in segments],
        [segment.tables for segment in segments],
        slots,
        options.num_hashes,
        options.bands,
        options.rows,
        threshold,
        verify,
        getattr(_core.dedup.Matches, matches),
        max_comparisons,
        resident,
        threads,
    )


def ids_of(segments: Sequence[Segment], entries: Entries) -> pa.Array:
    """The ids of these entries, large_string; null for an entry without one.

    Raises ValueError if an id lies outside its bytes, which only a damaged file can hold.
    """
    parts, where, first = [], [], 0
    for segment in segments:
        here = np.flatnonzero((entries >= first) & (entries < first + len(segment)))
        local = entries[here] - first
        if segment.ids is None:
            parts.append(pa.nulls(len(here), pa.large_string()))
        else:
            _check_offsets(segment.ids, local)
            parts.append(segment.ids.take(_arrays.of_numpy(local)))
        where.append(here)
        first += len(segment)
    if not parts:
        return pa.nulls(0, pa.large_string())
    back = np.argsort(np.concatenate(where), kind="stable")
    return pa.concat_arrays(parts).take(_arrays.of_numpy(back))


def _check_offsets(ids: pa.Array, rows: Entries) -> None:
    _, offsets_buffer, data = ids.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64)[ids.offset :]
    begin, end = offsets[rows], offsets[rows + 1]
    if not ((begin >= 0) & (begin <= end) & (end <= (data.size if data else 0))).all():
        raise ValueError(
            "index: an id lies outside the ids; its file is damaged, load it with verify=True to "
            "see where, and restore it"
        )
