"""heads: what makes final logits of hidden states, read from Hugging Face models and checked.

Final logits are softcap * tanh(scale * (hidden W^T + bias) / softcap). Hidden states are caught
where they enter the output embedding, before logits are made. Runs no documents.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from corpusmill.scoring.tokens import linear_token_statistics

TOLERANCE = 1e-3
"""Between a model's own logits and those of its hidden states; half precision rounds both besides."""

# What configurations call the numbers by which logits are multiplied, divided and capped.
_FACTORS = ("logit_scale", "lm_head_multiplier")  # Cohere; Falcon-H1
_DIVISORS = ("logits_scaling",)  # Granite
_CAPS = (
    "final_logit_softcapping",
    "logits_soft_cap",
    "output_logit_soft_cap",
)  # Gemma, RecurrentGemma, xLSTM


@dataclass(frozen=True)
class Head:
    """weight [V, D] and bias [V] of one dtype and device."""

    weight: torch.Tensor
    bias: torch.Tensor | None = None
    scale: float = 1.0
    softcap: float | None = None

    @property
    def vocab_size(self) -> int:
        return int(self.weight.shape[0])

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """[T, V] float32 of hidden [T, D], by a product in the dtype of the weight. For a few rows."""
        logits = torch.nn.functional.linear(hidden, self.weight, self.bias).float() * self.scale
        return logits if self.softcap is None else torch.tanh(logits / self.softcap) * self.softcap

    def statistics(
        self, hidden: torch.Tensor, targets: torch.Tensor, names: Collection[str], threads: int
    ) -> dict[str, npt.NDArray[Any]]:
        """Statistics of tokens by name, [T], of hidden [T, D] and the ids that came, [T]."""
        found = linear_token_statistics(
            hidden,
            self.weight,
            targets,
            statistics=names,
            bias=self.bias,
            scale=self.scale,
            softcap=self.softcap,
            threads=threads,
        )
        return {
            name: np.asarray(of.cpu() if isinstance(of, torch.Tensor) else of)
            for name, of in found.items()
        }


def head_of(module: Any) -> Head:
    """The head of a Hugging Face model; ValueError if it has none, or reads two texts."""
    if getattr(module.config, "is_encoder_decoder", False):
        raise ValueError(
            f"model: {type(module).__name__} is an encoder with a decoder, which has no loss of a "
            "text alone; pass a language model, or hidden states and a weight to Model.of_states"
        )
    output = module.get_output_embeddings()
    weight = getattr(output, "weight", None)
    if weight is None or weight.ndim != 2:
        raise ValueError(
            f"model: {type(module).__name__} has no output embedding with a weight [V, D]; pass a "
            "language model, or hidden states and a weight to Model.of_states"
        )
    config = module.config.get_text_config()
    scale = 1.0
    for name in _FACTORS:
        scale *= _number(config, name) or 1.0
    for name in _DIVISORS:
        scale /= _number(config, name) or 1.0
    softcap = next(filter(None, (_number(config, name) for name in _CAPS)), None)
    bias = getattr(output, "bias", None)
    return Head(weight.detach(), None if bias is None else bias.detach(), scale, softcap)


def _number(config: Any, name: str) -> float | None:
    value = getattr(config, name, None)
    return float(value) if isinstance(value, (int, float)) else None


class _Caught(Exception):
    """The hidden states that were about to enter the head."""


def caught(module: Any) -> Callable[..., torch.Tensor]:
    """A function that calls the model up to its head, and returns what would have entered it."""
    output = module.get_output_embeddings()
    options = {"use_cache": False} if takes(module, "use_cache") else {}

    def stop(_: Any, args: tuple[Any, ...]) -> None:
        raise _Caught(args[0])

    def states(ids: torch.Tensor, **given: Any) -> torch.Tensor:
        handle = output.register_forward_pre_hook(stop)
        try:
            with evaluating(module):
                module(input_ids=ids, **options, **given)
        except _Caught as found:
            hidden: torch.Tensor = found.args[0]
            return hidden
        finally:
            handle.remove()
        raise ValueError(f"model: {type(module).__name__} does not call its output embedding")

    return states


@contextmanager
def evaluating(module: Any) -> Iterator[None]:
    """Without dropout, whatever mode a model's parts are in; afterwards they are in it again."""
    training = [part for part in module.modules() if part.training]
    for part in training:
        part.training = False
    try:
        yield
    finally:
        for part in training:
            part.training = True


def takes(module: Any, name: str) -> bool:
    """Whether the forward of a model names this argument."""
    return name in inspect.signature(module.forward).parameters


def check(module: Any, head: Head, states: Callable[..., torch.Tensor], ids: torch.Tensor) -> None:
    """ValueError if logits of `ids` [1, T] by this head are not the model's own, to `TOLERANCE`."""
    options = {"use_cache": False} if takes(module, "use_cache") else {}
    with evaluating(module):
        own = module(input_ids=ids, **options).logits[0].float()
    if own.isnan().any():
        raise ValueError(
            f"model: logits of {type(module).__name__} are NaN; weights are damaged, or too large for "
            f"{head.weight.dtype}: load it as bfloat16 or float32"
        )
    made = head.logits(states(ids)[0])
    if own.shape != made.shape:
        raise ValueError(
            f"model: its logits have {own.shape[-1]} columns, and its output embedding "
            f"{made.shape[-1]} rows"
        )
    half = head.weight.dtype in (torch.bfloat16, torch.float16)
    rounding = 2 * torch.finfo(head.weight.dtype).eps * float(own.abs().max()) if half else 0.0
    worst = float((own - made).abs().max())
    if not worst <= TOLERANCE + rounding:
        raise ValueError(
            f"model: logits made of the hidden states of {type(module).__name__} differ from its "
            f"own by {worst:.3g}, and {TOLERANCE + rounding:.1g} is allowed; it does something to "
            "them that its configuration does not tell by a known name. Pass hidden states, weight, "
            "scale and softcap to Model.of_states"
        )
