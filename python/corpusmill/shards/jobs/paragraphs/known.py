"""known: what a job knows of pieces: which came before and, where no copy stays, which came again.

Exactly, or by filters, of which the memory must hold all. Knows no rows.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill.ngram import BloomFilter
from corpusmill.shards.errors import JobError
from corpusmill.shards.jobs.paragraphs.choices import Choices
from corpusmill.shards.rows import Signals

WORDS = 4
"""Of a piece: the two halves of its hash, begin and end."""

Pieces: TypeAlias = npt.NDArray[np.uint64]
"""Rows of WORDS."""

_BLOCK_BYTES = 32

Set: TypeAlias = _core.dedup.ContentSet | _core.ngram.Bloom


def pieces_of(block: Signals) -> Pieces:
    """Of all rows of a block, in order."""
    return block.hashes.reshape(-1, WORDS)


class Known:
    """Pieces of the whole corpus, or of one file.

    Of equal pieces the first does not repeat. With `again`, all do: then every piece is noted before
    any is asked for. A piece that stands once has bits in a filter `again` only if `seen`, as large,
    has them from others; so it is found there no more often than `seen` has false positives.
    """

    def __init__(self, seen: Set | BloomFilter, again: Set | None) -> None:
        self._seen: Set | BloomFilter | None = seen
        self._again = again

    @property
    def nbytes(self) -> int:
        """Memory of the sets."""
        sizes = (
            known.nbytes if isinstance(known, BloomFilter) else known.nbytes()
            for known in (self._seen, self._again)
            if known is not None
        )
        return sum(sizes)

    def note(self, pieces: Pieces) -> None:
        """Adds pieces, those that came before to `again` too."""
        assert self._again is not None
        _core.dedup.seen_before(pieces[self._came_before(pieces)].ravel(), self._again)

    def all_noted(self) -> None:
        """From now on `again` alone is asked. A file's filter stays in memory: the job holds it, to save it."""
        if not isinstance(self._seen, BloomFilter):
            self._seen = None

    def repeated(self, pieces: Pieces) -> npt.NDArray[np.bool_]:
        """Which of these repeat; where the first stays they are added."""
        if self._again is None:
            return self._came_before(pieces)
        return _core.dedup.seen_in(pieces.ravel(), self._again).view(np.bool_)

    def _came_before(self, pieces: Pieces) -> npt.NDArray[np.bool_]:
        assert self._seen is not None
        if isinstance(self._seen, BloomFilter):
            try:
                return self._seen.seen_hashes(pieces)
            except ValueError as error:  # overfull by now
                raise JobError(f"against: {error}") from None
        return _core.dedup.seen_before(pieces.ravel(), self._seen).view(np.bool_)


def what_came_before(choices: Choices, memory: int) -> BloomFilter | None:
    """The file of `against`; what it grows into fits in so many bytes of memory."""
    if choices.against is None:
        return None
    known = BloomFilter.load(choices.against)
    _check_size(known.nbytes, f"{known.options['items']:,} items", choices, memory)
    return known


def known_after(before: BloomFilter, choices: Choices) -> Known:
    """Nothing but what a filter holds."""
    blocks = before.nbytes // _BLOCK_BYTES
    return Known(before, _core.ngram.Bloom(blocks) if choices.keep == "none" else None)


def nothing_known(num_pieces: int, choices: Choices, memory: int) -> Known:
    """Sets for so many pieces, which fit in so many bytes of memory if they are filters."""
    none = choices.keep == "none"
    if choices.method == "exact":
        return Known(_core.dedup.ContentSet(), _core.dedup.ContentSet() if none else None)
    blocks = _core.ngram.bloom_blocks(max(num_pieces, 1), choices.fp_rate)
    _check_size(_BLOCK_BYTES * blocks, f"{num_pieces:,} pieces", choices, memory)
    return Known(_core.ngram.Bloom(blocks), _core.ngram.Bloom(blocks) if none else None)


def _check_size(size: int, needed: str, choices: Choices, memory: int) -> None:
    of_each = ", twice," if choices.keep == "none" else ""
    if size * (2 if of_each else 1) > memory:
        raise JobError(
            f"memory: a filter of {size / 1e6:,.0f} MB{of_each} is needed for {needed}; "
            "allow more, or a higher fp_rate, and run again to resume"
        )
