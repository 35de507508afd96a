"""documents: a stand-in until the C++ path is merged."""

from __future__ import annotations

from typing import Any

import numpy as np

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


def document_statistics(
    tokens: Any, offsets: Any, *, bytes: Any, statistics: Any, k: float = 0.2
) -> dict[str, Any]:
    rows = [
        _row({name: of[a:b] for name, of in tokens.items()}, k)
        for a, b in zip(offsets[:-1], offsets[1:], strict=True)  # noqa: RUF007
    ]
    found = {
        name: np.array([row[name] for row in rows]) for name in (rows[0] if rows else statistics)
    }
    if "bits_per_byte" in statistics and bytes is not None:
        with np.errstate(invalid="ignore"):
            found["bits_per_byte"] = found["nll_sum"] / np.log(2) / bytes
    return {name: found[name] for name in statistics}


def _row(of: dict[str, Any], k: float) -> dict[str, float]:
    nll = of["nll"].astype(np.float64)
    n = len(nll)
    least = max(1, int(n * k))
    found = {"nll_sum": nll.sum(), "nll_mean": nll.mean() if n else np.nan}
    found["perplexity"] = np.exp(found["nll_mean"])
    found["bits_per_byte"] = np.nan
    found["tokens"] = n
    if "entropy" in of:
        found["entropy_mean"] = of["entropy"].mean() if n else np.nan
    if "rank" in of:
        found["rank_mean"] = of["rank"].mean() if n else np.nan
        found["top1"] = (of["rank"] == 0).mean() if n else np.nan
    found["min_k"] = np.sort(-nll)[:least].mean() if n else np.nan
    if "variance" in of:
        pp = (of["entropy"] - nll) / np.sqrt(np.maximum(of["variance"], 1e-12))
        found["min_k_pp"] = np.sort(pp)[:least].mean() if n else np.nan
    if "el2n" in of:
        found["el2n_mean"] = of["el2n"].mean() if n else np.nan
    return found
