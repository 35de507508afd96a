"""oracles_counting: counts of n-grams and of terms, written slowly and plainly. Imports nothing of ours.

A document is a sequence of units: words, characters or bytes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


def counts(documents: Sequence[Sequence[Any]], n: int) -> Counter[tuple[Any, ...]]:
    found: Counter[tuple[Any, ...]] = Counter()
    for units in documents:
        found.update(tuple(units[i : i + n]) for i in range(len(units) - n + 1))
    return found


def t_statistics(documents: Sequence[Sequence[Any]], n: int) -> dict[tuple[Any, ...], float]:
    grams, units = counts(documents, n), counts(documents, 1)
    num_grams, num_units = grams.total(), units.total()
    found = {}
    for gram, count in grams.items():
        p = count / num_grams
        q = 1.0
        for unit in gram:
            q *= units[(unit,)] / num_units
        found[gram] = 0.0 if p == 1 else (p - q) / math.sqrt(p * (1 - p) / num_grams)
    return found


WHITE = " \t\r\f\v"


class Text(NamedTuple):
    """A document as terms are searched in it: its units, and the paragraph in which each begins."""

    units: list[Any]
    paragraphs: list[int]


def text_of(document: str, places: Sequence[tuple[Any, int]]) -> Text:
    """Of units with the characters of the document at which they begin."""
    numbers: list[int] = []
    number, parted = 0, False
    for line in document.split("\n"):
        text = line.lstrip(WHITE)
        numbers += [number] * (len(line) - len(text))  # white space is the paragraph's before it
        number += parted and text != ""
        parted = text == "" and numbers != []
        numbers += [number] * (len(text) + 1)
    return Text([unit for unit, _ in places], [numbers[place] for _, place in places])


def term_hits(text: Text, forms: Mapping[str, Sequence[Sequence[Any]]]) -> dict[str, list[int]]:
    """For each term the units at which it begins."""
    return {
        name: [
            i
            for i in range(len(text.units))
            if any(text.units[i : i + len(form)] == list(form) for form in of_name)
        ]
        for name, of_name in forms.items()
    }


def term_rows(
    texts: Sequence[Text | None], forms: Mapping[str, Sequence[Sequence[Any]]]
) -> list[tuple[int, str, int, int]]:
    """Per document and term in it: row, name, occurrences, paragraphs."""
    return [
        (row, name, len(units), len({text.paragraphs[i] for i in units}))
        for row, text in enumerate(texts)
        if text is not None
        for name, units in term_hits(text, forms).items()
        if units
    ]


def term_counts(
    names: Sequence[str], rows: Sequence[tuple[int, str, int, int]]
) -> list[tuple[str, int, int, int]]:
    """Per term, of what documents hold: its name, occurrences, documents, paragraphs."""
    out = []
    for name in names:
        found = [counts for _, of, *counts in rows if of == name]
        out.append((name, sum(n for n, _ in found), len(found), sum(n for _, n in found)))
    return out


def pair_rows(
    texts: Sequence[Text | None],
    forms: Mapping[str, Sequence[Sequence[Any]]],
    pairs: Sequence[tuple[str, str]],
    windows: Sequence[int],
) -> list[tuple[int, str, str, int, list[int]]]:
    """Per document and pair in it: row, names, paragraphs, pairs of occurrences within each window."""
    out = []
    for row, text in enumerate(texts):
        hits = {} if text is None else term_hits(text, forms)
        for left, right in pairs:
            if text is None or not hits[left] or not hits[right]:
                continue
            lefts, rights = ({text.paragraphs[i] for i in hits[name]} for name in (left, right))
            within = [
                sum(abs(i - j) <= window for i in hits[left] for j in hits[right])
                for window in windows
            ]
            out.append((row, left, right, len(lefts & rights), within))
    return out


def pair_counts(
    pairs: Sequence[tuple[str, str]],
    rows: Sequence[tuple[int, str, str, int, list[int]]],
    num_windows: int,
) -> list[tuple[str, str, int, int, list[int]]]:
    """Per pair, each another, of what documents hold: its names, documents, paragraphs, windows."""
    out = []
    for pair in pairs:
        found = [row for row in rows if row[1:3] == pair]
        within = [sum(row[4][k] for row in found) for k in range(num_windows)]
        out.append((*pair, len(found), sum(row[3] for row in found), within))
    return out
