"""twins: two similar documents beside each other, their different words marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from corpusmill.shards.jobs.why.word_diff import Piece, Side, word_diff

WORDS_BEFORE, WORDS_SHOWN = 20, 110
_WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True)
class Twin:
    """A document and how it is called."""

    name: str
    text: str


def side_by_side(dropped: Twin, kept: Twin) -> Table:
    """Both from shortly before their first difference on; words of one alone are in brackets."""
    pieces = word_diff(dropped.text, kept.text).pieces
    same = pieces[0].left if pieces and pieces[0].side == "both" else ""
    start = max(len(_WORD.findall(same)) - WORDS_BEFORE, 0)
    table = Table(show_lines=False, expand=True)
    table.add_column(f"dropped: {dropped.name}", ratio=1)
    table.add_column(f"kept: {kept.name}", ratio=1)
    table.add_row(_excerpt(pieces, "left", start, "red"), _excerpt(pieces, "right", start, "green"))
    return table


def _excerpt(pieces: Sequence[Piece], side: Side, start: int, style: str) -> Text:
    words = [
        (word, piece.side == "both")
        for piece in pieces
        for word in _WORD.findall(piece.left if side == "left" else piece.right)
    ]
    text = Text("... " if start else "")
    for word, common in words[start : start + WORDS_SHOWN]:
        bare = word.rstrip()
        text.append(bare if common else f"[{bare}]", style="" if common else style)
        text.append(" " if word != bare else "")
    return text.append("..." if start + WORDS_SHOWN < len(words) else "")
