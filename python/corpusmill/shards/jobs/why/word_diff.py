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
    """Words that follow each other: of both texts, or of one alone; as each text has them."""

    side: Side
    left: str
    right: str


@dataclass(frozen=True)
class Diff:
    """All pieces in order. End to end, their left sides are the left text, and so the right."""

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
    cut = max(len(a), len(b)) - head - tail > MOST_WORDS
    between = [
        (keys[part], words[part])
        for keys, words, part in ((keys_a, a, middle_a), (keys_b, b, middle_b))
    ]
    pieces = list(map(_both, a[:head], b[:head]))
    pieces += _compared(*(list(zip(*side, strict=True))[:MOST_WORDS] for side in between))
    if not cut:
        pieces += map(_both, a[len(a) - tail :], b[len(b) - tail :])
    runs = (list(run) for _, run in groupby(pieces, key=lambda piece: piece.side))
    return Diff([_joined(run) for run in runs], cut)


def _both(left: str, right: str) -> Piece:
    return Piece("both", left, right)


def _joined(run: list[Piece]) -> Piece:
    left, right = ("".join(getattr(piece, side) for piece in run) for side in ("left", "right"))
    return Piece(run[0].side, left, right)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word]


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many words both begin with."""
    both = zip(a, b, strict=False)
    return next((i for i, (x, y) in enumerate(both) if x != y), min(len(a), len(b)))


def _compared(a: list[tuple[str, str]], b: list[tuple[str, str]]) -> list[Piece]:
    """Both texts' words in order, by (what is compared, what is shown)."""
    rows = _lcs_rows([key for key, _ in a], [key for key, _ in b])
    out: list[Piece] = []
    i, j = len(a), len(b)
    while i and j:
        # Bit j of row i is 0 where the longest common subsequence of a[:i] and b[:j + 1] is one
        # longer than that of a[:i] and b[:j].
        if rows[i] >> (j - 1) & 1:
            j -= 1
            out.append(Piece("right", "", b[j][1]))
        elif not rows[i - 1] >> (j - 1) & 1:
            i -= 1
            out.append(Piece("left", a[i][1], ""))
        else:
            i, j = i - 1, j - 1
            out.append(Piece("both", a[i][1], b[j][1]))
    out += [Piece("right", "", word) for _, word in b[:j][::-1]]
    out += [Piece("left", word, "") for _, word in a[:i][::-1]]
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
