"""chunked: statistics of hidden states times a head, multiplied by torch, swept as rows. No kernel.

Products of some tokens with some columns are made at a time, in float32, and swept while they are
in the cache.
"""

from __future__ import annotations

import torch
import triton

from . import from_logits
from .combine import combine
from .configurations import CHUNK
from .outputs import Room, Transform, checked_head, checked_level, checked_targets
from .target_logits import target_logits


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
    hidden, weight, bias = checked_head(hidden, weight, bias)
    T, V = hidden.shape[0], weight.shape[0]
    targets = checked_targets(targets, T, V, hidden.device, trusted=trusted)
    transform = Transform.of(scale, softcap)
    room = Room.of(T, triton.cdiv(V, chunk[1]), checked_level(level), hidden.device)
    if T > 0:
        with torch.cuda.device_of(hidden):
            target_logits(hidden, weight, targets, room.target, transform, bias)
            sweep(hidden, weight, bias, targets, room, transform, chunk)
            combine(targets, room, V, transform.unit)
    return room.statistics()


def sweep(
    hidden: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    targets: torch.Tensor,
    room: Room,
    transform: Transform,
    chunk: tuple[int, int],
) -> None:
    """Takes in all products, a tile of them in memory at a time."""
    (T, V), (tokens, columns) = (hidden.shape[0], weight.shape[0]), chunk
    size = min(tokens, T) * min(columns, V)
    scratch = torch.empty(size, dtype=torch.float32, device=hidden.device)
    for piece, first in enumerate(range(0, V, columns)):
        head = weight[first : first + columns]
        of_head = None if bias is None else bias[first : first + columns]
        for start in range(0, T, tokens):
            states = hidden[start : start + tokens]
            tile = scratch[: len(states) * len(head)].view(len(states), len(head))
            multiply(states, head, tile)
            at = {"start": start, "first": first, "piece": piece}
            from_logits.sweep(tile, targets, room, transform, V=V, bias=of_head, **at)


def multiply(states: torch.Tensor, head: torch.Tensor, out: torch.Tensor) -> None:
    """out = states head^T with sums, and results, in float32."""
    if states.is_cuda and states.dtype != torch.float32:
        torch.mm(states, head.T, out_dtype=torch.float32, out=out)
    else:
        torch.mm(states.float(), head.float().T, out=out)
