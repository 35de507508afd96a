"""_dedup_index_options: what an index is made with, checked once, and what it takes in.

Documents become slots here, ids a column, entry numbers NumPy. Holds no entries.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _check, _core, ngram
from corpusmill._dedup_bands import bands_for
from corpusmill._dedup_inputs import signature_rows, signatures_of
from corpusmill._dedup_options import check_num_hashes, check_seed

OPEN = np.uint32(2**32 - 1)
"""A row of these is the signature of a null."""

LEAST_MEMORY = 64 * 10**6
"""Bytes with which the tables of an index are made at the least."""


@dataclass(frozen=True)
class IndexOptions:
    """What indexes must agree in to be merged; make them with `checked`."""

    n: int
    unit: ngram.Unit
    num_hashes: int
    seed: int
    threshold: float
    bands: int
    rows: int

    @classmethod
    def checked(
        cls,
        *,
        n: int,
        unit: ngram.Unit,
        num_hashes: int,
        seed: int,
        threshold: float,
        bands: int | None,
        rows: int | None,
    ) -> IndexOptions:
        """The options with bands and rows chosen; ValueError naming the first that is wrong."""
        threshold, num_hashes = _check.share("threshold", threshold), check_num_hashes(num_hashes)
        ngram.shingle_options(n, unit)
        chosen = bands_for(threshold, num_hashes, bands, rows)
        return cls(n, unit, num_hashes, check_seed(seed), threshold, *chosen)

    def require_equal(self, other: IndexOptions, which: str) -> None:
        for name, value in asdict(self).items():
            if (theirs := getattr(other, name)) != value:
                raise ValueError(
                    f"{which}: {name} is {theirs!r}, and {value!r} in indexes[0]; only indexes of "
                    "equal options can be merged"
                )

    def slots(self, docs: Any, threads: int) -> npt.NDArray[np.uint32]:
        """Signatures of documents, row-major, from any form that `Index.add` takes."""
        kind = getattr(docs, "type", None)
        if kind is None or not pa.types.is_fixed_size_list(kind):
            shingles = ngram.shingle_options(self.n, self.unit)
            sketch = _core.dedup.SignatureOptions(shingles, self.num_hashes, self.seed)
            docs = signatures_of(docs, sketch, self.num_hashes, self.seed, threads)
        found = signature_rows(docs, "docs")
        if found.num_hashes != self.num_hashes:
            raise ValueError(
                f"docs: signatures of {found.num_hashes} hashes, and the index has "
                f"{self.num_hashes}; make them with num_hashes={self.num_hashes}"
            )
        slots = found.slots
        if not found.valid.all():
            slots = slots.copy()
            slots.reshape(-1, found.num_hashes)[~found.valid] = OPEN
        return slots


def id_column(ids: Any, count: int) -> pa.Array | None:
    """Ids as large_string, one per document; None for None."""
    if ids is None:
        return None
    column = ids if isinstance(ids, (pa.Array, pa.ChunkedArray)) else pa.array(ids)
    kind = column.type
    whole = pa.types.is_integer(kind) or pa.types.is_null(kind)
    if not (whole or pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise TypeError(f"ids: expected strings or whole numbers, got {kind}; cast them first")
    if len(column) != count:
        raise ValueError(f"ids: expected {count}, one per document, got {len(column)}")
    column = column.cast(pa.large_string())
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def entry_rows(entries: Any, size: int) -> npt.NDArray[np.int64]:
    """Entry numbers, all of them of an index of this size."""
    rows = _arrays.as_numpy(entries)
    if rows.ndim != 1 or (rows.size and not np.issubdtype(rows.dtype, np.integer)):
        raise TypeError(
            f"entries: expected a column of whole numbers without nulls, got {rows.dtype}"
        )
    if rows.size and not 0 <= rows.min() <= rows.max() < size:
        raise ValueError(f"entries: {rows.min()} to {rows.max()} are not within the {size} entries")
    numbers: npt.NDArray[np.int64] = rows.astype(np.int64)
    return numbers
