"""num_rows: about how many rows a table's file says it has, before any is decoded. Believes what it says."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from pathlib import Path

import pyarrow as pa

from corpusmill.shards.reading import ipc_sizes
from corpusmill.shards.reading.ipc_files import MAGIC

SAMPLE = 64
"""Messages of an Arrow file that tell for all: it may have a million, and each is read for itself."""

BEGIN = 8  # of the messages of a file, behind its magic; a stream begins with them


def num_rows(path: Path, format: str) -> int:
    """Of Parquet as its footer says, of Arrow as its first record batches do; 0 if none does."""
    if format == "parquet":
        from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

        with suppress(pa.ArrowException, OSError):
            return int(parquet.read_metadata(path).num_rows)
        return 0
    with path.open("rb") as file:
        begin = BEGIN if file.read(len(MAGIC)) == MAGIC else 0
        size = path.stat().st_size
        some = list(islice(ipc_sizes.messages(file.fileno(), begin, size), SAMPLE))
    rows = sum(message.rows for message in some if message.is_batch)
    return rows if len(some) < SAMPLE else rows * size // some[-1].end
