"""documents: what the statistics of tokens come to per document, and what those of documents come to.

Knows neither text nor model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusmill import _check, _core
from corpusmill.scoring.statistics import INTEGERS, names_of

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

NEEDS: dict[str, tuple[str, ...]] = {
    "tokens": ("nll",),
    "bytes": (),
    "nll_sum": ("nll",),
    "nll_mean": ("nll",),
    "perplexity": ("nll",),
    "bits_per_byte": ("nll",),
    "entropy_mean": ("entropy",),
    "rank_mean": ("rank",),
    "top1": ("rank",),
    "min_k": ("nll",),
    "min_k_pp": ("nll", "entropy", "variance"),
    "el2n_mean": ("el2n",),
}
"""The statistics of a document, and those of its tokens that each is made of."""

_MEANS = {"nll_mean": "nll", "entropy_mean": "entropy", "rank_mean": "rank", "el2n_mean": "el2n"}


def document_statistics(
    tokens: Mapping[str, Any],
    offsets: Any,
    *,
    statistics: str | Iterable[str],
    bytes: Any = None,
    k: float = 0.2,
    threads: int = 0,
) -> dict[str, npt.NDArray[Any]]:
    """Statistics of D documents of which the tokens are scored.

    tokens      statistics of tokens by name, [T], as `token_statistics` gives them: those that NEEDS
                names. A token that is not scored (NaN, -1) is left out of everything
    offsets     [D + 1] ascending: document i is the tokens from offsets[i] up to offsets[i + 1]
    statistics  a name or names in NEEDS:
                    tokens           how many are scored
                    bytes            as given
                    nll_sum, nll_mean, entropy_mean, rank_mean, el2n_mean
                    perplexity       exp(nll_mean)
                    bits_per_byte    nll_sum / (ln 2 * bytes)
                    top1             share of the tokens of rank 0, ties with the best among them
                    min_k            mean of the least max(1, int(k * tokens)) values of ln p = -nll
                    min_k_pp         the same of (entropy - nll) / sqrt(variance), the variance at
                                     least 1e-6
    bytes       [D] bytes of UTF-8 of what was scored; needed for bytes and bits_per_byte alone
    k           the share of tokens that min_k and min_k_pp take, above 0 and up to 1
    threads     0: as many as this process may use; the answer does not depend on it
    returns     the statistics by name, [D] float64, tokens and bytes int64. NaN where a document has
                no scored token, or no byte

    O(T): the least are selected, not sorted. Sums are taken from left to right in float64.

    Raises ValueError if a name is none, a column is missing or shapes do not fit.
    Source: Shi et al. 2023 (Min-K%), Zhang et al. 2024 (Min-K%++); both take int(k * tokens), which is
    0 for short documents.

    >>> found = document_statistics({"nll": [1.0, 3.0, 2.0]}, [0, 2, 3], statistics=["nll_mean"])
    >>> found["nll_mean"].tolist()
    [2.0, 2.0]
    """
    names = names_of(statistics)
    if unknown := [name for name in names if name not in NEEDS]:
        raise ValueError(
            f"statistics names {unknown[0]!r}; those of a document are {', '.join(NEEDS)}"
        )
    reduced = _Reduced(tokens, offsets, bytes, _check.share("k", k), _check.threads(threads))
    return {name: reduced.statistic(name) for name in names}


def corpus_perplexity(nll_sum: Any, tokens: Any) -> dict[str, float]:
    """Two averages of D documents of these sums of nll over so many scored tokens.

    token_weighted       exp of the nats per token of all documents taken together
    document_averaged    exp of the mean of the documents' nats per token: the geometric mean of their
                         perplexities, each document counting once

    Documents without a scored token count in neither; NaN if no other is left.

    >>> found = corpus_perplexity([0.0, 4.0], [3, 1])
    >>> round(found["token_weighted"], 3), round(found["document_averaged"], 3)
    (2.718, 7.389)
    """
    sums, counts = np.asarray(nll_sum, np.float64), np.asarray(tokens, np.float64)
    sums, counts = sums[counts > 0], counts[counts > 0]
    if not len(sums):
        return {"token_weighted": math.nan, "document_averaged": math.nan}
    return {
        "token_weighted": float(np.exp(sums.sum() / counts.sum())),
        "document_averaged": float(np.exp((sums / counts).mean())),
    }


class _Reduced:
    """Columns of documents of those of their tokens, each made when it is asked for."""

    def __init__(self, tokens: Mapping[str, Any], offsets: Any, bytes: Any, k: float, threads: int):
        ends = np.ascontiguousarray(offsets, np.int64)
        if ends.ndim != 1 or not len(ends) or ends[0] < 0 or (np.diff(ends) < 0).any():
            raise ValueError("offsets: expected D + 1 ascending positions of tokens")
        self._bytes = None if bytes is None else np.asarray(bytes, np.int64)
        if self._bytes is not None and self._bytes.shape != (len(ends) - 1,):
            raise ValueError(f"bytes: expected {len(ends) - 1}, got shape {self._bytes.shape}")
        self._tokens, self._offsets, self._k, self._threads = tokens, ends, k, threads

    def statistic(self, name: str) -> npt.NDArray[Any]:
        of_name: dict[str, Callable[[], npt.NDArray[Any]]] = {
            "tokens": lambda: self._sums(self._column("nll"))[1],
            "bytes": self._of_bytes,
            "nll_sum": lambda: self._sums(self._column("nll"))[0],
            "perplexity": lambda: np.exp(self._mean(self._column("nll"))),
            "bits_per_byte": self._bits_per_byte,
            "top1": lambda: self._mean(_best(self._column("rank"))),
            "min_k": lambda: self._least(_core.scoring.min_k, "min_k"),
            "min_k_pp": lambda: self._least(_core.scoring.min_k_pp, "min_k_pp"),
        }
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return of_name[name]() if name in of_name else self._mean(self._column(_MEANS[name]))

    def _column(self, name: str) -> Floats:
        if name not in self._tokens:
            raise ValueError(f"tokens has no {name!r}, which a statistic that is asked for needs")
        values = self._tokens[name]
        values = np.asarray(values.cpu() if hasattr(values, "cpu") else values)
        if values.ndim != 1 or len(values) < self._offsets[-1]:
            raise ValueError(
                f"tokens[{name!r}]: expected {self._offsets[-1]} numbers as offsets has them, "
                f"got shape {values.shape}"
            )
        if name in INTEGERS:
            values = np.where(values < 0, np.float32(np.nan), values)
        return np.ascontiguousarray(values, np.float32)

    def _sums(self, column: Floats) -> tuple[Doubles, Ints]:
        return _core.scoring.sums(column, self._offsets, self._threads)

    def _mean(self, column: Floats) -> Doubles:
        sums, counts = self._sums(column)
        return np.where(counts > 0, sums / counts, np.nan)

    def _least(self, selected: Callable[..., Doubles], name: str) -> Doubles:
        columns = [self._column(needed) for needed in NEEDS[name]]
        return selected(*columns, self._offsets, self._k, self._threads)

    def _of_bytes(self) -> Ints:
        if self._bytes is None:
            raise ValueError("bytes: needed for the statistics bytes and bits_per_byte")
        return self._bytes

    def _bits_per_byte(self) -> Doubles:
        sums, counts = self._sums(self._column("nll"))
        scored = (counts > 0) & (self._of_bytes() > 0)
        return np.where(scored, sums / (math.log(2) * self._of_bytes()), np.nan)


def _best(ranks: Floats) -> Floats:
    return np.where(np.isnan(ranks), ranks, ranks == 0).astype(np.float32)
