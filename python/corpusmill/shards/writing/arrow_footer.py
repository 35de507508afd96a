"""arrow_footer: the list at the end of an Arrow file, made anew when others have written its messages.

So several writers can fill a file one after the other. pyarrow writes a footer only of what it wrote
itself: here one of no message is taken, and its two empty lists replaced. Reads what pyarrow has just
written, nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from corpusmill.shards.reading.flatbuffer import field_at, follow, header_of
from corpusmill.shards.reading.ipc_files import MAGIC
from corpusmill.shards.reading.pieces import read_at

HEAD = MAGIC + bytes(2)
"""What an Arrow file begins with."""

_TAIL = struct.Struct(f"<I{len(MAGIC)}s")  # size of the footer, magic
_BLOCK = struct.Struct("<qi4xq")

# Fields of the tables of Arrow's format.
_DICTIONARIES, _RECORD_BATCHES = 2, 3  # of Footer
_ID, _IS_DELTA = 0, 2  # of DictionaryBatch


class Block(NamedTuple):
    """Where a message lies in its file, and which dictionary it is of or adds to, if any."""

    at: int
    metadata: int  # bytes
    body: int
    dictionary: int | None = None
    delta: bool = False


def blocks(messages: bytes, at: int) -> list[Block]:
    """The dictionaries and record batches among messages, the first of which lies at `at`."""
    found: list[Block] = []
    source, start = pa.BufferReader(messages), 0
    while start < len(messages):
        message = pa.ipc.read_message(source)
        body = message.body.size if message.body else 0
        stop = source.tell()
        block = Block(at + start, stop - start - body, body)
        if message.type == "dictionary":
            found.append(_of_dictionary(block, message.metadata.to_pybytes()))
        elif message.type == "record batch":
            found.append(block)
        start = stop
    return found


def _of_dictionary(block: Block, message: bytes) -> Block:
    header = header_of(message)
    place, delta = (field_at(message, header, number) for number in (_ID, _IS_DELTA))
    number = struct.unpack_from("<q", message, place)[0] if place else 0
    return block._replace(dictionary=number, delta=bool(delta and message[delta]))


def footer(schema: pa.Schema, listed: Sequence[Block]) -> bytes:
    """The end of a file of these messages."""
    sink = pa.BufferOutputStream()
    pa.ipc.new_file(sink, schema).close()
    empty = sink.getvalue().to_pybytes()
    size, _ = _TAIL.unpack(empty[-_TAIL.size :])
    made = bytearray(empty[-_TAIL.size - size : -_TAIL.size])
    for number in (_DICTIONARIES, _RECORD_BATCHES):
        of_kind = [of for of in listed if (of.dictionary is None) == (number == _RECORD_BATCHES)]
        made += bytes(-(len(made) + 4) % 8)  # blocks lie at multiples of 8, behind their number
        place = field_at(bytes(made), follow(bytes(made), 0), number)
        struct.pack_into("<I", made, place, len(made) - place)
        made += struct.pack("<I", len(of_kind)) + b"".join(_BLOCK.pack(*of[:3]) for of in of_kind)
    made += bytes(-len(made) % 8)
    return bytes(made) + _TAIL.pack(len(made), MAGIC)


def no_rows(path: str, schema: pa.Schema, listed: Sequence[Block]) -> pa.RecordBatch:
    """A batch of no rows, with the dictionaries as they are behind these messages of a file."""
    empty = [pa.nulls(0, field.type) for field in schema]
    batch = pa.RecordBatch.from_arrays(empty, schema=schema)
    dictionaries = [of for of in listed if of.dictionary is not None]
    if not dictionaries:
        return batch
    with Path(path).open("rb") as file:
        messages = [read_at(file.fileno(), of.at, of.metadata + of.body) for of in dictionaries]
    stream = b"".join([schema.serialize().to_pybytes(), *messages, batch.serialize().to_pybytes()])
    return next(pa.ipc.open_stream(stream))
