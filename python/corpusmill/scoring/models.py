"""models: a causal language model: what gives hidden states, and the head of its logits.

    Model.load          a folder of config.json and safetensors; nothing comes from a network
    Model.of_module     a Hugging Face model that is in memory
    Model.of_states     any function from ids to hidden states, and the weight of its head

What it gives is tried before it is used: its logits (heads), and whether documents in a row leak
(layouts).
"""

from __future__ import annotations

import os
from typing import Any, TypeAlias

import torch

from corpusmill import _check
from corpusmill.scoring import heads
from corpusmill.scoring.folders import Dtype, loaded
from corpusmill.scoring.heads import Head
from corpusmill.scoring.layouts import Layout, States, laid, layout_of

Source: TypeAlias = Any
"""A `Model`, a Hugging Face model, or the path of a folder that holds one."""

CONTEXT = 2048
"""Of a model whose configuration does not say."""

_LENGTHS = ("n_positions", "max_position_embeddings", "n_ctx", "max_seq_len")


class Model:
    """A causal language model that is ready to score.

    head            weight [V, D], bias, scale and soft cap
    context         the most tokens that it is given at once
    layout          how it keeps documents of a row apart: see layouts
    alone           a window of more tokens has a batch of its own, because the longest of a batch
                    decides how positions are turned in all of it; None: it decides nothing
    bos_id, eos_id  as its configuration has them; None: not said
    """

    def __init__(
        self,
        states: States,
        head: Head,
        *,
        context: int,
        layouts: tuple[Layout, ...] = ("rows",),
        alone: int | None = None,
        vocab_size: int | None = None,
        bos_id: int | None = None,
        eos_id: int | None = None,
    ) -> None:
        self.head = head
        self.alone = alone
        self.context = _check.whole("context", context, 1, 1 << 40)
        self.vocab_size = min(head.vocab_size, vocab_size or head.vocab_size)
        self.bos_id, self.eos_id = bos_id, eos_id
        self._states = states
        with torch.inference_mode():
            self.layout = layout_of(states, self.vocab_size, self.context, self.device, layouts)

    @property
    def device(self) -> torch.device:
        return self.head.weight.device

    def states(self, ids: torch.Tensor, positions: torch.Tensor, *, shared: bool) -> torch.Tensor:
        """Hidden states [rows, size, D]; `shared`: of rows of several documents, each from position 0."""
        return laid(self._states, self.layout if shared else "rows", ids, positions)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        device: str | None = None,
        dtype: Dtype | None = None,
        context: int | None = None,
    ) -> Model:
        """The Hugging Face model of a folder: config.json, and weights as safetensors.

        device      None: "cuda" if there is one, else "cpu"
        dtype       None: on a CPU float32, elsewhere as the weights are stored. Hidden states and
                    the head's product are of it; statistics are float32
        context     at most what the configuration says, and None: that; 2048 if it says nothing

        Raises OSError; ValueError if it cannot be scored with.
        """
        return cls.of_module(loaded(path, "AutoModelForCausalLM", device, dtype), context=context)

    @classmethod
    def of_module(cls, module: Any, *, context: int | None = None) -> Model:
        """A Hugging Face causal model, where it is and of the dtype it has.

        It is called in eval mode, and left in the mode it is in. context: as `load` has it.
        ValueError if its logits are not those of its hidden states and its configuration, to 1e-3
        on eight tokens.
        """
        head, states = heads.head_of(module), heads.caught(module)
        vocab_size = min(head.vocab_size, module.get_input_embeddings().weight.shape[0])
        source = torch.Generator().manual_seed(0)
        ids = torch.randint(vocab_size, (1, 8), generator=source).to(head.weight.device)
        with torch.inference_mode():
            heads.check(module, head, states, ids)
        config = module.config.get_text_config()
        return cls(
            states,
            head,
            context=context_of(module, context),
            layouts=("positions", "mask", "rows"),
            alone=_turned_alike(config),
            vocab_size=vocab_size,
            bos_id=_id(config, "bos_token_id"),
            eos_id=_id(config, "eos_token_id"),
        )

    @classmethod
    def of_states(
        cls,
        states: States,
        weight: torch.Tensor,
        *,
        bias: torch.Tensor | None = None,
        scale: float = 1.0,
        softcap: float | None = None,
        context: int,
        bos_id: int | None = None,
        eos_id: int | None = None,
    ) -> Model:
        """Any causal model: `states` of ids [rows, size] int64 gives hidden states [rows, size, D].

        Rows hold one document each, shorter ones with zeros behind it. weight [V, D] and bias [V]
        make logits, softcap * tanh(scale * (hidden W^T + bias) / softcap).
        TypeError unless the weight is such a tensor; ValueError if it is no causal model.
        """
        if not isinstance(weight, torch.Tensor) or weight.ndim != 2:
            shape = f" {list(weight.shape)}" if hasattr(weight, "shape") else ""
            raise TypeError(
                f"weight: expected a tensor of torch, [V, D], got {type(weight).__name__}{shape}"
            )
        head = Head(weight.detach(), None if bias is None else bias.detach(), scale, softcap)
        return cls(states, head, context=context, bos_id=bos_id, eos_id=eos_id)


def model_of(source: Source, device: str | None = None) -> Model:
    """The model behind what a caller gives; `device` is for one of a folder, others stay where they are."""
    if isinstance(source, Model):
        return source
    if isinstance(source, (str, os.PathLike)):
        return Model.load(source, device=device)
    if not hasattr(source, "get_output_embeddings"):
        raise TypeError(
            "model: expected a Model, a Hugging Face model or the path of a folder that holds one, "
            f"got {type(source).__name__}"
        )
    return Model.of_module(source)


def context_of(module: Any, asked: int | None, least: int = 1) -> int:
    """How many tokens a model is given at once: as asked, or as many as it says that it takes.

    It says so less what RoBERTa's positions begin behind. ValueError if more are asked for, for which
    it has no positions, or was not made.
    """
    config = module.config.get_text_config()
    found = (getattr(config, name, None) for name in _LENGTHS)
    told = next((int(length) for length in found if length), None)
    tables = (of for name, of in module.named_modules() if name.endswith(".position_embeddings"))
    taken = (getattr(of, "padding_idx", None) for of in tables)
    if told is not None:
        told -= next((place + 1 for place in taken if place is not None), 0)
    if asked is None:
        return told or CONTEXT
    return _check.whole("context", asked, least, told or 1 << 40)


def _turned_alike(config: Any) -> int | None:
    """Up to how many tokens longrope turns positions by its factors for short texts."""
    told = getattr(config, "rope_parameters", None) or {}
    kinds = [told, *(of for of in told.values() if isinstance(of, dict))]
    found = [of for of in kinds if of.get("rope_type") == "longrope"]
    return min((int(of["original_max_position_embeddings"]) for of in found), default=None)


def _id(config: Any, name: str) -> int | None:
    """Of several, the first; a number below 0 stands for none."""
    found = getattr(config, name, None)
    first = next(iter(found), None) if isinstance(found, (list, tuple)) else found
    return first if first is not None and first >= 0 else None
