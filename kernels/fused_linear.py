"""fused_linear: statistics of hidden states times a head, the logits never in memory.

A program has a tile of tokens and a part of the vocabulary. It makes tiles of products as a matrix
multiplication does, and takes each in while it is in registers, one half of its columns after the
other where both would not fit. Programs of one part stand side by side: they read the same rows of
the head.
"""

from __future__ import annotations

from functools import partial

import torch
import triton
import triton.language as tl
from triton.tools.tensor_descriptor import TensorDescriptor

from .configurations import Tiles, splits_of, tiles_of
from .heads import Head
from .outputs import Room
from .state import NOWHERE, capped, nothing, store_piece, store_statistics, swept


@triton.jit
def tile_at(
    matrix, stride, first, begin, rows, D,
    BLOCK: tl.constexpr, BLOCK_D: tl.constexpr, DESCRIBED: tl.constexpr, UPCAST: tl.constexpr,
):  # fmt: skip
    """[BLOCK, BLOCK_D] of a matrix [rows, D], zeros beyond it."""
    if DESCRIBED:
        tile = matrix.load([first, begin])
    else:
        row, inside = tl.arange(0, BLOCK), begin + tl.arange(0, BLOCK_D)
        mask = (first + row < rows)[:, None] & (inside < D)[None, :]
        at = matrix + first.to(tl.int64) * stride
        tile = tl.load(at + (row.to(tl.int64) * stride)[:, None] + inside[None, :], mask, other=0.0)
    if UPCAST:  # the interpreter multiplies the bit patterns of bfloat16
        tile = tile.to(tl.float32)
    return tile


@triton.jit
def taken(
    x, first, bias, target, z, state, V, unit, inner, cap,
    LEVEL: tl.constexpr, WIDTH: tl.constexpr,
    BIAS: tl.constexpr, CAP: tl.constexpr, RAGGED: tl.constexpr,
):  # fmt: skip
    """The state with the products of columns first..first + WIDTH in it."""
    m, s, u, q, c, w, g, a = state
    column = first + tl.arange(0, WIDTH)
    if BIAS:
        x += tl.load(bias + column, column < V, other=0.0).to(tl.float32)[None, :]
    if CAP:
        x = capped(x, inner, cap)
    own = column[None, :] == target[:, None]
    x = tl.where(own, z[:, None], x)
    if RAGGED:  # after the cap, which makes of -inf a number
        x = tl.where((column < V)[None, :], x, float("-inf"))
    best = tl.max(x, 1)
    if LEVEL >= 2:
        index = tl.min(tl.where(x == best[:, None], column[None, :], NOWHERE), 1)
        a = tl.where(best > m, index, a)
    m, s, u, q, e, worth = swept(x, best, m, s, u, q, unit, LEVEL, 1)
    if LEVEL >= 2:
        others = tl.where(own, 0.0, e)
        c = c * worth * worth + tl.sum(others * others, 1)
        w = w * worth + tl.sum(tl.where(x >= z[:, None], e, 0.0), 1)
        g += tl.sum((x > z[:, None]).to(tl.int32), 1)
    return m, s, u, q, c, w, g, a


