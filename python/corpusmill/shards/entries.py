"""entries: the ledger's line for each file: what was read, decided and really written of it."""

from __future__ import annotations

from collections.abc import Sequence

from corpusmill.shards.errors import JobError
from corpusmill.shards.ledger import Counts, FileEntry
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.read import Shard
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.write import WritePass


def entries(
    shards: Sequence[Shard], table: Table, dropped: Sequence[Counts], written: WritePass
) -> list[FileEntry]:
    """A line for each shard; JobError if not every rejected row was written."""
    return [
        _entry(shard, number, table, dropped[number], written)
        for number, shard in enumerate(shards)
    ]


def _entry(
    shard: Shard, number: int, table: Table, dropped: Counts, written: WritePass
) -> FileEntry:
    rejected, rows = table.rejected(number), table.rows_of(number)
    kept, num_rejected = written.written[number]
    if num_rejected != rejected.total():
        raise JobError(
            f"{shown(shard.input.name)}: {rejected.total()} rows were rejected, but "
            f"{num_rejected} written to rejected/; please report this"
        )
    return FileEntry(
        path=shown(shard.input.name),
        format=shard.input.format,
        status=shard.status,
        bytes=shard.num_bytes,
        xxh3_128=shard.xxh3_128,
        rows_read=rows.stop - rows.start + rejected.total(),
        kept=kept,
        dropped=dropped,
        rejected=dict(sorted(rejected.items())),
        outputs=sorted(map(shown, written.names[number])),
        error=shard.error,
    )
