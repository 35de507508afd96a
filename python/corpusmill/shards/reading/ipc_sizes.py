"""ipc_sizes: what an Arrow record batch takes, as its messages say before their bodies are read.

Believes a message that lies within the file; of any other its reader says what is wrong.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from corpusmill.shards.reading.flatbuffer import field_at, follow, header_of
from corpusmill.shards.reading.pieces import read_at

_PREFIX = struct.Struct("<4si")  # what begins a message, and bytes of its flatbuffer
_CONTINUATION = b"\xff\xff\xff\xff"
_BUFFER = struct.Struct("<qq")  # where a buffer lies in the body, and its bytes
_UNPACKED = struct.Struct("<q")  # what a compressed buffer begins with
_DICTIONARY, _BATCH = 2, 3  # kinds of messages
DAMAGED = (struct.error, IndexError, OverflowError, OSError)


class Message(NamedTuple):
    """Of a record batch or a dictionary; `end`: where its body ends in the file."""

    is_batch: bool
    rows: int
    size: int  # bytes that reading it takes
    end: int
    data: bytes  # its flatbuffer


def messages(file: int, at: int, end: int) -> Iterator[Message]:
    """The messages from a place of a file on, up to damage; a schema is none."""
    while at < end:
        try:
            found, at = _message(file, at, end)
        except DAMAGED:
            return
        if found is not None:
            yield found


def _message(file: int, at: int, end: int) -> tuple[Message | None, int]:
    begin, length = _PREFIX.unpack(read_at(file, at, _PREFIX.size))
    if begin != _CONTINUATION or not 0 < length <= end - at:
        raise IndexError
    data, body = read_at(file, at + _PREFIX.size, length), at + _PREFIX.size + length
    table = follow(data, 0)
    place, kind = field_at(data, table, 3), data[field_at(data, table, 1)]
    behind = body + (struct.unpack_from("<q", data, place)[0] if place else 0)
    if not body <= behind <= end:
        raise IndexError
    if kind not in (_DICTIONARY, _BATCH):
        return None, behind
    batch = header_of(data)
    if kind == _DICTIONARY:  # a batch of its values is inside
        batch = follow(data, field_at(data, batch, 1))
    place = field_at(data, batch, 0)
    rows = struct.unpack_from("<q", data, place)[0] if place else 0
    size = behind - body
    if field_at(data, batch, 3):
        size += _unpacked(file, body, size, data, batch)
    return Message(kind == _BATCH, rows, size, behind, data), behind


def _unpacked(file: int, body: int, size: int, data: bytes, batch: int) -> int:
    """Bytes of the buffers of a compressed body."""
    at, total = follow(data, field_at(data, batch, 2)), 0
    for number in range(struct.unpack_from("<I", data, at)[0]):
        offset, length = _BUFFER.unpack_from(data, at + 4 + number * _BUFFER.size)
        if _UNPACKED.size <= length <= size - offset and offset >= 0:
            (found,) = _UNPACKED.unpack(read_at(file, body + offset, _UNPACKED.size))
            total += max(found, 0)
    return total
