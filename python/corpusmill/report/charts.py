"""charts: a bar, a histogram and a curve as inline SVG. Colours are classes of style.css."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from corpusmill.report.markup import Child, Markup, tag

WIDTH, HEIGHT = 400, 236
LEFT, RIGHT, TOP, BOTTOM = 46, 20, 14, 44


def share_bar(parts: Sequence[tuple[str, str, int]], label: str) -> Markup:
    """One bar of (class, name, count); what is there is seen, however small its share."""
    total = sum(count for *_, count in parts) or 1
    least, at = 3.0, 0.0
    widths = [max(1000 * count / total, least) if count else 0.0 for *_, count in parts]
    scale = 1000 / (sum(widths) or 1)
    rects = []
    for (kind, name, count), width in zip(parts, widths, strict=True):
        title = tag("title", f"{name}: {count:,}")
        x, wide = _short(at), _short(width * scale)
        rects.append(tag("rect", title, class_=kind, x=x, y=0, width=wide, height=30))
        at += width * scale
    return tag(
        "svg",
        rects,
        viewBox="0 0 1000 30",
        preserveAspectRatio="none",
        class_="bar",
        role="img",
        aria_label=label,
    )


@dataclass(frozen=True)
class _Plot:
    """A frame with axes: where a point of the data lies."""

    low: float
    high: float
    top: float

    def x(self, value: float) -> float:
        return LEFT + (value - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)

    def draw(
        self,
        inside: Child,
        *,
        label: str,
        x_name: str,
        x_ticks: Sequence[float],
        y_ticks: Sequence[tuple[float, str]],
    ) -> Markup:
        foot = HEIGHT - BOTTOM
        lines = [
            tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=_short(y), y2=_short(y), class_="grid")
            for y in (self.y(value) for value, _ in y_ticks)
        ]
        names = [
            tag("text", name, x=LEFT - 6, y=_short(self.y(value) + 4), text_anchor="end")
            for value, name in y_ticks
        ]
        names += [
            tag("text", f"{value:.3g}", x=_short(self.x(value)), y=foot + 16, text_anchor="middle")
            for value in x_ticks
        ]
        middle = (LEFT + WIDTH - RIGHT) // 2
        names.append(tag("text", x_name, x=middle, y=HEIGHT - 8, text_anchor="middle"))
        axis = tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=foot, y2=foot, class_="axis")
        return tag(
            "svg",
            (lines, inside, axis, names),
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            class_="chart",
            role="img",
            aria_label=label,
        )


def histogram(counts: Sequence[int], low: float, high: float, *, label: str, x_name: str) -> Markup:
    """Counts of equally wide bins from `low` to `high`."""
    top = _round_up(max(counts))
    plot = _Plot(low, high, top)
    width = (high - low) / len(counts)
    bars = []
    for number, count in enumerate(counts):
        begin, end = plot.x(low + number * width), plot.x(low + (number + 1) * width)
        title = tag(
            "title", f"{low + number * width:.3f} to {low + (number + 1) * width:.3f}: {count:,}"
        )
        size = {
            "x": _short(begin + 0.5),
            "y": _short(plot.y(count)),
            "width": _short(end - begin - 1),
            "height": _short(plot.y(0) - plot.y(count)),
        }
        bars.append(tag("rect", title, class_="similar", **size) if count else Markup())
    ticks = [low + (high - low) * quarter / 4 for quarter in range(5)]
    y_ticks = [(top * half / 2, _compact(top * half / 2)) for half in range(3)]
    return plot.draw(bars, label=label, x_name=x_name, x_ticks=ticks, y_ticks=y_ticks)


def curve(
    of: Callable[[float], float], mark: float, *, label: str, x_name: str, mark_name: str
) -> Markup:
    """A function from [0, 1] to [0, 1], and a marked place."""
    plot = _Plot(0.0, 1.0, 1.0)
    points = " ".join(
        f"{_short(plot.x(i / 100))},{_short(plot.y(of(i / 100)))}" for i in range(101)
    )
    x, y = plot.x(mark), plot.y(of(mark))
    anchor = "end" if mark > 0.5 else "start"
    inside = [
        tag("line", x1=_short(x), x2=_short(x), y1=TOP, y2=HEIGHT - BOTTOM, class_="mark"),
        tag("polyline", points=points, class_="curve"),
        tag("circle", cx=_short(x), cy=_short(y), r=3.5, class_="point"),
        tag(
            "text",
            mark_name,
            x=_short(x + (-6 if mark > 0.5 else 6)),
            y=_short(plot.y(0.06)),
            text_anchor=anchor,
            class_="said",
        ),
    ]
    y_ticks = [(half / 2, f"{half * 50} %") for half in range(3)]
    ticks = [quarter / 4 for quarter in range(5)]
    return plot.draw(inside, label=label, x_name=x_name, x_ticks=ticks, y_ticks=y_ticks)


def _round_up(count: int) -> int:
    """The next even number of one significant digit: its half is a label, too."""
    if count <= 2:
        return 2
    step: int = 10 ** (len(str(count)) - 1)
    digit = -(-count // step)
    return (digit + digit % 2) * step


def _compact(value: float) -> str:
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g} {name}"
    return f"{value:g}"


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
