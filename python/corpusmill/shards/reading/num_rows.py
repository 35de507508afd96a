"""num_rows: how many rows a table's file says it has, before any is decoded. Believes what it says."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from corpusmill.shards.reading import ipc_sizes

ARROW_MAGIC = b"ARROW1\0\0"  # of a file; a stream begins with its first message


def num_rows(path: Path, format: str) -> int:
    """Of Parquet as its footer says, of Arrow as its record batches do, up to damage; 0 if none does."""
    if format == "parquet":
        from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

        with suppress(pa.ArrowException, OSError):
            return int(parquet.read_metadata(path).num_rows)
        return 0
    with path.open("rb") as file:
        begin = len(ARROW_MAGIC) if file.read(len(ARROW_MAGIC)) == ARROW_MAGIC else 0
        found = ipc_sizes.messages(file.fileno(), begin, path.stat().st_size)
        return sum(message.rows for message in found if message.is_batch)
