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


def term_counts(
    texts: Sequence[Text | None], forms: Mapping[str, Sequence[Sequence[Any]]]
) -> list[tuple[str, int, int, int, list[int]]]:
    """Per term: its name, occurrences, documents, paragraphs, and the rows of its documents."""
    hits = [None if text is None else term_hits(text, forms) for text in texts]
    out = []
    for name in forms:
        of_name = [(row, found[name]) for row, found in enumerate(hits) if found and found[name]]
        paragraphs = {(row, texts[row].paragraphs[i]) for row, units in of_name for i in units}
        occurrences = sum(len(units) for _, units in of_name)
        rows = [row for row, _ in of_name]
        out.append((name, occurrences, len(rows), len(paragraphs), rows))
    return out


def pair_counts(
    texts: Sequence[Text | None],
    forms: Mapping[str, Sequence[Sequence[Any]]],
    pairs: Sequence[tuple[str, str]],
    windows: Sequence[int],
) -> list[tuple[str, str, int, int, list[int], list[int]]]:
    """Per pair: its names, documents, paragraphs, occurrences within each window, rows."""
    hits = [None if text is None else term_hits(text, forms) for text in texts]
    out = []
    for left, right in pairs:
        rows, paragraphs, within = [], 0, [0] * len(windows)
        for row, (text, found) in enumerate(zip(texts, hits, strict=True)):
            if text is None or not found[left] or not found[right]:
                continue
            rows.append(row)
            lefts, rights = ({text.paragraphs[i] for i in found[name]} for name in (left, right))
            paragraphs += len(lefts & rights)
            for k, window in enumerate(windows):
                within[k] += sum(abs(i - j) <= window for i in found[left] for j in found[right])
        out.append((left, right, len(rows), paragraphs, within, rows))
    return out
