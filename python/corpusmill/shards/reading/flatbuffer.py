"""flatbuffer: where the fields of a flatbuffer's tables lie, in which Arrow's messages are written.

Damaged bytes raise struct.error or IndexError, or give any place.
"""

from __future__ import annotations

import struct


def header_of(message: bytes) -> int:
    """Where the table lies of which a message's flatbuffer is the envelope."""
    return follow(message, field_at(message, follow(message, 0), 2))


def follow(data: bytes, at: int) -> int:
    """Where what is named there begins."""
    return int(at + struct.unpack_from("<I", data, at)[0])


def field_at(data: bytes, table: int, number: int) -> int:
    """Where a field of a flatbuffer table lies; 0 if it is not there."""
    vtable = table - struct.unpack_from("<i", data, table)[0]
    if 4 + 2 * number >= struct.unpack_from("<H", data, vtable)[0]:
        return 0
    offset = struct.unpack_from("<H", data, vtable + 4 + 2 * number)[0]
    return int(table + offset) if offset else 0
