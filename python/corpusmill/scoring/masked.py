"""masked: documents scored under a masked language model, each token hidden in a copy, or none.

Pseudo-log-likelihood: Salazar et al. 2020; with the rest of a word hidden, too: Kauf and Ivanova
2023. Of each copy the scored tokens' states alone reach the head.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pyarrow as pa
import torch

from corpusmill import _check
from corpusmill.scoring import heads, inputs, texts
from corpusmill.scoring.copies import Copies, Special
from corpusmill.scoring.folders import Dtype, loaded
from corpusmill.scoring.layouts import allowed, differ
from corpusmill.scoring.models import context_of
from corpusmill.scoring.scorer import DEFAULT, Asked
from corpusmill.scoring.token_pass import Columns, Progress, Sequences, torch_threads
from corpusmill.scoring.windows import Ints

Variant: TypeAlias = Literal["within_word", "original", "maskless"]


class MaskedModel:
    """A Hugging Face masked language model that is ready to score; checked as `Model` is.

    context     the most tokens that it is given at once, those around a document among them
    pads        whether rows of a batch may have padding behind them: some models mix it in, whatever
                the mask says (those that convolve, or are of Fourier transforms)
    """

    def __init__(self, module: Any, *, context: int | None = None) -> None:
        self.head, self._states = heads.head_of(module), heads.caught(module)
        self.vocab_size = self.head.vocab_size
        source = torch.Generator().manual_seed(0)
        ids = torch.randint(self.vocab_size, (1, 8), generator=source).to(self.device)
        with torch.inference_mode():
            heads.check(module, self.head, self._states, ids)
        self.context = context_of(module, context, least=3)
        with torch.inference_mode():
            self.pads = self._pads(ids[:, : max(1, self.context - 1)])

    def _pads(self, ids: torch.Tensor) -> bool:
        """Whether the states of a text are the same with padding behind it."""
        row = torch.nn.functional.pad(ids, (0, min(5, self.context - ids.shape[1])))
        seen = (torch.arange(row.shape[1], device=self.device) < ids.shape[1]).long()[None]
        alone = self._states(ids, attention_mask=seen[:, : ids.shape[1]])[0]
        padded = self._states(row, attention_mask=seen)[0, : ids.shape[1]]
        return not differ(padded.float(), alone.float(), allowed(alone))

    @property
    def device(self) -> torch.device:
        return self.head.weight.device

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        device: str | None = None,
        dtype: Dtype | None = None,
        context: int | None = None,
    ) -> MaskedModel:
        """The Hugging Face model of a folder; all as `Model.load` has it."""
        return cls(loaded(path, "AutoModelForMaskedLM", device, dtype), context=context)

    def hidden(self, ids: Ints, lengths: Ints, places: tuple[Ints, Ints]) -> torch.Tensor:
        """What enters the head at places (row, column), [T, D]; padding is behind a row's length."""
        given, sizes, rows, columns = (
            torch.from_numpy(of).to(self.device) for of in (ids, lengths, *places)
        )
        mask = torch.arange(ids.shape[1], device=self.device) < sizes[:, None]
        return self._states(given, attention_mask=mask.long())[rows, columns]


def pseudo_likelihood(
    model: Any,
    tokenizer: Any,
    docs: Any,
    *,
    variant: Variant = "within_word",
    stats: Sequence[str] = DEFAULT,
    k: float = 0.2,
    tokens: Literal[False, "float16", "float32"] = False,
    batch_tokens: int = inputs.BATCH_TOKENS,
    device: str | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> pa.Table:
    """The loss of each document under a masked language model: of each token given all others.

    model           a `MaskedModel`, a Hugging Face model in memory, or a folder of one
    tokenizer       its Hugging Face tokenizer, which knows its mask and what stands around a text
    docs            N strings, null for none
    variant         "within_word": hidden with each token are those behind it in its word, which
                    would give it away; needs a fast tokenizer. "original": the token alone.
                    "maskless": nothing is hidden and each token sees itself, too, so that a document
                    is read once; for models trained for it, others lose next to nothing
    others          as `score` has them; perplexity is exp of the mean
    returns         as `score`

    A document of n tokens is read n times, O(n^2) for the model and O(n) for its head (maskless:
    once); one longer than the context in pieces of it, each token in one of them. Raises as `score`.
    """
    if variant not in get_args(Variant):
        known = ", ".join(map(repr, get_args(Variant)))
        raise ValueError(f"variant: expected one of {known}, got {variant!r}")
    asked = Asked.of(stats, tokens, k)
    under = _model_of(model, device)
    inputs.check_vocabulary(under.vocab_size, tokenizer)
    special = Special.of(tokenizer)
    size = _check.whole("batch_tokens", batch_tokens, 1, 1 << 40)
    count = _check.threads(threads)
    found = texts.encoded(tokenizer, docs, words=variant == "within_word", threads=count)
    copies = Copies.of(found, under.context, masked=variant != "maskless")
    with torch.inference_mode(), torch_threads(count):
        columns = _columns(
            under,
            copies,
            special,
            asked.of_tokens,
            batch_tokens=size,
            threads=count,
            progress=progress,
        )
    scored = inputs.Prepared(found, Sequences.of(found, special.before))
    return asked.table(scored, columns)


def _model_of(model: Any, device: str | None) -> MaskedModel:
    if isinstance(model, MaskedModel):
        return model
    if isinstance(model, (str, os.PathLike)):
        return MaskedModel.load(model, device=device)
    return MaskedModel(model)


def _columns(
    model: MaskedModel,
    copies: Copies,
    special: Special,
    names: Sequence[str],
    *,
    batch_tokens: int,
    threads: int,
    progress: Progress | None,
) -> Columns:
    """Statistics of all tokens."""
    total, done = int(copies.lengths.sum()), 0
    columns: Columns = {name: np.empty(len(copies.ids), np.float32) for name in names}
    for chosen in copies.batches(batch_tokens, pads=model.pads):
        ids, sizes = copies.rows(chosen, special)
        tokens, places = copies.scored(chosen)
        targets = torch.from_numpy(copies.ids[tokens]).to(model.device)
        hidden = model.hidden(ids, sizes, places)
        for name, values in model.head.statistics(hidden, targets, names, threads).items():
            columns[name][tokens] = values
        done += int(sizes.sum())
        if progress is not None:
            progress(done, total)
    return columns
