"""_dedup_inputs: what the functions of corpusmill.dedup take besides text, as NumPy in place.

Signatures, lists of ready hashes, tables of pairs: checked here, at the door.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _core


@dataclass(frozen=True)
class SignatureRows:
    """Signatures as the compiled code takes them: row-major slots, and which rows are not null."""

    slots: npt.NDArray[np.uint32]
    num_hashes: int
    valid: npt.NDArray[np.bool_]


def signature_rows(signatures: Any, name: str) -> SignatureRows:
    if isinstance(signatures, pa.ChunkedArray):
        signatures = signatures.combine_chunks()
    kind = getattr(signatures, "type", None)
    if kind is None or not pa.types.is_fixed_size_list(kind) or kind.value_type != pa.uint32():
        raise TypeError(
            f"{name}: expected fixed_size_list<uint32>, as `signatures` returns, got "
            f"{kind or type(signatures).__name__}"
        )
    start, size = signatures.offset * kind.list_size, len(signatures) * kind.list_size
    slots = _arrow.numbers(signatures.values.slice(start, size))
    return SignatureRows(slots, kind.list_size, _arrays.valid(signatures))


def signatures_of(
    docs: Any, options: _core.dedup.SignatureOptions, num_hashes: int, seed: int, threads: int
) -> pa.Array:
    """What `corpusmill.dedup.signatures` returns, from checked options."""
    kind = getattr(docs, "type", None)
    if kind is not None and (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return _signatures_of_hashes(docs, num_hashes, seed, threads)
    column = _arrow.strings(docs)
    slots = _core.dedup.signatures(column.capsules, options, threads)
    return _arrow.fixed_size_list(slots, num_hashes, column.num_rows, column.validity)


def _signatures_of_hashes(docs: Any, num_hashes: int, seed: int, threads: int) -> pa.Array:
    if docs.type.value_type != pa.uint64():
        raise TypeError(f"docs: expected strings or lists of uint64 hashes, got {docs.type}")
    if isinstance(docs, pa.ChunkedArray):
        docs = docs.combine_chunks()
    offsets = _arrow.numbers(docs.offsets).astype(np.int64, copy=False)
    slots = _core.dedup.signatures_of_hashes(
        offsets, _arrow.numbers(docs.values), num_hashes, seed, threads
    )
    validity = _arrays.bitmap(_arrays.valid(docs))
    return _arrow.fixed_size_list(slots, num_hashes, len(docs), validity)


def pair_rows(pairs: Any, num_docs: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The columns left and right of a table of pairs; equally long, and rows of num_docs."""
    left, right = (_row_numbers(pairs, name, num_docs) for name in ("left", "right"))
    if len(left) != len(right):
        raise ValueError(f"pairs: left has {len(left)} rows and right {len(right)}")
    return left, right


def _row_numbers(pairs: Any, name: str, num_docs: int) -> npt.NDArray[np.int64]:
    try:
        rows = _arrays.as_numpy(pairs[name])
    except (TypeError, KeyError, IndexError):
        kind = type(pairs).__name__
        raise TypeError(
            f"pairs: expected a table with columns left and right, got {kind} without {name!r}"
        ) from None
    if rows.ndim != 1 or (rows.size and not np.issubdtype(rows.dtype, np.integer)):
        raise TypeError(
            f"pairs[{name!r}]: expected a column of whole numbers without nulls, got {rows.dtype}"
            f" in {rows.ndim} dimensions"
        )
    if rows.size and not 0 <= rows.min() <= rows.max() < num_docs:
        raise ValueError(
            f"pairs[{name!r}]: rows {rows.min()} to {rows.max()} are not within the "
            f"{num_docs} documents"
        )
    return np.ascontiguousarray(rows.astype(np.int64))
