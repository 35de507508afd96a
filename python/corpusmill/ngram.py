"""ngram: n-grams of documents: hashed, counted, told apart from those of benchmarks; terms counted."""

from __future__ import annotations

from typing import Literal, TypeAlias

import pyarrow as pa

from corpusmill import _arrow, _check, _core, _tokens
from corpusmill._ngram_contamination import (
    CONTAMINATION_RULES,
    ContaminationIndex,
    ContaminationRule,
)
from corpusmill._ngram_counting import counts, lexicon
from corpusmill._ngram_features import features
from corpusmill._ngram_terms import TermCounts, Terms, term_counts

__all__ = [
    "CONTAMINATION_RULES",
    "MAX_N",
    "ContaminationIndex",
    "ContaminationRule",
    "TermCounts",
    "Terms",
    "Unit",
    "counts",
    "features",
    "hashes",
    "lexicon",
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
