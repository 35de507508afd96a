"""copies: documents as rows for a masked model: their tokens with one hidden, or a word's rest, or none.

Runs no model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpusmill.scoring.packing import batches
from corpusmill.scoring.texts import Encoded
from corpusmill.scoring.windows import Ints, windows


@dataclass(frozen=True)
class Special:
    """Ids of the tokens that a masked model knows besides text."""

    mask: int
    before: int
    behind: int
    pad: int

    @classmethod
    def of(cls, tokenizer: Any) -> Special:
        names = ("mask", "cls", "sep", "pad")
        found: list[Any] = [getattr(tokenizer, f"{name}_token_id", None) for name in names]
        if None in found:
            lacking = names[found.index(None)].upper()
            raise ValueError(
                "tokenizer: expected a Hugging Face tokenizer of a masked model; this one has no "
                f"{lacking} token"
            )
        return cls(*found)


@dataclass(frozen=True)
class Copies:
    """Copies ids[begin:end], of which ids[first:last] are scored, and ids[first:until] hidden."""

    ids: Ints
    begin: Ints
    end: Ints
    first: Ints
    last: Ints
    until: Ints

    @classmethod
    def of(cls, docs: Encoded, context: int, *, masked: bool) -> Copies:
        """One for each token; or, where nothing is to be masked, for each piece that fits."""
        room = context - 2
        pieces = windows(docs.lengths, room, room)
        begin, first, end = (
            docs.offsets[pieces.doc] + of for of in (pieces.begin, pieces.first, pieces.end)
        )
        if not masked:
            return cls(docs.ids, begin, end, first, end, first)
        begin, end = (np.repeat(of, end - first) for of in (begin, end))
        at = np.arange(len(docs.ids))  # pieces score all tokens in order
        until = at + 1 if docs.words is None else np.minimum(_word_ends(docs, docs.words), end)
        return cls(docs.ids, begin, end, at, at + 1, until)

    @property
    def lengths(self) -> Ints:
        """Of each with what stands around it."""
        return self.end - self.begin + 2

    def batches(self, batch_tokens: int, *, pads: bool) -> Iterator[Ints]:
        """All copies, each once, the longest first; `pads`: those of a batch may differ in length."""
        lengths = self.lengths
        for length in [None] if pads else np.unique(lengths)[::-1]:
            of_it = np.arange(len(lengths)) if length is None else np.flatnonzero(lengths == length)
            for batch in batches(lengths[of_it], batch_tokens, shared=False):
                yield of_it[batch.windows]

    def rows(self, chosen: Ints, special: Special) -> tuple[Ints, Ints]:
        """Some of them as rows of ids, and the length of each."""
        begin, inner = self.begin[chosen, None], (self.end - self.begin)[chosen]
        column = np.arange(int(inner.max()) + 2)
        source = begin + column - 1
        hidden = (source >= self.first[chosen, None]) & (source < self.until[chosen, None])
        ids = np.where(hidden, special.mask, self.ids[np.clip(source, 0, len(self.ids) - 1)])
        ids[:, 0] = special.before
        ids[column > inner[:, None]] = special.pad
        ids[np.arange(len(ids)), inner + 1] = special.behind
        return ids, inner + 2

    def scored(self, chosen: Ints) -> tuple[Ints, tuple[Ints, Ints]]:
        """The tokens that some of them score, and where in their rows they are: row, column."""
        counts = (self.last - self.first)[chosen]
        row = np.repeat(np.arange(len(chosen)), counts)
        before = np.cumsum(counts) - counts
        tokens = np.arange(len(row)) + (self.first[chosen] - before)[row]
        return tokens, (row, tokens - self.begin[chosen][row] + 1)


def _word_ends(docs: Encoded, words: Ints) -> Ints:
    """For each token the one behind its word."""
    last = np.ones(len(words), np.bool_)
    last[:-1] = words[1:] != words[:-1]
    last[docs.offsets[1:][docs.lengths > 0] - 1] = True
    ends = np.flatnonzero(last) + 1
    return ends[np.searchsorted(ends, np.arange(len(words)), side="right")]
