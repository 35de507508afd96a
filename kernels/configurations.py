"""configurations: the tiles of each kernel, the one table of them. Nothing is tuned while running.

Nothing here has been measured on a GPU: tiles are those that compile for sm_90 within the
registers, splits follow from the number of processors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import triton


@dataclass(frozen=True)
class Rows:
    """Of the kernel over rows of logits: columns in a block, warps, loads under way."""

    block: int
    warps: int
    stages: int


ROWS = {2: Rows(4096, 4, 3), 4: Rows(4096, 4, 3)}  # by bytes of a logit


@dataclass(frozen=True)
class Tiles:
    """Of the fused kernel: tokens, columns and depth of a tile; the parts it is taken in by."""

    t: int
    v: int
    d: int
    halves: int
    warps: int
    stages: int


WIDE = Tiles(128, 256, 64, 2, 8, 3)
SQUARE = Tiles(128, 128, 64, 1, 8, 4)
POINTERS = Tiles(128, 128, 64, 1, 8, 3)  # addresses take registers that descriptors leave free
EXACT = Tiles(64, 64, 32, 1, 8, 2)  # float32 is multiplied by FMA, not by the matrix units

CHUNK = (1024, 8192)  # tokens and columns: 32 MB of products, which an H200's cache of 50 MB holds


def tiles_of(D: int, level: int, itemsize: int, *, described: bool, capped: bool) -> Tiles:
    """The tiles for a head of depth D: a wide tile is taken in slowly, and must be deep to pay.

    Not measured. With a soft-cap, the last level spills from WIDE's registers.
    """
    if itemsize == 4:
        return EXACT
    if not described:
        return POINTERS
    return SQUARE if D < 1024 or (capped and level == 2) else WIDE


def faster_path(T: int, D: int, itemsize: int) -> Literal["fused", "chunked"]:
    """Whether the fused kernel or torch's multiplication in chunks is to be taken.

    Not measured. Writing products and reading them again costs as much at any depth, and the
    multiplication it saves on grows with D: it should pay from D = 4096 on, where there are tokens
    for several chunks. float32 is taken in chunks always: the fused kernel multiplies it by FMA no
    faster.
    """
    return "chunked" if itemsize == 4 or (D >= 4096 and 2 * CHUNK[0] <= T) else "fused"


def splits_of(T: int, V: int, tiles: Tiles, device: torch.device) -> int:
    """The fewest parts that make two programs for each processor, at most one a tile.

    Not measured.
    """
    tokens, columns = triton.cdiv(max(T, 1), tiles.t), triton.cdiv(V, tiles.v)
    return max(1, min(columns, triton.cdiv(2 * processors(device), tokens)))


def processors(device: torch.device) -> int:
    """Processors of a GPU; elsewhere, where it decides no speed, those of an H200."""
    if device.type != "cuda":
        return 132
    count: int = torch.cuda.get_device_properties(device).multi_processor_count
    return count
