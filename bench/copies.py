"""Planted duplicates: 5 exact and 10 near copies per 100 documents, with their true similarity.

A near copy has words substituted, deleted and inserted at the rate that, on average, leaves a
Jaccard similarity of 0.45 to 0.98 of 5-word shingles; what came out is then measured. Random word
edits are kinder to shingling than real boilerplate.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

EXACT_SHARE, NEAR_SHARE = 0.05, 0.10
_LOWEST, _HIGHEST = 0.45, 0.98
_pieces = re.compile(r"\w+|\W+").findall
_words = re.compile(r"\w+").findall


@dataclass(frozen=True)
class Planted:
    """One copy: its row's id, its original's id, and the Jaccard similarity of the two."""

    copy: str
    original: str
    jaccard: float


def plant(texts: list[str], seed: int) -> tuple[list[tuple[str, str]], list[Planted]]:
    """(id, text) of originals and copies in a shuffled order, and what was planted."""
    rng = random.Random(seed)
    rows = [(f"d{i:07d}", text) for i, text in enumerate(texts)]
    planted: list[Planted] = []
    originals = len(rows)
    for i in _some(originals, EXACT_SHARE, rng):
        rows.append((f"e{i:07d}", texts[i]))
        planted.append(Planted(f"e{i:07d}", f"d{i:07d}", 1.0))
    for i in _some(originals, NEAR_SHARE, rng):
        near = edit(texts[i], rng.uniform(_LOWEST, _HIGHEST), rng)
        rows.append((f"n{i:07d}", near))
        planted.append(Planted(f"n{i:07d}", f"d{i:07d}", jaccard(texts[i], near)))
    rng.shuffle(rows)
    return rows, planted


def edit(text: str, similarity: float, rng: random.Random) -> str:
    """The text with so many random word edits that about `similarity` should remain.

    An edit breaks five shingles on either side, so a share s = (1 - rate)**5 of them survives, and
    Jaccard is s / (2 - s).
    """
    survive = 2 * similarity / (1 + similarity)
    rate = 1 - survive ** (1 / 5)
    pieces = _pieces(text)
    known = [piece for piece in pieces if piece[0].isalnum()] or ["word"]
    out: list[str] = []
    for piece in pieces:
        if not piece[0].isalnum() or rng.random() >= rate:
            out.append(piece)
        elif (kind := rng.randrange(3)) == 0:
            out.append(rng.choice(known))
        elif kind == 1:
            out += [piece, " ", rng.choice(known)]
    return "".join(out)


def jaccard(left: str, right: str) -> float:
    """Exact similarity of the sets of lower-cased `\\w+` 5-word shingles."""
    a, b = _shingles(left), _shingles(right)
    return len(a & b) / len(a | b)


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = _words(text.lower())
    return {tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))}


def _some(count: int, share: float, rng: random.Random) -> list[int]:
    return rng.sample(range(count), int(count * share))
