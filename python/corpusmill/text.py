"""text: normalisation of documents, their words and where those stand, cuts. Hashes and counts nothing.

Character properties are those of Unicode `unicode_version`, whatever Unicode the interpreter has.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import pyarrow as pa

from corpusmill import _arrays, _arrow, _check, _core, _offsets

Form: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"]

unicode_version: str = _core.text.unicode_version


def words(docs: _arrow.Docs, *, threads: int = 0) -> pa.Array:
    """The words of each document, lower-cased, in order, repeats included.

    A word is a maximal run of letters, marks, numbers (general categories L, M, N) and `_`. Among
    those, a letter or number whose Script or Script_Extensions include Han, Hiragana, Katakana,
    Thai, Lao, Khmer, Myanmar or Tibetan is a word of its own, with the marks that follow it. All
    else separates words: apostrophes, hyphens, ZWJ and ZWNJ, and each byte that is no part of
    well-formed UTF-8. Lower case is Unicode's simple one-to-one mapping: no context, no folding;
    nothing is normalised (see `normalize`).

    docs        N strings; read in place
    returns     large_list<large_string>, N rows: 64-bit offsets, because a column may hold more
                than 2**31 words or bytes of words. Null in, null out.
    threads     0: as many as this process may use; the answer does not depend on it

    O(bytes). Takes at most twice the memory of the result, and that of the longest word per thread.
    Without marks, the scripts named, U+0130 and U+03A3 it equals `re.findall(r"\\w+", s.lower())`.

    Raises TypeError if docs holds no strings.
    Source: UAX #44 (categories, Script, Simple_Lowercase_Mapping), UAX #24 (Script_Extensions).

    >>> words(["It's a Test_1, 東京!"]).to_pylist()
    [['it', 's', 'a', 'test_1', '東', '京']]
    """
    column = _arrow.strings(docs)
    lists, offsets, data = _core.text.words(column.capsules, _check.threads(threads))
    return _arrow.large_list(lists, _arrow.large_string(offsets, data), column.validity)


def word_spans(docs: _arrow.Docs, *, threads: int = 0) -> pa.Array:
    """Where the words of each document stand in it: word i of `words` is lower-cased from span i.

    docs        N strings; read in place
    returns     large_list<struct<begin: int64, end: int64>>, N rows: bytes of the document's UTF-8,
                half open, ascending, never overlapping, never cutting a character. Null in, null
                out.
    threads     0: as many as this process may use; the answer does not depend on it

    O(bytes). Takes at most twice the memory of the result, and that of the longest word per thread.

    Raises TypeError if docs holds no strings.

    >>> word_spans(["It's, Été"])[0].as_py()[2:]
    [{'begin': 6, 'end': 11}]
    """
    column = _arrow.strings(docs)
    spans = _core.text.word_spans(column.capsules, _check.threads(threads))
    return _arrow.spans(*spans, column.validity)


def cut(docs: _arrow.Docs, spans: Any) -> pa.Array:
    """Each document without the bytes of its spans.

    docs        N strings; read in place
    spans       N lists of spans as `word_spans` has them, or of (begin, end): bytes of the document's
                UTF-8, half open, ascending, not overlapping, cutting no character. A null list is
                an empty one
    returns     large_string, N rows. Null in, null out. What is left and what is in the spans, put
                together in order, is the document.

    O(bytes + spans).

    Raises TypeError if docs holds no strings or spans no spans, ValueError naming the first document
    whose spans do not fit it.

    >>> cut(["one two three"], [[(3, 7)]]).to_pylist()
    ['one three']
    """
    column = _arrow.strings(docs)
    offsets, data = _core.text.cut(column.capsules, *_arrow.span_arrays(spans))
    return _arrow.large_string(offsets, data, column.validity)


def moved(spans: Any, cuts: Any) -> pa.Array:
    """Where spans of documents are in what `cut` leaves of those: attributes move along with the text.

    spans       N lists of spans as `word_spans` has them, or of (begin, end): half open, in any
                order, overlapping or not, as names and sentences do
    cuts        N lists of what is cut out, as `cut` takes them: half open, ascending, not overlapping.
                A null list is an empty one
    returns     large_list<struct<begin: int64, end: int64>>, N rows: the same lists, each span as
                what is left of it, of all that was cut before and in it. One of which nothing is left
                is empty, begin == end, where it was. Null in, null out.

    Both count bytes, or both characters; documents are not looked at. O(S log C) for S spans and C
    cuts.

    Raises TypeError if either holds no spans, ValueError naming the first document whose spans begin
    below 0 or behind their ends, or whose cuts are not ascending.

    >>> left, cuts = cut(["one two three"], [[(3, 7)]]), [[(3, 7)]]
    >>> moved([[(0, 13), (4, 7), (8, 13)]], cuts).to_pylist()[0][1:]
    [{'begin': 3, 'end': 3}, {'begin': 4, 'end': 9}]
    >>> left[0].as_py()[4:9]
    'three'
    """
    column = _arrow.span_lists(spans)
    found = _offsets.moved(_arrow.span_arrays(column), _arrow.span_arrays(cuts, "cuts"))
    return _arrow.spans(*found, _arrays.bitmap(_arrays.valid(column)))


def normalize(
    docs: _arrow.Docs,
    *,
    form: Form | None = None,
    casefold: bool = False,
    whitespace: bool = False,
    threads: int = 0,
) -> pa.Array:
    """Each document in a normal form, case-folded, with plain white space: as asked, in this order.

    docs        N strings; read in place
    form        "NFC", "NFD", "NFKC", "NFKD" (UAX #15) or None
    casefold    full case folding (CaseFolding.txt, statuses C and F), then `form` once more,
                because folding may undo it
    whitespace  each run of White_Space characters becomes one space, none stays at the ends
    returns     large_string, N rows. Null in, null out. Bytes that are no part of well-formed UTF-8
                pass through untouched, and characters on their two sides do not join.
    threads     0: as many as this process may use; the answer does not depend on it

    O(bytes). Takes at most twice the memory of the result, and per thread some 10 bytes for each
    byte of the longest run of combining marks.
    Doing it twice changes nothing.

    Raises TypeError if docs holds no strings, ValueError if form is none of the four.
    Source: UAX #15; Unicode 15.0 sections 3.11 to 3.13.

    >>> normalize(["  ﬁne\\u00a0 Straße "], form="NFKC", casefold=True, whitespace=True).to_pylist()
    ['fine strasse']
    """
    if form not in (None, "NFC", "NFD", "NFKC", "NFKD"):
        raise ValueError(f'form: expected "NFC", "NFD", "NFKC", "NFKD" or None, got {form!r}')
    column = _arrow.strings(docs)
    offsets, data = _core.text.normalize(
        column.capsules, form, bool(casefold), bool(whitespace), _check.threads(threads)
    )
    return _arrow.large_string(offsets, data, column.validity)


def char_spans(docs: _arrow.Docs, spans: Any, *, threads: int = 0) -> pa.Array:
    """Spans of bytes as spans of characters: what slices a Python str as bytes slice its UTF-8.

    docs        N strings; read in place
    spans       N lists of spans of bytes as `word_spans` has them, or of (begin, end): half open,
                ascending, not overlapping, cutting no character
    returns     the same lists; a character is a code point, or a byte that is no part of
                well-formed UTF-8. A null list is an empty one; null for a null document.

    O(bytes). TypeError if docs holds no strings or spans no spans, ValueError naming the first
    document whose spans do not fit it.

    >>> char_spans(["Été: été"], [[(7, 12)]]).to_pylist()
    [[{'begin': 5, 'end': 8}]]
    """
    column = _arrow.strings(docs)
    lists, begin, end = _arrow.span_arrays(spans)
    if len(lists) != column.num_rows + 1:
        raise ValueError(f"spans: expected {column.num_rows} lists, got {len(lists) - 1}")
    return _offsets.characters(column, lists, begin, end, _check.threads(threads))
