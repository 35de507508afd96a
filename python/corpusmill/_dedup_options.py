"""_dedup_options: the choices a near-duplicate job makes, checked once, and what follows from them.

Shared by the column functions (corpusmill.dedup) and the shard job (corpusmill.shards), so that
names, defaults and errors are the same in both. Sees numbers, never text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _check, _core, ngram
from corpusmill._dedup_bands import MAX_HASHES, bands_for

Method: TypeAlias = Literal["near", "exact"]
Verify: TypeAlias = Literal["exact", "signature", "none"]
Keep: TypeAlias = Any  # "first" | "longest" | N numbers

MAX_ROWS = 2**32 - 2


def preference_order(
    rows: npt.NDArray[np.int64], key: npt.NDArray[Any] | None
) -> npt.NDArray[np.int64]:
    """`rows`, largest key first, NaN last, ties in the order given; no key: as given."""
    if key is None:
        return rows
    # Complement, not negation: it reverses integers of every width without overflow.
    descending = ~key if np.issubdtype(key.dtype, np.integer) else -key
    return rows[np.argsort(descending, kind="stable")]


def visit_order(keep: Keep, column: _arrow.Strings) -> npt.NDArray[np.int64] | None:
    """The rows of a column that take part, in the order of preference that `keep` asks for.

    None: all rows, as they come.
    """
    rows = column.valid_rows()
    if isinstance(keep, str):
        if keep not in ("first", "longest"):
            raise ValueError(f"keep: expected 'first', 'longest' or numbers, got {keep!r}")
        if keep == "first":
            return None if column.validity is None else rows
        return preference_order(rows, _core.core.byte_lengths(column.capsules)[rows])
    values = _numbers(keep)
    if len(values) != column.num_rows:
        raise ValueError(
            f"keep: expected {column.num_rows} numbers, one per row, got {len(values)}"
        )
    key = _arrays.filled(values)[rows]
    known = _arrays.valid(values)[rows] & (key == key)  # noqa: PLR0124  NaN is not itself
    return np.concatenate([preference_order(rows[known], key[known]), rows[~known]])


def _numbers(keep: Any) -> pa.Array | pa.ChunkedArray:
    if not isinstance(keep, (pa.Array, pa.ChunkedArray)):
        try:
            keep = pa.array(keep)
        except (TypeError, ValueError, pa.ArrowException):
            kind = type(keep).__name__
            raise TypeError(
                f"keep: expected 'first', 'longest' or a column of numbers, got {kind}"
            ) from None
    if pa.types.is_null(keep.type):
        return keep.cast(pa.float64())
    if not (pa.types.is_integer(keep.type) or pa.types.is_floating(keep.type)):
        raise TypeError(f"keep: expected numbers, got {keep.type}; cast the column first")
    return keep


@dataclass(frozen=True)
class DecideOptions:
    """Checked options of `corpusmill.dedup.decide`; make them with `checked`."""

    method: Method
    threshold: float
    verify: Verify
    n: int
    unit: ngram.Unit
    num_hashes: int
    seed: int
    bands: int
    rows: int
    max_comparisons: int

    @classmethod
    def checked(
        cls,
        *,
        method: Method,
        threshold: float,
        verify: Verify,
        n: int,
        unit: ngram.Unit,
        num_hashes: int,
        seed: int,
        bands: int | None,
        rows: int | None,
        max_comparisons: int,
    ) -> DecideOptions:
        """The options with bands and rows chosen; ValueError naming the first that is wrong."""
        check_choice("method", method, Method)
        check_choice("verify", verify, Verify)
        threshold = _check.share("threshold", threshold)
        num_hashes = check_num_hashes(num_hashes)
        ngram.shingle_options(n, unit)
        chosen = (0, 0)  # equal bytes need no candidates
        if method == "near":
            chosen = bands_for(threshold, num_hashes, bands, rows)
        return cls(
            method=method,
            threshold=threshold,
            verify=verify,
            n=n,
            unit=unit,
            num_hashes=num_hashes,
            seed=check_seed(seed),
            bands=chosen[0],
            rows=chosen[1],
            max_comparisons=check_max_comparisons(max_comparisons),
        )

    @property
    def shingles(self) -> _core.ngram.ShingleOptions:
        return ngram.shingle_options(self.n, self.unit)

    @property
    def same(self) -> str:
        """By what `sketch` hashes documents: their "bytes", or their "shingles", repeats included."""
        by_bytes = self.method == "exact" or self.verify == "exact"
        return "bytes" if by_bytes else "shingles"

    def sketch(
        self, capsules: _arrow.Capsules, threads: int
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        """Signatures (num_hashes a row; none for "exact") and hashes (2 words a row), by `same`."""
        if self.method == "exact":
            return np.empty(0, np.uint32), _core.dedup.content_hashes(capsules, threads)
        same = getattr(_core.dedup.Same, self.same)
        return _core.dedup.sketch(capsules, self._signatures, same, threads)

    def sketch_buckets(
        self, capsules: _arrow.Capsules, threads: int
    ) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
        """The same, but of each signature the names of its buckets alone, one a band."""
        same = getattr(_core.dedup.Same, self.same)
        return _core.dedup.sketch_buckets(
            capsules, self._signatures, self.bands, self.rows, same, threads
        )

    @property
    def _signatures(self) -> _core.dedup.SignatureOptions:
        return _core.dedup.SignatureOptions(self.shingles, self.num_hashes, self.seed)

    def decider(
        self,
        num_rows: int,
        order: npt.NDArray[np.int64] | None,
        *,
        threads: int,
        folder: str = "",
        memory: int | None = None,
    ) -> _core.dedup.Decider:
        """The decision over so many rows, visited in `order`; None: all as they come.

        What exceeds `memory` bytes goes to a nameless file in `folder`; None: nothing does.
        """
        check_num_rows(num_rows)
        options = _core.dedup.DecideOptions(
            self.num_hashes if self.bands else 0,
            self.bands,
            self.rows,
            self.threshold,
            getattr(_core.dedup.Verify, self.verify),
            self.max_comparisons,
        )
        return _core.dedup.Decider(num_rows, order, options, folder, memory, threads)

    def table(
        self,
        dropped: npt.NDArray[np.int64],
        kept: npt.NDArray[np.int64],
        similarity: npt.NDArray[np.float64],
        same_unit: npt.NDArray[np.int8],
    ) -> pa.Table:
        """What `corpusmill.dedup.decide` returns, from what the Decider gives."""
        _, cluster, count = np.unique(kept, return_inverse=True, return_counts=True)
        verified = pa.DictionaryArray.from_arrays(
            _arrays.of_numpy(same_unit), _arrays.of_texts([self.verify, "exact"])
        )
        columns = {
            "dropped": _arrow.primitive(dropped),
            "kept": _arrow.primitive(kept),
            "similarity": _arrow.primitive(similarity),
            "verified": verified.cast(pa.string()),
            "cluster": _arrow.primitive(kept),
            "size": _arrow.primitive((count[cluster] + 1).astype(np.int64)),
        }
        return pa.table(columns)


def check_choice(name: str, value: object, choices: Any) -> None:
    names = get_args(choices)
    if value not in names:
        raise ValueError(f"{name}: expected one of {', '.join(names)}, got {value!r}")


def check_num_hashes(num_hashes: int) -> int:
    return _check.whole("num_hashes", num_hashes, 1, MAX_HASHES)


def check_seed(seed: int) -> int:
    return _check.whole("seed", seed, 0, 2**64 - 1)


def check_max_comparisons(max_comparisons: int) -> int:
    return _check.whole("max_comparisons", max_comparisons, 1, MAX_ROWS)


def check_num_rows(num_rows: int) -> None:
    if num_rows > MAX_ROWS:
        raise ValueError(f"{num_rows:,} rows are more than {MAX_ROWS:,}; split the column")
