"""_dedup_pieces: lines and paragraphs that repeat, as spans. Removes nothing: text.cut does."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import pyarrow as pa

from corpusmill import _arrow, _check, _core, _offsets
from corpusmill._ngram_filter import BloomFilter

Piece: TypeAlias = Literal["line", "paragraph"]

MAX_MIN_BYTES = 2**62


class SeenPieces:
    """The contents of pieces seen so far, exactly: 128 bits of hash each. Call it batch by batch."""

    def __init__(self, unit: Piece, min_bytes: int, keep: _check.KeepCopies = "first") -> None:
        if unit not in get_args(Piece):
            raise ValueError(f"unit: expected 'line' or 'paragraph', got {unit!r}")
        self._piece = getattr(_core.dedup.Piece, unit)
        self._min_bytes = _check.whole("min_bytes", min_bytes, 1, MAX_MIN_BYTES)
        self._keep_first = _check.keep_first(keep)
        self._contents = _core.dedup.ContentSet()

    @property
    def nbytes(self) -> int:
        """Memory of the hashes: 22 to 43 bytes a different content."""
        return self._contents.nbytes()

    def __call__(self, docs: _arrow.Docs, threads: int) -> pa.Array:
        """As `paragraphs`, after all documents of earlier calls."""
        column = _arrow.strings(docs)
        spans = _core.dedup.repeated_pieces(
            column.capsules,
            self._piece,
            self._min_bytes,
            self._keep_first,
            self._contents,
            threads,
        )
        return _arrow.spans(*spans, column.validity)


def paragraphs(
    docs: _arrow.Docs,
    *,
    unit: Piece = "paragraph",
    filter: BloomFilter | None = None,
    min_bytes: int = 1,
    keep: _check.KeepCopies = "first",
    offsets: _offsets.Offsets = "bytes",
    threads: int = 0,
) -> pa.Array:
    """The paragraphs or lines of each document that came before, in it or in an earlier row; with
    keep="none", those that stand anywhere else.

    A line ends with U+000A or the document and is blank if it holds nothing but ASCII white space; a
    paragraph is a maximal run of lines that are not blank. Blank lines are neither. Two are the same
    if their bytes are, without ASCII white space at their two ends.

    docs        N strings; read in place
    unit        "paragraph" or "line"
    filter      None: what came before is known exactly (by 128-bit hashes). A BloomFilter of the
                same unit: what was added to it came before too, and each piece is added. In bounded
                memory, and as often as its rate says, a piece is taken for one that came before
    min_bytes   pieces of fewer bytes take no part
    keep        "first": of equal pieces the first is no repeat and stays; "none": each is one if
                there are several, in docs or with what was added to the filter. With a filter, what
                comes again goes into a second one, as large; a piece that stands once is taken for
                one of several as often as the rate of the first in the end says, or less
    offsets     "bytes": spans are bytes of the document's UTF-8; "chars": characters, of which
                bytes that are no part of well-formed UTF-8 are one each
    returns     large_list<struct<begin: int64, end: int64>>, N rows: half open, ascending, never
                overlapping. A span reaches from the beginning of the piece's first line to the end of
                its last, line end included; a paragraph's over the blank lines after it too. So
                `text.cut(docs, spans)`, which takes bytes, removes all but the first of each, or all
                of them, and joins no lines and adds no empty ones. Null in, null out.
    threads     0: as many as this process may use; the answer does not depend on it

    O(bytes), read twice for "none". Memory: 22 to 43 bytes for each different piece without a filter,
    and as much for each of which there are several for "none"; and per thread 100 bytes for each
    piece of 256 KiB of documents.

    Raises TypeError if docs holds no strings, ValueError if an option is wrong or the filter is
    overfull.
    Source: the paragraph rule of Dolma (Soldaini et al., ACL 2024), without its blank lines.

    >>> paragraphs(["one\\n\\ntwo\\n", "two\\n\\nthree"]).to_pylist()
    [[], [{'begin': 0, 'end': 5}]]
    >>> paragraphs(["one\\n\\ntwo\\n", "two\\n\\nthree"], keep="none").to_pylist()
    [[{'begin': 5, 'end': 9}], [{'begin': 0, 'end': 5}]]
    """
    chars, threads = _offsets.in_characters(offsets), _check.threads(threads)
    column = _arrow.strings(docs)
    if filter is None:
        spans = SeenPieces(unit, min_bytes, keep)(column, threads)
    elif filter.options["unit"] == unit:
        spans = filter.seen(column, min_bytes=min_bytes, keep=keep, threads=threads)
    else:
        raise ValueError(f"filter: is of unit {filter.options['unit']!r}, and unit is {unit!r}")
    if chars:
        lists, begin, end = _arrow.span_arrays(spans)
        return _offsets.characters(column, lists, begin, end, threads)
    return spans
