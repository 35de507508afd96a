"""outputs: what launchers share: names of a level, checks, room for statistics. Has no kernel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

# As corpusmill.scoring.statistics has them; a test compares the two.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("nll", "lse", "max_logprob"),
    ("entropy", "variance"),
    ("sum_p2", "el2n", "mass_above", "argmax", "rank"),
)
INTEGERS = ("argmax", "rank")
LOG2E = 1 / math.log(2)
DTYPES = (torch.float32, torch.float16, torch.bfloat16)

_PIECE = (2, 4, 6)  # floats that a piece keeps at a level; at the last, two integers as well


@dataclass(frozen=True)
class Transform:
    """What makes final logits of products: x * unit is log2 of what a logit counts; see state."""

    unit: float
    inner: float
    cap: float
    capped: bool

    @staticmethod
    def of(scale: float, softcap: float | None) -> Transform:
        """ValueError unless both are finite numbers above 0."""
        for name, value in (("scale", scale), ("softcap", softcap)):
            if value is not None and not (0 < value < math.inf):
                raise ValueError(f"{name} is {value}; a finite number above 0 is expected")
        if softcap is None:
            return Transform(LOG2E * scale, 0.0, 0.0, capped=False)
        return Transform(LOG2E, 2 * LOG2E * scale / softcap, softcap, capped=True)


def checked_targets(
    targets: torch.Tensor, rows: int, V: int, device: torch.device, *, trusted: bool
) -> torch.Tensor:
    """Targets, one per row, on the rows' device; ValueError names the first that is V or more.

    trusted  none is: they are not looked at, which on a GPU would be waiting for it
    """
    targets = torch.as_tensor(targets)
    if targets.shape != (rows,) or targets.is_floating_point() or targets.dtype == torch.bool:
        raise ValueError(
            f"targets are {targets.dtype} of shape {tuple(targets.shape)}; "
            f"integers of shape ({rows},) are expected, one per row"
        )
    if not trusted and rows > 0 and int(targets.max()) >= V:
        row = int((targets >= V).nonzero()[0, 0])
        raise ValueError(
            f"the target of row {row} is {int(targets[row])}, beyond a vocabulary of {V}"
        )
    return targets.to(device).contiguous()


def checked_level(level: int) -> int:
    if level not in range(len(LEVELS)):
        raise ValueError(f"level is {level}; 0, 1 or 2 is expected")
    return level


def checked_rows(name: str, matrix: torch.Tensor) -> torch.Tensor:
    """A matrix of a dtype that kernels take, copied only where its rows are not contiguous."""
    if matrix.ndim != 2 or matrix.dtype not in DTYPES:
        raise ValueError(
            f"{name} is {matrix.dtype} of shape {tuple(matrix.shape)}; a matrix of float32, "
            "float16 or bfloat16 is expected"
        )
    return matrix if matrix.stride(1) == 1 or matrix.shape[1] <= 1 else matrix.contiguous()


@dataclass(frozen=True)
class Room:
    """Room for the statistics of `rows` positions, and for the pieces they are merged from."""

    floats: torch.Tensor  # [statistics, rows]
    integers: torch.Tensor  # [2, rows]
    target: torch.Tensor  # [rows], the target's logit
    piece_floats: torch.Tensor  # [fields, pieces, rows]
    piece_integers: torch.Tensor  # [2, pieces, rows]
    pieces: int
    level: int

    @staticmethod
    def of(rows: int, pieces: int, level: int, device: torch.device) -> Room:
        """For one piece there is no room for pieces: its kernel stores the statistics."""
        kept = rows * pieces if pieces > 1 else 0
        integers = 2 if level == 2 else 0
        names = sum(len(names) for names in LEVELS[: level + 1]) - integers

        def floats(count: int, size: int) -> torch.Tensor:
            return torch.empty((count, size), dtype=torch.float32, device=device)

        def ints(count: int, size: int) -> torch.Tensor:
            return torch.empty((count, size), dtype=torch.int32, device=device)

        return Room(
            floats(names, rows),
            ints(integers, rows),
            floats(1, rows)[0],
            floats(_PIECE[level], kept),
            ints(integers, kept),
            pieces,
            level,
        )

    def statistics(self) -> dict[str, torch.Tensor]:
        """By name: float32, or int32 for argmax and rank."""
        names = [name for names in LEVELS[: self.level + 1] for name in names]
        floats = [name for name in names if name not in INTEGERS]
        found = dict(zip(floats, self.floats, strict=True))
        return found | dict(zip(INTEGERS, self.integers, strict=False))
