"""layouts: how a model keeps the documents of a row apart, found out by trying. Scores nothing.

    positions   position ids that begin again with each document: the model makes its mask of them
    mask        a mask [rows, 1, size, size] in which a token sees those before it in its document
                    alone
    rows        not at all: one document per row

A model that keeps nothing apart says nothing about it: its numbers are just other ones. So each way
is tried on two documents in a row: the second's hidden states must be those it has alone, and stay
what they are when the first becomes another. Padding stands behind documents, where no token of
theirs sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import torch

Layout: TypeAlias = Literal["positions", "mask", "rows"]
States: TypeAlias = Callable[..., torch.Tensor]
"""Of ids [rows, size], and if asked position_ids and attention_mask: hidden states [rows, size, D]."""

FULL, HALF = 1e-3, 0.05
"""How far hidden states may be from those alone, of their length; float32, half precision."""

LEAK = 1e-5
"""How far they may move when another document of the row changes: hardly, the sums are the same."""


def laid(
    states: States, layout: Layout, ids: torch.Tensor, positions: torch.Tensor
) -> torch.Tensor:
    """Hidden states of rows [rows, size] whose documents begin where their positions are 0."""
    if layout == "positions":
        return states(ids, position_ids=positions)
    if layout == "mask":
        return states(ids, position_ids=positions, attention_mask=_seen(positions))
    return states(ids)


def _seen(positions: torch.Tensor) -> torch.Tensor:
    """[rows, 1, size, size]: which token sees which."""
    document = (positions == 0).cumsum(1)
    same = document[:, :, None] == document[:, None, :]
    return same.tril()[:, None]


def layout_of(
    states: States, vocab_size: int, context: int, device: torch.device, layouts: tuple[Layout, ...]
) -> Layout:
    """The first of these layouts that keeps documents apart, at last "rows".

    ValueError if what `states` gives a token depends on those behind it.
    """
    trial = _Trial(states, vocab_size, context, device)
    if trial.lacks_numbers():
        raise ValueError(
            "model: hidden states of random tokens are NaN or infinite; weights are damaged, or too "
            "large for their dtype: load it as bfloat16 or float32"
        )
    if trial.leaks("rows"):  # in every layout there are rows of one document with padding behind it
        raise ValueError(
            "model: hidden states of a token change with tokens behind it, so this is no causal "
            "language model; masked ones are for pseudo_likelihood"
        )
    return next((layout for layout in layouts if not trial.leaks(layout)), "rows")


def allowed(states: torch.Tensor) -> float:
    """How far such states may be from those alone, of their length."""
    return HALF if states.dtype in (torch.bfloat16, torch.float16) else FULL


def differ(left: torch.Tensor, right: torch.Tensor, share: float) -> bool:
    """Whether they are apart by more than this share of the length of the right one, or are NaN."""
    return not bool((left - right).norm() <= share * right.norm())


class _Trial:
    """Two documents in a row, and each alone."""

    def __init__(self, states: States, vocab_size: int, context: int, device: torch.device) -> None:
        self._states = states
        first, second = max(1, min(17, context // 2)), max(1, min(23, context - context // 2))
        source = torch.Generator().manual_seed(0)
        draw = [torch.randint(vocab_size, (1, n), generator=source) for n in (first, second, first)]
        self._first, self._second, self._other = (ids.to(device) for ids in draw)
        self._alone = [states(ids)[0].float() for ids in (self._first, self._second)]
        self._context = context
        self._allowed = allowed(states(self._first))

    def lacks_numbers(self) -> bool:
        return not all(bool(of.isfinite().all()) for of in self._alone)

    def leaks(self, layout: Layout) -> bool:
        """Whether a document's states depend on others of its row, or are not those it has alone."""
        if layout == "rows":
            return self._padded()
        try:
            return self._context < 2 or self._shared(layout)
        except (TypeError, ValueError, RuntimeError, IndexError):
            return True  # of these arguments, each model in its way: without them it has just run

    def _padded(self) -> bool:
        """Two rows, each with padding behind its document."""
        documents = [ids[0] for ids in (self._first, self._second)]
        size = min(self._context, max(map(len, documents)) + 3)
        rows = torch.stack([torch.nn.functional.pad(of, (0, size - len(of))) for of in documents])
        found = self._states(rows).float()
        return any(
            self._differ(row[: len(alone)], alone)
            for row, alone in zip(found, self._alone, strict=True)
        )

    def _shared(self, layout: Layout) -> bool:
        positions = [torch.arange(n) for n in (self._first.shape[1], self._second.shape[1])]
        row = torch.cat(positions)[None].to(self._first.device)
        begin = self._first.shape[1]
        found, changed = (
            laid(self._states, layout, torch.cat([first, self._second], 1), row)[0].float()
            for first in (self._first, self._other)
        )
        return (
            self._differ(found[:begin], self._alone[0])
            or self._differ(found[begin:], self._alone[1])
            or self._differ(changed[begin:], found[begin:], LEAK)
        )

    def _differ(self, left: torch.Tensor, right: torch.Tensor, share: float | None = None) -> bool:
        return differ(left, right, self._allowed if share is None else share)
