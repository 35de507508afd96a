"""ledger: the account of every row a job read, file by file. Counts nothing itself.

Holds only what decides the answer: no thread, time, machine or absolute path, so that equal inputs
and options give equal bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from corpusmill.shards import shape
from corpusmill.shards.ours import LEDGER
from corpusmill.shards.reading.inputs import AnyPath

VERSION = 1

Counts = dict[str, int]


STATUSES = ("complete", "truncated", "corrupt", "unreadable")
"""What became of an input file, the better one first."""


@dataclass(frozen=True)
class FileEntry:
    """One input file. `bytes` and `xxh3_128` are of the file as it lies there, compressed or not."""

    path: str  # relative to the inputs' common root
    format: str
    status: str  # of STATUSES
    bytes: int
    xxh3_128: str | None
    rows_read: int
    kept: int
    dropped: Counts  # by reason
    rejected: Counts  # by reason
    outputs: list[str]  # relative to the output folder
    error: str | None

    @property
    def balanced(self) -> bool:
        return self.rows_read == self.kept + sum(self.dropped.values()) + sum(
            self.rejected.values()
        )


_FILE: shape.Shape = {
    "path": str,
    "format": str,
    "status": str,
    "bytes": int,
    "rows_read": int,
    "kept": int,
}
_FILE |= {"dropped": {str: int}, "rejected": {str: int}, "outputs": [str]}
_FILE |= {"xxh3_128": (str, type(None)), "error": (str, type(None))}
_SHAPE: shape.Shape = {
    "version": int,
    "command": str,
    "software": dict,
    "inputs": [str],
    "files": [_FILE],
}
_SHAPE |= {"totals": dict, "balanced": bool, "options": {"max_rejected": shape.NUMBER}}


@dataclass(frozen=True)
class Ledger:
    """What a job did. `rejected/` and `duplicates.parquet` name the rows behind the counts."""

    command: str
    software: Mapping[str, Any]  # versions that decide the answer
    inputs: list[str]  # as given, sorted
    options: Mapping[str, Any]
    files: list[FileEntry]
    findings: Mapping[str, Any] = field(default_factory=dict)  # of this kind of job

    @property
    def totals(self) -> dict[str, Any]:
        """Sums over all files."""
        return {
            "files": dict(sorted(Counter(file.status for file in self.files).items())),
            "bytes": sum(file.bytes for file in self.files),
            "rows_read": sum(file.rows_read for file in self.files),
            "kept": sum(file.kept for file in self.files),
            "dropped": _sum(file.dropped for file in self.files),
            "rejected": _sum(file.rejected for file in self.files),
        }

    @property
    def balanced(self) -> bool:
        """Whether every row that was read was kept, dropped or rejected, in every file."""
        return all(file.balanced for file in self.files)

    @property
    def problems(self) -> list[str]:
        """What a user must know before using the output; empty if all is well."""
        rejected, limit = sum(self.totals["rejected"].values()), self.options["max_rejected"]
        return problems(self.files, rejected, self.totals["rows_read"], limit, "; see rejected/")

    def to_json(self) -> str:
        content = {
            "version": VERSION,
            "command": self.command,
            "software": self.software,
            "inputs": self.inputs,
            "options": self.options,
            "files": [asdict(file) for file in self.files],
            "totals": self.totals,
            **self.findings,
            "balanced": self.balanced,
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def load(cls, out: AnyPath) -> Ledger:
        """The ledger of a finished job, from its output folder; OSError, ValueError or TypeError if
        there is none that can be read."""
        content = json.loads((Path(out) / LEDGER).read_text(encoding="utf-8"))
        shape.check(content, _SHAPE, "it")
        if content.pop("version") != VERSION:
            raise ValueError(f"{out}: the ledger is of another version; expected {VERSION}")
        del content["totals"], content["balanced"]
        named = {name: content.pop(name) for name in ("command", "software", "inputs", "options")}
        files = [FileEntry(**file) for file in content.pop("files")]
        for file in files:
            if file.status not in STATUSES:
                raise ValueError(f"the status of {file.path} is {file.status!r}")
        return cls(**named, files=files, findings=content)


class _File(Protocol):
    @property
    def path(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def error(self) -> str | None: ...


def problems(
    files: Sequence[_File], rejected: int, rows: int, limit: float, where: str = ""
) -> list[str]:
    """Damaged files, and rejected rows beyond the share `limit` of all; `where` they are told of."""
    found = [f"{file.path} is {file.status}: {file.error}" for file in files if file.error]
    if rejected > limit * rows:
        found.append(
            f"{rejected:,} of {rows:,} rows were rejected, more than max_rejected={limit:g}{where}"
        )
    return found


def _sum(counts: Any) -> Counts:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(sorted(total.items()))
