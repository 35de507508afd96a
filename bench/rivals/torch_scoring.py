"""PyTorch: the loss, or all statistics, of tokens; eager, compiled, and in chunks of tokens.

Each is the fastest way found: dot products along rows where eager torch would write products out, and chunks of
the size that was fastest of 16 to 2,048 tokens with two threads, D = 768 and V = 50,257. Logits of bfloat16
products are those of torch, rounded to bfloat16.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from bench.scoring_input import Input

Score = Callable[[Any, Any], Any]

CHUNKS = {  # tokens
    ("compiled", "float32"): 1024,
    ("compiled", "bfloat16"): 256,
    ("eager", "float32"): 512,
    ("eager", "bfloat16"): 64,
}


def prepare(work: str, of: Input, threads: int) -> Callable[[], object]:
    """A job as bench.scoring_worker runs it: `eager nll`, `compiled all`, ..."""
    torch.set_num_threads(threads)
    how, what = work.split()
    logits, hidden, weight = (_tensor(x, of.dtype) for x in (of.logits, of.hidden, of.weight))
    targets = torch.from_numpy(of.targets)
    score: Score = _loss if what == "nll" else _statistics
    if logits is not None:
        whole = torch.compile(score, dynamic=False) if how == "compiled" else score
        return lambda: whole(logits, targets)

    def head(states: Any, of: Any) -> Any:
        return score(states @ weight.T, of)

    through: Score = torch.compile(head, dynamic=False) if how == "compiled" else head
    size = len(targets) if what == "nll" else CHUNKS[how, of.dtype]
    return lambda: [
        through(hidden[i : i + size], targets[i : i + size]) for i in range(0, len(targets), size)
    ]


def _tensor(values: np.ndarray[Any, Any] | None, dtype: str) -> Any:
    if values is None:
        return None
    tensor = torch.from_numpy(values)
    return tensor.view(torch.bfloat16) if dtype == "bfloat16" else tensor


def _loss(logits: Any, targets: Any) -> Any:
    return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")


def _statistics(logits: Any, targets: Any) -> tuple[Any, ...]:
    x = logits.float()
    z = x.gather(1, targets[:, None])
    best, argmax = x.max(1)
    lse = x.logsumexp(1)
    rank = (x > z).sum(1)
    d = x - lse[:, None]
    p = d.exp()
    above = torch.where(x >= z, p, 0).sum(1)
    p2 = torch.linalg.vecdot(p, p)
    entropy = -torch.linalg.vecdot(p, d)
    variance = torch.linalg.vecdot(p * d, d) - entropy**2
    nll = lse - z[:, 0]
    of_target = (-nll).exp()
    el2n = ((1 - of_target) ** 2 + p2 - of_target**2).sqrt()
    return nll, lse, best - lse, entropy, variance, p2, el2n, above, argmax, rank
