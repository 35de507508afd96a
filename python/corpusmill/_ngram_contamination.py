"""_ngram_contamination: benchmarks found in documents. Decides what is found; removes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _check, _core, _offsets
from corpusmill._ngram_contamination_rules import ContaminationRule, core_index, named_rule
from corpusmill._ngram_contamination_seen import ContaminationSeen, most_covered


class ContaminationIndex:
    """The texts of benchmarks, to be found in documents.

    rule        a `ContaminationRule` or the name of one of CONTAMINATION_RULES

    Texts are added, then documents are looked up; the first look-up closes the index. It holds about
    30 bytes for each word of the texts, 50 while it is made. n-grams are compared by 64-bit hashes.
    For a rule with `max_documents` all documents are counted before the first of them is looked up.
    Source: overlap of n-grams as of Brown et al. 2020 (GPT-3), appendix C; CONTAMINATION_RULES names that
    of each rule.

    >>> index = ContaminationIndex()
    >>> index.add("quiz", "question", ["How many legs do eight spiders have in all?"])
    >>> index.find(["Q: how many LEGS do eight\\nspiders have in all"])["spans"].to_pylist()
    [[{'begin': 3, 'end': 45}]]
    """

    def __init__(self, rule: ContaminationRule | str = "coverage") -> None:
        self.rule = named_rule(rule)
        self._core = core_index(self.rule)
        self._built = False
        self._building = threading.Lock()
        self._documents: npt.NDArray[np.int64] | None = None  # that were counted, by n-gram
        self._frequent: npt.NDArray[np.int64] | None = None
        self._sources: list[tuple[str, str]] = []
        self._items: list[pa.Array] = []
        self._of: list[npt.NDArray[np.int64]] = []

    def add(
        self, benchmark: str, field: str, texts: _arrow.Docs, *, items: Sequence[str] | None = None
    ) -> None:
        """One field of the items of a benchmark.

        texts       a string for each item; a null or empty one is not looked for
        items       what the items are called; None: their numbers, from 0

        Raises TypeError if texts holds no strings, ValueError if items are not as many, or after the
        first look-up.
        """
        if self._built:
            raise ValueError("an index to which documents were compared takes no more texts")
        column = _arrow.strings(texts, "texts")
        names = map(str, range(column.num_rows)) if items is None else items
        called = _arrays.of_texts(list(names))
        if len(called) != column.num_rows:
            raise ValueError(
                f"items: expected {column.num_rows} of them, one for each text, got {len(called)}"
            )
        self._core.add(column.capsules)
        self._of.append(np.full(column.num_rows, len(self._sources), np.int64))
        self._sources.append((benchmark, field))
        self._items.append(called)

    def texts(self, seen: Iterable[ContaminationSeen] | None = None) -> pa.Table:
        """All texts in the order in which they were added.

        seen        what `look_up` gave of columns of documents, in any order
        returns     columns benchmark, item, field; words: how many it has; own: how many of them lie
                    in its n-grams, where shares count in those that at most 63 others have. One
                    without cannot be found. With `seen` also share: the largest part of its own words
                    that n-grams of one document cover, be it found there or not; and found: whether it
                    is found in any. Where one n-gram is enough, a document that holds of a text only
                    such as more than 64 have may not name it: it is found, as if by one of them
        """
        self._close()
        own = self._core.num_own()
        columns = {
            **self._named(np.arange(len(own))),
            "words": _arrow.primitive(self._core.num_words()),
            "own": _arrow.primitive(own),
        }
        if seen is not None:
            most = most_covered(self._core, seen)
            columns["share"] = _arrow.primitive(most / np.maximum(own, 1))
            columns["found"] = _arrays.of_numpy((most > 0) & (most >= self.rule.threshold * own))
        return pa.table(columns)

    @property
    def num_bytes(self) -> int:
        """What the index takes in memory."""
        self._build()
        return self._core.num_bytes()

    def count(self, docs: _arrow.Docs, *, threads: int = 0) -> None:
        """Counts in how many documents each n-gram of the texts lies, for `max_documents`.

        Called with all columns of a corpus, by any threads, before the first look-up. Time as `find`;
        8 bytes for each n-gram of the texts.

        Raises TypeError if docs holds no strings, ValueError after a look-up.
        """
        threads = _check.threads(threads)
        self._build()
        found = self._core.ngrams_by_document(_arrow.strings(docs).capsules, threads)
        ngrams, documents = np.unique(found, return_counts=True)
        with self._building:
            if self._frequent is not None:
                raise ValueError("documents are counted before any is looked up")
            if self._documents is None:
                self._documents = np.zeros(self._core.num_ngrams(), np.int64)
            self._documents[ngrams] += documents

    @property
    def frequent(self) -> npt.NDArray[np.int64]:
        """The numbers of the n-grams that are nobody's because too many documents were counted that
        hold them; asking closes the counting, as the first look-up does.
        """
        self._build()
        with self._building:
            if self._frequent is None:
                counts, most = self._documents, self.rule.max_documents
                frequent = np.empty(0, np.int64)
                if counts is not None and most is not None:
                    frequent = np.flatnonzero(counts > most)
                    self._core.ignore(frequent)
                self._frequent = frequent  # last: who sees it looks documents up at once
                self._documents = None
            return self._frequent

    def find(
        self, docs: _arrow.Docs, *, offsets: _offsets.Offsets = "bytes", threads: int = 0
    ) -> pa.Table:
        """What documents have of the texts.

        docs        N strings; read in place
        offsets     "bytes": spans are bytes of the document's UTF-8, as `cuts` and `text.cut` take
                    them; "chars": characters, of which bytes that are no part of well-formed UTF-8
                    are one each
        threads     0: as many as this process may use; the answer does not depend on it
        returns     N rows: share, of the document's n-grams that any text has; spans, a
                    large_list<struct<begin, end>>: where n-grams of the texts found lie in it, half
                    open, those that touch or overlap as one; hits, how many n-grams of texts it has,
                    counted each time; found, a large_list of
                    structs of those texts: text, its number; benchmark, item, field; and share, of its
                    own words that lie in n-grams of the document. An n-gram names the first 64 of
                    the texts that have it: `look_up` tells of all. Null in, null out

        O(bytes + n-grams found + texts + places that those n-grams have in texts that are named:
        many where thousands of texts share thousands of n-grams). Memory beyond the result, per thread: 4 bytes for each text,
        24 for each n-gram found in a document, 12 for each place that those have in texts.

        Raises TypeError if docs holds no strings, ValueError if another argument is wrong.
        """
        return self.look_up(docs, offsets=offsets, threads=threads)[0]

    def look_up(
        self, docs: _arrow.Docs, *, offsets: _offsets.Offsets = "bytes", threads: int = 0
    ) -> tuple[pa.Table, ContaminationSeen]:
        """What `find` gives, and what the documents together have of the texts: `texts` tells it.

        Arguments, time and errors are those of `find`.
        """
        chars, threads = _offsets.in_characters(offsets), _check.threads(threads)
        self._close()
        column = _arrow.strings(docs)
        found = self._core.find(column.capsules, threads)
        ngrams, hits, lists, text, covered = found[:5]
        spans = found[5:8]
        places = (
            _offsets.characters(column, *spans, threads)
            if chars
            else _arrow.spans(*spans, column.validity)
        )
        named = {
            "text": _arrow.primitive(text),
            **self._named(text),
            "share": _arrow.primitive(covered / np.maximum(self._core.num_own()[text], 1)),
        }
        texts = pa.StructArray.from_arrays(list(named.values()), list(named))
        share = np.minimum(hits / np.maximum(ngrams, 1), 1)
        table = pa.table(
            {
                "share": _arrow.primitive(share, column.validity),
                "spans": places,
                "hits": _arrow.primitive(hits, column.validity),
                "found": _arrow.large_list(lists, texts, column.validity),
            }
        )
        return table, ContaminationSeen(*found[8:])

    def cuts(self, docs: _arrow.Docs, found: pa.Table) -> pa.Array:
        """What the rule cuts out of documents, by what `find` gave of them.

        docs, found     N strings, N rows of `find`, with spans of bytes
        returns         N lists of spans, widened by the rule's margin, with pieces that are too short;
                        those that touch or overlap as one. Null for a document that is to be dropped as
                        a whole, for its pieces or its hits

        O(documents + spans). Raises as `text.cut`.
        """
        column, rule = _arrow.strings(docs), self.rule
        lists, begin, end = _arrow.span_arrays(found["spans"])
        has_any = np.diff(lists) > 0
        exact = rule.words == "janitor"
        lists, begin, end, pieces = _core.text.widen(
            column.capsules,
            lists,
            begin,
            end,
            rule.margin,
            max(rule.margin - exact, 0),
            rule.min_piece + exact,
            rule.margin,
            rule.min_piece,
            exact,
        )
        keep = np.ones(len(pieces), np.bool_)
        if rule.max_pieces is not None:
            keep &= (pieces <= rule.max_pieces) | ~has_any
        if rule.max_hits is not None:
            keep &= _arrays.filled(found["hits"]) <= rule.max_hits
        valid = pa.py_buffer(np.packbits(keep, bitorder="little"))
        return _arrow.spans(lists, begin, end, None if keep.all() else valid)

    def _named(self, texts: npt.NDArray[np.int64]) -> dict[str, Any]:
        of, numbers = _arrays.of_numpy(self._of[0][texts]), _arrays.of_numpy(texts)
        benchmarks, fields = (
            _arrays.of_texts([source[i] for source in self._sources]).take(of) for i in (0, 1)
        )
        return {"benchmark": benchmarks, "item": self._items[0].take(numbers), "field": fields}

    def _build(self) -> None:
        with self._building:  # the first look-ups may come from several threads at once
            if not self._built:
                self._core.build()
                self._of = [np.concatenate([*self._of, np.empty(0, np.int64)])]
                self._items = [pa.concat_arrays([*self._items, pa.nulls(0, pa.large_string())])]
                self._built = True

    def _close(self) -> None:
        """Before the first look-up."""
        if self._frequent is None:
            _ = self.frequent
