"""heads: hidden states and a head, checked, and the steps of both ways to score them. Has no kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from .combine import combine
from .outputs import Room, Transform, checked_level, checked_rows, checked_targets
from .target_logits import target_logits


@dataclass(frozen=True)
class Head:
    """Hidden states [T, D], a head [V, D] with a bias [V] or none, and targets [T], on one device."""

    hidden: torch.Tensor
    weight: torch.Tensor
    bias: torch.Tensor | None
    targets: torch.Tensor
    transform: Transform
    level: int

    @staticmethod
    def of(
        hidden: torch.Tensor,
        weight: torch.Tensor,
        targets: torch.Tensor,
        *,
        level: int,
        bias: torch.Tensor | None,
        scale: float,
        softcap: float | None,
        trusted: bool,
    ) -> Head:
        """ValueError where shapes, devices or targets do not fit, TypeError where dtypes do not."""
        hidden, weight = checked_rows("hidden", hidden), checked_rows("weight", weight)
        (T, D), V = hidden.shape, weight.shape[0]
        if weight.shape[1] != D:
            raise ValueError(
                f"hidden is of shape {tuple(hidden.shape)}, weight of {tuple(weight.shape)}; "
                "[T, D] and [V, D] are expected"
            )
        if bias is not None and bias.shape != (V,):
            raise ValueError(f"bias is of shape {tuple(bias.shape)}; ({V},) is expected")
        if weight.dtype != hidden.dtype:
            raise TypeError(f"weight is {weight.dtype}, hidden {hidden.dtype}; convert one")
        for name, other in (("weight", weight), ("bias", bias)):
            if other is not None and other.device != hidden.device:
                raise ValueError(
                    f"{name} is on {other.device}, hidden on {hidden.device}; move one"
                )
        targets = checked_targets(targets, T, V, hidden.device, trusted=trusted)
        transform = Transform.of(scale, softcap)
        bias = None if bias is None else bias.contiguous()
        return Head(hidden, weight, bias, targets, transform, checked_level(level))

    @property
    def shape(self) -> tuple[int, int, int]:
        """T, V, D."""
        return len(self.hidden), len(self.weight), self.hidden.shape[1]

    def statistics(self, pieces: int, sweep: Callable[[Room], None]) -> dict[str, torch.Tensor]:
        """By name, [T] each, of what `sweep` takes in as so many pieces of the vocabulary."""
        T, V, _ = self.shape
        room = Room.of(T, pieces, self.level, self.hidden.device)
        if T > 0:
            with torch.cuda.device_of(self.hidden):
                target_logits(
                    self.hidden, self.weight, self.targets, room.target, self.transform, self.bias
                )
                sweep(room)
                combine(self.targets, room, V, self.transform.unit)
        return room.statistics()
