"""combine: pieces of the vocabulary merged in their order, one token a lane. Sees no logits."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from .outputs import Room
from .state import load_piece, merged, store_statistics

_BLOCK_T = 128


@triton.jit
def combine_kernel(
    targets,
    z,
    piece_floats,
    piece_integers,
    floats,
    integers,
    T,
    V,
    pieces,
    unit,
    LEVEL: tl.constexpr,
    BLOCK_T: tl.constexpr,
):
    rows = tl.program_id(0).to(tl.int64) * BLOCK_T + tl.arange(0, BLOCK_T)
    mask = rows < T
    at = tl.zeros((), tl.int64)
    size = (at + pieces) * T
    piece = load_piece(at, rows, mask, piece_floats, piece_integers, size, LEVEL)
    for _ in range(1, pieces):
        at += T
        other = load_piece(at, rows, mask, piece_floats, piece_integers, size, LEVEL)
        piece = merged(piece, other, unit, LEVEL)
    target = tl.load(targets + rows, mask, other=-1)
    logit = tl.load(z + rows, mask, other=0.0)
    scored = (target >= 0) & (target < V)
    store_statistics(piece, logit, scored, rows, mask, floats, integers, T, unit, LEVEL)


def combine(targets: torch.Tensor, room: Room, V: int, unit: float) -> None:
    """Fills room.floats and room.integers, reading each piece once; of one piece they are full."""
    if room.pieces == 1:
        return
    T = targets.shape[0]
    combine_kernel[(triton.cdiv(T, _BLOCK_T),)](
        targets,
        room.target,
        room.piece_floats,
        room.piece_integers,
        room.floats,
        room.integers,
        T,
        V,
        room.pieces,
        unit,
        LEVEL=room.level,
        BLOCK_T=_BLOCK_T,
        num_warps=4,
        enable_fp_fusion=True,
    )
