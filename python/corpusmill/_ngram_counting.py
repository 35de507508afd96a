"""_ngram_counting: how often n-grams occur in a column, and which of them hang together."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrow, _check, _core, _tokens

MAX_N = 256
MAX_COUNT = 2**62
MAX_ID = 2**32 - 1

AnyPath: TypeAlias = str | os.PathLike[str]

OfParts: TypeAlias = "Callable[[int, int, float], _core.Grams]"
"""The best n-grams of the parts from one to before another, without those of a score below this."""

Best: TypeAlias = "Callable[[str, int, OfParts], _core.Grams]"
"""The so many best of all parts, which are asked for as it likes; the name says what is looked for."""


def counts(
    docs: _arrow.Docs | _tokens.TokenDocs,
    *,
    n: int,
    unit: str = "word",
    min_count: int = 1,
    top: int | None = None,
    memory: int | str | None = None,
    scratch: AnyPath | None = None,
    threads: int = 0,
) -> pa.Table:
    """How often each n-gram occurs in all documents together.

    An n-gram is n consecutive units of a document, over whatever lies between words: a document of
    fewer units has none. It never spans two documents. Units are those of `hashes`.

    docs        N strings or, of tokens, N lists of ids, integers of any type from 0 to 2**32 - 1,
                such as `Tokenizer.encode_batch` gives; read in place; a null has no n-grams
    n           1 to 256
    unit        "word", "char", "byte" or "token"
    min_count   rarer n-grams are left out
    top         the so many most frequent ones, most frequent first, then by their bytes or ids; None:
                all, in the order of their hashes (definition 1) and then of their bytes or ids, which
                is the same for the same n-grams, whatever else there is
    memory      bytes, or a size like "2GB", for the n-grams and the vocabulary, besides the result;
                n-grams that do not fit go to a nameless file in `scratch`. None: all is held
    scratch     the folder for that file; must be given with `memory`
    threads     0: as many as this process may use; the answer does not depend on it
    returns     a table: ngram (large_string, words joined by a space; large_binary of bytes;
                large_list<uint32> of n ids), count (int64)

    Exact: n-grams are compared as sequences of words, not by a hash. The vocabulary, about 60 bytes
    for each different word, must fit into half of `memory`. O(bytes), with 2 n + 4 bytes held for each
    n-gram, or 4 n + 4 of those with one of the words beyond the first 65,536, or with an id so large.

    Raises TypeError if docs holds no strings (or ids, as the unit asks); ValueError if an option is
    wrong, an id is too large or below 0, or `memory` cannot hold the vocabulary; OSError if `scratch`
    cannot be written.
    Source: n-grams as sequences of a vocabulary's numbers, as lmplz counts them (Heafield et al., ACL
    2013), without its marks of sentences; parts by hash, where it sorts.

    >>> counts(["a rose is a rose"], n=2, min_count=2).to_pylist()
    [{'ngram': 'a rose', 'count': 2}]
    """
    threads = _check.threads(threads)
    ids = _tokens.tokens(docs, most=MAX_ID) if unit == "token" else None
    column = ids or _arrow.strings(docs)
    counter = gram_counter(
        [_check.whole("n", n, 1, MAX_N)],
        unit,
        expected_bytes=int(_core.core.byte_lengths(column.capsules).sum()),
        room=room(memory, scratch),
        threads=threads,
        ids=ids,
    )
    least = _check.whole("min_count", min_count, 1, MAX_COUNT)
    most = None if top is None else _check.whole("top", top, 1, MAX_COUNT)
    counter.add(column.capsules, threads)
    if most is None:
        return gram_table(counter.all(0, least), unit)
    return gram_table(best_at_once(counter)(*top_of(counter, most, least)), unit)


def lexicon(
    docs: _arrow.Docs,
    *,
    n: tuple[int, ...] = (2, 3),
    top: tuple[int, ...] = (200_000, 100_000),
    unit: str = "word",
    min_count: int = 1,
    memory: int | str | None = None,
    scratch: AnyPath | None = None,
    threads: int = 0,
) -> pa.Table:
    """The n-grams that are more frequent than their units alone would make them, by t-statistic.

    t = (p - q) / sqrt(p * (1 - p) / N): p is the n-gram's share of the N n-grams of its n, and q the
    product of its units' shares of all units; 0 where p is 1.

    n           orders, each from 2 to 256
    top         for each order how many n-grams, those of the largest t first, then by their bytes
    min_count   rarer n-grams are left out; their occurrences count in N
    returns     a table: n (int32), ngram, count (int64), t (double), order after order
    docs, unit, memory, scratch, threads: as for `counts`

    Source: ERNIE-Gram (Xiao et al. 2021), which takes 200,000 bigrams and 100,000 trigrams.
    Raises as `counts` does.

    >>> lexicon(["new york", "new york", "a b c"], n=(2,), top=(1,))["ngram"].to_pylist()
    ['new york']
    """
    orders, most = lexicon_orders(n, top)
    unit_of(unit)  # before docs, which may be ids
    least = _check.whole("min_count", min_count, 1, MAX_COUNT)
    column, threads = _arrow.strings(docs), _check.threads(threads)
    counter = gram_counter(
        [1, *orders],
        unit,
        expected_bytes=int(_core.core.byte_lengths(column.capsules).sum()),
        room=room(memory, scratch),
        threads=threads,
    )
    counter.add(column.capsules, threads)
    units, best = counter.unit_counts(), best_at_once(counter)
    return lexicon_table(counter, orders, most, least, unit, units=units, best=best)


def gram_counter(
    orders: list[int],
    unit: str,
    *,
    expected_bytes: int,
    room: tuple[str, int],
    threads: int,
    kept_as: str = "",
    ids: _tokens.Tokens | None = None,
) -> _core.ngram.GramCounter:
    """A counter of n-grams of these orders, of which all but `unit` is checked.

    kept_as     the name of a file in the room's folder that stays, so that it can be gone on with
    ids         of unit "token" a column like those to be added
    """
    kind = unit_of(unit) if ids is None else _core.ngram.Unit.token
    of_ids = (4, False) if ids is None else (ids.item_bytes, ids.signed)
    return _core.ngram.GramCounter(orders, kind, expected_bytes, *room, threads, kept_as, *of_ids)


def unit_of(unit: str) -> _core.ngram.Unit:
    units = {
        "word": _core.ngram.Unit.word,
        "char": _core.ngram.Unit.char,
        "byte": _core.ngram.Unit.byte,
    }
    if not isinstance(unit, str) or unit not in units:
        raise ValueError(f"unit: expected one of {', '.join(units)}, got {unit!r}")
    return units[unit]


def lexicon_orders(n: Sequence[int], top: Sequence[int]) -> tuple[list[int], list[int]]:
    """Checked orders of a lexicon, and how many n-grams of each."""
    orders = [_check.whole("n", order, 2, MAX_N) for order in n]
    most = [_check.whole("top", number, 1, MAX_COUNT) for number in top]
    if not orders or len(orders) != len(most) or len(set(orders)) < len(orders):
        raise ValueError(
            f"top: expected a number for each of n={tuple(n)}, all different, got {tuple(top)}"
        )
    return orders, most


def room(memory: int | str | None, scratch: AnyPath | None) -> tuple[str, int]:
    """The folder and the bytes of a budget."""
    if memory is None:
        return "", 2**63
    size = _check.memory(memory)
    if scratch is None:
        raise ValueError("scratch: expected a folder for what exceeds memory, got None")
    if not Path(scratch).is_dir():
        raise ValueError(f"scratch: expected a folder that is there, got {os.fspath(scratch)!r}")
    return os.fspath(scratch), size


def gram_table(grams: _core.Grams, unit: str) -> pa.Table:
    """The result of `counts` from that of a counter."""
    offsets, data, count, _ = grams
    return pa.table({"ngram": _texts(offsets, data, unit), "count": _arrow.primitive(count)})


def best_at_once(counter: _core.ngram.GramCounter) -> Best:
    """Of all parts in one go."""
    return lambda _, __, of_parts: of_parts(0, counter.num_parts(), -math.inf)


def top_of(counter: _core.ngram.GramCounter, most: int, min_count: int) -> tuple[str, int, OfParts]:
    """The most frequent n-grams of the counter's first order, to be asked for."""
    return "top", most, lambda *parts: counter.top(0, most, min_count, *parts)


