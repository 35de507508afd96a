"""from_logits: statistics of logits that are in memory, read once. A program has a row, or a part.

Logits are taken a block at a time, the running state is a number per row. Of the block with the
largest logit its number alone is kept, and that block is read again at the end for the index;
likewise the block of the target, whose square sum_p2 and el2n take apart. Blocks begin at addresses
that loads of 16 bytes can take, wherever the row begins.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from .combine import combine
from .configurations import ROWS, processors
from .outputs import Room, Transform, checked_level, checked_rows, checked_targets
from .state import capped, nothing, store_piece, store_statistics, swept


@triton.jit
def block_of(
    row, bias, block, BLOCK: tl.constexpr, MASKED: tl.constexpr,
    CAP: tl.constexpr, GIVEN: tl.constexpr, BIAS: tl.constexpr,
):  # fmt: skip
    """A block's final logits and columns. Masked: of a number beyond the row, -inf alone."""
    base, skew, width, own, z, inner, cap = row
    at = block * BLOCK + tl.arange(0, BLOCK)
    column = at - skew
    mask = (column >= 0) & (column < width) if MASKED else None
    other = 0.0 if MASKED else None
    x = tl.load(base + at, mask, other=other, eviction_policy="evict_first").to(tl.float32)
    if BIAS:
        x += tl.load(bias + column, mask, other=other).to(tl.float32)
    if CAP:
        x = capped(x, inner, cap)
    if GIVEN:
        x = tl.where(column == own, z, x)
    if MASKED:  # after the cap, which makes of -inf a number
        x = tl.where(mask, x, float("-inf"))
    return x, column


@triton.jit
def taken(x, block, own_block, z, state, unit, LEVEL: tl.constexpr):
    """The state with a block in it. Here `a` is the number of the block that holds the largest."""
    m, s, u, q, c, w, g, a = state
    best = tl.max(x, 0)
    if LEVEL >= 2:
        a = tl.where((best > m) | ((best == m) & (block < a)), block, a)
    m, s, u, q, e, worth = swept(x, best, m, s, u, q, unit, LEVEL, 0)
    if LEVEL >= 2:
        c = c * worth * worth + tl.where(block == own_block, 0.0, tl.sum(e * e, 0))
        w = w * worth + tl.sum(tl.where(x >= z, e, 0.0), 0)
        g += tl.sum((x > z).to(tl.int32), 0)
    return m, s, u, q, c, w, g, a


