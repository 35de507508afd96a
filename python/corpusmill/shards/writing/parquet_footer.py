"""parquet_footer: the list at the end of a Parquet file, made of those of files of one row group each.

So a file can be written by several writers, at the same time or one after the other. What is not to
be changed stays byte for byte. Only footers that pyarrow has just written come here.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from corpusmill.shards.reading.thrift import (
    STRUCT,
    encoded,
    field,
    fields,
    list_at,
    number,
    signed,
    structs,
    varint,
)

MAGIC = b"PAR1"
_TAIL = struct.Struct("<I4s")  # size of the footer, magic

# Fields of the structs of parquet.thrift.
_NUM_ROWS, _ROW_GROUPS = 3, 4  # of FileMetaData
_COLUMNS, _ROWS, _FILE_OFFSET = 1, 3, 5  # of RowGroup
_META_DATA = 3  # of ColumnChunk
_OFFSETS = {9, 10, 11}  # of ColumnMetaData: its first data, index and dictionary page


def taken_apart(file: memoryview) -> tuple[memoryview, bytes, bytes]:
    """The pages of a file of one row group, what its footer says of that, and the footer.

    Of a file without one, the second is empty.
    """
    size, _ = _TAIL.unpack(file[-_TAIL.size :])
    end = len(file) - _TAIL.size
    footer = bytes(file[end - size : end])
    groups = field(footer, _ROW_GROUPS)
    _, first = list_at(footer, groups.start)
    return file[len(MAGIC) : end - size], footer[first : groups.stop], footer


def moved(group: bytes, by: int) -> bytes:
    """A row group whose pages lie so many bytes further."""
    places = [of for of in fields(group, 0) if of.number == _FILE_OFFSET]
    for chunk in structs(group, field(group, _COLUMNS)):
        meta_data = field(group, _META_DATA, chunk)
        places += [of for of in fields(group, meta_data.start) if of.number in _OFFSETS]
    parts, at = [], 0
    for place in sorted(places, key=lambda of: of.start):
        offset = signed(varint(group, place.start)[0])
        parts += [group[at : place.start], number(offset + by)]
        at = place.stop
    return b"".join([*parts, group[at:]])


def joined(empty: bytes, groups: Sequence[bytes]) -> bytes:
    """The end of a file of these row groups; `empty`: the footer of one of their schema without any."""
    num_rows = sum(signed(varint(group, field(group, _ROWS).start)[0]) for group in groups)
    rows, listed = field(empty, _NUM_ROWS), field(empty, _ROW_GROUPS)
    size = len(groups)
    head = bytes([size << 4 | STRUCT]) if size < 15 else b"\xfc" + encoded(size)
    footer = b"".join(
        [
            empty[: rows.start],
            number(num_rows),
            empty[rows.stop : listed.start],
            head,
            *groups,
            empty[listed.stop :],
        ]
    )
    return footer + _TAIL.pack(len(footer), MAGIC)
