"""oracles_features: hashed features and importance resampling, written slowly. Imports nothing of ours."""

from __future__ import annotations

import hashlib
import re
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
