"""markup: HTML and SVG elements in which every text is escaped. Knows no page."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable
from typing import TypeAlias

from corpusmill.shards.visible import visible

VOID = {"meta", "br", "link"}


class Markup(str):
    """HTML; a plain str is text."""

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"


def tag(name: str, /, *children: Child, **attributes: str | float | None) -> Markup:
    """An element. In attributes, `_` stands for `-`, and one at the end for nothing; None is none."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(children)}</{name}>")


def joined(children: Child) -> Markup:
    """Children in a row; texts among them are escaped."""
    if children is None:
        return Markup()
    if isinstance(children, Markup):
        return children
    if isinstance(children, (str, int)):
        return Markup(_escaped(str(children)))
    return Markup("".join(map(joined, children)))


def theirs(text: str, **attributes: str | None) -> Markup:
    """A text from the data, which does not change the direction of what stands beside it."""
    return tag("bdi", text, **attributes)


def table(
    caption: str,
    heads: Iterable[Markup],
    rows: Iterable[Markup],
    foot: Child = None,
    *,
    class_: str | None = None,
) -> Markup:
    """A table that scrolls by itself where it is wider than the page."""
    parts = [tag("caption", caption), tag("thead", tag("tr", heads)), tag("tbody", rows)]
    if foot is not None:
        parts.append(tag("tfoot", foot))
    inside = tag("table", parts, class_=class_)
    return tag("div", inside, class_="wide", role="region", tabindex=0, aria_label=caption)


def heads(*names: str, numbers: Collection[str] = ()) -> list[Markup]:
    """The heads of columns; `numbers`: those of columns of numbers."""
    kinds = ["number" if name in numbers else None for name in names]
    return [
        tag("th", name, scope="col", class_=kind) for name, kind in zip(names, kinds, strict=True)
    ]


def number(value: int) -> Markup:
    """A cell with a whole number."""
    return tag("td", f"{value:,}", class_="number", data_value=value)


def _escaped(text: str) -> str:
    return html.escape(visible(text))
