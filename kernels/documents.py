"""documents: per-token columns reduced to a number per document, where they are. Sorts nothing.

Documents lie one after another; cu_seqlens [N + 1] says where each begins and the last ends, as
attention kernels take it. A number that is NaN is left out of its column, as on a CPU. Sums are in
float64.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import triton
import triton.language as tl

_BLOCK = 1024
_CERTAIN = 1e-6  # the least variance that Min-K%++ divides by the root of


@triton.jit
def sums_kernel(
    columns, cu_seqlens, counts, sums, T, N, COLUMNS: tl.constexpr, BLOCK: tl.constexpr
):
    """A program has a document of all columns."""
    document = tl.program_id(0)
    begin = tl.load(cu_seqlens + document).to(tl.int64)
    end = tl.load(cu_seqlens + document + 1).to(tl.int64)
    for column in tl.static_range(COLUMNS):
        of = columns + (tl.zeros((), tl.int64) + column) * T
        count = tl.zeros((), tl.int64)
        total = tl.zeros((), tl.float64)
        for at in range(begin, end, BLOCK):
            token = at + tl.arange(0, BLOCK)
            value = tl.load(of + token, token < end, other=float("nan"))
            scored = value == value  # noqa: PLR0124  not NaN
            total += tl.sum(tl.where(scored, value, 0.0).to(tl.float64), 0)
            count += tl.sum(scored.to(tl.int64), 0)
        tl.store(sums + column * N + document, total)
        tl.store(counts + column * N + document, count)


@triton.jit
def ordered(value):
    """Floats as integers in the same order; NaN after all."""
    bits = value.to(tl.int32, bitcast=True)
    key = tl.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    return tl.where(value == value, key, 0x7FFFFFFF)  # noqa: PLR0124


@triton.jit
def lowest_kernel(column, cu_seqlens, wanted, sums, BLOCK: tl.constexpr):
    """The sum of the `wanted` lowest values of a document.

    The last of them is found bit by bit, from the highest on.
    """
    document = tl.program_id(0)
    begin = tl.load(cu_seqlens + document).to(tl.int64)
    end = tl.load(cu_seqlens + document + 1).to(tl.int64)
    k = tl.load(wanted + document)
    last = tl.full((), -2147483648, tl.int64)
    for bit in range(32):
        trial = last + (tl.full((), 2147483648, tl.int64) >> bit)
        below = tl.zeros((), tl.int64)
        for at in range(begin, end, BLOCK):
            token = at + tl.arange(0, BLOCK)
            key = ordered(tl.load(column + token, token < end, other=float("nan"))).to(tl.int64)
            below += tl.sum((key < trial).to(tl.int64), 0)
        last = tl.where(below < k, trial, last)
    below = tl.zeros((), tl.int64)
    total = tl.zeros((), tl.float64)
    tied = tl.full((), float("-inf"), tl.float32)
    for at in range(begin, end, BLOCK):
        token = at + tl.arange(0, BLOCK)
        value = tl.load(column + token, token < end, other=float("nan"))
        key = ordered(value).to(tl.int64)
        total += tl.sum(tl.where(key < last, value, 0.0).to(tl.float64), 0)
        below += tl.sum((key < last).to(tl.int64), 0)
        tied = tl.maximum(tied, tl.max(tl.where(key == last, value, float("-inf")), 0))
    more = (k - below).to(tl.float64)
    total += tl.where(more > 0, tied, 0.0).to(tl.float64) * more
    tl.store(sums + document, total)


def document_sums(
    columns: Mapping[str, torch.Tensor], cu_seqlens: torch.Tensor
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Of each column how many numbers a document has, int64 [N], and their sum, float64 [N].

    columns     [T] each, float32, or integers below 2^24; NaN, and integers below 0, are left out
    cu_seqlens  [N + 1] integers, rising from 0 to T
    """
    stacked = torch.stack([_as_floats(column) for column in columns.values()])
    shape, device = (len(columns), cu_seqlens.shape[0] - 1), stacked.device
    counts = torch.zeros(shape, dtype=torch.int64, device=device)
    sums = torch.zeros(shape, dtype=torch.float64, device=device)
    if shape[1] > 0:
        sizes = {"COLUMNS": shape[0], "BLOCK": _BLOCK, "num_warps": 4}
        with torch.cuda.device_of(stacked):
            sums_kernel[(shape[1],)](
                stacked, cu_seqlens, counts, sums, stacked.shape[1], shape[1], **sizes
            )
    return dict(zip(columns, counts, strict=True)), dict(zip(columns, sums, strict=True))


def _as_floats(column: torch.Tensor) -> torch.Tensor:
    if column.is_floating_point():
        return column.float()
    return torch.where(column < 0, torch.nan, column.float())


def lowest_mean(column: torch.Tensor, cu_seqlens: torch.Tensor, ratio: float) -> torch.Tensor:
    """The mean of the max(1, int(n * ratio)) lowest of a document's n numbers; NaN of none.

    column  [T] float32; NaN is left out
    Time: 35 passes over a column that is in the cache.
    """
    if not 0 < ratio <= 1:
        raise ValueError(f"ratio is {ratio}; a share in (0, 1] is expected")
    values = column.contiguous()
    counts = document_sums({"": values}, cu_seqlens)[0][""]
    wanted = (counts.double() * ratio).long().clamp(min=1).minimum(counts)
    sums = torch.zeros(len(counts), dtype=torch.float64, device=column.device)
    if len(counts) > 0:
        with torch.cuda.device_of(values):
            lowest_kernel[(len(counts),)](
                values, cu_seqlens, wanted, sums, BLOCK=_BLOCK, num_warps=4
            )
    return sums / wanted


def min_k(
    tokens: Mapping[str, torch.Tensor], cu_seqlens: torch.Tensor, ratio: float = 0.2
) -> torch.Tensor:
    """Min-K%: the mean of the lowest log-probabilities, float64 [N], at most 0.

    Source: Shi et al. 2023.
    """
    return lowest_mean(-tokens["nll"], cu_seqlens, ratio)


def min_k_pp(
    tokens: Mapping[str, torch.Tensor], cu_seqlens: torch.Tensor, ratio: float = 0.2
) -> torch.Tensor:
    """Min-K%++: the same of (entropy - nll) / root of variance, which is taken as 1e-6 at least.

    Source: Zhang et al. 2024.
    """
    deviation = tokens["variance"].clamp(min=_CERTAIN).sqrt()
    return lowest_mean((tokens["entropy"] - tokens["nll"]) / deviation, cu_seqlens, ratio)


def bits_per_byte(nll_sum: torch.Tensor, scored_bytes: torch.Tensor) -> torch.Tensor:
    """Of sums of nll [N] and the UTF-8 bytes [N] of the text that was scored; NaN of none."""
    return nll_sum.double() / (math.log(2) * scored_bytes.double())