def lexicon_table(
    counter: _core.ngram.GramCounter,
    orders: list[int],
    top: list[int],
    min_count: int,
    unit: str,
    *,
    units: npt.NDArray[np.uint64],
    best: Best,
) -> pa.Table:
    """The result of `lexicon`: the counter's orders are 1 and then these; `units`: its `unit_counts`."""
    tables = []
    for place, (n, most) in enumerate(zip(orders, top, strict=True), 1):

        def of_parts(
            first: int, end: int, least: float, place: int = place, most: int = most
        ) -> _core.Grams:
            return counter.lexicon(place, most, min_count, first, end, least, units)

        offsets, data, count, t = best(str(n), most, of_parts)
        columns = {
            "n": _arrow.primitive(np.full(len(count), n, np.int32)),
            "ngram": _texts(offsets, data, unit),
            "count": _arrow.primitive(count),
            "t": _arrow.primitive(t),
        }
        tables.append(pa.table(columns))
    return pa.concat_tables(tables)


def text_type(unit: str) -> pa.DataType:
    """Of n-grams: bytes alone need not be text."""
    return pa.large_binary() if unit == "byte" else pa.large_string()


def _texts(offsets: Any, data: Any, unit: str) -> pa.Array:
    if unit == "token":
        ids = data.view(">u4").astype(np.uint32)
        return _arrow.large_list(offsets // 4, _arrow.primitive(ids))
    return _arrow.large_string(offsets, data).view(text_type(unit))