@triton.jit
def rows_kernel(
    logits, targets, z_in, bias, piece_floats, piece_integers, floats, integers,
    T, V, row_stride, start, first, width, piece, pieces, splits, unit, inner, cap,
    LEVEL: tl.constexpr, BLOCK: tl.constexpr, ALIGN: tl.constexpr, ALIGNED: tl.constexpr,
    CAP: tl.constexpr, GIVEN: tl.constexpr, BIAS: tl.constexpr, DIRECT: tl.constexpr,
    STAGES: tl.constexpr,
):  # fmt: skip
    """Rows from `start` on of a tile [rows, width] that begins at column `first` of V.

    GIVEN   the target's logit is in z_in and replaces the tile's own; else it is the tile's
    DIRECT  the tile is all there is: statistics are stored, else one piece for each split
    """
    number = tl.program_id(0).to(tl.int64)
    split = tl.program_id(1)
    t = start + number
    target = tl.load(targets + t)
    scored = (target >= 0) & (target < V)
    own = (target - first).to(tl.int32)
    begin = number * row_stride
    skew = 0 if ALIGNED else (begin % ALIGN).to(tl.int32)
    base = logits + tl.multiple_of(begin - skew, ALIGN)
    if GIVEN:
        z = tl.load(z_in + t)
    else:
        z = tl.load(base + skew + own, scored, other=0.0).to(tl.float32)
        if CAP:
            z = capped(z, inner, cap)
    row = (base, skew, width, own, z, inner, cap)
    blocks = (width + skew + BLOCK - 1) // BLOCK
    low = blocks * split // splits
    high = tl.where(scored, blocks * (split + 1) // splits, low)
    mine = tl.where((own >= 0) & (own < width), (own + skew) // BLOCK, -1)
    state = nothing(tl.zeros((), tl.float32), tl.zeros((), tl.int32))
    for block in tl.range(tl.maximum(low, 1), tl.minimum(high, blocks - 1), num_stages=STAGES):
        x, _ = block_of(row, bias, block, BLOCK, False, CAP, GIVEN, BIAS)
        state = taken(x, block, mine, z, state, unit, LEVEL)
    for edge in range(tl.minimum(blocks, 2)):  # the first and the last may hold more than the row
        block = edge * (blocks - 1)
        block = tl.where((block >= low) & (block < high), block, blocks)
        x, _ = block_of(row, bias, block, BLOCK, True, CAP, GIVEN, BIAS)
        state = taken(x, block, mine, z, state, unit, LEVEL)
    m, s, u, q, c, w, g, a = state
    if LEVEL >= 2:
        x, column = block_of(row, bias, tl.minimum(a, blocks), BLOCK, True, CAP, GIVEN, BIAS)
        a = first + tl.min(tl.where(x == tl.max(x, 0), column, V), 0)
        mine = tl.where((mine >= low) & (mine < high), mine, blocks)
        x, column = block_of(row, bias, mine, BLOCK, True, CAP, GIVEN, BIAS)
        e = tl.exp2(tl.fma(x, unit, -(m * unit)))
        c += tl.sum(tl.where(column == own, 0.0, e * e), 0)
    state = (m, s, u, q, c, w, g, a)
    if DIRECT:
        store_statistics(state, z, scored, t, None, floats, integers, T, unit, LEVEL)
    else:
        if not GIVEN:
            tl.store(z_in + t, z, split == 0)
        size = (tl.zeros((), tl.int64) + pieces) * T
        at = (piece + split).to(tl.int64) * T
        store_piece(state, at, t, None, piece_floats, piece_integers, size, LEVEL)


def token_statistics(
    logits: torch.Tensor,
    targets: torch.Tensor,
    *,
    level: int,
    scale: float = 1.0,
    softcap: float | None = None,
    splits: int | None = None,
    trusted: bool = False,
) -> dict[str, torch.Tensor]:
    """The statistics of outputs.LEVELS up to `level`, [T] each, of logits [T, V] and targets [T].

    Final logits are softcap * tanh(scale * logits / softcap), or scale * logits. Rows may have any
    stride. A position is not scored, its floats NaN and its integers -1, where its target is
    negative, or its row has a NaN, +inf, or no logit above -1e15. ValueError names the first row
    whose target is V or more.

    trusted  none is: they are not looked at, which on a GPU would be waiting for it
    splits   parts of a row that run side by side; None: as many as give each processor four
             programs. Another number changes results within 2e-6, the same number not at all
    Memory: at most 44 bytes for each position, and 32 for each of its parts where they are several.
    """
    logits = checked_rows("logits", logits)
    T, V = logits.shape
    targets = checked_targets(targets, T, V, logits.device, trusted=trusted)
    transform = Transform.of(scale, softcap)
    if splits is None:
        wanted = triton.cdiv(4 * processors(logits.device), max(T, 1))
        splits = min(wanted, triton.cdiv(V, ROWS[logits.element_size()].block))
    room = Room.of(T, max(splits, 1), checked_level(level), logits.device)
    if T > 0:
        with torch.cuda.device_of(logits):
            sweep(logits, targets, room, transform, V=V, splits=room.pieces)
            combine(targets, room, V, transform.unit)
    return room.statistics()


def sweep(
    tile: torch.Tensor,
    targets: torch.Tensor,
    room: Room,
    transform: Transform,
    *,
    V: int,
    bias: torch.Tensor | None = None,
    start: int = 0,
    first: int | None = None,
    piece: int = 0,
    splits: int = 1,
) -> None:
    """Takes in a tile of products from row `start`, column `first` on, as pieces from `piece` on.

    Without `first` the tile is all columns; with it, room.target has the targets' logits already.
    """
    rows, width = tile.shape
    table = ROWS[tile.element_size()]
    align = 16 // tile.element_size()
    rows_kernel[(rows, splits)](
        tile,
        targets,
        room.target,
        bias,
        room.piece_floats,
        room.piece_integers,
        room.floats,
        room.integers,
        room.target.shape[0],
        V,
        tile.stride(0),
        start,
        first or 0,
        width,
        piece,
        room.pieces,
        splits,
        transform.unit,
        transform.inner,
        transform.cap,
        LEVEL=room.level,
        BLOCK=table.block,
        ALIGN=align,
        ALIGNED=tile.stride(0) % align == 0 and width % align == 0,
        CAP=transform.capped,
        GIVEN=first is not None,
        BIAS=bias is not None,
        DIRECT=room.pieces == 1,
        STAGES=table.stages,
        num_warps=table.warps,
        enable_fp_fusion=True,
    )
