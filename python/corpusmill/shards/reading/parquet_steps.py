"""parquet_steps: how many rows of a row group of Parquet are decoded at a time. Decodes none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from corpusmill.shards.ours import shown
from corpusmill.shards.reading import parquet_files, parquet_pages
from corpusmill.shards.reading.room import Room

if TYPE_CHECKING:
    from pyarrow import parquet


class Step(NamedTuple):
    """Rows that are decoded at a time, 0 if not even one can be; the bytes that takes; and the columns, by
    path, none of whose pages says that it is larger than the column.
    """

    rows: int
    size: int
    sound: frozenset[str]


class Steps:
    """Those of the row groups of one file, which all readings of it within one room share.

    To find one out takes a tenth of the time that decoding does. Of row groups smaller than a block
    there may be very many, so they are not remembered.
    """

    def __init__(self) -> None:
        self._known: dict[int, Step] = {}
        self._is_checked = False

    def check_codecs(self, file: int) -> None:
        """As `parquet_files.check_codecs`, by the first of all readings."""
        if not self._is_checked:
            parquet_files.check_codecs(file)
            self._is_checked = True

    def of(self, file: int, facts: parquet.FileMetaData, group: int, room: Room) -> Step:
        """About a block of rows."""
        if group in self._known:
            return self._known[group]
        rows, size = facts.row_group(group).num_rows, facts.row_group(group).total_byte_size
        cost = parquet_pages.cost(file, facts, group)
        block, limit = room.rows_of(size, rows), room.decoding.limit
        # In small steps if possible: what is decoded grows by doubling, beside the table before it.
        at_once = cost.rows_within(limit // 4, block) or cost.rows_within(limit, block)
        if not at_once:
            what = f"row group {group} (column {shown(cost.largest())!r})"
            room.decoding.refused(what, cost.of_rows(1))
            return Step(0, 0, frozenset())
        step = Step(at_once, cost.of_rows(at_once), cost.sound())
        if size > room.block:
            self._known[group] = step
        return step
