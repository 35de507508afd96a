"""torch: token shards as PyTorch datasets. Reads them by shards.TokenShards, and collates nothing.

TokenDataset    map style: a row by its number
TokenStream     iterable: every row once in an epoch, over all workers of all ranks
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill import _check
from corpusmill.shards import TokenShards
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.tokens.batch import PADDING
from corpusmill.shards.tokens.order import Order

try:
    import torch
    from torch.utils.data import Dataset, IterableDataset, get_worker_info
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'corpusmill.torch needs PyTorch: pip install "corpusmill[torch]"', name=error.name
    ) from error

__all__ = ["FIELDS", "TokenDataset", "TokenStream"]

Row: TypeAlias = dict[str, Any]
"""Tensors by the names of fields."""

IGNORED = -100
"""The label that PyTorch's losses leave out."""

SLICE = 4096
"""Places of an order that are looked up at once."""


def _of_documents(shards: TokenShards, row: int) -> npt.NDArray[Any]:
    return np.repeat(shards.documents(row), np.diff(shards.cu_seqlens(row)))


def _labels(shards: TokenShards, row: int) -> npt.NDArray[Any]:
    ids = shards[row].astype(np.int64)
    return np.where(_of_documents(shards, row) == PADDING, IGNORED, ids)


_MADE: dict[str, Callable[[TokenShards, int], npt.NDArray[Any]]] = {
    "input_ids": lambda shards, row: shards[row].astype(np.int64),
    "labels": _labels,
    "position_ids": TokenShards.positions,
    "document_ids": _of_documents,
    "cu_seqlens": TokenShards.cu_seqlens,
}
FIELDS = tuple(_MADE)


class _Rows:
    """Rows of shards as tensors."""

    def __init__(
        self, path: TokenShards | AnyPath | Sequence[AnyPath], fields: Sequence[str]
    ) -> None:
        self.shards = path if isinstance(path, TokenShards) else TokenShards(path)
        wrong = sorted({*fields} - {*FIELDS}) if not isinstance(fields, str) else [fields]
        if wrong or not fields:
            raise ValueError(f"fields: expected some of {FIELDS}, got {fields!r}")
        self.fields = tuple(fields)

    def row(self, number: int) -> Row:
        made = {name: _MADE[name](self.shards, number) for name in self.fields}
        return {name: torch.from_numpy(values) for name, values in made.items()}


class TokenDataset(Dataset[Row]):
    """The rows of token shards, map style.

    path        what `shards.TokenShards` takes, or one
    fields      "input_ids", "labels" (the ids, -100 for padding; not shifted), "position_ids" (in their
                segments), "document_ids" (-1 for padding): int64, as long as the row; "cu_seqlens" (where
                segments begin and the last ends): int32
    """

    def __init__(
        self,
        path: TokenShards | AnyPath | Sequence[AnyPath],
        *,
        fields: Sequence[str] = ("input_ids",),
    ) -> None:
        self._rows = _Rows(path, fields)

    def __len__(self) -> int:
        return len(self._rows.shards)

    def __getitem__(self, row: int) -> Row:
        return self._rows.row(row)


class TokenStream(IterableDataset[Row]):
    """The rows of token shards, each once in an epoch over all workers of all ranks.

    path, fields    as `TokenDataset` has them
    seed            of the order, which depends on it and the epoch; None: as they lie in the shards
    rank, world     which part of the rows this process gets, and of how many
    even            whether all ranks get as many rows: the last ones of the order that not all would
                    get are left out. What workers of a rank get may differ by one

    The row at place p of the order goes to rank p % world, there to worker p // world % workers.
    """

    def __init__(
        self,
        path: TokenShards | AnyPath | Sequence[AnyPath],
        *,
        fields: Sequence[str] = ("input_ids",),
        seed: int | None = None,
        rank: int = 0,
        world: int = 1,
        even: bool = False,
    ) -> None:
        self._rows = _Rows(path, fields)
        self._seed = None if seed is None else _check.whole("seed", seed, 0, (1 << 64) - 1)
        self._world = _check.whole("world", world, 1, 1 << 30)
        self._rank = _check.whole("rank", rank, 0, world - 1)
        self._even = even
        self._epoch = torch.zeros(
            1, dtype=torch.int64
        ).share_memory_()  # workers that live on see it

    def set_epoch(self, epoch: int) -> None:
        """The order of the next iteration is that of this epoch; the first one is 0."""
        self._epoch[0] = _check.whole("epoch", epoch, 0, (1 << 62) - 1)

    def __len__(self) -> int:
        """The rows that this rank gets."""
        return len(range(self._rank, self._end(), self._world))

    def _end(self) -> int:
        count = len(self._rows.shards)
        return count // self._world * self._world if self._even else count

    def __iter__(self) -> Iterator[Row]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        stride = self._world * workers
        order = Order(len(self._rows.shards), self._seed or 0, int(self._epoch[0]))
        for first in range(self._rank + worker * self._world, self._end(), stride * SLICE):
            places = np.arange(first, min(first + stride * SLICE, self._end()), stride)
            rows = places if self._seed is None else order.at(places)
            for row in rows.tolist():
                yield self._rows.row(row)
