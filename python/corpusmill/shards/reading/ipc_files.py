"""ipc_files: Arrow's two layouts on disk, the file and the stream, as record batches.

Nothing an Arrow file says of itself is believed before `is_sound` has looked.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

import pyarrow as pa

from corpusmill.shards.reading import ipc_sizes
from corpusmill.shards.reading.decode import Damage
from corpusmill.shards.reading.flatbuffer import field_at, follow, header_of
from corpusmill.shards.reading.ipc_sizes import Message
from corpusmill.shards.reading.pieces import read_at
from corpusmill.shards.reading.string_columns import as_binary

MAGIC = b"ARROW1"
_TAIL = struct.Struct("<I6x")  # size of the footer, magic
_BLOCK_SIZE = 24  # bytes in which a footer says where a message lies
_DICTIONARIES, _BATCHES = 2, 3  # fields of the footer
CONTINUATION = b"\xff\xff\xff\xff"
DAMAGES = (pa.ArrowException, OSError, ValueError, MemoryError)
"""What pyarrow raises for bytes that are not what they should be; a length may be any number."""


@dataclass
class Opened:
    """An Arrow file; `damage` is the first that was met."""

    format: str  # "arrow": a file; "arrows": a stream
    reader: Any
    source: BinaryIO
    damage: Damage | None = None
    number: int = 0  # of the batch that is being read
    row: int = 0  # the first of its rows
    dictionaries: int = 0  # bytes of those that are held
    broken: bool = False  # a stream of which a dictionary was passed over

    def note(self, damage: Damage) -> None:
        self.damage = self.damage or damage

    @cached_property
    def counts(self) -> list[int]:
        """The rows of each record batch as its message has them, before any of it is decoded."""
        return [_length(message) for message in _record_batches(self.source, self.format)]

    @cached_property
    def listed(self) -> list[Message]:
        """The messages of record batches that the footer names, up to damage. No body is read."""
        found = _listed(self.source, _BATCHES) if self.format == "arrow" else ()
        return [message._replace(data=b"") for message in found]


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
            held = sum(of.size for of in _listed(source, _DICTIONARIES))
            found = Opened("arrow", pa.ipc.open_file(source), source, dictionaries=held)
        else:
            found = Opened("arrows", pa.ipc.open_stream(source), source)
    except DAMAGES as error:
        where = "footer" if is_file else "schema"
        raise Damage(status(source, is_file), f"arrow: {where}: {told(error)}") from None
    _check_names(found.reader.schema)
    return found


def _check_names(fields: Iterable[pa.Field]) -> None:
    """Raises Damage unless the names of all fields, at any depth, are UTF-8: of Parquet pyarrow sees to
    that, of Arrow whoever asks for one would meet it.
    """
    for field in fields:
        try:
            str(field.name)
        except UnicodeDecodeError:
            raise Damage("corrupt", "arrow: schema: the name of a field is not UTF-8") from None
        kind = field.type
        kind = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        _check_names(kind.field(place) for place in range(kind.num_fields))


def status(source: BinaryIO, is_file: bool) -> str:
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
        listed = (of.data for of in _listed(source, _BATCHES))
        message = next(listed if layout == "arrow" else _record_batches(source, layout), b"")
        compression = message and field_at(message, header_of(message), 3)
        if not compression:
            return "none"
        place = field_at(message, follow(message, compression), 0)
        return "zstd" if place and message[place] == 1 else "lz4"
    except (struct.error, IndexError):
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


def _listed(source: BinaryIO, field: int) -> Iterator[Message]:
    """The messages that a field of the footer lists, up to damage."""
    file, size = source.fileno(), os.fstat(source.fileno()).st_size
    try:
        (length,) = _TAIL.unpack(read_at(file, size - _TAIL.size, _TAIL.size))
        footer = read_at(file, size - _TAIL.size - length, length)
        blocks = follow(footer, field_at(footer, follow(footer, 0), field))
        for number in range(struct.unpack_from("<I", footer, blocks)[0]):
            (at,) = struct.unpack_from("<q", footer, blocks + 4 + number * _BLOCK_SIZE)
            message = next(ipc_sizes.messages(file, at, size), None)
            if message is None:
                return
            yield message
    except ipc_sizes.DAMAGED:
        return


def _length(message: bytes) -> int:
    """Field 0 of a RecordBatch: its rows; -1 if the flatbuffer is damaged."""
    try:
        place = field_at(message, header_of(message), 0)
        return int(struct.unpack_from("<q", message, place)[0]) if place else 0
    except (struct.error, IndexError):
        return -1
