"""gaoya (Rust): takes raw text, cuts it at white space itself, keeps signatures to check pairs.

Its words are runs between white space, so punctuation belongs to them: less work than `\\w+`.
Threads are rayon's: the caller sets RAYON_NUM_THREADS before the process starts.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from gaoya.minhash import MinHashStringIndex

from bench.rivals import BANDS, ROWS, THRESHOLD, job

PACKAGES = ("gaoya",)


def _index() -> MinHashStringIndex:
    return MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=THRESHOLD,
        num_bands=BANDS,
        band_size=ROWS,
        analyzer="word",
        lowercase=True,
        ngram_range=(5, 5),
        id_container="vec",
    )


def signatures(docs: list[str], threads: int) -> object:
    """Signatures, put into an index inside Rust: handing them out as Python lists costs more."""
    del threads  # said by RAYON_NUM_THREADS
    index = _index()
    index.par_bulk_insert_docs(list(range(len(docs))), docs)
    return index


def keeper() -> job.Keep:
    """Keeps a row that finds no kept row of estimated similarity 0.8 or more."""
    index = _index()

    def keep(texts: list[str]) -> list[bool]:
        flags = []
        for text in texts:
            new = not index.query(text)
            if new:
                index.insert_document(index.size(), text)
            flags.append(new)
        return flags

    return keep


if __name__ == "__main__":
    job.main(keeper())
