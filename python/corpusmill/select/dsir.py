"""dsir: importance resampling: documents that look like a target, by their hashed n-grams.

    fit         raw and target documents to a model: for each bucket, how much likelier the target is
    weigh       documents to weights: the sum over their n-grams
    select      weights to the documents that are taken

Reads no files: shards.select does the same over those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _check, _core
from corpusmill._ngram_features import (
    FeatureOptions,
    FeatureUnit,
    Hash,
    Tokenizer,
    feature_options,
    feature_sums,
    feature_totals,
)
from corpusmill.select.numbers import log
from corpusmill.select.plan import BudgetUnit, plan_of

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FLOOR = 1e-8
"""Added to every probability, as published, so that one of 0 has a logarithm."""


@dataclass(frozen=True)
class Model:
    """What `fit` found: for B buckets and T targets.

    features        how documents become counts
    log_ratios      B x T: ln(target + 1e-8) - ln(raw + 1e-8), of the buckets' probabilities
    proportions     T shares that add up to 1: of all targets' n-grams, those of each
    """

    features: FeatureOptions
    log_ratios: Doubles
    proportions: tuple[float, ...]


def fit(
    raw: _arrow.Docs,
    *targets: _arrow.Docs,
    n: int | Sequence[int] = (1, 2),
    buckets: int = 10_000,
    unit: FeatureUnit = "word",
    hash: Hash = "fast",
    tokenizer: Tokenizer = "words",
    smoothing: float = 0.0,
    threads: int = 0,
) -> Model:
    """A model of how target documents differ from raw ones.

    raw             N documents, or a sample of them
    targets         at least one column of documents; each is a target for itself: to pool several,
                    concatenate them
    n, buckets, unit, hash, tokenizer
                    as `ngram.features` has them. The published method is hash="sha256",
                    tokenizer="wordpunct"
    smoothing       added to each count of a target, not of raw
    threads         0: as many as this process may use; the answer does not depend on it

    All documents are counted (the published package stops after 100,000 n-grams per bucket of raw
    ones). O(bytes).

    Raises TypeError for what is no column of documents; ValueError if there is no target, one
    without an n-gram, or an option is wrong.
    Source: Xie et al. 2023, "Data Selection for Language Models via Importance Resampling".
    """
    features = feature_options(n, buckets, unit, hash, tokenizer)
    of_targets = [feature_totals(target, features, threads) for target in targets]
    return model_of(feature_totals(raw, features, threads), of_targets, features, smoothing)


def model_of(
    raw: Ints, targets: Sequence[Ints], features: FeatureOptions, smoothing: float
) -> Model:
    """The model of counts by bucket, of raw and of each target; pieces of one may be added up."""
    smoothing = checked_smoothing(smoothing)
    if not targets:
        raise ValueError("targets: expected at least one, got none")
    sizes = [int(target.sum()) for target in targets]
    for number, size in enumerate(sizes):
        if not size:
            raise ValueError(f"targets[{number}]: no n-gram in it, so nothing can look like it")
    of_raw = log(raw / max(1, int(raw.sum())) + FLOOR)
    ratios = np.empty((features.buckets, len(targets)))
    for number, (target, size) in enumerate(zip(targets, sizes, strict=True)):
        share: npt.NDArray[Any] = (target + smoothing) / (size + smoothing * features.buckets)
        ratios[:, number] = log(share + FLOOR) - of_raw
    return Model(features, ratios, tuple(size / sum(sizes) for size in sizes))


def weigh(docs: _arrow.Docs, model: Model, *, threads: int = 0) -> pa.Table:
    """How much likelier each document is under the target than under raw, and what `select` needs.

    docs        N documents, of the kind that the model was fitted to
    returns     N rows: `weight` (double; with T > 1 targets, fixed_size_list<double>[T]), the natural
                logarithm of the ratio, not divided by length; `length` (int64), its number of units;
                `bytes` (int64), those of its text, or of its ids; `hash` (uint64), of these bytes, from
                which its random numbers come. All are null for a null.
    threads     0: as many as this process may use; the answer does not depend on it

    O(bytes). A document's row depends on its content and the model alone.
    Source: Xie et al. 2023, "Data Selection for Language Models via Importance Resampling".
    """
    column = model.features.column(docs)
    sums = feature_sums(column, model.features, model.log_ratios, threads)
    weights, validity = sums.weights, column.validity
    hashes = _core.dedup.content_hashes(column.capsules, _check.threads(threads))[::2].copy()
    if len(model.proportions) == 1:
        weight = _arrow.primitive(weights.ravel(), validity)
    else:
        items = len(model.proportions)
        weight = _arrow.fixed_size_list(weights.ravel(), items, len(weights), validity)
    of_documents = [
        _arrow.primitive(values, validity) for values in (sums.units, sums.bytes, hashes)
    ]
    return pa.table([weight, *of_documents], ["weight", "length", "bytes", "hash"])


def select(
    weights: pa.Table,
    budget: int,
    *,
    budget_unit: BudgetUnit = "rows",
    top: bool = False,
    min_length: int = 100,
    proportions: Sequence[float] | None = None,
    seed: int = 0,
) -> pa.Array:
    """Which documents to take.

    weights         N rows as `weigh` gives them; tables of several columns of documents may be
                    concatenated
    budget          how much to take; all that are long enough if there is no more of those
    budget_unit     of what: "rows" (documents), "units" (words, of documents of words), or "bytes".
                    Of the last two no more is taken than the budget: in the order of their numbers
                    documents are taken until the next does not fit
    top             False: each weight gets a number from the standard Gumbel distribution, so that the
                    largest are a sample without replacement; True: the largest weights
    min_length      units that a document has at least; one without units is never taken
    proportions     with several targets, the share of the budget that each gets; None: that of their
                    n-grams, which `Model.proportions` has and must be passed
    seed            other random numbers. A document's depend on the seed and its bytes, so copies of
                    one are taken together or left together, as the budget allows
    returns         bool, N rows, never null

    Of equal ones the first are taken. Several targets are served in order, each from what is left;
    the last gets what rounding leaves. O(N), or O(N log N)
    unless the unit is "rows"; and about 60 bytes a document.

    Raises ValueError if an option is wrong.
    Source: Xie et al. 2023, "Data Selection for Language Models via Importance Resampling";
    Gumbel top-k: Kool et al. 2019, "Stochastic Beams and Where to Find Them".
    """
    columns = ("weight", "length", "bytes", "hash")
    weight, length, size, hashes = (_one_piece(weights[name]) for name in columns)
    items = weight.type.list_size if pa.types.is_fixed_size_list(weight.type) else 1
    if items > 1:
        weight = weight.values.slice(weight.offset * items, len(weight) * items)
    plan = plan_of(
        budget,
        items,
        proportions,
        budget_unit=budget_unit,
        min_length=min_length,
        seed=seed,
        top=top,
    )
    keep = plan.keep(
        _values(weight, np.float64).reshape(-1, items),
        _values(length, np.int64),  # 0 where it is null
        _values(size, np.int64),
        _values(hashes, np.uint64),
    )
    return _arrays.of_numpy(keep)


def _one_piece(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)


def _values(column: pa.Array, kind: Any) -> npt.NDArray[Any]:
    """The values of a column of numbers, whatever stands at its nulls."""
    values = np.frombuffer(column.buffers()[1] or b"", kind)
    return values[column.offset : column.offset + len(column)]


def checked_smoothing(smoothing: Any) -> float:
    """A finite number from 0 on; ValueError otherwise."""
    known = isinstance(smoothing, (int, float)) and not isinstance(smoothing, bool)
    if not known or not 0 <= smoothing < np.inf:
        raise ValueError(f"smoothing: expected a number from 0 on, got {smoothing!r}")
    return float(smoothing)
