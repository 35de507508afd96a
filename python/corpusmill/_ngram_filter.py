"""_ngram_filter: the class behind corpusmill.ngram.BloomFilter. Sizing, additions, look-ups, files.

Bits, hashes and the file's format are csrc/ngram's (bloom, items, bloom_file). What look-ups tell of
a document, corpusmill.ngram says.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrow, _check, _core, _tokens
from corpusmill._ngram_filter_options import UNITS, FilterOptions, ItemColumn, ItemUnit

Path: TypeAlias = "str | os.PathLike[str]"

TOLERANCE = 1.1
"""A rate up to this many times the one asked for is chance, and not too many items."""


class BloomFilter:
    """A set of n-grams, lines or paragraphs that may take a few others for its own: saved,
    merged, mapped.

    items       how many different items are to go in; with them it is as large as `fp_rate` asks
    fp_rate     the share of other items that are found nevertheless, 1e-8 to 0.5
    n, unit     an item is n consecutive words, chars, bytes or token ids, as in `ngram.hashes`, but
                that a document of fewer than n units has none; or a "line" or a "paragraph", for
                which `dedup.paragraphs` says what they are and compares. Documents are strings; with
                "token" they are lists of ids, of integers of any width
    stride      between the n-grams of a document that are added; all are looked up
    squeeze     chars are those of the text with its white space squeezed (docs/membership.md)
    allow_overfull
                whether it may be used when its rate is above `fp_rate`

    What was added is always found. A filter is overfull when more than `items` were added, repeats
    included, and its rate, measured on its bits, is above 1.1 * fp_rate; `add` and every look-up
    raise ValueError then, unless `allow_overfull`.

    Memory: 1.3 bytes an item at 0.01 (docs/membership.md), all of it at once; that of a loaded
    filter is the file's pages until something is added. Several threads may call at once.
    Definition 1, the same bits on every machine and for any number of threads.
    Source: Putze, Sanders and Singler, WEA 2007; the filter of the Apache Parquet format.

    >>> bloom = BloomFilter(1000, n=3)
    >>> bloom.add(["the cat sat on the mat"])
    4
    >>> bloom.contains(["a cat sat on the moon"]).to_pylist()
    [[False, True, True, False]]
    """

    def __init__(
        self,
        items: int,
        fp_rate: float = 0.01,
        *,
        n: int | None = None,
        unit: ItemUnit = "word",
        stride: int = 1,
        squeeze: bool = False,
        allow_overfull: bool = False,
    ) -> None:
        options = FilterOptions.checked(
            items, fp_rate, n=n, unit=unit, stride=stride, squeeze=squeeze
        )
        self._start(options, options.empty(), 0, allow_overfull)

    def _start(
        self, options: FilterOptions, bits: _core.ngram.Bloom, added: int, allow_overfull: bool
    ) -> None:
        self.allow_overfull = bool(allow_overfull)
        self._options, self._bits, self._added = options, bits, added
        self._lock = threading.Lock()
        self._measured: tuple[int, float, float] | None = None  # added by then, rate, items
        self._source: str | None = None  # the file that holds just this

    @property
    def options(self) -> dict[str, Any]:
        """items, fp_rate, n, unit, stride, squeeze."""
        return asdict(self._options)

    @property
    def added(self) -> int:
        """How many items were added, repeats included."""
        return self._added

    @property
    def nbytes(self) -> int:
        """Bytes of the filter's bits."""
        return self._bits.nbytes()

    @property
    def rate(self) -> float:
        """The share of other items that are found, measured on the bits as they are. O(nbytes)."""
        return self._load()[0]

    @property
    def distinct(self) -> float:
        """About how many different items were added, from the set bits. O(nbytes)."""
        return self._load()[1]

    @property
    def overfull(self) -> bool:
        """Whether more items went in than the rate asked for bears."""
        return self._added > self._options.items and self.rate > TOLERANCE * self._options.fp_rate

    def add(self, docs: _arrow.Docs | _tokens.TokenDocs, *, threads: int = 0) -> int:
        """Adds the items of N documents; returns how many, repeats included. A null has none.

        O(bytes * log n). TypeError if docs holds no strings (or ids, as the unit asks); ValueError if the filter is overfull
        then, which is looked at each time another 64th of `items` was added. What was added is in.
        """
        column = self._options.column(docs)
        count = self._bits.add(column.docs.capsules, column.items, _check.threads(threads))
        self._count(count)
        return count

    def contains(self, docs: _arrow.Docs | _tokens.TokenDocs, *, threads: int = 0) -> pa.Array:
        """Whether each item of each document is in the filter.

        returns     large_list<bool>, N rows, as many entries as the document has items, in order,
                    whatever the stride. Null in, null out.
        """
        column = self._options.column(docs)
        offsets, values = self.bits().contains(
            column.docs.capsules, column.items, _check.threads(threads)
        )
        packed = pa.py_buffer(np.packbits(values, bitorder="little"))
        found = pa.Array.from_buffers(pa.bool_(), len(values), [None, packed])
        return _arrow.large_list(offsets, found, column.docs.validity)

    def seen(
        self,
        docs: _arrow.Docs,
        *,
        min_bytes: int = 1,
        keep: _check.KeepCopies = "first",
        threads: int = 0,
    ) -> pa.Array:
        """The lines or paragraphs that were there before, each of which is added: the spans that
        `dedup.paragraphs(docs, filter=self)` gives."""
        if not self._options.of_pieces:
            raise ValueError(
                f"filter: holds {self._options.n}-grams of unit {self._options.unit!r}, and "
                "paragraphs need unit='line' or 'paragraph'"
            )
        column = _arrow.strings(docs)
        least = _check.whole("min_bytes", min_bytes, 1, 2**62)
        piece = getattr(_core.dedup.Piece, self._options.unit)
        first = _check.keep_first(keep)
        spans, count = _core.dedup.repeated_pieces(
            column.capsules, piece, least, first, self.bits(), _check.threads(threads)
        )
        self._count(count)
        return _arrow.spans(*spans, column.validity)

    def seen_hashes(self, pieces: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """As `seen`, of pieces that are hashes and spans already, four words each, as jobs keep them."""
        found = _core.dedup.seen_before(pieces.ravel(), self.bits()).view(np.bool_)
        self._count(int((pieces[:, :2] != 0).any(axis=1).sum()))
        return found

    def bits(self) -> _core.ngram.Bloom:
        """The compiled filter, to look up in; ValueError if it is overfull and may not be."""
        if not self.allow_overfull and self.overfull:
            raise ValueError(
                f"filter: overfull: sized for {self._options.items} items, it holds about "
                f"{self.distinct:.0f}, and {self.rate:.2g} of others are found instead of "
                f"{self._options.fp_rate:.2g}; make it with more items, or with "
                "allow_overfull=True"
            )
        return self._bits

    def column(self, docs: _arrow.Docs | _tokens.TokenDocs) -> ItemColumn:
        """The column behind `docs`, to look up with `bits`; TypeError if it is not of the unit."""
        return self._options.column(docs)

    def save(self, path: Path) -> None:
        """Writes the filter to one file, whose format docs/membership.md describes.

        The file takes its name when it is whole and synced; before, what was there stays. OSError
        if the system refuses.
        """
        o, name = self._options, os.fsencode(path)
        unit = UNITS.index(o.unit)
        with self._lock:
            self._bits.save(name, o.n, unit, o.stride, o.squeeze, o.items, o.fp_rate, self._added)

    @classmethod
    def load(cls, path: Path, *, verify: bool = False, allow_overfull: bool = False) -> BloomFilter:
        """Maps a saved filter; takes no longer for a large one, and no memory of its own.

        verify      reads all of the file and compares its checksum

        OSError if it cannot be read; ValueError if it is no filter, of another version, truncated
        or damaged (in its header, with verify anywhere). It must not be written to while in use.
        """
        bits, (n, unit, stride, squeeze, items, rate), added = _core.ngram.open_bloom(
            os.fsencode(path), bool(verify)
        )
        found = cls.__new__(cls)
        options = FilterOptions(items, rate, n, UNITS[unit], stride, squeeze)
        found._start(options, bits, added, allow_overfull)
        found._source = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
        return found

    @staticmethod
    def merge(filters: Iterable[BloomFilter], *, threads: int = 0) -> BloomFilter:
        """A new filter that holds what any of these holds, as if all had been added to it.

        ValueError naming the option in which two differ. O(bytes of all).
        """
        if not (found := list(filters)):
            raise ValueError("filters: expected at least one")
        first = found[0]
        for i, other in enumerate(found):
            first._options.require_equal(other._options, f"filters[{i}]")
        merged = BloomFilter.__new__(BloomFilter)
        bits = _core.ngram.Bloom(first._bits.num_blocks())
        for other in found:
            bits.merge(other._bits, _check.threads(threads))
        added = sum(other.added for other in found)
        merged._start(first._options, bits, added, any(f.allow_overfull for f in found))
        return merged

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        """A loaded filter travels as its path; one that lives in memory does not travel."""
        if self._source is None:
            raise TypeError("a filter in memory cannot be pickled; save it, pickle its load(path)")
        return _reopen, (self._source, self.allow_overfull)

    def _load(self) -> tuple[float, float]:
        with self._lock:
            added = self._added
            if self._measured is None or self._measured[0] != added:
                self._measured = (added, *self._bits.load(0))
            return self._measured[1:]

    def _count(self, count: int) -> None:
        with self._lock:
            if count:
                self._added += count
                self._source = None
            last = self._measured[0] if self._measured else 0
            due = self._added - max(last, self._options.items) >= self._options.items // 64
        if due:
            self.bits()


def _reopen(path: str, allow_overfull: bool) -> BloomFilter:
    return BloomFilter.load(path, allow_overfull=allow_overfull)
