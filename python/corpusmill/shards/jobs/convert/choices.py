"""choices: what a conversion is asked for besides its outputs, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from corpusmill.shards.writing import encode
from corpusmill.shards.writing.target import Target

SOFTWARE = {"corpusmill": version("corpusmill")}
"""What decides the answer besides options and inputs."""

OUTCOME_BYTES = 1
"""Of a row: what its condition says."""

COLUMNS_BYTES = 3
"""Of a row, held while rows are written: that, whether it is kept, and whether it is written."""


@dataclass(frozen=True)
class Choices:
    """What decides which rows are written, and with which fields."""

    columns: tuple[str, ...] | None
    where: str | None
    max_rejected: float
    write_dropped: bool

    @classmethod
    def checked(
        cls,
        columns: Sequence[str] | None,
        where: str | None,
        max_rejected: float,
        write_dropped: bool,
    ) -> Choices:
        """ValueError or TypeError for what cannot be; the condition is checked when it is read."""
        return cls(_names(columns), where, max_rejected, write_dropped)

    def about(self, target: Target) -> dict[str, Any]:
        """All that decides the bytes of the results but the inputs."""
        return {
            "command": "convert",
            "software": SOFTWARE | encode.versions(),
            "options": self.options(target),
        }

    def options(self, target: Target) -> dict[str, Any]:
        """As the ledger has them."""
        columns = None if self.columns is None else list(self.columns)
        return asdict(self) | {"columns": columns} | asdict(target)


def _names(columns: Sequence[str] | None) -> tuple[str, ...] | None:
    if columns is None:
        return None
    if isinstance(columns, str):
        raise TypeError(f'columns: expected a list of names, got {columns!r}; pass ["{columns}"]')
    names = tuple(columns)
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise TypeError(f"columns: expected names, got {wrong[0]!r}")
    twice = [name for name in names if names.count(name) > 1]
    if not names or twice:
        what = f"{twice[0]!r} twice" if twice else "none"
        raise ValueError(f"columns: expected names, each once; got {what}")
    return names
