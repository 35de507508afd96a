"""choices: what a selection is asked for besides its outputs, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from corpusmill._ngram_features import FeatureOptions
from corpusmill.select.dsir import checked_smoothing
from corpusmill.select.plan import Plan, plan_of
from corpusmill.shards.errors import UsageError
from corpusmill.shards.writing import encode
from corpusmill.shards.writing.target import Target

SOFTWARE = {"corpusmill": version("corpusmill"), "features_version": 1}
"""What decides the answer besides options and inputs."""


@dataclass(frozen=True)
class Choices:
    """What decides which rows are taken."""

    method: str
    text: str
    features: FeatureOptions
    smoothing: float
    budget: int
    budget_unit: str
    top: bool
    min_length: int
    separate: bool
    proportions: tuple[float, ...] | None
    seed: int
    weight: str | None  # a field that kept rows get
    max_rejected: float
    write_dropped: bool

    @classmethod
    def checked(
        cls, *, num_targets: int, proportions: Sequence[float] | None, **choices: Any
    ) -> Choices:
        """ValueError naming the first that is wrong, or does not fit the others."""
        shares = None if proportions is None else tuple(float(share) for share in proportions)
        found = cls(proportions=shares, **choices)
        if found.method != "dsir":
            raise ValueError(f"method: expected dsir, got {found.method!r}")
        if not num_targets:
            raise ValueError("target: expected at least one file or folder, got none")
        if shares is not None and not found.separate:
            raise ValueError("proportions: targets that are one have none; pass separate=True")
        if found.weight in ("", found.text):
            raise ValueError(
                f"weight: expected the name of a field that is not the text, got {found.weight!r}"
            )
        if found.weight is not None and found.separate:
            raise ValueError(
                "weight: with separate targets a row has several; leave out one of both"
            )
        checked_smoothing(found.smoothing)
        found.plan((1.0,) * (num_targets if found.separate else 1))
        return found

    def plan(self, proportions: tuple[float, ...]) -> Plan:
        """The plan, with these proportions unless others were chosen; ValueError if it can be none."""
        return plan_of(
            self.budget,
            len(proportions),
            self.proportions or proportions,
            budget_unit=self.budget_unit,
            min_length=self.min_length,
            seed=self.seed,
            top=self.top,
        )

    def about(self, target: Target, targets: Sequence[Any]) -> dict[str, Any]:
        """All that decides the bytes of the results but the inputs. `targets`: their contents."""
        return {
            "command": "select",
            "software": SOFTWARE | encode.versions(),
            "options": self.options(target),
            "targets": targets,
        }

    def options(self, target: Target) -> dict[str, Any]:
        """As the ledger has them."""
        mine = asdict(self)
        features = mine.pop("features")
        features["n"] = list(features.pop("orders"))
        shares = None if self.proportions is None else list(self.proportions)
        options: dict[str, Any] = mine | features | {"proportions": shares} | asdict(target)
        return options

    def check_memory(self, total: int, threads: int, num_targets: int) -> None:
        """UsageError if counts by bucket would take more than a quarter of this budget."""
        held = 8 * self.features.buckets * (3 * threads + 3 * num_targets + 6)
        if 4 * held > total:
            raise UsageError(
                f"buckets: {self.features.buckets:,} take {held / 1e6:,.0f} MB, more than a quarter "
                f"of {total / 1e6:,.0f} MB; allow more memory, or use fewer buckets or threads"
            )

    def row_bytes(self, num_targets: int) -> int:
        """Bytes of a row's weights, its length, its size and its hash."""
        return 8 * (num_targets if self.separate else 1) + 24
