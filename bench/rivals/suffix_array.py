"""pydivsufsort: the suffix array of all texts and its LCP array, and every byte in a repeat of 200.

Documents are joined by a byte that no UTF-8 has, and a run ends there. What a user would write, as NumPy has it.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import numpy as np
from pydivsufsort import divsufsort, kasai

MIN_BYTES = 200
BORDER = 0xFF


def column(texts: list[str]) -> np.ndarray:
    """All texts in one array of bytes."""
    border = bytes([BORDER])
    return np.frombuffer(bytearray(border.join(text.encode() for text in texts) + border), np.uint8)


def passages(text: np.ndarray, threads: int) -> object:
    """How many bytes lie in a window that occurs at least twice."""
    del threads  # one
    order = divsufsort(text)
    common = kasai(text, order)  # of each suffix and the next in order
    repeated = common >= MIN_BYTES
    repeated[1:] |= common[:-1] >= MIN_BYTES
    starts = np.sort(order[repeated]).astype(np.int64)
    borders = np.flatnonzero(text == BORDER)
    starts = starts[borders[np.searchsorted(borders, starts)] - starts >= MIN_BYTES]
    edges = np.zeros(len(text) + 1, np.int32)
    np.add.at(edges, starts, 1)
    np.add.at(edges, starts + MIN_BYTES, -1)
    return {"repeated_bytes": int((np.cumsum(edges[:-1]) > 0).sum())}
