"""Contenders run in turn, round after round, so that a busy moment falls on all of them alike.

A ratio is taken inside each round and the median of the rounds is reported, with the lowest and the
highest. Knows nothing of what is run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from statistics import median

from bench import settle
from bench.process import Run, Worker

Contenders = Mapping[str, Callable[[], Run]]
Runs = dict[str, list[Run]]

_QUICK = 2.5  # seconds; what runs shorter runs several times a round, and the medians count
_FILLED = 0.3  # seconds that such runs take together, if fewer than _MOST are enough for it
_MOST = 15
_REST = 0.05  # seconds before a turn: PyTorch's threads spin for 8 ms behind their work


def alternate(contenders: Contenders, rounds: int, quick_repeats: int = 3) -> Runs:
    """`rounds` runs of each contender, after a warm-up of each, starting with another each time.

    quick_repeats   runs in a round of what is quick, at least
    """
    warm = {name: _turn(name, "warm-up", run, 1) for name, run in contenders.items()}
    repeats = {name: _repeats(run.wall_s, quick_repeats) for name, run in warm.items()}
    names = list(contenders)
    runs: Runs = {name: [] for name in names}
    for number in range(rounds):
        first = number % max(1, len(names))
        for name in names[first:] + names[:first]:
            turn = f"round {number + 1}"
            runs[name].append(_turn(name, turn, contenders[name], repeats[name]))
    return runs


def alternate_workers(
    starts: Mapping[str, Callable[[], Worker]], rounds: int, quick_repeats: int = 3
) -> Runs:
    """The same of processes, which are all there before the first runs and end behind the last."""
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(closing(start())).run for name, start in starts.items()
        }
        return alternate(workers, rounds, quick_repeats)


def _repeats(seconds: float, quick: int) -> int:
    if seconds >= _QUICK:
        return 1
    return max(quick, min(_MOST, int(_FILLED / max(seconds, 1e-6))))


def _turn(name: str, turn: str, run: Callable[[], Run], repeats: int) -> Run:
    settle.memory()
    time.sleep(_REST)
    again = [run() for _ in range(repeats)]
    seconds = median(each.cpu_s for each in again), median(each.wall_s for each in again)
    print(f"  {turn}: {name}: {seconds[0]:.3f} s cpu, {seconds[1]:.3f} s", file=sys.stderr)
    return replace(again[-1], cpu_s=seconds[0], wall_s=seconds[1])


@dataclass(frozen=True)
class Ratio:
    """Median, lowest and highest of the rounds' ratios."""

    middle: float
    lowest: float
    highest: float


def ratio(over: list[float], under: list[float]) -> Ratio:
    """over / under, round by round."""
    each = [a / b for a, b in zip(over, under, strict=True)]
    return Ratio(median(each), min(each), max(each))