@triton.jit
def fused_kernel(
    hidden, weight, bias, targets, z_in, piece_floats, piece_integers, floats, integers,
    T, V, D, hidden_stride, weight_stride, tiles, splits, unit, inner, cap,
    LEVEL: tl.constexpr, BLOCK_T: tl.constexpr, BLOCK_V: tl.constexpr, BLOCK_D: tl.constexpr,
    HALVES: tl.constexpr, DESCRIBED: tl.constexpr, UPCAST: tl.constexpr,
    BIAS: tl.constexpr, CAP: tl.constexpr, RAGGED: tl.constexpr, DIRECT: tl.constexpr,
):  # fmt: skip
    program = tl.program_id(0)
    split = program // tiles
    first = (program % tiles) * BLOCK_T
    rows = first + tl.arange(0, BLOCK_T)
    mask = rows < T
    target = tl.load(targets + rows, mask, other=-1).to(tl.int32)
    z = tl.load(z_in + rows, mask, other=0.0)
    state = nothing(tl.zeros((BLOCK_T,), tl.float32), tl.zeros((BLOCK_T,), tl.int32))
    columns = (V + BLOCK_V - 1) // BLOCK_V
    WIDTH: tl.constexpr = BLOCK_V // HALVES
    for tile in range(columns * split // splits, columns * (split + 1) // splits):
        at = tile * BLOCK_V
        x = tl.zeros((BLOCK_T, BLOCK_V), tl.float32)
        for begin in range(0, D, BLOCK_D):
            h = tile_at(
                hidden, hidden_stride, first, begin, T, D, BLOCK_T, BLOCK_D, DESCRIBED, UPCAST
            )
            w = tile_at(weight, weight_stride, at, begin, V, D, BLOCK_V, BLOCK_D, DESCRIBED, UPCAST)
            x = tl.dot(h, tl.trans(w), x, input_precision="ieee")
        if HALVES == 2:
            x, right = x.reshape(BLOCK_T, 2, WIDTH).permute(0, 2, 1).split()
        state = taken(
            x, at, bias, target, z, state, V, unit, inner, cap, LEVEL, WIDTH, BIAS, CAP, RAGGED
        )
        if HALVES == 2:
            state = taken(
                right,
                at + WIDTH,
                bias,
                target,
                z,
                state,
                V,
                unit,
                inner,
                cap,
                LEVEL,
                WIDTH,
                BIAS,
                CAP,
                RAGGED,
            )
    here = rows.to(tl.int64)
    if DIRECT:
        scored = (target >= 0) & (target < V)
        store_statistics(state, z, scored, here, mask, floats, integers, T, unit, LEVEL)
    else:
        size = (tl.zeros((), tl.int64) + splits) * T
        store_piece(
            state, split.to(tl.int64) * T, here, mask, piece_floats, piece_integers, size, LEVEL
        )


def token_statistics(
    hidden: torch.Tensor,
    weight: torch.Tensor,
    targets: torch.Tensor,
    *,
    level: int,
    bias: torch.Tensor | None = None,
    scale: float = 1.0,
    softcap: float | None = None,
    splits: int | None = None,
    tiles: Tiles | None = None,
    trusted: bool = False,
) -> dict[str, torch.Tensor]:
    """The statistics of outputs.LEVELS up to `level`, [T] each, of hidden [T, D] and weight [V, D].

    Final logits are softcap * tanh(scale * (hidden weight^T + bias) / softcap); without `softcap`
    the scaled products. Products are summed in float32, whatever the inputs are; of float32
    exactly, never as tf32. What is not scored, targets that are errors, and `trusted`: see
    from_logits.

    splits, tiles  None: those of the table. Other splits change results within 2e-6, the same not
            at all
    Memory: at most 44 bytes for each position, and 32 for each of its splits.

    Raises ValueError where shapes or devices do not fit, TypeError where hidden and weight differ
    in dtype.
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
    T, V, D = head.shape
    described = describable(head.hidden) and describable(head.weight)
    if tiles is None:
        capped, size = head.transform.capped, hidden.element_size()
        tiles = tiles_of(D, level, size, described=described, capped=capped)
    splits = splits or splits_of(T, V, tiles, hidden.device)
    return head.statistics(splits, partial(sweep, head, tiles, described))


def describable(matrix: torch.Tensor) -> bool:
    """Whether the copy engine can read it: rows begin at multiples of 16 bytes."""
    aligned = matrix.data_ptr() % 16 == 0 and matrix.stride(0) * matrix.element_size() % 16 == 0
    return aligned and matrix.stride(1) == 1 and matrix.numel() > 0


def sweep(head: Head, tiles: Tiles, described: bool, room: Room) -> None:
    """Takes in all products; room.target has the targets' logits."""
    T, V, D = head.shape
    hidden, weight, transform = head.hidden, head.weight, head.transform
    count = triton.cdiv(T, tiles.t)
    operands = (hidden, weight)
    if described:
        operands = (
            TensorDescriptor.from_tensor(hidden, [tiles.t, tiles.d]),
            TensorDescriptor.from_tensor(weight, [tiles.v, tiles.d]),
        )
    interpreted = not isinstance(fused_kernel, triton.JITFunction)
    fused_kernel[(count * room.pieces,)](
        *operands,
        head.bias,
        head.targets,
        room.target,
        room.piece_floats,
        room.piece_integers,
        room.floats,
        room.integers,
        T,
        V,
        D,
        hidden.stride(0),
        weight.stride(0),
        count,
        room.pieces,
        transform.unit,
        transform.inner,
        transform.cap,
        LEVEL=room.level,
        BLOCK_T=tiles.t,
        BLOCK_V=tiles.v,
        BLOCK_D=tiles.d,
        HALVES=tiles.halves,
        DESCRIBED=described,
        UPCAST=interpreted and hidden.dtype == torch.bfloat16,
        BIAS=head.bias is not None,
        CAP=transform.capped,
        RAGGED=V % tiles.v != 0,
        DIRECT=room.pieces == 1,
        num_warps=tiles.warps,
        num_stages=tiles.stages,
        enable_fp_fusion=True,
    )
