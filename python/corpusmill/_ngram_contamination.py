"""_ngram_contamination: benchmarks found in documents. Decides what is found; removes nothing."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _check, _core

WordForm: TypeAlias = Literal["words", "zeros", "ascii"]


@dataclass(frozen=True)
class ContaminationRule:
    """When a text of a benchmark counts as found in a document.

    n           words of an n-gram, 1 to 64
    min_words   a text of fewer than n words but as many as this is looked for as a whole, a shorter
                one not at all
    words       what a word is: "words", of `text.words`; "zeros", the same with each run of the digits
                0-9 in it taken for one 0; "ascii", a run without ASCII white space, A-Z lowered, ASCII
                punctuation deleted
    joined      words with only punctuation between them are looked for as one too, as a copy without
                punctuation has them; "words" alone can be
    threshold   the share of a text's words that lie in n-grams which the document has too, from which
                it is found; 0: one such n-gram is enough. Above 0, n-grams of more than 64 texts are
                nobody's: they are part of no share
    margin      bytes that are cut off with a span on each side; never a part of a character
    max_spans   a document with more spans is dropped where others are cut; None: none is
    """

    n: int
    min_words: int
    words: WordForm = "words"
    joined: bool = False
    threshold: float = 0.0
    margin: int = 0
    max_spans: int | None = None

    def __post_init__(self) -> None:
        _check.whole("n", self.n, 1, 64)
        _check.whole("min_words", self.min_words, 1, self.n)
        if self.words not in get_args(WordForm):
            raise ValueError(f"words: expected words, zeros or ascii, got {self.words!r}")
        if self.joined and self.words != "words":
            raise ValueError(f'joined: expected words="words" with it, got {self.words!r}')
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold: expected 0 to 1, got {self.threshold!r}")
        _check.whole("margin", self.margin, 0, 1 << 30)
        if self.max_spans is not None:
            _check.whole("max_spans", self.max_spans, 0, 1 << 62)


CONTAMINATION_RULES: Mapping[str, ContaminationRule] = {
    "coverage": ContaminationRule(8, 6, joined=True, threshold=0.5),
    "gpt3": ContaminationRule(13, 13, "ascii", margin=200, max_spans=10),
    "palm": ContaminationRule(8, 8, threshold=0.7),
    "llama2": ContaminationRule(11, 11, threshold=0.8),
    "tulu3": ContaminationRule(8, 8, threshold=math.nextafter(0.5, 1)),
    "datatrove": ContaminationRule(12, 12, "zeros"),
}
"""The default and published rules, as near as one pass over documents comes: docs/contamination.md."""


class ContaminationIndex:
    """The texts of benchmarks, to be found in documents.

    rule        a `ContaminationRule` or the name of one of CONTAMINATION_RULES

    Texts are added, then documents are looked up; the first look-up closes the index. It holds about
    30 bytes for each word of the texts, 50 while it is made. n-grams are compared by 64-bit hashes.

    >>> index = ContaminationIndex()
    >>> index.add("quiz", "question", ["How many legs do eight spiders have in all?"])
    >>> index.find(["Q: how many LEGS do eight\\nspiders have in all"])["spans"].to_pylist()
    [[{'begin': 3, 'end': 46}]]
    """

    def __init__(self, rule: ContaminationRule | str = "coverage") -> None:
        if isinstance(rule, str):
            if rule not in CONTAMINATION_RULES:
                names = ", ".join(CONTAMINATION_RULES)
                raise ValueError(f"rule: expected one of {names}, got {rule!r}")
            rule = CONTAMINATION_RULES[rule]
        self.rule = rule
        form = {
            "words": _core.ngram.WordForm.words,
            "zeros": _core.ngram.WordForm.zeros,
            "ascii": _core.ngram.WordForm.ascii,
        }[rule.words]
        self._core = _core.ngram.ContaminationIndex(
            rule.n, rule.min_words, form, rule.joined, rule.threshold
        )
        self._built = False
        self._building = threading.Lock()
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

    def texts(self) -> pa.Table:
        """All texts in the order in which they were added.

        returns     columns benchmark, item, field; words: how many it has; own: how many of them lie
                    in n-grams of this text and at most 63 others. One without cannot be found
        """
        self._build()
        return pa.table(
            {
                **self._named(np.arange(len(self._core.num_words()))),
                "words": _arrow.primitive(self._core.num_words()),
                "own": _arrow.primitive(self._core.num_own()),
            }
        )

    @property
    def num_bytes(self) -> int:
        """What the index takes in memory."""
        self._build()
        return self._core.num_bytes()

    def find(self, docs: _arrow.Docs, *, threads: int = 0) -> pa.Table:
        """What documents have of the texts.

        docs        N strings; read in place
        threads     0: as many as this process may use; the answer does not depend on it
        returns     N rows: share, of the document's n-grams that any text has; spans, a
                    large_list<struct<begin, end>>: where n-grams of the texts found lie in it, in bytes
                    of its UTF-8, half open, those that touch or overlap as one; found, a large_list of
                    structs of those texts: text, its number; benchmark, item, field; and share, of its
                    own words that lie in n-grams of the document. Null in, null out

        O(bytes + n-grams found). Memory beyond the result, per thread: 24 bytes for each n-gram found
        in a document, 12 for each place that those have in texts.

        Raises TypeError if docs holds no strings.
        """
        self._build()
        column = _arrow.strings(docs)
        ngrams, hits, lists, text, covered, spans, begin, end = self._core.find(
            column.capsules, _check.threads(threads)
        )
        named = {
            "text": _arrow.primitive(text),
            **self._named(text),
            "share": _arrow.primitive(covered / np.maximum(self._core.num_own()[text], 1)),
        }
        found = pa.StructArray.from_arrays(list(named.values()), list(named))
        return pa.table(
            {
                "share": _arrow.primitive(hits / np.maximum(ngrams, 1), column.validity),
                "spans": _arrow.spans(spans, begin, end, column.validity),
                "found": _arrow.large_list(lists, found, column.validity),
            }
        )

    def cuts(self, docs: _arrow.Docs, spans: Any) -> pa.Array:
        """What the rule cuts out of documents, by the spans that `find` gave.

        docs, spans     N strings, N lists of spans
        returns         N lists of spans, widened by the rule's margin to whole characters; those that
                        touch or overlap as one. Null for a document of more than max_spans spans,
                        which is to be dropped

        O(documents + spans). Raises as `text.cut`.
        """
        column = _arrow.strings(docs)
        lists, begin, end = _arrow.span_arrays(spans)
        margin, most = self.rule.margin, self.rule.max_spans
        if margin:
            lists, begin, end = _core.text.widen(column.capsules, lists, begin, end, margin)
        keep = np.ones(len(lists) - 1, np.bool_)
        if most is not None:
            keep = np.diff(_arrow.span_arrays(spans)[0]) <= most
        valid = pa.py_buffer(np.packbits(keep, bitorder="little"))
        return _arrow.spans(lists, begin, end, None if keep.all() else valid)

    def _named(self, texts: npt.NDArray[np.int64]) -> dict[str, Any]:
        of = np.concatenate([*self._of, np.empty(0, np.int64)])[texts]
        items = pa.concat_arrays([*self._items, pa.nulls(0, pa.large_string())])
        benchmarks, fields = (
            _arrays.of_texts([source[i] for source in self._sources]).take(_arrays.of_numpy(of))
            for i in (0, 1)
        )
        return {
            "benchmark": benchmarks,
            "item": items.take(_arrays.of_numpy(texts)),
            "field": fields,
        }

    def _build(self) -> None:
        with self._building:  # the first look-ups may come from several threads at once
            if not self._built:
                self._core.build()
                self._built = True
