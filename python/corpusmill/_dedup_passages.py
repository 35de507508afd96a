"""_dedup_passages: passages that stand in several places, as the column function and the shard job ask.

Says where they stand; `corpusmill.text.cut` takes them out.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrow, _check, _core, _offsets

Ints: TypeAlias = npt.NDArray[np.int64]
Spans: TypeAlias = tuple[Ints, Ints, Ints]
"""Where the list of each row ends, and begins and ends of all spans."""

MIN_BYTES = 200
"""About 50 tokens of English."""

MOST_BYTES = 8192
"""Cores of longer windows would be hashed more than a hundred times over."""


MOST_WORDS = (MOST_BYTES + 1) // 2


def passage_bytes(min_bytes: Any, min_words: Any) -> int:
    """The bytes of a window, checked: unless said, the fewest that so many words can have."""
    least = _core.dedup.least_passage_bytes
    min_words = _check.whole("min_words", min_words, 0, MOST_WORDS)
    if min_bytes is None:
        return max(least, 2 * min_words - 1) if min_words else MIN_BYTES
    return _check.whole("min_bytes", min_bytes, least, MOST_BYTES)


def passage_options(min_bytes: Any, min_words: Any, keep: Any) -> _core.dedup.PassageOptions:
    """Checked options: a sensible length, and which of equal passages are no repeats."""
    min_bytes = passage_bytes(min_bytes, min_words)
    return _core.dedup.PassageOptions(min_bytes, _check.keep_first(keep))


def passages(
    docs: _arrow.Docs,
    *,
    min_bytes: int | None = None,
    min_words: int = 0,
    keep: _check.KeepCopies = "first",
    offsets: _offsets.Offsets = "bytes",
    threads: int = 0,
) -> pa.Array:
    """Where documents repeat at least `min_bytes` bytes, or `min_words` words, of themselves or of each
    other.

    A window is min_bytes consecutive bytes of a document. A byte is in a passage if it lies in a
    window that is a repeat; a passage is a maximal run of such bytes, less the parts of UTF-8
    characters at its ends. One in which fewer than min_words words of the document, as
    `corpusmill.text.words` has them, lie whole is none.

    docs        N strings; read in place
    min_bytes   from 16 to 8192. None: 200; with min_words, 2 * min_words - 1 (at least 16), the fewest
                bytes that so many words can have, so that every run of them that repeats is found
    min_words   up to 4096; 0: bytes alone decide
    keep        "first": a window is a repeat if an equal one ends at or before its begin, in order
                of rows and bytes, so that of a passage and its copies the first stays; "none": if
                an equal one begins anywhere else, so that none does (Lee et al., with bytes for
                tokens; copies may overlap)
    offsets     "bytes": spans are bytes of the document's UTF-8; "chars": characters, of which
                bytes that are no part of well-formed UTF-8 are one each
    returns     large_list<struct<begin: int64, end: int64>>, N rows: half open, ascending, apart,
                never cutting a character; those of bytes are for `text.cut`. Null in, null out.
    threads     0: as many as this process may use; the answer does not depend on it

    Every repeat is found. Windows are compared by 128-bit hashes, as documents are by
    `decide(method="exact")`. O(bytes), whatever they are. Memory: for 200 bytes less than 0.5 bytes
    for each byte of text, even if all of it repeats; docs/passages.md says what takes more.

    Raises TypeError if docs holds no strings, ValueError if another argument is wrong.
    Source: Deduplicating Training Data Makes Language Models Better, Lee et al., ACL 2022.

    >>> passages(["It was the best of times", "Was it the best of times?"], min_bytes=16).to_pylist()
    [[], [{'begin': 6, 'end': 24}]]
    """
    options = passage_options(min_bytes, min_words, keep)
    chars = _offsets.in_characters(offsets)
    threads = _check.threads(threads)
    column = _arrow.strings(docs)
    found = _core.dedup.passages(column.capsules, options, threads)
    if min_words:
        found = _with_words(column, found, min_words, threads)
    if chars:
        return _offsets.characters(column, *found, threads)
    return _arrow.spans(*found, column.validity)


def _with_words(column: _arrow.Strings, found: Spans, min_words: int, threads: int) -> Spans:
    """Those of the spans in which so many words lie."""
    lists, begin, end = found
    hold = _core.text.hold_words(column.capsules, *found, min_words, threads).view(np.bool_)
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(hold)])
    return before[lists], begin[hold], end[hold]
