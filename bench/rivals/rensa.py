"""rensa (Rust): fast signatures from lists of shingles, which the caller makes in Python.

R-MinHash, its estimator of Jaccard similarity; `rho` is no estimator and is left out. The streaming
deduplicator checks candidates by signature and never drops both of a pair, as its batch flags do.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from rensa import RMinHash, RMinHashDeduplicator

from bench.rivals import BANDS, SEED, SLOTS, THRESHOLD, job
from bench.rivals.shingles import shingles

PACKAGES = ("rensa",)


def signatures(docs: list[str], threads: int) -> object:
    """A matrix of 32-bit slots, one row per text."""
    del threads  # said by RAYON_NUM_THREADS
    tokens = (list(shingles(doc)) for doc in docs)
    return RMinHash.digest_matrix_from_token_sets(tokens, SLOTS, SEED)


def keeper() -> job.Keep:
    """Keeps a row that finds no kept row of estimated similarity 0.8 or more."""
    index = RMinHashDeduplicator(THRESHOLD, SLOTS, use_lsh=True, num_bands=BANDS, seed=SEED)
    seen = 0

    def keep(texts: list[str]) -> list[bool]:
        nonlocal seen
        pairs = [(str(seen + i), list(shingles(text))) for i, text in enumerate(texts)]
        seen += len(texts)
        return list(index.add_pairs(pairs))

    return keep


if __name__ == "__main__":
    job.main(keeper())
