"""layouts: documents as rows: as they are, or joined and cut to one length. Packs none (packing.py).

A layout is fed with documents in their order, as many at a time as there happen to be: the rows that it
gives depend on the documents alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from corpusmill.shards.tokens.batch import PADDING, TokenRows, starts


class Layout(Protocol):
    """Makes rows of documents."""

    def add(self, documents: TokenRows) -> Iterator[TokenRows]:
        """The rows that are whole with these."""

    def finish(self) -> Iterator[TokenRows]:
        """The rows that were waiting for more."""

    def most_rows(self, documents: int, ids: int) -> int:
        """Of so many documents with so many ids there are no more rows than this."""


class Documents:
    """Each document is a row."""

    def add(self, documents: TokenRows) -> Iterator[TokenRows]:
        yield documents

    def finish(self) -> Iterator[TokenRows]:
        yield from ()

    def most_rows(self, documents: int, ids: int) -> int:  # noqa: ARG002  as Layout has it
        return documents


class Cut:
    """All documents one behind the other, cut into rows of `length` ids; the last is filled up.

    A document without ids is in no row. Holds a row and what it is given.
    """

    def __init__(self, length: int, pad: int) -> None:
        self._length = length
        self._pad = pad
        self._rest: TokenRows | None = None

    def add(self, documents: TokenRows) -> Iterator[TokenRows]:
        joined = documents if self._rest is None else TokenRows.joined([self._rest, documents])
        whole = len(joined.ids) // self._length * self._length
        if whole:
            yield self._rows(joined, whole)
        self._rest = _behind(joined, whole)

    def _rows(self, joined: TokenRows, whole: int) -> TokenRows:
        """The first `whole` ids, a multiple of the length."""
        ends = np.cumsum(joined.lengths)
        of_documents = ends[(joined.lengths > 0) & (ends < whole)]
        cuts = np.union1d(of_documents, np.arange(self._length, whole + 1, self._length))
        documents = joined.documents[np.searchsorted(ends, cuts)]
        segments = np.bincount((cuts - 1) // self._length, minlength=whole // self._length)
        return TokenRows(joined.ids[:whole], np.diff(cuts, prepend=0), documents, segments)

    def finish(self) -> Iterator[TokenRows]:
        rest = self._rest
        if rest is None or not len(rest.ids):
            return
        lacking = self._length - len(rest.ids)
        filling = np.full(lacking, self._pad, rest.ids.dtype)
        number = np.full(1, PADDING)
        padding = TokenRows(filling, np.full(1, lacking), number, np.ones(1, np.int64))
        yield self._rows(TokenRows.joined([rest, padding]), self._length)

    def most_rows(self, documents: int, ids: int) -> int:  # noqa: ARG002  as Layout has it
        return -(-ids // self._length)


def _behind(rows: TokenRows, at: int) -> TokenRows:
    """What of documents begins or goes on behind so many ids."""
    ends = starts(rows.lengths)
    left = np.flatnonzero(ends[1:] > at)
    lengths = ends[left + 1] - np.maximum(ends[left], at)
    ones = np.ones(len(left), np.int64)
    return TokenRows(rows.ids[at:].copy(), lengths, rows.documents[left], ones)
