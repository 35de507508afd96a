"""select: which documents to take, and how often, from one number per document. NumPy alone.

    select.rehydrate        weights from cluster sizes, after deduplication
    select.dsir             those that look like a target: importance resampling by hashed n-grams

Reads no files, and text only through `ngram`.
"""

from __future__ import annotations

from corpusmill.select import dsir
from corpusmill.select.rehydrate import rehydrate

__all__ = ["dsir", "rehydrate"]
