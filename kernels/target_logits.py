"""target_logits: each hidden state times its target's row of the head. Makes no other logit.

Rank and mass_above compare with it, so it must be known before the sweep; the sweep then takes it
in place of its own product for that column, which differs in the last bit. So no target is ranked
behind itself.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from .outputs import Transform
from .state import capped

_BLOCK_T, _BLOCK_D = 16, 128


@triton.jit
def target_kernel(
    hidden, weight, bias, targets, z, T, V, D, hidden_stride, weight_stride, inner, cap,
    BLOCK_T: tl.constexpr, BLOCK_D: tl.constexpr, BIAS: tl.constexpr, CAP: tl.constexpr,
):  # fmt: skip
    rows = tl.program_id(0).to(tl.int64) * BLOCK_T + tl.arange(0, BLOCK_T)
    target = tl.load(targets + rows, rows < T, other=-1).to(tl.int64)
    scored = (target >= 0) & (target < V)
    total = tl.zeros((BLOCK_T, BLOCK_D), tl.float32)
    for begin in range(0, D, BLOCK_D):
        inside = begin + tl.arange(0, BLOCK_D)
        mask = scored[:, None] & (inside < D)[None, :]
        h = tl.load(hidden + (rows * hidden_stride)[:, None] + inside[None, :], mask, other=0.0)
        w = tl.load(weight + (target * weight_stride)[:, None] + inside[None, :], mask, other=0.0)
        total += h.to(tl.float32) * w.to(tl.float32)
    x = tl.sum(total, 1)
    if BIAS:
        x += tl.load(bias + target, scored, other=0.0).to(tl.float32)
    if CAP:
        x = capped(x, inner, cap)
    tl.store(z + rows, x, rows < T)


def target_logits(
    hidden: torch.Tensor,
    weight: torch.Tensor,
    targets: torch.Tensor,
    z: torch.Tensor,
    transform: Transform,
    bias: torch.Tensor | None,
) -> None:
    """Fills z [T], of which nothing is said where a target is negative. Reads two rows for each."""
    T, D = hidden.shape
    target_kernel[(triton.cdiv(T, _BLOCK_T),)](
        hidden,
        weight,
        bias,
        targets,
        z,
        T,
        weight.shape[0],
        D,
        hidden.stride(0),
        weight.stride(0),
        transform.inner,
        transform.cap,
        BLOCK_T=_BLOCK_T,
        BLOCK_D=_BLOCK_D,
        BIAS=bias is not None,
        CAP=transform.capped,
        num_warps=4,
        enable_fp_fusion=True,
    )
