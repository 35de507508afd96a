"""oracles_counting: counts of n-grams and of terms, written slowly and plainly. Imports nothing of ours.

A document is a sequence of units: words, characters or bytes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any


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
