"""duplicates: which row went for which row or entry, as OUT/duplicates.parquet. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow
from corpusmill.shards.jobs.dedup import old_entries
from corpusmill.shards.jobs.dedup.against import OldIndex
from corpusmill.shards.jobs.places import Places
from corpusmill.shards.ours import DUPLICATES
from corpusmill.shards.reading.strings import StringColumn
from corpusmill.shards.rows import Ints
from corpusmill.shards.state.out import OutFolder

SCHEMA = pa.schema(
    {
        "dropped_id": pa.large_string(),
        "kept_id": pa.large_string(),
        "dropped_file": pa.large_string(),
        "dropped_row": pa.int64(),
        "kept_file": pa.large_string(),
        "kept_row": pa.int64(),
        "similarity": pa.float64(),
        "verified": pa.large_string(),
        "cluster": pa.int64(),
        "size": pa.int64(),
        "kept_entry": pa.int64(),
    }
)

REASONS = ("similar", "equal", "in_index")
"""Why a row is dropped; "equal": one unit (or same bytes, for method="exact")."""

IN_INDEX = REASONS.index("in_index")

SLICE = 1 << 16
"""Rows of a row group."""

ROOM_OF_A_ROW = 300
"""Bytes, about, to look up where a dropped row and its kept one lie."""

REPEATED = ["dropped_file", "kept_file", "verified"]
"""Columns of few values. To look for repeats in the others takes longer than writing them."""


@dataclass(frozen=True)
class Decisions:
    """What is decided of dropped rows, ascending; rows of the whole job."""

    dropped: Ints
    kept: Ints  # the row of the cluster, or the negative number of one that an index's entry stands for
    similarity: npt.NDArray[np.float64]
    reason: npt.NDArray[np.int8]  # of REASONS
    verify: str

    @classmethod
    def of(cls, arrays: Sequence[npt.NDArray[Any]], verify: str) -> Decisions:
        """From the four columns, in their order."""
        dropped, kept, similarity, reason = arrays
        return cls(dropped, kept, similarity, reason, verify)

    def keep(self, num_rows: int) -> npt.NDArray[np.bool_]:
        """Which rows of the job stay."""
        keep = np.ones(num_rows, np.bool_)
        keep[self.dropped] = False
        return keep

    def cluster_sizes(self, num_rows: int) -> Ints:
        """For each row of the job, the rows that were dropped for it, and itself."""
        return np.bincount(self.kept[self.kept >= 0], minlength=num_rows) + 1

    def entries(self) -> Ints:
        """The entries of the index for which rows were dropped; repeats are so many rows."""
        return entry_of_cluster(self.kept[self.kept < 0])


def cluster_of_entry(entries: Ints) -> Ints:
    """Clusters of entries are -1, -2, ...: no row has such a number."""
    return -1 - entries


def entry_of_cluster(clusters: Ints) -> Ints:
    return -1 - clusters


def write(
    out: OutFolder,
    decisions: Decisions,
    places: Places,
    memory: int,
    old: OldIndex | None = None,
) -> None:
    """Writes the file: fixed settings and no time, so equal decisions give equal bytes.

    As many rows are looked up at once as `memory` bytes allow, for each time reads nearly all places.
    """
    from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

    sizes = _Sizes(decisions, old)
    at_once = max(1, (memory - sizes.nbytes) // ROOM_OF_A_ROW // SLICE) * SLICE
    with out.writing(DUPLICATES), out.create(DUPLICATES) as file:
        with parquet.ParquetWriter(
            file, SCHEMA, compression="zstd", compression_level=3, use_dictionary=REPEATED
        ) as writer:
            for start in range(0, len(decisions.dropped), at_once):
                part = _part(decisions, sizes, places, slice(start, start + at_once), old)
                writer.write_table(part, row_group_size=SLICE)
        file.close()
        out.whole(DUPLICATES)


class _Sizes:
    """The documents of each cluster, what stands for them included."""

    def __init__(self, decisions: Decisions, old: OldIndex | None) -> None:
        rows = decisions.kept[decisions.kept >= 0]
        self._of_rows = np.bincount(rows).astype(np.uint32) + 1
        self._entries, counts = np.unique(decisions.entries(), return_counts=True)
        self._of_entries = counts
        if old is not None:
            self._of_entries += old_entries.sizes_of(old.segment, self._entries)
        self.nbytes = self._of_rows.nbytes + self._entries.nbytes + self._of_entries.nbytes

    def of(self, clusters: Ints) -> Ints:
        sizes = np.empty(len(clusters), np.int64)
        rows = clusters >= 0
        sizes[rows] = self._of_rows[clusters[rows]]
        places = np.searchsorted(self._entries, entry_of_cluster(clusters[~rows]))
        sizes[~rows] = self._of_entries[places]
        return sizes


def _part(
    decisions: Decisions, sizes: _Sizes, places: Places, some: slice, old: OldIndex | None
) -> pa.Table:
    dropped, kept = decisions.dropped[some], decisions.kept[some]
    # Looked up together, for each time all blocks are unpacked.
    found = places.of(np.concatenate([dropped, kept[kept >= 0]]))
    columns = [
        *(column[: len(dropped)] for column in found),
        *_kept(kept, [column[len(dropped) :] for column in found], old),
        _arrow.primitive(decisions.similarity[some]),
        StringColumn.of([decisions.verify, "exact", "signature"]).take(decisions.reason[some]),
        _arrow.primitive(kept),
        _arrow.primitive(sizes.of(kept)),
    ]
    named = dict(zip(_NAMES, columns, strict=True))
    return pa.Table.from_arrays([named[name] for name in SCHEMA.names], schema=SCHEMA)


_NAMES = (
    *("dropped_file", "dropped_row", "dropped_id"),
    *("kept_file", "kept_row", "kept_id", "kept_entry"),
    *("similarity", "verified", "cluster", "size"),
)


def _kept(kept: Ints, found: Sequence[pa.Array], old: OldIndex | None) -> tuple[pa.Array, ...]:
    """File, row, id and entry of what stands for each cluster: of rows, as found, and of entries."""
    rows = kept >= 0
    files, lines, ids = found
    if old is None:
        return files, lines, ids, pa.nulls(len(kept), pa.int64())
    entries = entry_of_cluster(kept[~rows])
    back = _arrays.of_numpy(np.argsort(np.argsort(~rows, kind="stable")))  # rows come first
    columns = [
        (files, pa.nulls(len(entries), pa.large_string())),
        (lines, pa.nulls(len(entries), pa.int64())),
        (ids, old_entries.ids_of(old.segment, entries)),
        (pa.nulls(len(lines), pa.int64()), _arrow.primitive(entries)),
    ]
    return tuple(pa.concat_arrays(pair).take(back) for pair in columns)
