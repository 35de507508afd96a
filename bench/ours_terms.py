"""corpusmill counting terms, with the same face as a file of `rivals/`."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

import corpusmill
from bench.terms import TERMS, terms_of


@dataclass
class Column:
    """Texts in Arrow, and their terms; made before the clock starts."""

    texts: pa.Array
    terms: corpusmill.ngram.Terms


def column(texts: list[str]) -> Column:
    return Column(pa.array(texts, pa.string()), corpusmill.ngram.Terms(terms_of(texts, TERMS)))


def signatures(docs: Column, threads: int) -> object:
    """Occurrences, documents and paragraphs of each term."""
    return corpusmill.ngram.term_counts(docs.texts, docs.terms, threads=threads)
