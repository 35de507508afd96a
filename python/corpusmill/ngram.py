"""ngram: n-grams of documents: as 64-bit hashes; counted; terms and pairs of terms counted."""

from __future__ import annotations

from typing import Literal, TypeAlias

import pyarrow as pa

from corpusmill import _arrow, _check, _core
from corpusmill._ngram_counting import counts, lexicon
from corpusmill._ngram_terms import TermCounts, Terms, term_counts

__all__ = [
    "MAX_N",
    "TermCounts",
    "Terms",
    "Unit",
    "counts",
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


def hashes(docs: _arrow.Docs, *, n: int, unit: Unit = "word", threads: int = 0) -> pa.Array:
    """The hash of every n-gram of each document, in order, repeats included.

    A word is what `text.words` gives; a char is a code point, an invalid byte being one too; a byte
    is a byte. Words are lower-cased, chars and bytes are taken as they are.

    docs        N strings; read in place
    returns     large_list<uint64>, N rows. A document of m >= n units has m - n + 1 hashes, one of
                0 < m < n units has one, of all its units; one without units has one, of its bytes.
                Null in, null out.
    threads     0: as many as this process may use; the answer does not depend on it

    Hashes are of definition 1 (docs/ngram.md), the same on every machine. O(bytes * log n).

    Raises TypeError if docs holds no strings, ValueError if n or unit is wrong.

    >>> hashes(["a rose is a rose"], n=2).to_pylist()[0][0] == hashes(["A rose"], n=2)[0][0].as_py()
    True
    """
    options = shingle_options(n, unit)
    column = _arrow.strings(docs)
    offsets, values = _core.ngram.hashes(column.capsules, options, _check.threads(threads))
    return _arrow.large_list(offsets, _arrow.primitive(values), column.validity)
