"""masked: documents scored under a masked language model, each token hidden in a copy, or none.

Pseudo-log-likelihood: Salazar et al. 2020; with the rest of a word hidden, too: Kauf and Ivanova
2023. Of each copy the scored tokens' states alone reach the head.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pyarrow as pa
import torch

from corpusmill import _check
from corpusmill.scoring import heads, inputs, texts
from corpusmill.scoring.folders import Dtype, loaded
from corpusmill.scoring.models import context_of
from corpusmill.scoring.packing import batches
from corpusmill.scoring.scorer import DEFAULT, Asked
from corpusmill.scoring.texts import Encoded
from corpusmill.scoring.token_pass import Columns, Progress, Sequences, torch_threads
from corpusmill.scoring.windows import Ints, windows

Variant: TypeAlias = Literal["within_word", "original", "maskless"]


class MaskedModel:
    """A Hugging Face masked language model that is ready to score; checked as `Model` is.

    context     the most tokens that it is given at once, those around a document among them
    """

    def __init__(self, module: Any, *, context: int | None = None) -> None:
        self.head, self._states = heads.head_of(module), heads.caught(module)
        self.vocab_size = self.head.vocab_size
        source = torch.Generator().manual_seed(0)
        ids = torch.randint(self.vocab_size, (1, 8), generator=source).to(self.device)
        with torch.inference_mode():
            heads.check(module, self.head, self._states, ids)
        self.context = context_of(module, context, least=3)

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
    special = _Special.of(tokenizer)
    size = _check.whole("batch_tokens", batch_tokens, 1, 1 << 40)
    count = _check.threads(threads)
    found = texts.encoded(tokenizer, docs, words=variant == "within_word", threads=count)
    copies = _Copies.of(found, under.context, masked=variant != "maskless")
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


@dataclass(frozen=True)
class _Special:
    """Ids of the tokens that a masked model knows besides text."""

    mask: int
    before: int
    behind: int
    pad: int

    @classmethod
    def of(cls, tokenizer: Any) -> _Special:
        names = ("mask", "cls", "sep", "pad")
        found: list[Any] = [getattr(tokenizer, f"{name}_token_id", None) for name in names]
        if None in found:
            lacking = names[found.index(None)].upper()
            raise ValueError(
                "tokenizer: expected a Hugging Face tokenizer of a masked model; this one has no "
                f"{lacking} token"
            )
        return cls(*found)


@dataclass(frozen=True)
class _Copies:
    """Copies ids[begin:end], of which ids[first:last] are scored, and ids[first:until] hidden."""

    ids: Ints
    begin: Ints
    end: Ints
    first: Ints
    last: Ints
    until: Ints

    @classmethod
    def of(cls, docs: Encoded, context: int, *, masked: bool) -> _Copies:
        """One for each token; or, where nothing is to be masked, for each piece that fits."""
        room = context - 2
        pieces = windows(docs.lengths, room, room)
        begin, first, end = (
            docs.offsets[pieces.doc] + of for of in (pieces.begin, pieces.first, pieces.end)
        )
        if not masked:
            return cls(docs.ids, begin, end, first, end, first)
        begin, end = (np.repeat(of, end - first) for of in (begin, end))
        at = np.arange(len(docs.ids))  # pieces score all tokens in order
        until = at + 1 if docs.words is None else np.minimum(_word_ends(docs, docs.words), end)
        return cls(docs.ids, begin, end, at, at + 1, until)

    def rows(self, chosen: Ints, special: _Special) -> tuple[Ints, Ints]:
        """Some of them as rows of ids, and the length of each."""
        begin, inner = self.begin[chosen, None], (self.end - self.begin)[chosen]
        column = np.arange(int(inner.max()) + 2)
        source = begin + column - 1
        hidden = (source >= self.first[chosen, None]) & (source < self.until[chosen, None])
        ids = np.where(hidden, special.mask, self.ids[np.clip(source, 0, len(self.ids) - 1)])
        ids[:, 0] = special.before
        ids[column > inner[:, None]] = special.pad
        ids[np.arange(len(ids)), inner + 1] = special.behind
        return ids, inner + 2

    def scored(self, chosen: Ints) -> tuple[Ints, tuple[Ints, Ints]]:
        """The tokens that some of them score, and where in their rows they are: row, column."""
        counts = (self.last - self.first)[chosen]
        row = np.repeat(np.arange(len(chosen)), counts)
        before = np.cumsum(counts) - counts
        tokens = np.arange(len(row)) + (self.first[chosen] - before)[row]
        return tokens, (row, tokens - self.begin[chosen][row] + 1)


def _word_ends(docs: Encoded, words: Ints) -> Ints:
    """For each token the one behind its word."""
    last = np.ones(len(words), np.bool_)
    last[:-1] = words[1:] != words[:-1]
    last[docs.offsets[1:][docs.lengths > 0] - 1] = True
    ends = np.flatnonzero(last) + 1
    return ends[np.searchsorted(ends, np.arange(len(words)), side="right")]


def _columns(
    model: MaskedModel,
    copies: _Copies,
    special: _Special,
    names: Sequence[str],
    *,
    batch_tokens: int,
    threads: int,
    progress: Progress | None,
) -> Columns:
    """Statistics of all tokens."""
    lengths = copies.end - copies.begin + 2
    total, done = int(lengths.sum()), 0
    columns: Columns = {name: np.empty(len(copies.ids), np.float32) for name in names}
    for batch in batches(lengths, batch_tokens, shared=False):
        ids, sizes = copies.rows(batch.windows, special)
        tokens, places = copies.scored(batch.windows)
        targets = torch.from_numpy(copies.ids[tokens]).to(model.device)
        hidden = model.hidden(ids, sizes, places)
        for name, values in model.head.statistics(hidden, targets, names, threads).items():
            columns[name][tokens] = values
        done += int(sizes.sum())
        if progress is not None:
            progress(done, total)
    return columns
