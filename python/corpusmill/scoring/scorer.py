"""scorer: documents scored under a causal language model, one row each. documents.py reduces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from corpusmill import _check
from corpusmill.scoring import inputs
from corpusmill.scoring.documents import NEEDS, document_statistics
from corpusmill.scoring.models import Model, Source, model_of
from corpusmill.scoring.texts import AnyTokenizer, Prefix
from corpusmill.scoring.token_pass import Progress, Sweep, scored_by_all

DEFAULT = ("tokens", "bytes", "nll_sum", "nll_mean", "perplexity", "bits_per_byte")


def score(
    model: Source,
    tokenizer: AnyTokenizer,
    docs: Any,
    *,
    stats: Sequence[str] = DEFAULT,
    prefix: Prefix = "default",
    stride: int | None = None,
    repeat_prefix: bool = False,
    k: float = 0.2,
    tokens: Literal[False, "float16", "float32"] = False,
    batch_tokens: int = inputs.BATCH_TOKENS,
    device: str | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> pa.Table:
    """The loss of each document under a causal language model, and what else is made of its tokens.

    model           a `Model`, a Hugging Face model in memory, or a folder of one: see `Model.load`
    tokenizer       one of ours or a Hugging Face one, which adds nothing to a text; None: docs are
                    lists of ids
    docs            N strings or lists of ids, null for none
    stats           columns: tokens, bytes (UTF-8 of the scored tokens; null where docs are ids),
                    nll_sum, nll_mean (nats per token), perplexity, bits_per_byte, entropy_mean,
                    rank_mean, top1, min_k, min_k_pp, el2n_mean
    prefix          stands before each document and is not scored: "bos", "eos", an id, or "none":
                    its first token is not scored then. "default": BOS if tokenizer or else model
                    has one, or EOS, or none
    stride          of a document longer than the context: tokens that each further window predicts,
                    1 to the context. None: half of it. The context: as lm-eval's rolling windows
    repeat_prefix   whether each further window begins with the prefix, in place of the token there
    k               the share of tokens that min_k and min_k_pp are means of
    tokens          also a column token_nll: for each document the nll of its scored tokens
    batch_tokens    inputs that the model reads at once
    device          of a model that is loaded; None: a GPU if there is one. A model in memory stays
                    where it is
    threads         on a CPU; 0: as many as this process may use
    progress        called after each batch with inputs done and inputs in all
    returns         N rows, in order; null for a null, and a mean of no token is null. A token whose
                    logits hold NaN or +inf is not among `tokens`, and leaves bits_per_byte null

    Documents share rows of a batch and do not see each other; a document's numbers depend on those
    beside it by rounding alone. A document is read once if it fits, else context / stride times.
    Raises TypeError, ValueError naming the argument; ValueError if the tokenizer has ids that the
    model has not.
    Source: docs/scoring.md.
    """
    scorer = Scorer.of(
        [model_of(model, device)],
        tokenizer,
        Asked.of(stats, tokens, k),
        prefix=prefix,
        stride=stride,
        repeat_prefix=repeat_prefix,
        batch_tokens=batch_tokens,
        threads=threads,
    )
    return scorer.tables(docs, progress)[0]


@dataclass(frozen=True)
class Asked:
    """The columns asked for: of documents, and, where `tokens` is a type of floats, of tokens."""

    stats: tuple[str, ...]
    tokens: str | None
    k: float

    @classmethod
    def of(cls, stats: Sequence[str], tokens: Any, k: float) -> Asked:
        """ValueError for what is none."""
        wanted = (stats,) if isinstance(stats, str) else tuple(dict.fromkeys(stats))
        if not wanted or any(name not in NEEDS for name in wanted):
            raise ValueError(f"stats: expected some of {', '.join(NEEDS)}, got {stats!r}")
        return cls(wanted, _check.floats("tokens", tokens), _check.share("k", k))

    @property
    def of_tokens(self) -> tuple[str, ...]:
        """Statistics of tokens that they are made of."""
        needed = dict.fromkeys(name for stat in self.stats for name in NEEDS[stat])
        return tuple(needed if self.tokens is None else needed | {"nll": None})

    def table(self, found: inputs.Prepared, columns: Mapping[str, Any]) -> pa.Table:
        """A row for each document, of columns of tokens."""
        names = [name for name in self.stats if name not in self._of_bytes(found)]
        of_all = ["tokens"] if "bits_per_byte" in names else []
        reduced = document_statistics(
            columns, found.offsets, bytes=found.bytes, statistics=[*names, *of_all], k=self.k
        )
        if of_all:  # of bytes of tokens that have no nll, nobody knows how many there are
            reduced["bits_per_byte"][reduced["tokens"] < found.tokens] = np.nan
        nulls = pa.nulls(len(found.tokens), pa.float64())
        made = {
            name: found.column(reduced[name]) if name in reduced else nulls for name in self.stats
        }
        if "bytes" in made:
            made["bytes"] = found.bytes_column()
        if self.tokens is not None:
            made["token_nll"] = found.lists(columns["nll"], self.tokens)
        return pa.table(made)

    def _of_bytes(self, found: inputs.Prepared) -> set[str]:
        """What bytes decide, where it is not known how many there are."""
        return {"bytes"} if found.bytes is not None else {"bytes", "bits_per_byte"}


@dataclass(frozen=True)
class Scorer:
    """Models that read the same documents, and what is asked of them."""

    models: Sequence[Model]
    tokenizer: AnyTokenizer
    asked: Asked
    prefix: Prefix
    sweeps: Sequence[Sweep]

    @classmethod
    def of(
        cls,
        models: Sequence[Model],
        tokenizer: AnyTokenizer,
        asked: Asked,
        *,
        prefix: Prefix,
        **how: Any,
    ) -> Scorer:
        """`how`: as for `inputs.sweep`. ValueError for a tokenizer or a prefix that does not fit."""
        for model in models:
            inputs.check_vocabulary(model.vocab_size, tokenizer)
        inputs.prefix_of(models[0], tokenizer, prefix)
        return cls(models, tokenizer, asked, prefix, [inputs.sweep(of, **how) for of in models])

    def try_batches(self, most: int) -> None:
        """Each model on a CPU reads as much at once as it will of `most` inputs, or as of one batch:
        a caller may look what that takes. O(a batch)."""
        for model, sweep in zip(self.models, self.sweeps, strict=True):
            if model.device.type == "cpu":
                sweep.try_batches(model, self.asked.of_tokens, most)

    def tables(self, docs: Any, progress: Progress | None = None) -> list[pa.Table]:
        """A table of N rows for each model, which all read the same ids. Of several models nll is asked for."""
        threads = self.sweeps[0].threads
        found = inputs.prepared(
            self.models[0], self.tokenizer, docs, prefix=self.prefix, threads=threads
        )
        names = self.asked.of_tokens
        columns = [
            sweep.columns(model, found.sequences, names, progress)
            for model, sweep in zip(self.models, self.sweeps, strict=True)
        ]
        if len(columns) > 1:
            scored_by_all(columns)
        return [self.asked.table(found, of) for of in columns]
