"""corpusmill counting terms, a gazetteer or the harsh ones, with the same face as a file of `rivals/`."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

import corpusmill
from bench import terms


@dataclass
class Column:
    """Texts in Arrow, and their terms; made before the clock starts."""

    texts: pa.Array
    terms: corpusmill.ngram.Terms


def column(texts: list[str]) -> Column:
    return _column(texts, terms.names(texts, terms.TERMS))


def harsh(texts: list[str]) -> Column:
    """The same of harsh terms."""
    return _column(texts, terms.harsh(texts, terms.TERMS))


def _column(texts: list[str], found: list[str]) -> Column:
    return Column(pa.array(texts, pa.string()), corpusmill.ngram.Terms(found))


def signatures(docs: Column, threads: int) -> object:
    """Occurrences, documents and paragraphs of each term."""
    return corpusmill.ngram.term_counts(docs.texts, docs.terms, threads=threads)
