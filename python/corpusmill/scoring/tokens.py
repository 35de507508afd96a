"""tokens: statistics of tokens from logits, or from hidden states and the weight of a head. Knows no model.

What lies in memory is scored by the compiled core; what lies on a GPU by corpusmill.kernels, which are
imported then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from corpusmill import _check, _core
from corpusmill.scoring import arrays
from corpusmill.scoring.statistics import level, names_of

Columns: TypeAlias = dict[str, Any]
"""Statistics by name, a number per token: NumPy arrays, or tensors where those given are on a GPU."""


def token_statistics(
    logits: Any,
    targets: Any,
    *,
    statistics: str | Iterable[str],
    scale: float = 1.0,
    softcap: float | None = None,
    threads: int = 0,
) -> Columns:
    """Statistics of T tokens whose logits are at hand; each logit is read once.

    logits      [T, V] float32, float16 or bfloat16 (float64 is converted, a copy): NumPy, torch, or
                what speaks DLPack. Read in place; rows may lie apart, but of a row whose numbers do not
                lie side by side a copy is made
    targets     [T] whole numbers below V, the tokens that came; one below 0 is not scored
    statistics  a name or names (see corpusmill.scoring.statistics); the dearest level asked for is
                what it costs
    scale, softcap   final logits are softcap * tanh(scale * logits / softcap), without tanh if None
    threads     0: as many as this process may use; the answer does not depend on it
    returns     the statistics by name, [T] float32, argmax and rank int32. NaN and -1 where nothing is
                scored: a target below 0; among the logits NaN or +inf, or none that is finite

    O(T V). Takes 16 KB per thread beside the results.

    Raises ValueError if shapes do not fit, and naming the first row whose target is V or more.
    Source: docs/scoring.md has the formulas.

    >>> import numpy as np
    >>> token_statistics(np.zeros((1, 8)), [3], statistics=["nll"])["nll"].round(3).tolist()
    [2.0789999961853027]
    """
    names = names_of(statistics)
    wanted, final = level(names), arrays.transform(scale, softcap)
    if arrays.on_gpu("logits", logits):
        from corpusmill.kernels import from_logits  # noqa: PLC0415  (Triton)

        found = from_logits.token_statistics(
            logits, targets, level=wanted, scale=scale, softcap=softcap
        )
    else:
        rows, dtype = arrays.rows("logits", logits)
        found = _core.scoring.from_logits(
            rows,
            arrays.targets(targets, *rows.shape),
            dtype,
            wanted,
            *final,
            _check.threads(threads),
        )
    return {name: found[name] for name in names}


def linear_token_statistics(
    hidden: Any,
    weight: Any,
    targets: Any,
    *,
    statistics: str | Iterable[str],
    bias: Any = None,
    scale: float = 1.0,
    softcap: float | None = None,
    threads: int = 0,
) -> Columns:
    """Statistics of T tokens from what a head receives; the [T, V] logits are never in memory.

    hidden      [T, D] float32, float16 or bfloat16, as `token_statistics` takes logits
    weight      [V, D] of the same dtype
    targets     [T] whole numbers below V, the tokens that came; one below 0 is not scored, and costs
                nothing
    bias        [V] floats, or None
    scale, softcap   final logits are softcap * tanh(scale * (hidden weight^T + bias) / softcap),
                without tanh if None
    statistics, threads, returns   as for `token_statistics`

    O(T D V) products, added in float32: a token's numbers depend on no other token. Takes up to 32 MB
    beside the results (less than that below 4,096 tokens of D = 1,024) and 0.2 MB per thread.

    Raises ValueError if shapes or dtypes do not fit, and naming the first row whose target is V or more.
    Source: docs/scoring.md has the formulas.

    >>> import numpy as np
    >>> hidden, weight = np.ones((2, 4)), np.eye(8, 4)
    >>> linear_token_statistics(hidden, weight, [0, 7], statistics=["rank"])["rank"].tolist()
    [0, 4]
    """
    names = names_of(statistics)
    wanted, final = level(names), arrays.transform(scale, softcap)
    if arrays.on_gpu("hidden", hidden):
        from corpusmill.kernels import dispatch  # noqa: PLC0415  (Triton)

        found = dispatch.token_statistics(
            hidden, weight, targets, level=wanted, bias=bias, scale=scale, softcap=softcap
        )
    else:
        (rows, dtype), (columns, other) = (
            arrays.rows("hidden", hidden),
            arrays.rows("weight", weight),
        )
        if dtype != other or rows.shape[1] != columns.shape[1]:
            raise ValueError(
                f"weight: expected [V, {rows.shape[1]}] of {dtype}, as hidden is, "
                f"got {list(columns.shape)} of {other}"
            )
        ids = arrays.targets(targets, len(rows), len(columns))
        found = _core.scoring.from_hidden(
            rows,
            columns,
            ids,
            dtype,
            arrays.bias(bias, len(columns)),
            wanted,
            *final,
            _check.threads(threads),
        )
    return {name: found[name] for name in names}
