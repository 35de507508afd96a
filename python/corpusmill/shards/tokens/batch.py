"""batch: rows of token ids, some at a time: what layouts make of documents. Knows no file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill.shards.rows import Ints

Ids: TypeAlias = npt.NDArray[np.unsignedinteger[Any]]
"""uint16 or uint32."""

PADDING = -1
"""The number of no document: a segment of it fills a row up."""


@dataclass(frozen=True)
class TokenRows:
    """Rows one behind the other, each of one segment or more; a segment is a run of one document's ids.

    ids         of all rows
    lengths     ids of each segment
    documents   of each segment, the number of its document in the job, or PADDING
    segments    of each row
    """

    ids: Ids
    lengths: Ints
    documents: Ints
    segments: Ints

    @classmethod
    def of_documents(cls, ids: Ids, lengths: Ints, first: int) -> TokenRows:
        """Each document is a row; they are numbered from `first` on."""
        count = len(lengths)
        return cls(ids, lengths, np.arange(first, first + count), np.ones(count, np.int64))

    @classmethod
    def joined(cls, parts: Sequence[TokenRows]) -> TokenRows:
        if len(parts) == 1:
            return parts[0]
        fields = zip(
            *((of.ids, of.lengths, of.documents, of.segments) for of in parts), strict=True
        )
        return cls(*map(np.concatenate, fields))

    @property
    def num_rows(self) -> int:
        return len(self.segments)

    def row_lengths(self) -> Ints:
        """The ids of each row."""
        return np.diff(starts(self.lengths)[starts(self.segments)])

    def some(self, begin: int, end: int) -> TokenRows:
        """The rows from `begin` to before `end`, in place."""
        rows = self.segments[begin:end]
        first = int(self.segments[:begin].sum())
        of_rows = slice(first, first + int(rows.sum()))
        at = int(self.lengths[:first].sum())
        lengths = self.lengths[of_rows]
        ids = self.ids[at : at + int(lengths.sum())]
        return TokenRows(ids, lengths, self.documents[of_rows], rows)

    def pick(self, rows: Ints) -> TokenRows:
        """These rows, in this order."""
        of_rows = starts(self.segments)
        at = starts(self.lengths)[of_rows]
        picked = within(of_rows[rows], self.segments[rows])
        lengths, documents = self.lengths[picked], self.documents[picked]
        return TokenRows(
            copied(self.ids, at[rows], at[rows + 1]), lengths, documents, self.segments[rows]
        )


def starts(lengths: Ints) -> Ints:
    """Where each of things so long begins, and the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def within(begin: Ints, lengths: Ints) -> Ints:
    """The places of all that lies in these stretches."""
    at = starts(lengths)
    return np.arange(at[-1]) + np.repeat(begin - at[:-1], lengths)


def copied(ids: Ids, begin: Ints, end: Ints) -> Ids:
    """The ids of these stretches, one behind the other: a copy of each, no place of each id."""
    stretches = [ids[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]
    return np.concatenate(stretches) if stretches else ids[:0]
