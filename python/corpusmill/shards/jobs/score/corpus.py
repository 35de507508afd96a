"""corpus: what models make of all the texts of a job together, of the fields that rows got. Reads no rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusmill.shards.jobs.score.choices import WHOLE

Doubles = npt.NDArray[np.float64]
Columns = Mapping[str, Doubles]
Fields = Mapping[str, tuple[int, str]]


def of_corpus(fields: Fields, columns: Columns, models: int) -> list[dict[str, Any]]:
    """Of each model, as far as fields say it: `perplexity`, both averages as
    `scoring.corpus_perplexity` has them, of tokens and nll_mean or nll_sum; `bits_per_byte` over all,
    of that and bytes. O(rows).

    fields      of each field the model and the statistic, as `Choices.fields` has them
    columns     its number of each row, NaN for none
    returns     None in place of a number where no text has one, or it is none of a float64
    """
    return [_of_model(fields, columns, model) for model in range(models)]


def sentence(found: Mapping[str, Any]) -> str:
    """What `of_corpus` has of a model, for people; empty if that is no number."""
    said = [
        f"perplexity, {how.replace('_', ' ')}: {value:.5g}"
        for how, value in found.get("perplexity", {}).items()
        if value is not None
    ]
    if (bits := found.get("bits_per_byte")) is not None:
        said.append(f"bits per byte: {bits:.4f}")
    return "; ".join(said)


def _of_model(fields: Fields, columns: Columns, model: int) -> dict[str, Any]:
    of = {
        name: columns[field] for field, (by, name) in fields.items() if by == model or name in WHOLE
    }
    said: dict[str, Any] = {}
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if "tokens" in of and ("nll_mean" in of or "nll_sum" in of):
            means = of["nll_mean"] if "nll_mean" in of else of["nll_sum"] / of["tokens"]
            said["perplexity"] = {
                "token_weighted": _number(np.exp(_mean(means, of["tokens"]))),
                "document_averaged": _number(np.exp(_mean(means))),
            }
        if "bytes" in of and "bits_per_byte" in of:
            said["bits_per_byte"] = _number(_mean(of["bits_per_byte"], of["bytes"]))
    return said


def _mean(values: Doubles, weights: Doubles | None = None) -> np.float64:
    """Of those that are numbers; NaN of none. Takes 9 bytes a value."""
    there = ~np.isnan(values)
    if weights is None:
        found: np.float64 = values.sum(where=there) / there.sum()
    else:
        found = (values * weights).sum(where=there) / weights.sum(where=there)
    return found


def _number(value: np.float64) -> float | None:
    """As JSON may hold it."""
    return float(value) if np.isfinite(value) else None
