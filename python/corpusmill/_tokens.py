"""_tokens: lists of token ids in, as the compiled code takes them. The door at which they are checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrow

TokenDocs: TypeAlias = Any
"""A column of lists of token ids: Arrow lists of integers, or a list of lists of int."""


@dataclass(frozen=True)
class Tokens(_arrow.Strings):
    """A column of lists of integers, taken as the bytes of each row's."""

    item_bytes: int
    signed: bool


def tokens(docs: TokenDocs, name: str = "docs", *, most: int | None = None) -> Tokens:
    """The column behind `docs`; TypeError naming the argument if it holds no lists of integers.

    ValueError if an id in a list is null or, with `most`, below 0 or above that.
    """
    kind, chunks = token_chunks(docs, name)
    signed = pa.types.is_signed_integer(kind)
    if most is not None and (signed or most < 2**kind.bit_width - 1):
        for chunk in chunks:
            _check_range(_arrow.numbers(chunk.flatten()), name, most)
    return Tokens(*_arrow.imported(chunks), kind.bit_width // 8, signed)


def _check_range(ids: npt.NDArray[Any], name: str, most: int) -> None:
    if len(ids) and not 0 <= (least := int(ids.min())) <= (largest := int(ids.max())) <= most:
        raise ValueError(
            f"{name}: expected ids from 0 to {most}, got {least if least < 0 else largest}"
        )


def token_chunks(docs: TokenDocs, name: str = "docs") -> tuple[pa.DataType, list[pa.Array]]:
    """The column as pyarrow has it, and the type of its ids; raises as `tokens` does."""
    column = _column(docs, name)
    kind = column.type
    if pa.types.is_list(kind) and pa.types.is_null(kind.value_type):  # of empty lists alone
        kind = pa.list_(pa.int64())
        column = column.cast(kind)
    if not (_is_list(kind) and pa.types.is_integer(kind.value_type)):
        raise TypeError(
            f"{name}: expected a column of lists of integers, got {kind}; pass the token ids, "
            'e.g. table["ids"], or the text with another unit than "token"'
        )
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    if any(chunk.flatten().null_count for chunk in chunks):
        raise ValueError(f"{name}: a list holds a null where an id should be; fill or drop it")
    return kind.value_type, chunks


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def _column(docs: TokenDocs, name: str) -> pa.Array | pa.ChunkedArray:
    """The Arrow column behind `docs`; one of nulls alone counts as lists."""
    if isinstance(docs, (list, tuple)):
        try:
            docs = pa.array(docs)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise TypeError(f"{name}: expected lists of int: {error}") from None
    elif not isinstance(docs, (pa.Array, pa.ChunkedArray)):
        docs = _arrow.from_producer(docs, name)
    return docs.cast(pa.list_(pa.int64())) if pa.types.is_null(docs.type) else docs
