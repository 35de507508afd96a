"""thrift: values of Thrift's compact protocol, in which Parquet describes itself: where each begins and ends.

No more of it is known than Parquet's structs need. Damaged bytes raise one of DAMAGED, or give any numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

DAMAGED = (IndexError, ValueError, RecursionError)

# Types; those below _BYTE, booleans, lie in the header of their field.
_BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, STRUCT = 3, 7, 8, 9, 10, 11, 12


class Field(NamedTuple):
    """Of a struct: its number, and where its value lies."""

    number: int
    start: int
    stop: int


def field(data: bytes, number: int, start: int = 0) -> Field:
    """A field that the struct is sure to have."""
    return next(of for of in fields(data, start) if of.number == number)


def fields(data: bytes, at: int) -> Iterator[Field]:
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


def structs(data: bytes, listed: Field) -> Iterator[int]:
    """Where each struct of a list begins."""
    size, at = list_at(data, listed.start)
    for _ in range(size):
        yield at
        at = _end(data, at, STRUCT)


def list_at(data: bytes, at: int) -> tuple[int, int]:
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
    if kind == STRUCT:
        return max(of.stop for of in fields(data, at))
    if kind in (_LIST, _SET):
        of, (size, at) = data[at] & 15, list_at(data, at)
        if size > len(data):
            raise ValueError("a list is longer than all there is")
        for _ in range(size):
            at = _end(data, at, of)
        return at
    if kind == _MAP:
        raise ValueError("Parquet has no maps")
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
    return encoded(value << 1 ^ value >> 63)


def encoded(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
