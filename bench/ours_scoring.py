"""corpusmill's scoring as a contender of bench.scoring_worker, with the same face as a file of `rivals/`."""

from __future__ import annotations

from collections.abc import Callable

from bench.scoring_input import Input

LEVELS = {"products": -1, "nll": 0, "all": 2}  # of the compiled core; products are made and left


def prepare(work: str, of: Input, threads: int) -> Callable[[], object]:
    """By the compiled face, which takes bfloat16 without torch."""
    from corpusmill import _core  # noqa: PLC0415

    level = LEVELS[work]
    if of.logits is not None:
        given = of.logits, of.targets, of.dtype, level, 1.0, None, threads
        return lambda: _core.scoring.from_logits(*given)
    assert of.hidden is not None
    assert of.weight is not None
    states = of.hidden, of.weight, of.targets, of.dtype, None, level, 1.0, None, threads
    return lambda: _core.scoring.from_hidden(*states)
