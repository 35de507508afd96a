"""tokens: a stand-in of plain torch until the C++ path is merged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch


def linear_token_statistics(
    hidden: Any,
    weight: Any,
    targets: Any,
    *,
    statistics: Iterable[str],
    bias: Any = None,
    scale: float = 1.0,
    softcap: float | None = None,
    threads: int = 0,  # noqa: ARG001
) -> dict[str, np.ndarray[Any, Any]]:
    x = hidden.float() @ weight.float().T
    x = (x if bias is None else x + bias.float()) * scale
    x = x if softcap is None else torch.tanh(x / softcap) * softcap
    lse = x.logsumexp(1)
    log_p = x - lse[:, None]
    p = log_p.exp()
    t = x.gather(1, targets[:, None])
    entropy = -(p * log_p).sum(1)
    p_t = (t[:, 0] - lse).exp()
    sum_p2 = (p**2).sum(1)
    every = {
        "nll": lse - t[:, 0],
        "lse": lse,
        "max_logprob": log_p.amax(1),
        "entropy": entropy,
        "variance": (p * (log_p + entropy[:, None]) ** 2).sum(1),
        "sum_p2": sum_p2,
        "el2n": ((1 - p_t) ** 2 + sum_p2 - p_t**2).sqrt(),
        "argmax": x.argmax(1).int(),
        "rank": (x > t).sum(1).int(),
        "mass_above": torch.where(x >= t, p, 0).sum(1),
    }
    return {name: every[name].numpy() for name in statistics}
