"""Liger's and CCE's losses of a head, each token for itself, as their own documents call them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Peer:
    """One peer: its name, what it gives, the package that has it, the module, and the call."""

    name: str
    gives: str
    package: str
    module: str
    call: Callable[[Any, Any, Any], object]

    def missing(self) -> str | None:
        """Why it cannot be run; None where it can."""
        found = importlib.util.find_spec(self.module)
        return None if found else f"{self.package} is not installed"

    def run(self, hidden: Any, weight: Any, targets: Any) -> object:
        """The loss of every token, no gradients wanted."""
        import torch  # noqa: PLC0415

        with torch.no_grad():
            return self.call(hidden, weight, targets)


def _liger(hidden: Any, weight: Any, targets: Any) -> object:
    from liger_kernel.transformers.functional import (  # noqa: PLC0415
        liger_fused_linear_cross_entropy,
    )

    return liger_fused_linear_cross_entropy(hidden, weight, targets, reduction="none")


def _cce(hidden: Any, weight: Any, targets: Any) -> object:
    from cut_cross_entropy import linear_cross_entropy  # noqa: PLC0415

    return linear_cross_entropy(hidden, weight, targets, reduction="none")


PEERS = (
    Peer("Liger", "nll alone", "liger-kernel", "liger_kernel", _liger),
    Peer("CCE", "nll alone", "cut-cross-entropy", "cut_cross_entropy", _cce),
)
