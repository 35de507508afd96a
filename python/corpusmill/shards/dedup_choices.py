"""dedup_choices: what a near-duplicate job is asked for besides its decision."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from corpusmill import _core

SOFTWARE = {
    "corpusmill": version("corpusmill"),
    "signature_version": _core.dedup.signature_version,
}
"""What decides the answer besides options and inputs."""


@dataclass(frozen=True)
class Choices:
    """What decides the answer besides the decision's own options."""

    text: str
    id: str | None
    keep: str
    max_rejected: float
    write_dropped: bool

    def __post_init__(self) -> None:
        if not 0 <= self.max_rejected <= 1:
            raise ValueError(f"max_rejected: expected 0 to 1, got {self.max_rejected!r}")
