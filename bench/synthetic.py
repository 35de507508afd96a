"""synthetic: any number of documents of about a hundred words, a tenth of them near-copies of others.

Words are made of syllables by a seeded generator and drawn as often as words of a language are (by
Zipf's law), so shingles repeat about as in text while no text of anybody's is needed. The same
arguments give the same bytes.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

SEED = 20260103
CHUNK = 50_000
"""Documents of a file. A chunk's copies are of documents of one earlier chunk, or of its own."""

_WORDS = 50_000
_SHORTEST, _LONGEST = 50, 150  # words of a document
_COPIES = 0.1
_EDITS = (0.0, 0.005, 0.01, 0.02, 0.03)  # share of words replaced in a copy
_ONSETS = [
    "b",
    "c",
    "d",
    "f",
    "g",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "w",
    "z",
    "br",
    "ch",
    "dr",
    "fl",
    "gr",
    "pl",
    "sh",
    "st",
    "th",
    "tr",
]
_VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ou"]
_CODAS = ["", "l", "m", "n", "r", "s", "t", "nd", "st"]

_Ids = npt.NDArray[np.uint16]


class Documents:
    """Chunk k is the same whoever asks, and whatever was asked before."""

    def __init__(self, seed: int = SEED) -> None:
        self._seed = seed
        rng = np.random.default_rng([seed, 0])
        self._words = pa.array(_words(rng))
        weights = 1 / (np.arange(_WORDS) + 2.7)
        ends = np.cumsum(weights / weights.sum())
        self._drawn = np.searchsorted(ends, (np.arange(1 << 20) + 0.5) / (1 << 20)).astype(
            np.uint16
        )

    def write(self, folder: Path, documents: int) -> list[Path]:
        """Files of CHUNK documents, as JSON lines of `id` and `text`; those there are not made again."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"{number:05}.jsonl" for number in range(-(-documents // CHUNK))]
        for number, path in enumerate(paths):
            if not path.exists():
                new = path.with_suffix(".new")
                new.write_bytes(self._lines(number))
                new.replace(path)
        return paths

    def _lines(self, number: int) -> memoryview:
        first = number * CHUNK
        ids = pa.array(np.arange(first, first + CHUNK)).cast(pa.string())
        parts = ('{"id":"d', ids, '","text":"', self.chunk(number), '"}\n', "")
        lines = compute.binary_join_element_wise(*parts)
        return memoryview(lines.buffers()[2])[: compute.sum(compute.binary_length(lines)).as_py()]

    def chunk(self, number: int) -> pa.Array:
        """The texts of one chunk."""
        rng = np.random.default_rng([self._seed, 2, number])
        own, ends = self._drawn_words(number)
        source = int(rng.integers(0, number + 1))
        theirs, their_ends = (own, ends) if source == number else self._drawn_words(source)
        documents = np.split(own, ends[:-1])
        originals = np.split(theirs, their_ends[:-1])
        places = np.flatnonzero(rng.random(CHUNK) < _COPIES)
        for place, original in zip(places, rng.integers(0, CHUNK, len(places)), strict=True):
            documents[place] = self._edited(rng, originals[original])
        offsets = np.concatenate([[0], np.cumsum([len(document) for document in documents])])
        spelled = self._words.take(pa.array(np.concatenate(documents)))
        return compute.binary_join(pa.ListArray.from_arrays(offsets.astype(np.int32), spelled), " ")

    def _drawn_words(self, number: int) -> tuple[_Ids, npt.NDArray[np.int64]]:
        """A chunk's documents before any of them is a copy: words, and where each ends."""
        rng = np.random.default_rng([self._seed, 1, number])
        ends = np.cumsum(rng.integers(_SHORTEST, _LONGEST + 1, CHUNK))
        drawn: _Ids = self._drawn[rng.integers(0, 1 << 20, ends[-1], dtype=np.uint32)]
        return drawn, ends

    def _edited(self, rng: np.random.Generator, document: _Ids) -> _Ids:
        replaced = rng.random(len(document)) < rng.choice(_EDITS)
        others = self._drawn[rng.integers(0, 1 << 20, len(document))]
        return np.where(replaced, others, document)


def _words(rng: np.random.Generator) -> list[str]:
    """So many different words, the first ones short, as frequent words are."""
    syllables = ["".join(parts) for parts in product(_ONSETS, _VOWELS, _CODAS)]
    found: dict[str, None] = {}
    for number, picks in enumerate(rng.integers(0, len(syllables), (2 * _WORDS, 3)).tolist()):
        most = 1 + (number > 300) + (number > 20_000)
        found["".join(syllables[pick] for pick in picks[:most])] = None
    return list(found)[:_WORDS]
