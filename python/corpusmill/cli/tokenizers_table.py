"""tokenizers_table: the numbers of `tokenizers` as a table for people."""

from __future__ import annotations

import pyarrow as pa
from rich.table import Table
from rich.text import Text

from corpusmill.shards.visible import visible

SHOWN = {
    "documents": "documents",
    "tokens": "tokens",
    "bytes_per_token": "bytes/token",
    "tokens_per_word": "tokens/word",
    "fertility": "fertility",
    "whole_word_share": "whole words",
    "unknown_rate": "unknown",
    "premium": "premium",
}


def tokenizers_table(found: pa.Table) -> Table:
    """A line for each tokenizer and group; all numbers are in the files of --out."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("tokenizer")
    table.add_column("group")
    for name in SHOWN.values():
        table.add_column(name, justify="right")
    for line in found.to_pylist():
        group = "all" if line["group"] is None else visible(line["group"])
        cells = [_told(name, line[name]) for name in SHOWN]
        table.add_row(*map(Text, [visible(line["tokenizer"]), group, *cells]))
    return table


def _told(name: str, value: float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.2%}" if name in ("whole_word_share", "unknown_rate") else f"{value:.3f}"
