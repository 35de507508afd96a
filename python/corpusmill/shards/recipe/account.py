"""account: where every row that went into a recipe has come out: OUT/account.json. Counts nothing itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusmill.shards.errors import JobError
from corpusmill.shards.ledger import Counts, Ledger
from corpusmill.shards.ours import LEDGER

ACCOUNT = "account.json"
VERSION = 1


@dataclass(frozen=True)
class StepAccount:
    """What a step did. `xxh3_128` is of its ledger as it lies in its folder.

    keeps_rows      whether the rows it kept go on to the step behind it; else it only looked at them
    """

    name: str
    ledger: Ledger
    xxh3_128: str
    keeps_rows: bool = True

    @property
    def counts(self) -> dict[str, Any]:
        names = ("rows_read", "kept", "dropped", "rejected")
        return {name: self.ledger.totals[name] for name in names}


@dataclass(frozen=True)
class Account:
    """What the steps of a recipe did, in their order; each read what the last one before kept."""

    out: Path
    steps: Sequence[StepAccount]

    @property
    def _keeping(self) -> list[StepAccount]:
        return [step for step in self.steps if step.keeps_rows]

    @property
    def totals(self) -> dict[str, Any]:
        """Rows read by the first step, kept by the last, and by step and reason what went between.

        Steps that keep no rows take none away either.
        """
        return {
            "rows_read": self._keeping[0].ledger.totals["rows_read"],
            "kept": self._keeping[-1].ledger.totals["kept"],
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
        before: StepAccount | None = None
        for after in self.steps:
            read = after.ledger.totals["rows_read"]
            kept = before.ledger.totals["kept"] if before else read
            if before and kept != read:
                raise JobError(
                    f"{before.name} kept {kept:,} rows, but {after.name} read {read:,}; did anything "
                    "write to the data between them?"
                )
            before = after if after.keeps_rows else before
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
        counts = {step.name: step.ledger.totals[what] for step in self._keeping}
        return {name: of for name, of in counts.items() if of}
