"""chunked: statistics of hidden states times a head, multiplied by torch, swept as rows. No kernel.

Products of some tokens with some columns are made at a time, in float32, and swept while they are
in the cache.
"""

from __future__ import annotations

from functools import partial

import torch
import triton

from . import from_logits
from .configurations import CHUNK
from .heads import Head
from .outputs import Room


def token_statistics(
    hidden: torch.Tensor,
    weight: torch.Tensor,
    targets: torch.Tensor,
    *,
    level: int,
    bias: torch.Tensor | None = None,
    scale: float = 1.0,
    softcap: float | None = None,
    chunk: tuple[int, int] = CHUNK,
    trusted: bool = False,
) -> dict[str, torch.Tensor]:
    """What fused_linear.token_statistics gives, within the same tolerances.

    chunk  tokens and columns of one product
    Memory: 4 bytes for each of its numbers, 48 for each position, and 32 for each of its chunks of
    columns. Of float32 it is as exact as torch.mm, which is tf32 only where the caller has allowed
    that.
    """
    head = Head.of(
        hidden,
        weight,
        targets,
        level=level,
        bias=bias,
        scale=scale,
        softcap=softcap,
        trusted=trusted,
    )
    return head.statistics(triton.cdiv(head.shape[1], chunk[1]), partial(sweep, head, chunk))


def sweep(head: Head, chunk: tuple[int, int], room: Room) -> None:
    """Takes in all products, a tile of them in memory at a time; room.target has the targets' logits."""
    (T, V, _), (tokens, columns) = head.shape, chunk
    size = min(tokens, T) * min(columns, V)
    scratch = torch.empty(size, dtype=torch.float32, device=head.hidden.device)
    for piece, first in enumerate(range(0, V, columns)):
        weight = head.weight[first : first + columns]
        bias = None if head.bias is None else head.bias[first : first + columns]
        for start in range(0, T, tokens):
            states = head.hidden[start : start + tokens]
            tile = scratch[: len(states) * len(weight)].view(len(states), len(weight))
            multiply(states, weight, tile)
            at = {"start": start, "first": first, "piece": piece}
            from_logits.sweep(tile, head.targets, room, head.transform, V=V, bias=bias, **at)


def multiply(states: torch.Tensor, weight: torch.Tensor, out: torch.Tensor) -> None:
    """out = states weight^T with sums, and results, in float32."""
    if states.is_cuda and states.dtype != torch.float32:
        torch.mm(states, weight.T, out_dtype=torch.float32, out=out)
    else:
        torch.mm(states.float(), weight.float().T, out=out)
