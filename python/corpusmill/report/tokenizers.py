"""tokenizers: the table of a tokenizers' report as one SVG: a bar for each tokenizer in each group."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from corpusmill.report.markup import Markup, tag

COLOURS = ("#3b6ea8", "#c9733a", "#5a9a5a", "#a85a8f", "#8a7a3b", "#4a9aa0", "#9a5050", "#6a6a9a")
TITLES = {
    "bytes_per_token": "bytes per token",
    "tokens_per_byte": "tokens per byte",
    "tokens_per_character": "tokens per character",
    "tokens_per_word": "tokens per word",
    "fertility": "fertility: tokens of a word",
    "whole_word_share": "share of words of one token",
    "unknown_rate": "share of unknown tokens",
    "premium": "premium: tokens of parallel texts, in those of the baseline",
}
BAR, GAP, LEFT, PLOT, RIGHT, TOP = 14, 10, 150, 460, 90, 34


def tokenizers_svg(table: pa.Table, number: str = "fertility") -> str:
    """A drawing of one of the numbers of `tokenizer.report`, for each group and tokenizer.

    number      a column of the table that holds one number for a group, as "fertility" or "premium"
    returns     SVG that needs nothing else. Bars begin at 0. What is null has none

    ValueError if the table has no such number.
    """
    if number not in TITLES:
        raise ValueError(f"number: expected one of {', '.join(TITLES)}, got {number!r}")
    columns = [table.column(name).to_pylist() for name in ("tokenizer", "group", number)]
    lines = list(zip(*columns, strict=True))
    names = list(dict.fromkeys(name for name, *_ in lines))
    groups = list(dict.fromkeys(group for _, group, _ in lines))
    values = {(name, group): value for name, group, value in lines if value is not None}
    top = max(values.values(), default=0) or 1
    drawn: list[Markup] = [_text(TITLES[number], LEFT, 20, "title")]
    y = TOP
    for group in groups:
        if not any((name, group) in values for name in names):
            continue
        middle = y + BAR * len(names) / 2 + 4
        drawn.append(_text("all" if group is None else group, LEFT - 8, middle, "group"))
        for place, name in enumerate(names):
            if (name, group) in values:
                drawn += _bar(name, values[name, group], top, y, COLOURS[place % len(COLOURS)])
            y += BAR
        y += GAP
    drawn += _legend(names, y)
    height = y + 20 * len(names) + 10
    style = tag("style", Markup(
        "text{font:12px sans-serif;fill:#222}.title{font-weight:bold}.group{text-anchor:end}"
    ))  # fmt: skip
    size = {"width": LEFT + PLOT + RIGHT, "height": height}
    return tag(
        "svg",
        (style, tag("rect", **size, fill="#fff"), drawn),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {size['width']} {height}",
        **size,
    )


def _bar(name: str, value: float, top: float, y: int, colour: str) -> list[Markup]:
    width = PLOT * value / top
    title = tag("title", f"{name}: {value:.6g}")
    bar = tag("rect", title, x=LEFT, y=y, width=f"{width:.2f}", height=BAR - 2, fill=colour)
    return [bar, _text(f"{value:.3g}", LEFT + width + 5, y + BAR - 3, "value")]


def _legend(names: Sequence[str], y: int) -> list[Markup]:
    found = []
    for place, name in enumerate(names):
        at = y + 20 * place
        found.append(
            tag("rect", x=LEFT, y=at, width=12, height=12, fill=COLOURS[place % len(COLOURS)])
        )
        found.append(_text(name, LEFT + 18, at + 10, "name"))
    return found


def _text(what: str, x: float, y: float, kind: str) -> Markup:
    return tag("text", what, x=f"{x:.2f}", y=f"{y:.2f}", class_=kind)
