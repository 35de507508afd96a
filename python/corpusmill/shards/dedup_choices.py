"""dedup_choices: what a near-duplicate job is asked for besides its decision, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from corpusmill import _core
from corpusmill._dedup_options import DecideOptions
from corpusmill.shards import encode
from corpusmill.shards.inputs import Input
from corpusmill.shards.memory import Budget
from corpusmill.shards.target import Target

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


def about(options: DecideOptions, choices: Choices, target: Target) -> dict[str, Any]:
    """All that decides the bytes of the results but the inputs: for a job to be known as the same."""
    return {
        "command": "dedup",
        "software": SOFTWARE | encode.versions(),
        "options": asdict(choices) | asdict(target) | asdict(options),
    }


def row_bytes(options: DecideOptions) -> int:
    """Bytes of a row's hash and signature."""
    return 16 + (4 * options.num_hashes if options.method == "near" else 0)


def budget(
    memory: int | str | None, threads: int, files: Sequence[Input], options: DecideOptions
) -> Budget:
    """The leases of the job; UsageError if there is too little."""
    return Budget.of(
        memory,
        threads=threads,
        row_bytes=row_bytes(options),
        frame_size=max(encode.frame_size(file.format) for file in files),
        windows=min(threads, sum(file.format in ("jsonl.zst", "jsonl.xz") for file in files)),
    )
