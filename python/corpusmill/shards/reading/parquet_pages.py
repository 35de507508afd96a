"""parquet_pages: what decoding a row group of Parquet takes, as its footer and the heads of its pages say.

Decodes no data page. Of what damage makes of a head, only what is larger than the column is told from the
truth: pyarrow fills memory of that size before it reads.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from corpusmill import _core
from corpusmill.shards.reading import thrift
from corpusmill.shards.reading.ipc_files import DAMAGES
from corpusmill.shards.reading.pieces import Bytes, read_at
from corpusmill.shards.rows import Ints

if TYPE_CHECKING:
    from pyarrow import parquet

BUFFER = 256 << 10
"""Bytes of a column that are read from the file at a time."""

_SMALL = 1 << 20
"""A column of no more is taken for one page: its heads are not looked for."""

_LARGE = 4 << 20
"""A dictionary of more is not looked into."""

_HEAD, _LONGEST_HEAD = 512, 1 << 16
_WIDTHS = {"BYTE_ARRAY": 0, "INT96": 12}
"""Bytes of a value, of the physical types that have not 8 and are not told: strings have any."""

_DATA, _DICTIONARY, _DATA_V2 = 0, 2, 3  # kinds of pages
_BY_NUMBER = {2, 8}  # encodings: places in the dictionary
_BY_PREFIX = 7  # and what a value begins with is told by the one before


class _Page(NamedTuple):
    """As its head has it. `of`: its kind's own fields, by number, where the values lie."""

    kind: int
    size: int
    packed: int
    values: int
    encoding: int
    at: int  # where what follows the head lies in the file


@dataclass(frozen=True)
class Column:
    """A column of a row group. In bytes:

    held        while it is being decoded, besides values
    of_each     at most, of a value that is named by its place in a dictionary, or of fixed size
    sizes       of the pages that hold values themselves, and `starts`, the first value of each
    sound       its pages are known, and none says that it is larger than the column
    """

    name: str
    held: int
    of_each: int
    starts: Ints
    sizes: Ints
    sound: bool

    def of_rows(self, rows: int) -> int:
        """At most, of the values of so many consecutive rows."""
        if not len(self.sizes):
            return rows * self.of_each
        ends = np.concatenate([[0], np.cumsum(self.sizes)])
        # From the last value of each page on: no stretch takes more pages.
        behind = np.append(self.starts[1:], self.starts[-1] + 1) - 1 + rows
        return rows * self.of_each + int(
            (ends[np.searchsorted(self.starts, behind)] - ends[:-1]).max()
        )


@dataclass(frozen=True)
class Cost:
    """What decoding a row group takes; `columns`: those that are decoded at the same time."""

    columns: list[Column]

    def of_rows(self, rows: int) -> int:
        """Bytes, where so many rows are decoded at a time."""
        return sum(column.held + column.of_rows(rows) for column in self.columns)

    def rows_within(self, limit: int, most: int) -> int:
        """How many rows may be decoded at a time; 0 if not even one."""
        rows = most
        while rows > 1 and self.of_rows(rows) > limit:
            rows //= 2
        return rows if self.of_rows(rows) <= limit else 0

    def largest(self) -> str:
        """The column that takes most of it."""
        return max(self.columns, key=lambda column: column.held).name

    def sound(self) -> frozenset[str]:
        """Paths of sound columns; two columns may have one path."""
        names = {column.name for column in self.columns}
        return frozenset(names - {column.name for column in self.columns if not column.sound})


def cost(file: int, facts: parquet.FileMetaData, group: int) -> Cost:
    """That of a row group. Reads the heads of the pages of columns of more than a megabyte."""
    chunks = facts.row_group(group)
    columns = range(chunks.num_columns)
    rows = max(chunks.num_rows, 1)
    return Cost([_column(file, facts.schema.column(i), chunks.column(i), rows) for i in columns])


def check(
    file: int,
    facts: parquet.FileMetaData,
    group: int,
    names: Collection[str],
    sound: Collection[str],
) -> None:
    """ValueError if a page of these columns says that it is larger than its column in the row group.

    sound       paths of columns of which none does
    """
    chunks, wanted = facts.row_group(group), set(names)
    for chunk in map(chunks.column, range(chunks.num_columns)):
        path = chunk.path_in_schema
        if path in sound or not wanted.intersection(accumulate(path.split("."), "{}.{}".format)):
            continue
        pages = _pages(file, _begin(chunk), chunk.total_compressed_size, max(chunk.num_values, 1))
        if not _fit(pages, chunk):
            raise ValueError(f"a page of column {path!r} is larger than the column")


