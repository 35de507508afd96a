"""comparison: several models over the same token ids: their differences, a matrix of losses.

Every model reads the same sequences, so that what is subtracted belongs to the same token. Runs no
model itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _check
from corpusmill.scoring import inputs, texts
from corpusmill.scoring.documents import document_statistics
from corpusmill.scoring.inputs import Prepared
from corpusmill.scoring.models import Source, model_of
from corpusmill.scoring.texts import AnyTokenizer, Prefix
from corpusmill.scoring.token_pass import Columns, Progress, scored_by_all
from corpusmill.scoring.windows import Ints

Floats = npt.NDArray[np.float64]


def compare(
    first: Source,
    second: Source,
    tokenizer: AnyTokenizer,
    docs: Any,
    *,
    prefix: Prefix = "default",
    stride: int | None = None,
    repeat_prefix: bool = False,
    tokens: Literal[False, "float16", "float32"] = False,
    batch_tokens: int = inputs.BATCH_TOKENS,
    device: str | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> pa.Table:
    """Losses of documents under two models, and the first's minus the second's.

    first, second   models, as `score` takes them. Conditional and prior: the lower the difference,
                    the more a document is like what the conditional one was trained on further
                    (CoLoR-Filter subtracts the other way round); small and large: the higher, the
                    more is learned of it by growing (MiniPLM)
    tokenizer       of both; or a pair of them, which must be the same by their fingerprints
    tokens          also a column token_difference: for each document those of its scored tokens
    others          as `score` has them; the prefix is the first model's, and a document longer than
                    a model's context is read in windows of that model's
    returns         tokens, bytes, nll_first, nll_second, difference (means, nats per token); N
                    rows, null for null

    Raises as `score`; ValueError if the tokenizers differ.
    """
    kind = _check.floats("tokens", tokens)
    models = [first, second]
    found, columns = _losses(
        models,
        tokenizer,
        docs,
        prefix=prefix,
        progress=progress,
        device=device,
        stride=stride,
        repeat_prefix=repeat_prefix,
        batch_tokens=batch_tokens,
        threads=threads,
    )
    means = [_of_documents(found, column, "nll_mean") for column in columns]
    made = {
        "tokens": found.column(_scored(found, columns[0])),
        "bytes": found.bytes_column(),
        "nll_first": found.column(means[0]),
        "nll_second": found.column(means[1]),
        "difference": found.column(means[0] - means[1]),
    }
    if kind is not None:
        made["token_difference"] = found.lists(columns[0] - columns[1], kind)
    return pa.table(made)


@dataclass(frozen=True)
class Losses:
    """Losses of D documents or domains under N models.

    models      names, N
    names       of domains, D; None: documents, in order
    nll_sum     [N, D], nats
    tokens      [D], scored ones; 0 for a null document
    """

    models: list[str]
    names: list[str] | None
    nll_sum: Floats
    tokens: Ints

    @property
    def nll_mean(self) -> Floats:
        """[N, D], nats per token; NaN where nothing is scored."""
        return self.nll_sum / np.where(self.tokens, self.tokens, np.nan)


def loss_matrix(
    models: Mapping[str, Source] | Sequence[Source],
    tokenizer: AnyTokenizer,
    docs: Any,
    *,
    domains: Any = None,
    prefix: Prefix = "default",
    stride: int | None = None,
    repeat_prefix: bool = False,
    batch_tokens: int = inputs.BATCH_TOKENS,
    device: str | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> Losses:
    """The loss of each document, or of each domain, under each of several models.

    models          by name, or in order; each as `score` takes it. Loaded when it is its turn
    tokenizer       of all; or as many as there are models, which must be the same by their
                    fingerprints
    domains         a string for each document; None: documents stay apart. Domains are sorted by
                    name, and a document without one is left out
    others          as `compare` has them

    Raises as `compare`.
    """
    if not isinstance(models, (Mapping, list, tuple)):
        raise TypeError(
            f"models: expected a dict of them by name, or a list, got {type(models).__name__}"
        )
    named = models if isinstance(models, Mapping) else {str(i): of for i, of in enumerate(models)}
    if not named:
        raise ValueError("models: expected at least one")
    found, columns = _losses(
        list(named.values()),
        tokenizer,
        docs,
        prefix=prefix,
        progress=progress,
        device=device,
        stride=stride,
        repeat_prefix=repeat_prefix,
        batch_tokens=batch_tokens,
        threads=threads,
    )
    sums = np.stack([_of_documents(found, column, "nll_sum") for column in columns])
    tokens = _scored(found, columns[0])
    if domains is None:
        return Losses(list(named), None, sums, tokens)
    names, of = _domains(domains, len(tokens))
    table = np.zeros((len(sums) + 1, len(names) + 1))
    for row, values in zip(table, [*sums, tokens], strict=True):
        np.add.at(row, of, values)
    return Losses(list(named), names, table[:-1, :-1], table[-1, :-1].astype(np.int64))


def _domains(domains: Any, num_docs: int) -> tuple[list[str], Ints]:
    """The domains there are, sorted, and each document's, the last number for none."""
    given = domains.to_pylist() if hasattr(domains, "to_pylist") else list(domains)
    if len(given) != num_docs:
        raise ValueError(f"domains: expected {num_docs} of them, one a document, got {len(given)}")
    names = sorted({name for name in given if name is not None})
    places = {name: place for place, name in enumerate(names)}
    return names, np.array([places.get(name, len(names)) for name in given], np.int64)


def _losses(
    sources: Sequence[Source],
    tokenizer: AnyTokenizer | Sequence[AnyTokenizer],
    docs: Any,
    *,
    prefix: Prefix,
    progress: Progress | None,
    device: str | None,
    **how: Any,
) -> tuple[Prepared, list[npt.NDArray[np.float32]]]:
    """The nll of every token under each model; of paths, one model is in memory at a time."""
    one = _same(tokenizer, len(sources))
    found: Prepared | None = None
    columns: list[Columns] = []
    for source in sources:
        model = model_of(source, device)
        sweep = inputs.sweep(model, **how)
        if found is None:
            found = inputs.prepared(model, one, docs, prefix=prefix, threads=sweep.threads)
        inputs.check_vocabulary(model.vocab_size, one)
        columns.append(sweep.columns(model, found.sequences, ("nll",), progress))
        del model  # before the next is loaded
    assert found is not None
    scored_by_all(columns)
    return found, [of["nll"] for of in columns]


def _same(tokenizer: AnyTokenizer | Sequence[AnyTokenizer], count: int) -> AnyTokenizer:
    """The one tokenizer of all models."""
    if not isinstance(tokenizer, (list, tuple)):
        return tokenizer
    if len(tokenizer) != count:
        raise ValueError(f"tokenizer: expected one, or {count} of them, got {len(tokenizer)}")
    prints = [texts.fingerprint(of) for of in tokenizer]
    if len(set(prints)) > 1:
        shown = ", ".join(of[:12] or "none" for of in prints)
        raise ValueError(
            f"tokenizer: those of the models differ (fingerprints {shown}), so their losses are of "
            "other tokens and have no difference; compare models of one tokenizer, or bits per byte of each"
        )
    return tokenizer[0]


def _scored(found: Prepared, column: npt.NDArray[Any]) -> Ints:
    """How many tokens of each document all models could score."""
    return _of_documents(found, column, "tokens").astype(np.int64)


def _of_documents(found: Prepared, column: npt.NDArray[Any], name: str) -> Floats:
    columns = document_statistics({"nll": column}, found.offsets, bytes=None, statistics=(name,))
    return np.asarray(columns[name], np.float64)
