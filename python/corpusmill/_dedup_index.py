"""_dedup_index: the class behind corpusmill.dedup.Index. Options, additions, queries, generations.

What a file holds stands in _dedup_index_file, what segments do in _dedup_segments, what goes in is
checked in _dedup_index_options.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa

from corpusmill import _arrays, _check, _dedup_index_file, _dedup_segments, ngram
from corpusmill._dedup_index_options import LEAST_MEMORY, IndexOptions, entry_rows, id_column
from corpusmill._dedup_options import check_choice, check_max_comparisons, check_num_rows
from corpusmill._dedup_segments import Segment

Path: TypeAlias = "str | os.PathLike[str]"
Matches: TypeAlias = Literal["first", "best", "all"]
Compare: TypeAlias = Literal["signature", "none"]


class Index:
    """Signatures of documents kept before, to look new documents up in.

    Entries are numbered 0, 1, ... as they were added. An index lives in memory until `save`; `load`
    maps a saved one, whose pages all processes of a machine share. Loaded parts never change: what
    is added lies in memory beside them, and the next `save` writes both as one.

    n, unit, num_hashes, seed     as in `corpusmill.dedup.signatures`
    threshold                     similarity from which a document matches, unless `query` is told
                                  another; with None for bands or rows, both are chosen for it
    bands, rows                   as in `corpusmill.dedup.pairs`

    Memory: 4 * num_hashes + 7.5 * bands + 4 bytes an entry, and its id; as much again while parts
    are joined. At most 2**32 - 2 entries. Several threads may call at once.

    >>> index = Index(n=2)
    >>> index.add(["the cat sat on the mat", "colourless green ideas"], ids=["a", "b"])
    range(0, 2)
    >>> index.query(["The cat sat, on the mat!"])["match_id"].to_pylist()
    ['a']
    """

    def __init__(
        self,
        *,
        n: int = 5,
        unit: ngram.Unit = "word",
        num_hashes: int = 112,
        seed: int = 0,
        threshold: float = 0.8,
        bands: int | None = None,
        rows: int | None = None,
    ) -> None:
        options = IndexOptions.checked(
            n=n,
            unit=unit,
            num_hashes=num_hashes,
            seed=seed,
            threshold=threshold,
            bands=bands,
            rows=rows,
        )
        self._start(options, [])

    def _start(self, options: IndexOptions, segments: list[Segment]) -> None:
        self._options, self._segments, self._lock = options, segments, threading.Lock()
        self._source: tuple[str, tuple[int, int]] | None = None  # the file that holds just this

    @property
    def options(self) -> dict[str, Any]:
        """n, unit, num_hashes, seed, threshold, bands, rows, as chosen."""
        return asdict(self._options)

    def __len__(self) -> int:
        return sum(map(len, self._segments))

    def add(self, docs: Any, ids: Any = None, *, threads: int = 0) -> range:
        """Appends N entries; returns their numbers.

        docs        N strings, lists of ready shingle hashes, or signatures of the same seed and
                    num_hashes; a null becomes an entry that nothing matches
        ids         N strings or whole numbers to name the entries in matches, or None

        How entries are split into calls changes no answer and no saved byte. O(bytes); tables are
        made at the next query. TypeError or ValueError for a wrong argument; nothing is added then.
        """
        slots = self._options.slots(docs, _check.threads(threads))
        count = len(slots) // self._options.num_hashes
        names = id_column(ids, count)
        with self._lock:
            first = len(self)
            check_num_rows(first + count)
            if count:
                new = Segment(slots, np.ones(count, np.uint32), names, None)
                self._segments = [*self._segments, new]
                self._source = None
        return range(first, first + count)

    def query(
        self,
        docs: Any,
        *,
        threshold: float | None = None,
        verify: Compare = "signature",
        matches: Matches = "first",
        max_comparisons: int = 64,
        threads: int = 0,
    ) -> pa.Table:
        """The entries that each document matches; the index stays as it is.

        docs            as in `add`; a null matches nothing
        threshold       least similarity of a match; None: the index's
        verify          "signature": similarity is compared with the threshold; "none": it is not,
                        and every candidate matches
        matches         of a document's matches the "first" entry, the "best" (the most similar, and
                        the first of these), or "all"
        max_comparisons a document's candidates are, per band, the first max_comparisons entries
                        whose signatures agree with its own on the whole band (by a 64-bit hash), so
                        a bucket of a million equal entries costs no more than one of 64
        returns         table, by query, then match: query (int64 row of docs), match (int64 entry),
                        match_id (large_string; null if it has none), similarity (double, the share
                        of equal slots)

        Documents are not compared with each other. O(bytes), then bands lookups a document.
        """
        options = self._options
        check_choice("verify", verify, Compare)
        check_choice("matches", matches, Matches)
        least = _check.share("threshold", options.threshold if threshold is None else threshold)
        most, threads = check_max_comparisons(max_comparisons), _check.threads(threads)
        slots, segments = options.slots(docs, threads), self._ready(threads)
        found = _dedup_segments.found_in(
            segments,
            slots,
            options,
            threshold=least,
            verify=verify == "signature",
            matches=matches,
            max_comparisons=most,
            threads=threads,
        )
        return _dedup_segments.with_ids(segments, *found)

    @property
    def cluster_sizes(self) -> pa.Array:
        """uint32 per entry: 1, and what `count` added."""
        sizes = [segment.sizes for segment in self._segments]
        return _arrays.of_numpy(np.concatenate([np.empty(0, np.uint32), *sizes]))

    def count(self, entries: Any, sizes: Any = 1) -> None:
        """Adds documents that were dropped for these entries to their cluster sizes.

        entries     M entry numbers, such as the column match of a query; repeats add up
        sizes       how many documents each stands for: M whole numbers, or one for all; such as
                    the cluster sizes of another index's entries that were dropped

        Sizes stop at 2**32 - 1. ValueError if a number is out of range.
        """
        rows = entry_rows(entries, len(self))
        amounts = np.broadcast_to(sizes, rows.shape)
        if not np.issubdtype(amounts.dtype, np.integer) or (amounts < 0).any():
            raise ValueError(
                "sizes: expected whole numbers from 0 on, one per entry or one for all"
            )
        with self._lock:
            bounded = np.minimum(amounts, _dedup_segments.MAX_SIZE).astype(np.int64)
            self._segments = _dedup_segments.counted(self._segments, rows, bounded)
            self._source = None

    def signatures(self, entries: Any = None) -> pa.Array:
        """The signatures of these entries, or of all; fixed_size_list<uint32>, null for a null."""
        rows = np.arange(len(self)) if entries is None else entry_rows(entries, len(self))
        return _dedup_segments.signatures_of(self._segments, rows, self._options.num_hashes)

    def save(self, path: Path, *, memory: int | str = "1GB", threads: int = 0) -> None:
        """Writes all entries to one file, whose format docs/index.md describes.

        The file takes its name when it is whole and synced; before, what was there stays. Its bytes
        depend on the entries and options alone.

        memory      bytes, or text such as "4GB"; at least 64MB, besides the index and pages of files.
                    What exceeds it of 12 * bands bytes an entry waits in a nameless file at path

        Disk: 4 * num_hashes + 7.5 * bands + 4 bytes an entry; with ids 8 more and their bytes.
        OSError if the system refuses.
        """
        budget, threads = _check.memory(memory, LEAST_MEMORY), _check.threads(threads)
        _dedup_index_file.write(path, self._options, self._segments, budget, threads)

    @classmethod
    def load(cls, path: Path, *, verify: bool = False, threads: int = 0) -> Index:
        """Maps a saved index; takes no longer for a large one, and no memory of its own.

        verify      reads all of the file and compares its checksums

        OSError if it cannot be read; ValueError if it is no index, of another version, truncated or
        damaged (in its header, with verify anywhere). It must not be written to while it is in use.
        """
        threads = _check.threads(threads)
        options, segment, identity = _dedup_index_file.read(path, bool(verify), threads)
        index = cls.__new__(cls)
        index._start(options, [segment] if len(segment) else [])
        index._source = os.path.abspath(os.fsdecode(path)), identity  # noqa: PTH100
        return index

    @staticmethod
    def merge(
        indexes: Iterable[Index],
        path: Path | None = None,
        *,
        memory: int | str = "1GB",
        threads: int = 0,
    ) -> Index:
        """The entries of the first index, then those of the second, and so on.

        path        None: an index that shares their parts, made at once; a query looks into each.
                    Otherwise it is saved there, within `memory` as in `save`, and loaded

        The given indexes stay as they are. ValueError naming the option in which two differ.
        """
        if not (found := list(indexes)):
            raise ValueError("indexes: expected at least one")
        for i, other in enumerate(found):
            found[0]._options.require_equal(other._options, f"indexes[{i}]")
        parts = [part for index in found for part in index._ready(_check.threads(threads))]
        check_num_rows(sum(map(len, parts)))
        merged = Index.__new__(Index)
        merged._start(found[0]._options, parts)
        if path is None:
            return merged
        merged.save(path, memory=memory, threads=threads)
        return Index.load(path)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        """A loaded index travels as its path; one that lives in memory does not travel."""
        if self._source is None:
            raise TypeError(
                "an index in memory cannot be pickled; save it, pickle Index.load(path)"
            )
        return _reopen, self._source

    def _ready(self, threads: int) -> list[Segment]:
        """The segments, with tables."""
        with self._lock:
            self._segments = _dedup_segments.ready(self._segments, self._options, threads)
            return self._segments


def _reopen(path: str, identity: tuple[int, int]) -> Index:
    index = Index.load(path)
    if index._source != (path, identity):
        raise ValueError(f"{path}: is another index than the one that was pickled; load it anew")
    return index
