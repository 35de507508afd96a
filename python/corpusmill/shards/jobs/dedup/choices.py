"""choices: what a near-duplicate job is asked for besides its decision, and what follows from it."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from corpusmill import _core
from corpusmill._dedup_options import DecideOptions
from corpusmill.shards.writing import encode
from corpusmill.shards.writing.target import Target

SOFTWARE = {
    "corpusmill": version("corpusmill"),
    "signature_version": _core.dedup.signature_version,
}
"""What decides the answer besides options and inputs."""

SETS_OF_A_ROW = 70
"""Bytes of shingle sets a row, where documents have a hundred words and one in ten is a candidate."""


@dataclass(frozen=True)
class Choices:
    """What decides the answer besides the decision's own options."""

    text: str
    id: str | None
    keep: str
    max_rejected: float
    write_dropped: bool
    against: str | None  # an index
    update: bool  # of that
    save_index: str | None  # a new one
    cluster_size: str | None  # a field that kept rows get

    @classmethod
    def checked(cls, options: DecideOptions, **choices: Any) -> Choices:
        """ValueError naming the first that is wrong, or does not fit the others."""
        for name in ("against", "save_index"):
            choices[name] = None if choices[name] is None else os.fspath(choices[name])
            if choices[name] is not None and options.method == "exact":
                raise ValueError(
                    f'{name}: an index holds signatures, and method="exact" makes none; use "near"'
                )
        found = cls(**choices)
        if found.update and (found.against is None or found.save_index is not None):
            raise ValueError(
                "update: adds to the index that against names; give that, and no save_index"
            )
        if found.cluster_size in ("", found.text, found.id or "id"):
            raise ValueError(
                "cluster_size: expected the name of a field that is neither text nor id, got "
                f"{found.cluster_size!r}"
            )
        return found

    @property
    def new_index(self) -> str | None:
        """Where the index of what was kept goes."""
        return self.against if self.update else self.save_index

    def buckets_suffice(self, options: DecideOptions) -> bool:
        """Whether signatures are asked for nothing but their buckets, and these take less room."""
        only = options.verify == "exact" and self.against is None and self.save_index is None
        return options.method == "near" and only and 8 * options.bands < 4 * options.num_hashes


def about(
    options: DecideOptions, choices: Choices, target: Target, index: str | None
) -> dict[str, Any]:
    """All that decides the bytes of the results but the inputs: for a job to be known as the same.

    `index`: the checksum of the one that the job is run against.
    """
    return {
        "command": "dedup",
        "software": SOFTWARE | encode.versions(),
        "options": asdict(choices) | asdict(target) | asdict(options),
        "index": index,
    }


def row_bytes(options: DecideOptions, choices: Choices) -> int:
    """Bytes of a row's hash, and of its signature or its buckets."""
    if options.method != "near":
        return 16
    return 16 + (8 * options.bands if choices.buckets_suffice(options) else 4 * options.num_hashes)


def scratch_bytes(options: DecideOptions) -> int:
    """Bytes of a row in scratch files at once: what a decision sorts, keys of bands and a content
    hash, which go before the shingle sets of candidates come; and who shares a bucket.
    """
    if options.method != "near":
        return 24
    return 32 + max(24 + 12 * options.bands, SETS_OF_A_ROW)
