"""footers: what a Parquet footer says of its file, and whether it can be so. Reads no page."""

from __future__ import annotations

from typing import Any

from corpusmill.shards.ipc_files import DAMAGES


def check_counts(facts: Any) -> None:
    """A column chunk without nesting has as many values as its row group rows."""
    flat = [
        column
        for column in range(facts.num_columns)
        if facts.schema.column(column).max_repetition_level == 0
    ]
    for group in map(facts.row_group, range(facts.num_row_groups)):
        if any(group.column(column).num_values != group.num_rows for column in flat):
            raise ValueError("a column does not have as many values as its row group rows")


def codecs_of(facts: Any) -> dict[str, str]:
    """The codec of each column by its path, as the first row group has it; none if damage hides it."""
    if not facts.num_row_groups:
        return {}
    group = facts.row_group(0)
    try:
        columns = [group.column(index) for index in range(group.num_columns)]
        return {column.path_in_schema: column.compression for column in columns}
    except DAMAGES:
        return {}
