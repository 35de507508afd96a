"""plan: which documents a budget is spent on, by weight, length and hash. Weighs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill import _check
from corpusmill.select.numbers import gumbel, largest, largest_within

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
BudgetUnit: TypeAlias = Literal["rows", "units", "bytes"]

_BUDGET_UNITS = ("rows", "units", "bytes")


@dataclass(frozen=True)
class Plan:
    """How much each target gets, and by which numbers."""

    budgets: tuple[int, ...]
    budget_unit: str
    min_length: int
    seed: int
    top: bool

    def keep(
        self, weights: Doubles, lengths: Ints, sizes: Ints, hashes: npt.NDArray[np.uint64]
    ) -> npt.NDArray[np.bool_]:
        """For N x T weights and N lengths, sizes in bytes and hashes, which documents are taken."""
        left = lengths >= max(1, self.min_length)
        keep = np.zeros(len(lengths), np.bool_)
        for number, budget in enumerate(self.budgets):
            rows = np.flatnonzero(left)
            keys = weights[rows, number]
            if not self.top:
                keys += gumbel(hashes[rows], self.seed, number)
            if self.budget_unit == "rows":
                taken = rows[largest(keys, budget)]
            else:
                spent = (lengths if self.budget_unit == "units" else sizes)[rows]
                taken = rows[largest_within(keys, spent, budget)]
            keep[taken], left[taken] = True, False
        return keep


def plan_of(
    budget: int,
    num_targets: int,
    proportions: Sequence[float] | None,
    *,
    budget_unit: Any = "rows",
    min_length: int,
    seed: int,
    top: bool,
) -> Plan:
    """The plan for these checked options; ValueError naming one that is wrong."""
    if not isinstance(budget_unit, str) or budget_unit not in _BUDGET_UNITS:
        known = ", ".join(_BUDGET_UNITS)
        raise ValueError(f"budget_unit: expected one of {known}, got {budget_unit!r}")
    budget = _check.whole("budget", budget, 0, 2**62)
    seed = _check.whole("seed", seed, 0, 2**64 - 1)
    min_length = _check.whole("min_length", min_length, 0, 2**62)
    if proportions is None and num_targets == 1:
        proportions = (1.0,)
    shares = np.asarray([] if proportions is None else proportions, np.float64)
    if shares.shape != (num_targets,) or not (shares >= 0).all() or not 0 < shares.sum() < np.inf:
        raise ValueError(
            f"proportions: expected {num_targets} shares, one for each target, got {proportions!r}"
        )
    budgets = [int(budget * share) for share in (shares / shares.sum()).tolist()]
    budgets[-1] += budget - sum(budgets)
    return Plan(tuple(budgets), budget_unit, min_length, seed, bool(top))
