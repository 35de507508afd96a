"""ngram: n-grams of documents: hashed, counted, known by filters, told from those of benchmarks; terms."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa

from corpusmill import _arrays, _arrow, _check, _core, _offsets, _tokens
from corpusmill._ngram_contamination import ContaminationIndex
from corpusmill._ngram_contamination_rules import CONTAMINATION_RULES, ContaminationRule
from corpusmill._ngram_contamination_seen import ContaminationSeen
from corpusmill._ngram_counting import counts, lexicon
from corpusmill._ngram_features import features
from corpusmill._ngram_filter import BloomFilter
from corpusmill._ngram_terms import TermCounts, Terms, term_counts

__all__ = [
    "CONTAMINATION_RULES",
    "MAX_N",
    "BloomFilter",
    "ContaminationIndex",
    "ContaminationRule",
    "ContaminationSeen",
    "TermCounts",
    "Terms",
    "Unit",
    "counts",
    "features",
    "hashes",
    "lexicon",
    "longest_span",
    "quip",
    "shingle_options",
    "term_counts",
]

Unit: TypeAlias = Literal["word", "char", "byte"]


MAX_N = 65536
"""A longer n-gram is no use, and every thread holds room for four of them."""


def shingle_options(n: int, unit: str) -> _core.ngram.ShingleOptions:
    """Checked options of a shingle: a sensible n and one of the units."""
    n = _check.whole("n", n, 1, MAX_N)
    units = {
        "word": _core.ngram.Unit.word,
        "char": _core.ngram.Unit.char,
        "byte": _core.ngram.Unit.byte,
    }
    if not isinstance(unit, str) or unit not in units:
        raise ValueError(f"unit: expected one of {', '.join(units)}, got {unit!r}")
    return _core.ngram.ShingleOptions(n, units[unit])


def hashes(
    docs: _arrow.Docs | _tokens.TokenDocs,
    *,
    n: int,
    unit: Unit | Literal["token"] = "word",
    threads: int = 0,
) -> pa.Array:
    """The hash of every n-gram of each document, in order, repeats included.

    A word is what `text.words` gives; a char is a code point, an invalid byte being one too; a byte
    is a byte; a token is an id. Words are lower-cased, the others are taken as they are.

    docs        N strings; with unit="token" N lists of integers of any width, null in none of them
                (list, large_list or fixed_size_list); read in place
    returns     large_list<uint64>, N rows. A document of m >= n units has m - n + 1 hashes, one of
                0 < m < n units has one, of all its units; one without units has one, of its bytes.
                Null in, null out.
    threads     0: as many as this process may use; the answer does not depend on it

    Hashes are of definition 1 (docs/ngram.md), the same on every machine. O(bytes * log n).

    Raises TypeError if docs holds no strings or no lists of integers, as the unit asks for;
    ValueError if n or unit is wrong, or an id is null.
    Source: shingles, Broder 1997, "On the resemblance and containment of documents"; the polynomial
    hash of Karp and Rabin 1987, modulo 2^64; XXH3-64 for long words.

    >>> hashes(["a rose is a rose"], n=2).to_pylist()[0][0] == hashes(["A rose"], n=2)[0][0].as_py()
    True
    """
    column: _arrow.Strings
    if unit == "token":
        column = tokens = _tokens.tokens(docs)
        options = _core.ngram.ShingleOptions(
            _check.whole("n", n, 1, MAX_N), _core.ngram.Unit.token, tokens.item_bytes, tokens.signed
        )
    else:
        options = shingle_options(n, unit)
        column = _arrow.strings(docs)
    offsets, values = _core.ngram.hashes(column.capsules, options, _check.threads(threads))
    return _arrow.large_list(offsets, _arrow.primitive(values), column.validity)


def quip(
    docs: _arrow.Docs | _tokens.TokenDocs, filter: BloomFilter, *, threads: int = 0
) -> pa.Array:
    """The share of each document's n-grams that are in the filter: what of it is quoted.

    docs        N strings, or with a filter of unit "token" N lists of ids; read in place
    filter      for the published score: n=25, unit="char", squeeze=True
    returns     double, N rows, 0 to 1; null for a null and for a document without n-grams (of fewer
                than n units). False positives raise it by up to the filter's rate.

    O(bytes * log n). TypeError if docs holds no strings or ids, ValueError if the filter is
    overfull.
    Source: QUIP-Score, Weller et al., "According to ...", EACL 2024.

    >>> bloom = BloomFilter(1000, n=3)
    >>> _ = bloom.add(["the cat sat on the mat"])
    >>> quip(["a cat sat on the moon"], bloom).to_pylist()
    [0.5]
    """
    column = filter.column(docs)
    items, members = filter.bits().count_members(
        column.docs.capsules, column.items, _check.threads(threads)
    )
    return _arrays.of_numpy(members / np.maximum(items, 1), items > 0)


def longest_span(
    docs: _arrow.Docs | _tokens.TokenDocs,
    filter: BloomFilter,
    *,
    offsets: _offsets.Offsets = "bytes",
    threads: int = 0,
) -> pa.Array:
    """The longest stretch of each document that the filter knows: its longest quotation.

    With a filter of stride s that is the longest chain of n-grams i, i + s, i + 2s, ... all of which
    are in the filter, the earliest of several, from the first unit of the first to the last of the
    last. A chain has no gap in this sense; where s > n, units between its n-grams were not compared.

    docs        N strings, or with a filter of unit "token" N lists of ids; read in place
    offsets     "bytes": a span is bytes of the document's UTF-8; "chars": characters, of which bytes
                that are no part of well-formed UTF-8 are one each. Not for unit "byte", whose spans
                may end inside of characters, nor for "token", whose spans are places in the list
    returns     large_list<struct<begin: int64, end: int64>>, N rows of one span, half open, or none if
                no n-gram is in the filter. Null in, null out. A false positive may lengthen a chain by
                s units, or be one by itself.

    O(bytes * log n). TypeError if docs holds no strings or ids, ValueError if the filter is overfull
    or offsets are wrong.
    Source: chains of Data Portraits, Marone and Van Durme, NeurIPS 2023, but for their gaps.

    >>> bloom = BloomFilter(1000, n=3)
    >>> _ = bloom.add(["the cat sat on the mat"])
    >>> longest_span(["a cat sat on the moon"], bloom).to_pylist()
    [[{'begin': 2, 'end': 16}]]
    """
    chars = _offsets.in_characters(offsets, filter.options["unit"])
    column, threads = filter.column(docs), _check.threads(threads)
    items, begins, ends = filter.bits().longest_spans(column.docs.capsules, column.items, threads)
    found = items > 0
    lists = np.concatenate([np.zeros(1, np.int64), np.cumsum(found, dtype=np.int64)])
    spans = lists, begins[found], ends[found]
    if chars:
        return _offsets.characters(column.docs, *spans, threads)
    return _arrow.spans(*spans, column.docs.validity)
