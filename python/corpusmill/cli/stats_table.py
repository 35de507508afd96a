"""stats_table: what `stats` found out, as tables for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from corpusmill.shards import Stats
from corpusmill.shards.jobs.stats.result import Counted
from corpusmill.shards.visible import visible

MOST_LINES = 20
"""Of a table; what is left out is said, and --json has it."""


def stats_table(stats: Stats) -> Group:
    """Totals, lengths, scripts, fields, and the files if there are several."""
    total = stats.total
    parts = [_totals(stats), _lengths(total), _scripts(total), _fields(total)]
    if len(stats.files) > 1:
        parts.append(_files(stats))
    return Group(*(part for table in parts for part in (table, Text(""))))


def _totals(stats: Stats) -> Table:
    total = stats.total
    table = _table("", "", "")
    table.show_header = False
    lines = [("rows read", total.rows_read), ("rows with a text", total.rows)]
    lines += [("repeat an earlier text", total.repeated)]
    lines += [(f"rejected, {reason}", count) for reason, count in total.rejected.items()]
    for name, count in lines:
        table.add_row(name, f"{count:,}", _share(count, total.rows_read))
    table.add_row("bytes of files", f"{stats.bytes:,}", f"{len(stats.files):,} files")
    return table


def _lengths(total: Counted) -> Table:
    spreads = {
        "UTF-8 bytes": total.text_bytes,
        "characters": total.characters,
        "words": total.words,
    }
    table = _table("in a text", *asdict(total.words))
    for name, spread in spreads.items():
        values = asdict(spread).values()
        table.add_row(name, *("" if value is None else f"{value:,}" for value in values))
    return table


def _scripts(total: Counted) -> RenderableType:
    letters = sum(total.letters.values())
    table = _table("letters of the script", "letters", "share")
    by_count = sorted(total.letters.items(), key=lambda item: -item[1])
    _fill(table, [(name, f"{count:,}", _share(count, letters)) for name, count in by_count])
    return table


def _fields(total: Counted) -> Table:
    table = _table("field", "rows", "null", "missing", "types")
    lines = []
    for name, types in total.fields.items():
        rows = sum(types.values())
        kinds = ", ".join(f"{kind} {_share(count, rows)}" for kind, count in types.items())
        null = _share(types.get("null", 0), total.objects)
        missing = _share(total.objects - rows, total.objects)
        lines.append((visible(name), f"{rows:,}", null, missing, kinds))
    _fill(table, lines)
    return table


def _files(stats: Stats) -> Table:
    table = _table("file", "rows", "rejected", "repeated", "words", "median", "status")
    _fill(
        table,
        [
            (
                visible(file.path),
                f"{file.counted.rows:,}",
                f"{sum(file.counted.rejected.values()):,}",
                f"{file.counted.repeated:,}",
                f"{file.counted.words.total:,}",
                "" if file.counted.words.p50 is None else f"{file.counted.words.p50:,}",
                file.status,
            )
            for file in stats.files
        ],
    )
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="left" if name in ("types", "status") else "right")
    return table


def _fill(table: Table, lines: Iterable[tuple[str, ...]]) -> None:
    every = list(lines)
    for line in every[:MOST_LINES]:
        table.add_row(*map(Text, line))
    if len(every) > MOST_LINES:
        table.add_row(f"and {len(every) - MOST_LINES:,} more: --json")


def _share(count: int, of: int) -> str:
    return f"{count / of:.2%}" if of else ""
