"""_ngram_contamination_seen: what documents have of benchmarks' texts, taken together. Finds nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from corpusmill import _core


class ContaminationSeen(NamedTuple):
    """What some documents have of the texts of an index: from `ContaminationIndex.look_up`.

    texts       uint32, ascending: numbers of the texts that an n-gram of a document names, found or not
    covered     uint32: the most of the words of each that lie in n-grams of one document
    shared      int64, ascending: numbers of the n-grams in documents that name the first 64 of their
                texts, not all: none where shares count
    """

    texts: npt.NDArray[np.uint32]
    covered: npt.NDArray[np.uint32]
    shared: npt.NDArray[np.int64]


def most_covered(
    index: _core.ngram.ContaminationIndex, seen: Iterable[ContaminationSeen]
) -> npt.NDArray[np.uint32]:
    """Of each text of an index, the most of its words that one document covers.

    A document that does not name a text is taken to cover one n-gram of it, so that 0 is: none has any.
    """
    most = np.zeros(len(index.num_words()), np.uint32)
    shared: set[int] = set()
    for texts, covered, ngrams in seen:
        most[texts] = np.maximum(most[texts], covered)
        shared.update(ngrams.tolist())
    return np.maximum(most, index.longest_places(np.fromiter(shared, np.int64, len(shared))))
