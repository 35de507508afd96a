"""oracles_features: hashed features and importance resampling, written slowly. Imports nothing of ours."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Sequence

import oracles

# --- features -------------------------------------------------------------------------------------


def tokens(document: bytes, tokenizer: str) -> list[bytes]:
    """The words of a text as each of the three tokenizers has them."""
    if tokenizer == "words":
        return oracles.words(document)
    text = document.decode("utf-8", "surrogateescape").lower()
    found = text.split() if tokenizer == "whitespace" else re.findall(r"\w+|[^\w\s]+", text)
    return [token.encode("utf-8", "surrogateescape") for token in found]


def fast_features(units: Sequence[int], orders: Sequence[int], buckets: int) -> dict[int, int]:
    """bucket -> count, buckets ascending."""
    hashes = [value for m in orders if len(units) >= m for value in oracles.shingles(units, b"", m)]
    return counted((value >> 32) * buckets >> 32 for value in hashes)


def sha256_features(words: Sequence[bytes], orders: Sequence[int], buckets: int) -> dict[int, int]:
    """bucket -> count, buckets ascending."""
    ngrams = [b" ".join(words[i : i + m]) for m in orders for i in range(len(words) - m + 1)]
    return counted(int(hashlib.sha256(ngram).hexdigest(), 16) % buckets for ngram in ngrams)


def counted(buckets: Sequence[int]) -> dict[int, int]:
    out: dict[int, int] = {}
    for bucket in buckets:
        out[bucket] = out.get(bucket, 0) + 1
    return dict(sorted(out.items()))


# --- dsir -----------------------------------------------------------------------------------------


def log_ratios(raw: dict[int, int], target: dict[int, int], buckets: int, a: float) -> list[float]:
    """ln(target + 1e-8) - ln(raw + 1e-8) of each bucket's probabilities."""
    of_raw, of_target = sum(raw.values()) or 1, sum(target.values()) + a * buckets
    return [
        math.log((target.get(b, 0) + a) / of_target + 1e-8)
        - math.log(raw.get(b, 0) / of_raw + 1e-8)
        for b in range(buckets)
    ]


def weight(counts: dict[int, int], ratios: Sequence[float]) -> float:
    return math.fsum(ratios[bucket] * count for bucket, count in counts.items())


def published(
    raw: Sequence[str], target: Sequence[str], smoothing: float, buckets: int = 10_000
) -> tuple[list[float], list[float], list[float]]:
    """Log ratios of the buckets, weights of the raw texts, and how large the sums of these get.

    As published with DSIR: SHA-256 of uni- and bigrams of wordpunct, in float64.
    """
    of_raw, of_target = (
        [sha256_features(tokens(text.encode(), "wordpunct"), (1, 2), buckets) for text in texts]
        for texts in (raw, target)
    )
    totals = [sum(map(Counter, counts), Counter()) for counts in (of_raw, of_target)]
    ratios = log_ratios(*totals, buckets, smoothing)
    absolute = [abs(ratio) for ratio in ratios]
    weights = [weight(found, ratios) for found in of_raw]
    return ratios, weights, [weight(found, absolute) for found in of_raw]


def gumbel(hash: int, seed: int, number: int) -> float:
    """Of a document's hash, for the number'th target."""
    salt = oracles.random_numbers(seed, number + 1)[number]
    uniform = ((oracles.mix(hash ^ salt) >> 12) + 0.5) / 2**52
    return -math.log(-math.log(uniform))


def chosen(
    keys: Sequence[Sequence[float | None]], sizes: Sequence[int], budgets: Sequence[int]
) -> set[int]:
    """Rows with the largest keys, target by target, until one is larger than what is left of the
    budget; of equal keys the first; None is never taken.
    """
    taken: set[int] = set()
    for of_target, budget in zip(keys, budgets, strict=True):
        left = [i for i, key in enumerate(of_target) if key is not None and i not in taken]
        left.sort(key=lambda i: (-(of_target[i] or 0.0), i))
        spent = 0
        for i in left:
            spent += sizes[i]
            if spent > budget:
                break
            taken.add(i)
    return taken
