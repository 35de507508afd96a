"""_ngram_features: n-grams hashed into buckets and counted per document. Weighs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrow, _check, _core, _tokens

FeatureUnit: TypeAlias = Literal["word", "char", "byte", "token"]
Hash: TypeAlias = Literal["fast", "sha256"]
Tokenizer: TypeAlias = Literal["words", "wordpunct", "whitespace"]

MAX_ORDER = 64
"""Each order is worked through by itself: more is no use, and time grows with it."""

MAX_BUCKETS = 1 << 24
"""Each thread holds 8 bytes for each."""

_UNITS = ("word", "char", "byte", "token")
_HASHES = ("fast", "sha256")
_TOKENIZERS = ("words", "wordpunct", "whitespace")


@dataclass(frozen=True)
class FeatureOptions:
    """What makes features what they are, checked: only equal ones make counts comparable."""

    orders: tuple[int, ...]
    buckets: int
    unit: str
    hash: str
    tokenizer: str

    def column(self, docs: _arrow.Docs | _tokens.TokenDocs) -> _arrow.Strings:
        """The documents behind `docs`, as the unit asks for them; what it gave comes through."""
        if isinstance(docs, _arrow.Strings):
            return docs
        return _tokens.tokens(docs) if self.unit == "token" else _arrow.strings(docs)

    def core(self, column: _arrow.Strings) -> _core.ngram.FeatureOptions:
        """The same for the compiled code."""
        tokens = column if isinstance(column, _tokens.Tokens) else None
        return _core.ngram.FeatureOptions(
            list(self.orders),
            self.buckets,
            getattr(_core.ngram.Unit, self.unit),
            tokens.item_bytes if tokens else 0,
            bool(tokens and tokens.signed),
            getattr(_core.ngram.Tokenizer, self.tokenizer),
            getattr(_core.ngram.FeatureHash, self.hash),
        )


def feature_options(
    n: int | Sequence[int], buckets: int, unit: str, hash: str, tokenizer: str
) -> FeatureOptions:
    """Checked options; ValueError naming what is wrong."""
    for name, value, known in (
        ("unit", unit, _UNITS),
        ("hash", hash, _HASHES),
        ("tokenizer", tokenizer, _TOKENIZERS),
    ):
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"{name}: expected one of {', '.join(known)}, got {value!r}")
    if unit != "word" and (hash, tokenizer) != ("fast", "words"):
        raise ValueError(
            f'hash={hash!r}, tokenizer={tokenizer!r}: these are for unit="word", got {unit!r}'
        )
    orders = _orders(n)
    return FeatureOptions(
        orders, _check.whole("buckets", buckets, 1, MAX_BUCKETS), unit, hash, tokenizer
    )


def _orders(n: Any) -> tuple[int, ...]:
    given = n if isinstance(n, (tuple, list, range)) else [n]
    orders = sorted({_check.whole("n", order, 1, MAX_ORDER) for order in given})
    if not orders:
        raise ValueError("n: expected at least one order, such as (1, 2), got none")
    return tuple(orders)


def features(
    docs: _arrow.Docs | _tokens.TokenDocs,
    *,
    n: int | Sequence[int] = (1, 2),
    buckets: int = 10_000,
    unit: FeatureUnit = "word",
    hash: Hash = "fast",
    tokenizer: Tokenizer = "words",
    threads: int = 0,
) -> pa.Array:
    """Each document's n-grams of the orders `n`, hashed into buckets and counted.

    All orders share the buckets. A document of fewer than m units has no n-gram of order m; one
    without units has no feature at all.

    docs        N strings; with unit="token" N lists of integers, as for `hashes`; read in place
    n           orders, each from 1 to 64
    buckets     how many, up to 2**24
    hash        "fast": from the hash that `hashes` gives, definition 1 of docs/features.md.
                "sha256": int(SHA-256 of the tokens joined by one space, 16) % buckets, as published
                with DSIR; for unit="word" alone
    tokenizer   what the words are. "words": `text.words`. "wordpunct" and "whitespace": what Python
                gives with `re.findall(r"\\w+|[^\\w\\s]+", s.lower())` and `s.lower().split()`, by
                the Unicode of `text.unicode_version`; full lower case, final sigma and all. A byte
                that is no part of well-formed UTF-8 is neither \\w nor \\s
    returns     large_list<struct<bucket: uint32, count: uint32>>, N rows, buckets ascending: the
                offsets, indices and values of a sparse matrix in CSR form (docs/features.md shows
                how to take it as SciPy's). Null in, null out.
    threads     0: as many as this process may use; the answer does not depend on it

    O(bytes * orders), for sha256 O(bytes * sum of orders). Takes, beside the result and a few blocks
    of it, 8 bytes per bucket and thread, and the memory of the longest n-gram.

    Raises TypeError if docs holds no strings or no lists of integers, as the unit asks for;
    ValueError if another argument is wrong, or a document is of 2**32 / len(n) bytes or more.
    Source: Xie et al. 2023, "Data Selection for Language Models via Importance Resampling".

    >>> features(["alice went, alice"], n=1, hash="sha256", tokenizer="wordpunct").to_pylist()
    [[{'bucket': 4887, 'count': 1}, {'bucket': 5816, 'count': 1}, {'bucket': 6720, 'count': 2}]]
    """
    options = feature_options(n, buckets, unit, hash, tokenizer)
    column = options.column(docs)
    offsets, bucket, count = _core.ngram.features(
        column.capsules, options.core(column), _check.threads(threads)
    )
    pairs = pa.StructArray.from_arrays(
        [_arrow.primitive(bucket), _arrow.primitive(count)], ["bucket", "count"]
    )
    return _arrow.large_list(offsets, pairs, column.validity)


def feature_totals(
    docs: _arrow.Docs | _tokens.TokenDocs, options: FeatureOptions, threads: int = 0
) -> npt.NDArray[np.int64]:
    """How many n-grams of all documents fall into each bucket; totals of pieces add up.

    8 bytes per bucket and thread.
    """
    column = options.column(docs)
    return _core.ngram.feature_totals(
        column.capsules, options.core(column), _check.threads(threads)
    )


class FeatureSums(NamedTuple):
    """Of N documents and a table of C columns; 0 for a null."""

    weights: npt.NDArray[np.float64]  # N x C
    units: npt.NDArray[np.int64]
    bytes: npt.NDArray[np.int64]


def feature_sums(
    docs: _arrow.Docs | _tokens.TokenDocs,
    options: FeatureOptions,
    table: npt.NDArray[np.float64],
    threads: int = 0,
) -> FeatureSums:
    """For N documents and a table of buckets x columns: N x columns sums of the table's entries for
    each n-gram, and the N numbers of units and of bytes.
    """
    column = options.column(docs)
    sums, units, sizes = _core.ngram.feature_sums(
        column.capsules, options.core(column), np.ascontiguousarray(table), _check.threads(threads)
    )
    return FeatureSums(sums.reshape(-1, table.shape[1]), units, sizes)
