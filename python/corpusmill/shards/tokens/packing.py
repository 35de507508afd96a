"""packing: documents laid into rows of one length, few of them cut: best fit, the longest first.

A document longer than a row is cut into whole rows and a rest. Rests and shorter documents are laid,
longest first, each into the fullest row that has room for it; a new row is opened where none has. That is
done a window of documents at a time. Source: Ding et al. 2024, "Fewer Truncations Improve Language
Modeling", there over a whole corpus.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from corpusmill.shards.rows import Ints
from corpusmill.shards.tokens.batch import PADDING, TokenRows, starts, within

WINDOW_IDS, WINDOW_DOCUMENTS = 1 << 21, 1 << 16
"""A window ends with the document that brings it to either. They decide which rows there are."""


class Packed:
    """Rows of `length` ids; what of a row stays empty is filled up. A document without ids is in none.

    In a row documents follow each other in their order, and the rows of a window by the last that is in
    them, so that the parts of one that was cut come in theirs. At most one row of a window is half empty or more. O(documents * (log documents + length / 64)).
    """

    def __init__(self, length: int, pad: int) -> None:
        self._length = length
        self._pad = pad
        self._begin()

    def _begin(self) -> None:
        self._window: list[TokenRows] = []
        self._ids = self._documents = 0

    def add(self, documents: TokenRows) -> Iterator[TokenRows]:
        at = 0
        while at < documents.num_rows:
            lengths = np.cumsum(documents.lengths[at:])
            fitting = int(np.searchsorted(lengths, WINDOW_IDS - self._ids)) + 1
            end = min(at + fitting, at + WINDOW_DOCUMENTS - self._documents, documents.num_rows)
            part = documents.some(at, end)
            self._window.append(part)
            self._ids += len(part.ids)
            self._documents += part.num_rows
            if self._ids >= WINDOW_IDS or self._documents >= WINDOW_DOCUMENTS:
                yield from self.finish()
            at = end

    def finish(self) -> Iterator[TokenRows]:
        if self._ids:
            yield self._rows(TokenRows.joined(self._window))
        self._begin()

    def most_rows(self, documents: int, ids: int) -> int:
        """Rows are more than half full, but for one of a window."""
        windows = documents // WINDOW_DOCUMENTS + ids // WINDOW_IDS + 1
        return 2 * ids // self._length + windows

    def _rows(self, documents: TokenRows) -> TokenRows:
        of, begin, lengths = _pieces(documents.lengths, self._length)
        rows = _numbered(_laid(lengths, self._length))
        order = np.argsort(rows, kind="stable")
        rows, lengths, numbers = rows[order], lengths[order], documents.documents[of[order]]
        begin = begin[order]
        segments = np.bincount(rows)
        lacking = self._length - np.diff(starts(lengths)[starts(segments)])
        not_full = np.flatnonzero(lacking)
        behind = starts(segments)[not_full + 1]
        lengths = np.insert(lengths, behind, lacking[not_full])
        numbers = np.insert(numbers, behind, PADDING)
        begin = np.insert(begin, behind, 0)
        segments[not_full] += 1
        ids, filling = documents.ids, np.full(int(lacking.max()), self._pad, documents.ids.dtype)
        of_segments = zip(numbers.tolist(), begin.tolist(), lengths.tolist(), strict=True)
        laid = [filling[:n] if of == PADDING else ids[at : at + n] for of, at, n in of_segments]
        return TokenRows(np.concatenate(laid), lengths, numbers, segments)


def _pieces(lengths: Ints, length: int) -> tuple[Ints, Ints, Ints]:
    """Documents cut to pieces of at most `length`: of each its document, begin and length."""
    counts = -(-lengths // length)
    of = np.repeat(np.arange(len(lengths)), counts)
    offset = within(np.zeros(len(counts), np.int64), counts) * length
    return of, starts(lengths)[of] + offset, np.minimum(lengths[of] - offset, length)


def _laid(lengths: Ints, length: int) -> Ints:
    """The row of each piece."""
    rows = np.empty(len(lengths), np.int64)
    order = np.argsort(-lengths, kind="stable")
    by_room: dict[int, list[int]] = {}  # the rows that have just so much room
    rooms = 0  # bit r: there is a row with room r
    num_rows = 0
    for piece, size in zip(order.tolist(), lengths[order].tolist(), strict=True):
        fitting = rooms >> size
        if fitting:
            room = size + (fitting & -fitting).bit_length() - 1
            row = by_room[room].pop()
            if not by_room[room]:
                rooms ^= 1 << room
        else:
            room, row = length, num_rows
            num_rows += 1
        rows[piece] = row
        if room > size:
            by_room.setdefault(room - size, []).append(row)
            rooms |= 1 << (room - size)
    return rows


def _numbered(rows: Ints) -> Ints:
    """The same rows, numbered by the last piece in each."""
    last = np.zeros(int(rows.max()) + 1, np.int64)
    np.maximum.at(last, rows, np.arange(len(rows)))
    rank = np.empty(len(last), np.int64)
    rank[np.argsort(last)] = np.arange(len(last))
    return rank[rows]
