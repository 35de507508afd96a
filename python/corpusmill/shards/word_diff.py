"""word_diff: how two texts differ, word by word. Knows no files and no terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias

Side: TypeAlias = Literal["both", "left", "right"]

MOST_WORDS = 8192
"""Words of each text that are compared between what both begin and end with; the time grows with
their product, over 64. What lies behind them is left out, and said to be."""

# A letter of a script without spaces, a run of other letters and digits, or a single sign; with the
# white space after it.
_ALONE = "\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_WORD = re.compile(rf"(?:[{_ALONE}]|[^\W{_ALONE}]+|[^\w\s]|^)\s*")


@dataclass(frozen=True)
class Piece:
    """Words that follow each other: of both texts, or of one alone."""

    side: Side
    text: str


@dataclass(frozen=True)
class Diff:
    """All pieces in order. Those of "both" and "right" are the right text, white space and all."""

    pieces: list[Piece]
    cut: bool = False  # whether the ends of the texts were left out


def word_diff(left: str, right: str) -> Diff:
    """The fewest words to take from `left` and put into `right`. White space makes no difference.

    O(words**2 / 64) for at most 8,192 words, linear beyond. Source: Hyyrö, "Bit-parallel LCS-length
    computation revisited", 2004, with its rows kept to walk back.
    """
    a, b = _words(left), _words(right)
    keys_a, keys_b = ([word.rstrip() for word in words] for words in (a, b))
    head = _common(keys_a, keys_b)
    tail = _common(keys_a[head:][::-1], keys_b[head:][::-1])
    middle_a, middle_b = slice(head, len(a) - tail), slice(head, len(b) - tail)
    lengths = [len(keys_a[middle_a]), len(keys_b[middle_b])]
    cut = max(lengths) > MOST_WORDS
    sides: list[tuple[Side, str]] = [("both", word) for word in b[:head]]
    sides += _compared(
        list(zip(keys_a[middle_a], a[middle_a], strict=True))[:MOST_WORDS],
        list(zip(keys_b[middle_b], b[middle_b], strict=True))[:MOST_WORDS],
    )
    if not cut:
        sides += [("both", word) for word in b[len(b) - tail :]]
    grouped = groupby(sides, key=lambda entry: entry[0])
    return Diff([Piece(side, "".join(word for _, word in run)) for side, run in grouped], cut)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word]


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many words both begin with."""
    both = zip(a, b, strict=False)
    return next((i for i, (x, y) in enumerate(both) if x != y), min(len(a), len(b)))


def _compared(a: list[tuple[str, str]], b: list[tuple[str, str]]) -> list[tuple[Side, str]]:
    """Both texts' words in order, by (what is compared, what is shown)."""
    rows = _lcs_rows([key for key, _ in a], [key for key, _ in b])
    out: list[tuple[Side, str]] = []
    i, j = len(a), len(b)
    while i and j:
        # Bit j of row i is 0 where the longest common subsequence of a[:i] and b[:j + 1] is one
        # longer than that of a[:i] and b[:j].
        if rows[i] >> (j - 1) & 1:
            j -= 1
            out.append(("right", b[j][1]))
        elif not rows[i - 1] >> (j - 1) & 1:
            i -= 1
            out.append(("left", a[i][1]))
        else:
            i, j = i - 1, j - 1
            out.append(("both", b[j][1]))
    out += [("right", word) for _, word in b[:j][::-1]] + [
        ("left", word) for _, word in a[:i][::-1]
    ]
    return out[::-1]


def _lcs_rows(a: list[str], b: list[str]) -> list[int]:
    """One bit per word of b, after each word of a: see _compared."""
    at: dict[str, int] = {}
    for j, word in enumerate(b):
        at[word] = at.get(word, 0) | 1 << j
    every = (1 << len(b)) - 1
    rows = [every]
    for word in a:
        row = rows[-1]
        common = row & at.get(word, 0)
        rows.append((row + common | row - common) & every)
    return rows
