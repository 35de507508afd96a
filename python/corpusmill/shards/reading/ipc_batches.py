"""ipc_batches: the record batches of an Arrow file or stream one after the other, none too large to decode."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pyarrow as pa

from corpusmill.shards.reading import ipc_files, ipc_sizes
from corpusmill.shards.reading.decode import Damage
from corpusmill.shards.reading.ipc_files import DAMAGES, Opened, status, told
from corpusmill.shards.reading.room import TOO_LARGE_TO_DECODE, UNDECODABLE, Decoding


class Batch(NamedTuple):
    """A record batch: `table` None where it cannot be decoded for this `reason`."""

    rows: int  # -1: nobody knows
    table: pa.RecordBatch | None
    share: float  # of the file is behind it
    reason: str = UNDECODABLE


class _Coming(NamedTuple):
    """What is known of a record batch before it is read."""

    rows: int  # -1: nothing
    size: int  # bytes that reading it takes
    end: int  # of a stream, where it ends
    dictionaries: int  # bytes of those that lie before it in a stream, of all


def batches(
    found: Opened, needed: Callable[[int, int], bool], decoding: Decoding
) -> Iterator[Batch]:
    """The record batches from the one on at which `found` stands, each while its share is taken.

    `needed` says by the first row and the rows whether a batch is looked at; of a file others are not
    even read, nor is any that is too large for the decoding. Notes what is wrong, and where a stream ends for it. A
    batch that is unsound and has more rows than the file has bits is left out: nobody knows its rows.
    """
    is_file = found.format == "arrow"
    size = max(os.fstat(found.source.fileno()).st_size, 1)
    while not is_file or found.number < found.reader.num_record_batches:
        coming = _coming(found, size)
        whole = found.reader.num_record_batches if is_file else size
        share = (found.number + 1 if is_file else coming.end) / whole
        counted = 0 <= coming.rows <= 8 * size
        if is_file and counted and not needed(found.row, coming.rows):
            yield Batch(coming.rows, None, share)
            found.row += coming.rows
        elif counted and (found.broken or coming.size > decoding.limit):
            decoding.refused(f"record batch {found.number}", coming.size)
            if not is_file:
                found.broken |= coming.dictionaries > found.dictionaries
                found.source.seek(coming.end)
            yield Batch(coming.rows, None, share, TOO_LARGE_TO_DECODE)
            found.row += coming.rows
        else:
            with decoding.share(coming.size):
                batch = _read(found, needed)
                if batch is None:
                    return
                found.dictionaries = coming.dictionaries
                if batch.rows >= 0 and (batch.table is not None or batch.rows <= 8 * size):
                    yield batch._replace(share=share)
                    found.row += batch.rows
                del batch  # it may be large, and goes before the next one comes
        found.number += 1


def _read(found: Opened, needed: Callable[[int, int], bool]) -> Batch | None:
    """The record batch at which `found` stands; None if a stream has no more that can be read."""
    is_file, number = found.format == "arrow", found.number
    try:
        batch = found.reader.get_batch(number) if is_file else found.reader.read_next_batch()
    except StopIteration:
        return None
    except DAMAGES as error:
        rows = _counted(found, number) if is_file else -1
        whose = ", whose rows cannot be counted" if rows < 0 else ""
        message = f"arrow: record batch {number}{whose}: {told(error)}"
        found.note(Damage(status(found.source, is_file), message))
        return Batch(rows, None, 0) if is_file else None
    if needed(found.row, batch.num_rows) and not ipc_files.is_sound(batch):
        message = f"arrow: record batch {number} does not hold what it says"
        found.note(Damage("corrupt", message))
        return Batch(batch.num_rows, None, 0)
    return Batch(batch.num_rows, batch, 0)


def _counted(found: Opened, number: int) -> int:
    """The rows of a batch of a file that cannot be read; -1 if its message does not say."""
    counts = found.counts
    return counts[number] if len(counts) == found.reader.num_record_batches else -1


def _coming(found: Opened, size: int) -> _Coming:
    held = found.dictionaries
    if found.format == "arrow":
        if found.number >= len(found.listed):
            return _Coming(-1, 0, 0, held)
        message = found.listed[found.number]
        return _Coming(message.rows, held + message.size, 0, held)
    for message in ipc_sizes.messages(found.source.fileno(), found.source.tell(), size):
        if message.is_batch:
            return _Coming(message.rows, held + message.size, message.end, held)
        held += message.size
    return _Coming(-1, 0, size, found.dictionaries)
