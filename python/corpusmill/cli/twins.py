"""twins: two similar documents beside each other, their different words marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rich.table import Table
from rich.text import Text

WORDS_BEFORE, WORDS_SHOWN = 20, 110


@dataclass(frozen=True)
class Twin:
    """A document and how it is called."""

    name: str
    text: str


def side_by_side(dropped: Twin, kept: Twin) -> Table:
    """Both from shortly before their first difference on; words of one alone are in brackets."""
    left, right = dropped.text.split(), kept.text.split()
    same = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    first = same[0].size if same[0].a == same[0].b == 0 else 0
    start = max(first - WORDS_BEFORE, 0)
    table = Table(show_lines=False, expand=True)
    table.add_column(f"dropped: {dropped.name}", ratio=1)
    table.add_column(f"kept: {kept.name}", ratio=1)
    in_left = {block.a + i for block in same for i in range(block.size)}
    in_right = {block.b + i for block in same for i in range(block.size)}
    table.add_row(_excerpt(left, in_left, start, "red"), _excerpt(right, in_right, start, "green"))
    return table


def _excerpt(words: Sequence[str], common: set[int], start: int, style: str) -> Text:
    text = Text("... " if start else "")
    end = min(start + WORDS_SHOWN, len(words))
    for at in range(start, end):
        word = words[at]
        text.append(word if at in common else f"[{word}]", style="" if at in common else style)
        text.append(" ")
    return text.append("..." if end < len(words) else "")