def _fit(pages: list[_Page], chunk: Any) -> bool:
    """Whether each of a column's pages says that it lies in the column."""
    return all(page.packed <= chunk.total_compressed_size for page in pages)


def _begin(chunk: Any) -> int:
    """Where a column's first page lies."""
    begin: int = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset:
        begin = min(begin, chunk.dictionary_page_offset)
    return begin


def _column(file: int, of: Any, chunk: Any, rows: int) -> Column:
    size, values = chunk.total_uncompressed_size, max(chunk.num_values, 1)
    begin = _begin(chunk)
    width = of.length if of.physical_type == "FIXED_LEN_BYTE_ARRAY" else 8
    width = _WIDTHS.get(of.physical_type, width)
    whole = _Page(_DATA, size, chunk.total_compressed_size, values, 0, begin)
    pages, known = [whole], False
    if size > _SMALL or (chunk.has_dictionary_page and not width):
        found = _pages(file, begin, chunk.total_compressed_size, values)
        pages, known = found or pages, True
    data = [page for page in pages if page.kind in (_DATA, _DATA_V2)] or [whole]
    dictionary = sum(page.size for page in pages if page.kind == _DICTIONARY)
    held = min(BUFFER, whole.packed) + 2 * dictionary
    held += max(page.size + page.packed * (chunk.compression != "UNCOMPRESSED") for page in data)
    of_each = width
    if not width and any(page.encoding in _BY_NUMBER for page in data):
        of_each = max(_longest(file, page, chunk.compression) for page in pages)
    if not width and any(page.encoding == _BY_PREFIX for page in data):
        of_each = max(of_each, *(page.size for page in data))
    plain = [0 if width or page.encoding in _BY_NUMBER else page.size for page in data]
    counts = np.array([page.values for page in data], np.int64)
    # Of lists it is not known which values a row has: as many as all have on average.
    starts = (np.cumsum(counts) - counts) * rows // values
    of_each = -(-of_each * values // rows)
    sound = known and _fit(pages, chunk)
    return Column(of.path, held, of_each, starts, np.array(plain, np.int64), sound)


def _pages(file: int, at: int, size: int, values: int) -> list[_Page]:
    """The pages of a column, up to damage."""
    pages, end = [], at + size
    while at < end and values > 0:
        page = _page(file, at)
        if page is None or page.packed < 0 or page.size < 0:
            break
        pages.append(page)
        at = page.at + page.packed
        values -= page.values * (page.kind != _DICTIONARY)
    return pages


def _page(file: int, at: int) -> _Page | None:
    for size in (_HEAD, _LONGEST_HEAD):
        try:
            return _head(read_at(file, at, size), at)
        except thrift.DAMAGED:
            continue  # or it is longer
    return None


def _head(data: bytes, at: int) -> _Page:
    """PageHeader of parquet.thrift; fields 5, 7 and 8 tell of the three kinds of pages."""
    fields = {of.number: of for of in thrift.fields(data, 0)}
    kind, size, packed = (_whole(data, fields, number) for number in (1, 2, 3))
    place = fields.get({_DATA: 5, _DICTIONARY: 7, _DATA_V2: 8}.get(kind, -1))
    own = {of.number: of for of in thrift.fields(data, place.start)} if place else {}
    encoding = _whole(data, own, 4 if kind == _DATA_V2 else 2)
    return _Page(kind, size, packed, _whole(data, own, 1), encoding, at + fields[0].stop)


def _whole(data: bytes, fields: dict[int, thrift.Field], number: int) -> int:
    return thrift.signed(thrift.varint(data, fields[number].start)[0]) if number in fields else 0


def _longest(file: int, page: _Page, codec: str) -> int:
    """Bytes of the longest string of a dictionary; more if it is large or cannot be read."""
    if page.kind != _DICTIONARY:
        return 0
    if page.size > _LARGE:
        return page.size
    try:
        data: Bytes = read_at(file, page.at, page.packed)
        if codec != "UNCOMPRESSED":
            data = pa.Codec(codec.lower()).decompress(data, page.size)
    except DAMAGES:
        return page.size
    return min(_core.core.longest_prefixed(data), page.size)
