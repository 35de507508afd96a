"""samples: pairs side by side: which, their texts read again, and what of them is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from corpusmill.shards.jobs.results import Line
from corpusmill.shards.jobs.why.sources import Rows, Sources
from corpusmill.shards.jobs.why.word_diff import Diff, word_diff

SHOWN, BEFORE = 600, 150
"""Characters of a text, and how many of them lie before the first difference."""

MOST_BYTES = 256 << 20
"""How far a file is read for samples, decompressed; `corpusmill why` reads on."""


@dataclass
class Excerpt:
    """A part of a text: (whether the other text lacks it, words), and where it was cut."""

    pieces: list[tuple[bool, str]] = field(default_factory=list)
    cut_before: bool = False
    cut_after: bool = False


@dataclass(frozen=True)
class Sample:
    """A line of duplicates.parquet and both texts from shortly before their first difference on."""

    line: Line
    dropped: Excerpt | None = None
    kept: Excerpt | None = None
    note: str | None = None  # why there are no texts


def samples(lines: Sequence[Line], sources: Sources) -> list[Sample]:
    """The samples in the order of `lines`; each file is read once."""
    wanted: dict[str, set[int]] = {}
    for line in lines:
        for which in ("dropped", "kept"):
            wanted.setdefault(line[f"{which}_file"], set()).add(line[f"{which}_row"])
    found = {file: sources.rows(file, rows, MOST_BYTES) for file, rows in wanted.items()}
    return [_sample(line, found) for line in lines]


def _sample(line: Line, found: dict[str, Rows]) -> Sample:
    rows = [(found[line[f"{which}_file"]], line[f"{which}_row"]) for which in ("dropped", "kept")]
    texts = [of_file.rows[row].text for of_file, row in rows if row in of_file.rows]
    if len(texts) < 2:
        notes = [of_file.note for of_file, _ in rows if of_file.note]
        return Sample(line, note="; ".join(dict.fromkeys(notes)) or "too deep in its file")
    diff = word_diff(texts[0], texts[1])
    return Sample(line, excerpt(diff, "left"), excerpt(diff, "right"))


def excerpt(diff: Diff, side: Literal["left", "right"]) -> Excerpt:
    """What is shown of the text of one side: 600 characters around the first difference."""
    of_side = [(piece.side, getattr(piece, side)) for piece in diff.pieces]
    first = next((i for i, (where, _) in enumerate(of_side) if where != "both"), 0)
    skipped = max(sum(len(text) for _, text in of_side[:first]) - BEFORE, 0)
    out = Excerpt(cut_before=skipped > 0, cut_after=diff.cut)
    left = SHOWN
    for where, whole in of_side:
        text = whole[skipped:]
        if 0 < skipped < len(whole):
            text = text.split(None, 1)[-1]  # the first word may have been cut
        skipped = max(skipped - len(whole), 0)
        shown = text if len(text) <= left else _whole_words(text[:left])
        out.cut_after |= len(text) > left
        if shown:
            out.pieces.append((where != "both", shown))
        left = max(left - len(text), 0)
    return out


def _whole_words(text: str) -> str:
    """Without the last word, which may have been cut; a text without spaces stays as it is."""
    return text.rsplit(None, 1)[0] if len(text.split(None, 1)) > 1 else text
