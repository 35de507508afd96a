"""parquet_footer: the list at the end of a Parquet file, made of those of files of one row group each.

So a file can be written by several writers, at the same time or one after the other. Of Thrift's
compact protocol, in which it is written, no more is known than where each field begins and ends;
what is not to be changed stays byte for byte. Only footers that pyarrow has just written come here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MAGIC = b"PAR1"
_TAIL = struct.Struct("<I4s")  # size of the footer, magic

# Fields of the structs of parquet.thrift.
_NUM_ROWS, _ROW_GROUPS = 3, 4  # of FileMetaData
_COLUMNS, _ROWS, _FILE_OFFSET = 1, 3, 5  # of RowGroup
_META_DATA = 3  # of ColumnChunk
_OFFSETS = {9, 10, 11}  # of ColumnMetaData: its first data, index and dictionary page

# Types of the compact protocol; those below _BYTE, booleans, lie in the header of their field.
_BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 3, 7, 8, 9, 10, 11, 12


class Field(NamedTuple):
    """Of a struct: its number, and where its value lies."""

    number: int
    start: int
    stop: int


def taken_apart(file: memoryview) -> tuple[memoryview, bytes, bytes]:
    """The pages of a file of one row group, what its footer says of that, and the footer.

    Of a file without one, the second is empty.
    """
    size, _ = _TAIL.unpack(file[-_TAIL.size :])
    end = len(file) - _TAIL.size
    footer = bytes(file[end - size : end])
    groups = _field(footer, _ROW_GROUPS)
    _, first = _list(footer, groups.start)
    return file[len(MAGIC) : end - size], footer[first : groups.stop], footer


def moved(group: bytes, by: int) -> bytes:
    """A row group whose pages lie so many bytes further."""
    places = [of for of in _fields(group, 0) if of.number == _FILE_OFFSET]
    for chunk in _structs(group, _field(group, _COLUMNS)):
        meta_data = _field(group, _META_DATA, chunk)
        places += [of for of in _fields(group, meta_data.start) if of.number in _OFFSETS]
    parts, at = [], 0
    for place in sorted(places, key=lambda of: of.start):
        offset = signed(varint(group, place.start)[0])
        parts += [group[at : place.start], number(offset + by)]
        at = place.stop
    return b"".join([*parts, group[at:]])


def joined(empty: bytes, groups: Sequence[bytes]) -> bytes:
    """The end of a file of these row groups; `empty`: the footer of one of their schema without any."""
    num_rows = sum(signed(varint(group, _field(group, _ROWS).start)[0]) for group in groups)
    rows, listed = _field(empty, _NUM_ROWS), _field(empty, _ROW_GROUPS)
    size = len(groups)
    head = bytes([size << 4 | _STRUCT]) if size < 15 else b"\xfc" + _encoded(size)
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


# --- Thrift's compact protocol --------------------------------------------------------------------


def _field(data: bytes, number: int, start: int = 0) -> Field:
    """A field that the struct is sure to have."""
    return next(of for of in _fields(data, start) if of.number == number)


def _fields(data: bytes, at: int) -> Iterator[Field]:
    """The fields of the struct that begins there, and as the last one the byte that ends it."""
    number = 0
    while head := data[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            value, at = varint(data, at)
            number = signed(value)
        stop = at if head & 15 < _BYTE else _end(data, at, head & 15)
        yield Field(number, at, stop)
        at = stop
    yield Field(0, at, at + 1)


def _structs(data: bytes, listed: Field) -> Iterator[int]:
    """Where each struct of a list begins."""
    size, at = _list(data, listed.start)
    for _ in range(size):
        yield at
        at = _end(data, at, _STRUCT)


def _list(data: bytes, at: int) -> tuple[int, int]:
    """How many things a list holds, and where the first lies."""
    size = data[at] >> 4
    return (size, at + 1) if size < 15 else varint(data, at + 1)


def _end(data: bytes, at: int, kind: int) -> int:
    """Where a value ends that begins there."""
    if kind <= _BYTE:  # a boolean of a list takes a byte
        return at + 1
    if kind == _DOUBLE:
        return at + 8
    if kind == _BINARY:
        size, at = varint(data, at)
        return at + size
    if kind == _STRUCT:
        return max(of.stop for of in _fields(data, at))
    if kind in (_LIST, _SET):
        of, (size, at) = data[at] & 15, _list(data, at)
        for _ in range(size):
            at = _end(data, at, of)
        return at
    if kind == _MAP:
        raise ValueError("a Parquet footer has no maps")
    return varint(data, at)[1]


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number, least significant seven bits first, and where it ends."""
    value = shift = 0
    while data[at] & 128:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
    return value | data[at] << shift, at + 1


def signed(value: int) -> int:
    return value >> 1 ^ -(value & 1)


def number(value: int) -> bytes:
    """A signed number, as a field has it."""
    return _encoded(value << 1 ^ value >> 63)


def _encoded(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
