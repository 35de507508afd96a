"""datasketch (NumPy per document): its default `affine32` slots, XXH3 in place of its slow SHA-1.

The buckets are Python dictionaries; candidates are not checked, as its own examples do.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from collections.abc import Iterable, Iterator

from datasketch import MinHash, MinHashLSH
from xxhash import xxh3_64_intdigest

from bench.rivals import BANDS, ROWS, SEED, SLOTS, THRESHOLD, job
from bench.rivals.shingles import shingles

PACKAGES = ("datasketch", "xxhash", "numpy")


def _hash32(shingle: bytes) -> int:
    return xxh3_64_intdigest(shingle) & 0xFFFFFFFF


def _sketches(texts: Iterable[str]) -> Iterator[MinHash]:
    tokens = ([s.encode() for s in shingles(text)] for text in texts)
    sketches: Iterator[MinHash] = MinHash.generator(
        tokens, num_perm=SLOTS, seed=SEED, hashfunc=_hash32, scheme="affine32"
    )
    return sketches


def signatures(docs: list[str], threads: int) -> object:
    """One MinHash object per text; there is one thread."""
    del threads
    return list(_sketches(docs))


def keeper() -> job.Keep:
    """Keeps a row that shares a band with no kept row."""
    index = MinHashLSH(threshold=THRESHOLD, num_perm=SLOTS, params=(BANDS, ROWS))
    seen = 0

    def keep(texts: list[str]) -> list[bool]:
        nonlocal seen
        flags = []
        for sketch in _sketches(texts):
            new = not index.query(sketch)
            if new:
                index.insert(seen, sketch)
            seen += 1
            flags.append(new)
        return flags

    return keep


if __name__ == "__main__":
    job.main(keeper())
