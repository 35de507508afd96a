"""data-selection (Python): DSIR's own package; its featurizer, one document at a time, as it calls it.

One vector of 10,000 counts per document, thrown away again: kept, they would take 80 KB each.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from data_selection.hashed_ngram_dsir import get_ngram_counts

PACKAGES = ("data-selection", "nltk", "numpy")


def features(docs: list[str], threads: int) -> object:
    """Uni- and bigrams of NLTK's wordpunct, by SHA-256; there is one thread."""
    del threads
    return sum(int(get_ngram_counts(document)[0]) for document in docs)
