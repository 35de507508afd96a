"""dispatch: a head, fused or in chunks, whichever the table says is faster. Computes nothing."""

from __future__ import annotations

from typing import Literal

import torch

from . import chunked, fused_linear
from .configurations import faster_path

Path = Literal["fused", "chunked"]


def token_statistics(
    hidden: torch.Tensor,
    weight: torch.Tensor,
    targets: torch.Tensor,
    *,
    level: int,
    bias: torch.Tensor | None = None,
    scale: float = 1.0,
    softcap: float | None = None,
    path: Path | None = None,
    trusted: bool = False,
) -> dict[str, torch.Tensor]:
    """What fused_linear and chunked give, by one of them; path None: by the faster.

    Both agree within the tolerances of docs/scoring.md, not bit for bit.
    """
    path = path or faster_path(hidden.shape[0], hidden.shape[-1], hidden.element_size())
    by = fused_linear if path == "fused" else chunked
    return by.token_statistics(
        hidden,
        weight,
        targets,
        level=level,
        bias=bias,
        scale=scale,
        softcap=softcap,
        trusted=trusted,
    )
