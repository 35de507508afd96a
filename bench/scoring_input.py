"""Hidden states, a head's weight and targets, drawn by a seed: the same in every environment.

Knows neither ours nor a rival. bfloat16 is kept as uint16, which NumPy has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

D = 768
V = 50_257


@dataclass(frozen=True)
class Input:
    """Of T tokens either [T, D] and [V, D], or logits [T, V]."""

    dtype: str
    targets: npt.NDArray[np.int64]
    hidden: npt.NDArray[Any] | None = None
    weight: npt.NDArray[Any] | None = None
    logits: npt.NDArray[Any] | None = None


def drawn(entry: str, dtype: str, tokens: int) -> Input:
    """Logits have a standard deviation of 2. entry: "hidden" or "logits"."""
    random = np.random.default_rng(0)
    targets = random.integers(0, V, tokens)
    if entry == "logits":
        logits = 2 * random.standard_normal((tokens, V), np.float32)
        return Input(dtype, targets, logits=_rounded(logits, dtype))
    hidden = random.standard_normal((tokens, D), np.float32)
    weight = random.standard_normal((V, D), np.float32) * np.float32(2 / D**0.5)
    return Input(dtype, targets, _rounded(hidden, dtype), _rounded(weight, dtype))


def _rounded(values: npt.NDArray[np.float32], dtype: str) -> npt.NDArray[Any]:
    if dtype == "float32":
        return values
    bits: npt.NDArray[np.uint32] = values.view(np.uint32) + np.uint32(0x8000)
    kept: npt.NDArray[np.uint16] = (bits >> np.uint32(16)).astype(np.uint16)
    return kept
