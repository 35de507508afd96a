"""oracles_scoring: the statistics of a token in float64, one row of logits after another. Imports nothing of ours."""

from __future__ import annotations

import math

import numpy as np

FLOATS = ("nll", "lse", "max_logprob", "entropy", "variance", "sum_p2", "el2n", "mass_above")
INTEGERS = ("argmax", "rank")


def final_logits(
    hidden: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    scale: float = 1.0,
    softcap: float | None = None,
) -> np.ndarray:
    """softcap * tanh(scale * (hidden @ weight.T + bias) / softcap), [T, V] in float64."""
    logits = hidden.astype(np.float64) @ weight.astype(np.float64).T
    return transformed(logits if bias is None else logits + bias, scale, softcap)


def transformed(logits: np.ndarray, scale: float = 1.0, softcap: float | None = None) -> np.ndarray:
    logits = logits.astype(np.float64) * scale
    return logits if softcap is None else softcap * np.tanh(logits / softcap)


def token_statistics(logits: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Of final logits [T, V] and targets [T]: every statistic as [T]; NaN and -1 where nothing is scored."""
    rows = [row_statistics(row, int(target)) for row, target in zip(logits, targets, strict=True)]
    return {name: np.array([row[name] for row in rows]) for name in (*FLOATS, *INTEGERS)}


def row_statistics(row: np.ndarray, target: int) -> dict[str, float]:
    row = row.astype(np.float64)
    best = row.max(initial=-math.inf)
    if target < 0 or not math.isfinite(best) or np.isnan(row).any():
        return dict.fromkeys(FLOATS, math.nan) | dict.fromkeys(INTEGERS, -1)
    total = np.exp(row - best).sum()
    log_p = (row - best) - math.log(total)
    p = np.exp(log_p)
    held = p > 0  # 0 ln 0 = 0
    entropy = -(p[held] * log_p[held]).sum()
    return {
        "nll": -log_p[target],
        "lse": best + math.log(total),
        "max_logprob": -math.log(total),
        "entropy": entropy,
        "variance": (p[held] * (log_p[held] + entropy) ** 2).sum(),
        "sum_p2": (p**2).sum(),
        "el2n": np.linalg.norm(p - (np.arange(len(row)) == target)),
        "mass_above": p[row >= row[target]].sum(),
        "argmax": int(row.argmax()),
        "rank": int((row > row[target]).sum()),
    }
