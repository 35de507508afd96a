"""result: what `stats` found out about a corpus, as plain values. Counts nothing itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from corpusmill.shards.jobs.stats.lengths import Spread
from corpusmill.shards.ledger import Counts, problems

VERSION = 1


@dataclass(frozen=True)
class Counted:
    """What was counted in some files. Lengths and letters are of the texts of good rows."""

    rows_read: int
    rows: int  # good ones: rows_read = rows + rejected
    rejected: Counts  # by reason
    text_bytes: Spread  # UTF-8
    characters: Spread  # code points
    words: Spread  # as corpusmill.text.words has them
    letters: Counts  # by Unicode script, in the order of their names
    repeated: int  # rows whose text, byte for byte, an earlier row has
    objects: int  # rows that are JSON objects, with a text or without
    fields: dict[str, Counts]  # of those objects: how many have a field with a value of each type
    other_values: int  # of fields beyond the 1,000 that come first in the order of their names


@dataclass(frozen=True)
class FileStats:
    """One input file. `bytes` and `xxh3_128` are of the file as it lies there."""

    path: str  # relative to the inputs' common root
    format: str
    status: str  # of ledger.STATUSES
    bytes: int
    xxh3_128: str | None
    error: str | None
    counted: Counted


@dataclass(frozen=True)
class Stats:
    """A corpus file by file, and all of it."""

    inputs: list[str]  # as given, sorted
    options: Mapping[str, Any]
    files: list[FileStats]
    total: Counted

    @property
    def bytes(self) -> int:
        """Bytes of all files, compressed or not."""
        return sum(file.bytes for file in self.files)

    @property
    def problems(self) -> list[str]:
        """What a user must know before using these numbers; empty if all is well."""
        rejected = sum(self.total.rejected.values())
        limit = self.options["max_rejected"]
        return problems(self.files, rejected, self.total.rows_read, limit)

    def to_json(self) -> str:
        content = {
            "version": VERSION,
            "command": "stats",
            "inputs": self.inputs,
            "options": self.options,
            "total": {"bytes": self.bytes, **asdict(self.total)},
            "files": [asdict(file) for file in self.files],
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
