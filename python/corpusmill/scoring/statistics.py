"""statistics: the statistics of a scored token: their names, their dtypes, and what they cost. Computes nothing.

With x the final logits of a position (bias added, scaled, soft-capped), t its target and p = softmax(x):

    nll           -ln p_t, nats, >= 0
    lse           ln sum exp(x)
    max_logprob   ln max p, <= 0
    entropy       -sum p ln p, nats, in [0, ln V]
    variance      sum p (ln p + entropy)^2, the variance of ln p under p (Min-K%++ divides by its root)
    sum_p2        sum p^2
    el2n          ||p - onehot(t)||, the root of (1 - p_t)^2 + sum_p2 - p_t^2 (Paul et al. 2021, last layer)
    argmax        the lowest index that attains max x
    rank          how many logits are greater than x_t; 0 is the best
    mass_above    the sum of p over all tokens whose logit is at least x_t, t among them

A position whose target is negative is not scored: its floats are NaN and its integers -1. So are those of a
position with a NaN or +inf among its logits, or with no finite one.
"""

from __future__ import annotations

from collections.abc import Iterable

# Kernels are compiled per level; each gives all statistics up to its own.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("nll", "lse", "max_logprob"),
    ("entropy", "variance"),
    ("sum_p2", "el2n", "argmax", "rank", "mass_above"),
)
STATISTICS: tuple[str, ...] = tuple(name for level in LEVELS for name in level)
INTEGERS = frozenset({"argmax", "rank"})  # int32; all others are float32


def names_of(statistics: str | Iterable[str]) -> tuple[str, ...]:
    """As they are asked for; a string is one name."""
    return (statistics,) if isinstance(statistics, str) else tuple(statistics)


def level(statistics: Iterable[str]) -> int:
    """The lowest level that gives all of these; ValueError names one that is none."""
    asked = set(statistics)
    if unknown := sorted(asked.difference(STATISTICS)):
        raise ValueError(
            f"statistics names {unknown[0]!r}; those of a token are {', '.join(STATISTICS)}"
        )
    return max((at for at, names in enumerate(LEVELS) if asked.intersection(names)), default=0)
