"""pyahocorasick (C): an automaton over characters, so terms are found inside of words too.

It sees text as it is: lower-casing and white space are left out of its work, and what it finds that
are no whole words is not sorted out. Both are less than what is counted beside it.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ahocorasick

from bench import terms


@dataclass
class Column:
    """A share of the texts, and an automaton of the terms of all; made before the clock starts."""

    texts: list[str]
    automaton: Any
    num_terms: int


def column(texts: list[str]) -> Column:
    """Of a gazetteer."""
    return _column(texts, terms.names(texts, terms.TERMS))


def harsh(texts: list[str]) -> Column:
    """Of harsh terms."""
    return _column(texts, terms.harsh(texts, terms.TERMS))


def _column(texts: list[str], found: list[str]) -> Column:
    automaton = ahocorasick.Automaton()
    for number, term in enumerate(found):
        automaton.add_word(term, number)
    automaton.make_automaton()
    return Column(texts[:: terms.SHARE], automaton, len(found))


def signatures(docs: Column, threads: int) -> object:
    """Occurrences of each term."""
    del threads  # it has one
    counts = [0] * docs.num_terms
    for text in docs.texts:
        for _, number in docs.automaton.iter(text):
            counts[number] += 1
    return counts
