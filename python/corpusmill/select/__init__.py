"""select: which documents to take, and how often, from one number per document. NumPy alone.

    select.rehydrate        weights from cluster sizes, after deduplication

Reads no text and no files.
"""

from __future__ import annotations

from corpusmill.select.rehydrate import rehydrate

__all__ = ["rehydrate"]
