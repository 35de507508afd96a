"""account: where every row that went into a recipe has come out: OUT/account.json. Counts nothing itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from corpusmill.shards.errors import JobError
from corpusmill.shards.ledger import Counts, Ledger
from corpusmill.shards.ours import LEDGER

ACCOUNT = "account.json"
VERSION = 1


@dataclass(frozen=True)
class StepAccount:
    """What a step did. `xxh3_128` is of its ledger as it lies in its folder."""

    name: str
    ledger: Ledger
    xxh3_128: str

    @property
    def counts(self) -> dict[str, Any]:
        names = ("rows_read", "kept", "dropped", "rejected")
        return {name: self.ledger.totals[name] for name in names}


@dataclass(frozen=True)
class Account:
    """What the steps of a recipe did, in their order; each read what the one before kept."""

    out: Path
    steps: Sequence[StepAccount]

    @property
    def totals(self) -> dict[str, Any]:
        """Rows read by the first step, kept by the last, and by step and reason what went between."""
        return {
            "rows_read": self.steps[0].ledger.totals["rows_read"],
            "kept": self.steps[-1].ledger.totals["kept"],
            "dropped": self._by_step("dropped"),
            "rejected": self._by_step("rejected"),
        }

    @property
    def balanced(self) -> bool:
        """Whether every row that was read was kept by the last step, or dropped or rejected by one."""
        totals = self.totals
        of_steps = [*totals["dropped"].values(), *totals["rejected"].values()]
        gone = sum(sum(counts.values()) for counts in of_steps)
        return bool(totals["rows_read"] == totals["kept"] + gone)

    @property
    def problems(self) -> list[str]:
        """What the ledgers say that a user must know; empty if all is well."""
        return [f"{step.name}: {said}" for step in self.steps for said in step.ledger.problems]

    def check(self) -> None:
        """JobError if a step read other rows than the one before kept."""
        for before, after in pairwise(self.steps):
            kept, read = before.ledger.totals["kept"], after.ledger.totals["rows_read"]
            if kept != read:
                raise JobError(
                    f"{before.name} kept {kept:,} rows, but {after.name} read {read:,}; did anything "
                    "write to the data between them?"
                )
        if not self.balanced:
            raise JobError(
                f"the rows of the steps do not add up: {self.totals}; please report this"
            )

    def to_json(self) -> str:
        steps = [
            {
                "name": step.name,
                "command": step.ledger.command,
                "ledger": f"{step.name}/{LEDGER}",
                "xxh3_128": step.xxh3_128,
                **step.counts,
            }
            for step in self.steps
        ]
        content = {
            "version": VERSION,
            "steps": steps,
            "totals": self.totals,
            "balanced": self.balanced,
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def _by_step(self, what: str) -> dict[str, Counts]:
        counts = {step.name: step.ledger.totals[what] for step in self.steps}
        return {name: of for name, of in counts.items() if of}
