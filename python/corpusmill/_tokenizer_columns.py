"""_tokenizer_columns: what is told of a column of documents beside its ids. Encodes nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _check, _core
from corpusmill._tokenizer_added import Added, allowed


def special_counts(
    core: _core.tokenizer.Tokenizer, added: Sequence[Added], docs: _arrow.Docs, threads: int
) -> pa.Array:
    """As `Tokenizer.special_counts`."""
    column = _arrow.strings(docs)
    offsets, numbers, counts = core.special_counts(
        column.capsules, allowed(added, "all"), _check.threads(threads)
    )
    spellings = _arrays.of_texts([token.text for token in added]).cast(pa.string())
    tokens = pa.DictionaryArray.from_arrays(_arrow.primitive(numbers), spellings)
    items = pa.StructArray.from_arrays([tokens, _arrow.primitive(counts)], ["token", "count"])
    return _arrow.large_list(offsets, items, column.validity)


def offsets(
    core: _core.tokenizer.Tokenizer,
    dtype: str,
    docs: _arrow.Docs,
    chosen: npt.NDArray[np.uint8],
    threads: int,
) -> pa.Array:
    """As `Tokenizer.offsets`."""
    column = _arrow.strings(docs)
    find = core.offsets16 if dtype == "uint16" else core.offsets32
    places, ids, begins, ends = find(column.capsules, chosen, _check.threads(threads))
    fields = [_arrow.primitive(ids), _arrow.primitive(begins), _arrow.primitive(ends)]
    items = pa.StructArray.from_arrays(fields, ["id", "begin", "end"])
    return _arrow.large_list(places, items, column.validity)


def windows(ids: pa.Array, n: Any, stride: Any) -> pa.Table:
    """As `Tokenizer.chunk`, of the ids of documents."""
    size = _check.whole("n", n, 1, 1 << 40)
    step = size if stride is None else _check.whole("stride", stride, 1, size)
    starts = np.asarray(ids.offsets)
    lengths = np.diff(starts)
    num = np.where(lengths > 0, 1 + -(-np.maximum(lengths - size, 0) // step), 0)
    row = np.repeat(np.arange(len(lengths)), num)
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(num)])
    begin = (np.arange(len(row)) - first[row]) * step
    kept = np.minimum(lengths[row] - begin, size)
    views = pa.LargeListViewArray.from_arrays(
        _arrow.primitive(starts[row] + begin), _arrow.primitive(kept), ids.values
    )
    places = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
    found = _arrow.large_list(places, views.flatten())
    columns = [_arrow.primitive(row), _arrow.primitive(begin), found]
    return pa.Table.from_arrays(columns, ["row", "begin", "ids"])
