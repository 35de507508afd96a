"""gigatoken (Rust): train_bpe, by as many threads as its environment says. It has one pattern."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import gigatoken

SIZE = 32_000


def signatures(docs: list[str], threads: int) -> object:
    del threads  # RAYON_NUM_THREADS says it
    gigatoken.train_bpe(docs, SIZE, [])
    return None
