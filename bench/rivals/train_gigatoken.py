"""gigatoken (Rust): train_bpe over GPT-2's pieces, by as many threads as its environment says."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import os

import gigatoken

SIZE = 32_000


def column(texts: list[str]) -> bytes:
    """It takes one piece of memory; a line end between two documents."""
    return "\n".join(texts).encode()


def signatures(docs: bytes, threads: int) -> object:
    del threads  # RAYON_NUM_THREADS says it
    answers = os.dup(1)
    os.dup2(2, 1)  # it says there how far it is
    try:
        gigatoken.train_bpe(docs, SIZE, [])
    finally:
        os.dup2(answers, 1)
        os.close(answers)
    return None
