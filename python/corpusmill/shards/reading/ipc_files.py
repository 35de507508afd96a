"""ipc_files: Arrow's two layouts on disk, the file and the stream, as record batches.

Nothing an Arrow file says of itself is believed before `is_sound` has looked.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

import pyarrow as pa

from corpusmill.shards.reading.decode import Damage
from corpusmill.shards.reading.pieces import read_at
from corpusmill.shards.reading.string_columns import as_binary

MAGIC = b"ARROW1"
_TAIL = struct.Struct("<I6x")  # size of the footer, magic
_BLOCK = struct.Struct("<qi4xq")  # where a message lies, bytes of its envelope, of its body
CONTINUATION = b"\xff\xff\xff\xff"
DAMAGES = (pa.ArrowException, OSError, ValueError, MemoryError)
"""What pyarrow raises for bytes that are not what they should be; a length may be any number."""
_LYING = (struct.error, IndexError, OSError, OverflowError)
"""What following a damaged flatbuffer raises."""


@dataclass
class Opened:
    """An Arrow file; `damage` is the first that was met."""

    format: str  # "arrow": a file; "arrows": a stream
    reader: Any
    source: BinaryIO
    damage: Damage | None = None
    number: int = 0  # of the batch that is being read
    row: int = 0  # the first of its rows

    def note(self, damage: Damage) -> None:
        self.damage = self.damage or damage

    @cached_property
    def counts(self) -> list[int]:
        """The rows of each record batch as its message has them, before any of it is decoded."""
        return [_length(message) for message in _record_batches(self.source, self.format)]

    @cached_property
    def listed(self) -> list[int]:
        """The same of the messages that the footer names; -1 where there is none. No body is read."""
        if self.format == "arrows":
            return []
        try:
            return [_length(message) for message in _listed(self.source)]
        except _LYING:
            return []


def told(error: BaseException) -> str:
    return str(error) or type(error).__name__


def check_ends(source: BinaryIO, what: str, magic: bytes) -> None:
    """Raises Damage unless the file begins and ends with `magic`."""
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    head = source.read(8)
    if not size:
        raise Damage("truncated", f"{what}: the file is empty")
    if not head.startswith(magic[: len(head)]):
        raise Damage("unreadable", f"no {what} file: it begins with {head!r}")
    source.seek(max(size - len(magic), 0))
    if size < 2 * len(magic) or source.read() != magic:
        raise Damage("truncated", f"{what}: the file ends before its footer")
    source.seek(0)


def opened(source: BinaryIO) -> Opened:
    """The file, whichever layout it has; raises Damage if it is neither."""
    source.seek(0)
    head = source.read(8)
    source.seek(0)
    is_file = not head or MAGIC.startswith(head[: len(MAGIC)])
    if is_file:
        check_ends(source, "arrow", MAGIC)
    elif head.startswith(b"FEA1"):
        raise Damage("unreadable", "Feather version 1 is not read; write it again as version 2")
    elif not CONTINUATION.startswith(head[:4]):
        raise Damage("unreadable", f"no Arrow file: it begins with {head!r}")
    try:
        if is_file:
            return Opened("arrow", pa.ipc.open_file(source), source)
        return Opened("arrows", pa.ipc.open_stream(source), source)
    except DAMAGES as error:
        where = "footer" if is_file else "schema"
        raise Damage(_status(source, is_file), f"arrow: {where}: {told(error)}") from None


def batches(
    found: Opened, needed: Callable[[int, int], bool]
) -> Iterator[tuple[int, pa.RecordBatch | None, float]]:
    """Of each record batch its rows, itself unless it is unsound, and the share of the file behind it:
    from the one on at which `found` stands.

    `needed` says by the first row and the rows whether a batch is looked at; of a file others are not
    even read. Notes what is wrong, and where a stream ends for it. A batch that is unsound and has more rows
    than the file has bits is left out: nobody knows its rows.
    """
    is_file = found.format == "arrow"
    size = max(os.fstat(found.source.fileno()).st_size, 1)
    while not is_file or found.number < found.reader.num_record_batches:
        number, whole = found.number, found.reader.num_record_batches if is_file else size
        listed = found.listed[number] if number < len(found.listed) else -1
        if 0 <= listed <= 8 * size and not needed(found.row, listed):
            yield listed, None, (number + 1) / whole
            found.number, found.row = number + 1, found.row + listed
            continue
        try:
            batch = found.reader.get_batch(number) if is_file else found.reader.read_next_batch()
        except StopIteration:
            return
        except DAMAGES as error:
            batch, rows = None, _counted(found, number) if is_file else None
            whose = ", whose rows cannot be counted" if rows is None else ""
            message = f"arrow: record batch {number}{whose}: {told(error)}"
            found.note(Damage(_status(found.source, is_file), message))
            if not is_file:
                return
        else:
            rows = batch.num_rows
            if needed(found.row, rows) and not is_sound(batch):
                batch = None
                message = f"arrow: record batch {number} does not hold what it says"
                found.note(Damage("corrupt", message))
        if rows is not None and (batch is not None or rows <= 8 * size):
            yield rows, batch, (number + 1 if is_file else found.source.tell()) / whole
            found.row += rows
        found.number += 1


def _counted(found: Opened, number: int) -> int | None:
    """The rows of a batch of a file that cannot be read; None if its message does not say."""
    counts = found.counts
    if len(counts) != found.reader.num_record_batches or counts[number] < 0:
        return None
    return counts[number]


def _status(source: BinaryIO, is_file: bool) -> str:
    at_end = source.tell() >= os.fstat(source.fileno()).st_size
    return "truncated" if at_end and not is_file else "corrupt"


def is_sound(batch: pa.RecordBatch) -> bool:
    """Whether offsets, sizes and indices all lie where there is something.

    Strings of a column need not be UTF-8: that is for whoever reads it to say, row by row.
    """
    try:
        batch.validate()
        for column in batch.columns:
            as_binary(column).validate(full=True)
    except DAMAGES:
        return False
    return True


def codec(source: BinaryIO, layout: str) -> str:
    """The compression of the first record batch: "none", "lz4" or "zstd"; "none" if damage hides it.

    pyarrow does not tell, so its place is followed in the message's flatbuffer: table Message,
    field 2 (header, a RecordBatch), field 3 (compression), field 0 (codec).
    """
    try:
        batches = _listed(source) if layout == "arrow" else _record_batches(source, layout)
        message = next(batches, b"")
        compression = message and field_at(message, header_of(message), 3)
        if not compression:
            return "none"
        place = field_at(message, follow(message, compression), 0)
        return "zstd" if place and message[place] == 1 else "lz4"
    except _LYING:
        return "none"


def _record_batches(source: BinaryIO, layout: str) -> Iterator[bytes]:
    """The flatbuffers of all record batches in the order in which they lie there, up to damage."""
    source.seek(8 if layout == "arrow" else 0)
    try:
        for message in pa.ipc.MessageReader.open_stream(source):
            if message.type == "record batch":
                yield message.metadata.to_pybytes()
    except DAMAGES:
        return


def _listed(source: BinaryIO) -> Iterator[bytes]:
    """The flatbuffers of the record batches that the footer lists (its field 3); raises one of _LYING."""
    size = os.fstat(source.fileno()).st_size
    tail = read_at(source.fileno(), size - _TAIL.size, _TAIL.size)
    (length,) = _TAIL.unpack(tail)
    footer = read_at(source.fileno(), size - _TAIL.size - length, length)
    blocks = follow(footer, field_at(footer, follow(footer, 0), 3))
    for number in range(struct.unpack_from("<I", footer, blocks)[0]):
        at, length, _ = _BLOCK.unpack_from(footer, blocks + 4 + number * _BLOCK.size)
        yield read_at(source.fileno(), at + 8, max(0, length - 8))


def _length(message: bytes) -> int:
    """Field 0 of a RecordBatch: its rows; -1 if the flatbuffer is damaged."""
    try:
        place = field_at(message, header_of(message), 0)
        return int(struct.unpack_from("<q", message, place)[0]) if place else 0
    except (struct.error, IndexError):
        return -1


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
