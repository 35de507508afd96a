"""_ngram_terms: where terms and pairs of terms occur in a column, counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _check, _core

Pairs: TypeAlias = Iterable[tuple[str, str]]

Numbers: TypeAlias = npt.NDArray[np.integer[Any]]
Counts: TypeAlias = Sequence[npt.NDArray[np.int64]]
"""Columns, one for each kind of count."""

MAX_WINDOW = 2**40


class Terms:
    """Terms to be found in documents: names, each with the forms it is written in.

    terms       names that are their own form, as a list or an Arrow array; or a mapping from a
                name to its forms: {"diabetes": ["diabetes", "type 2 diabetes"], ...}
    unit        "word": a form is found as a sequence of whole words, as `text.words` has them, so
                what lies between words does not matter. "char": as a sequence of characters,
                anywhere
    cased       whether "US" is another word than "us"; else all is lower-cased, by Unicode's simple
                one-to-one mapping

    A term occurs at every place at which one of its forms begins, also where places overlap: "type 2
    diabetes" is one occurrence of that term by two forms of it that begin there, and another by the
    form "diabetes", which begins later. Built once in O(bytes); immutable, so one may serve several
    threads. Memory: the names twice, about 100 bytes for each different word of a form, and 50 for
    each unit of a form that no other form begins with.

    Raises TypeError if terms are no strings; ValueError for a name that comes twice or has no form,
    and for a form without units or of more than 256.
    """

    def __init__(
        self,
        terms: Sequence[str] | pa.Array | pa.ChunkedArray | Mapping[str, Sequence[str]],
        *,
        unit: str = "word",
        cased: bool = False,
    ) -> None:
        if unit not in ("word", "char"):
            raise ValueError(f"unit: expected one of word, char, got {unit!r}")
        self.names, forms, numbers = _forms(terms)
        self.unit = unit
        self.cased = cased
        column = _arrow.strings(forms, "terms")
        self._terms = _core.ngram.Terms(column.capsules, numbers, unit == "word", cased)
        self._names = _arrays.of_texts(self.names)
        self._number = {name: number for number, name in enumerate(self.names)}
        if len(self._number) < len(self.names):
            twice = next(
                name for number, name in enumerate(self.names) if self._number[name] != number
            )
            raise ValueError(f"terms: {twice!r} comes twice; give its forms as one term's")

        hashed = _core.core.StreamHash()
        for name, form in zip(np.asarray(self.names, object)[numbers], forms, strict=True):
            hashed.update(f"{len(name)} {len(form)} {name}{form}".encode("utf-8", "surrogatepass"))
        self.xxh3_128 = hashed.hexdigest()
        """Of names and forms, in order."""

    def __len__(self) -> int:
        return len(self.names)

    def pairs(self, pairs: Pairs) -> npt.NDArray[np.uint32]:
        """Pairs of names as pairs of their numbers; ValueError for what is no pair of two terms."""
        found = []
        for i, pair in enumerate(pairs):
            left, right = pair
            for name in (left, right):
                if name not in self._number:
                    raise ValueError(f"pairs[{i}]: {name!r} is none of the terms")
            if left == right:
                raise ValueError(f"pairs[{i}]: {left!r} is paired with itself")
            found.append((self._number[left], self._number[right]))
        return np.array(found, np.uint32).reshape(-1, 2)


class TermCounts(NamedTuple):
    """Two tables, a row for each term or pair as they were given; and two of documents, if asked for.

    terms       term, occurrences, documents, paragraphs
    pairs       left, right, documents, paragraphs; within_W for each window W
    term_rows   row, term, occurrences, paragraphs: what a document holds, by rows, then as terms were
                given. Summed up by terms it is `terms`, of which `documents` counts the rows
    pair_rows   row, left, right, paragraphs; within_W: the same of pairs
    """

    terms: pa.Table
    pairs: pa.Table
    term_rows: pa.Table | None = None
    pair_rows: pa.Table | None = None


def term_counts(
    docs: _arrow.Docs,
    terms: Terms,
    *,
    pairs: Pairs = (),
    windows: Sequence[int] = (),
    rows: bool = False,
    threads: int = 0,
) -> TermCounts:
    """How often terms occur, and in how many documents and paragraphs; the same for pairs of terms.

    A paragraph is a run of lines that are not blank. A term belongs to the paragraph in which it
    begins. A pair occurs in a document or a paragraph if both of its terms do.

    docs        N strings; read in place; a null has no terms
    pairs       pairs of names of terms: (subject, object), (disease, group), ...
    windows     for each W, within_W of a pair is how many pairs of an occurrence of the left and one
                of the right term begin at most W units apart, in either order
    rows        whether to list the documents too: `term_rows` and `pair_rows`, where a row is one of docs
    threads     0: as many as this process may use; the answer does not depend on it
    returns     TermCounts: two tables of int64 counts

    O(bytes + units * units of the longest form that begins there + h log h for the h places of a
    document). Memory for each thread: 40 bytes a term, 16 and 8 for each window a pair, 4 a unit of
    the longest document; 28 bytes a listed document and term, 20 and 8 for each window a listed
    document and pair, and their names.

    Raises TypeError if docs holds no strings; ValueError if a pair or a window is wrong.
    Counts as in: Impact of Co-occurrence (Kang and Choi 2023), Long-Tail Knowledge (Kandpal et al.
    2023), Cross-Care (Chen et al. 2024), ROBBIE (Esiobu et al. 2023); linking names to entities is
    left to the lists of forms.

    >>> terms = Terms({"capital": ["Paris"], "country": ["France"]})
    >>> found = term_counts(["Paris, France", "Paris"], terms, pairs=[("capital", "country")])
    >>> found.terms["documents"].to_pylist(), found.pairs["documents"].to_pylist()
    ([2, 1], [1])
    """
    column, threads = _arrow.strings(docs), _check.threads(threads)
    counter = term_counter(terms, pairs, windows, rows=rows, threads=threads)
    listed = counter.counter.add(column.capsules, threads)
    found = counter.tables()
    if not rows:
        return found
    of_terms, of_pairs = listed
    return found._replace(
        term_rows=counter.term_rows(*of_terms), pair_rows=counter.pair_rows(*of_pairs)
    )


class Counting(NamedTuple):
    """A counter, and what names its results."""

    counter: _core.ngram.TermCounter
    terms: Terms
    pairs: npt.NDArray[np.uint32]
    windows: list[int]
    rows: bool
    before: Counts = ()  # sums of what was counted elsewhere

    def anew(self, threads: int) -> Counting:
        """The same with nothing counted yet."""
        made = _core.ngram.TermCounter(
            self.terms._terms, self.pairs, self.windows, self.rows, threads
        )
        return self._replace(counter=made)

    def sums(self) -> list[npt.NDArray[np.int64]]:
        """Of terms occurrences, documents, paragraphs; of pairs documents, paragraphs, each window's."""
        of_terms, (documents, paragraphs, windows) = self.counter.counts()
        found = [*of_terms, documents, paragraphs, *windows]
        if not self.before:
            return found
        return [now + then for now, then in zip(found, self.before, strict=True)]

    def tables(self) -> TermCounts:
        """What is counted so far, without lists of documents."""
        occurrences, documents, paragraphs, pair_documents, *of_pairs = self.sums()
        of_terms = {
            "term": self.terms._names,
            "occurrences": _arrow.primitive(occurrences),
            "documents": _arrow.primitive(documents),
            "paragraphs": _arrow.primitive(paragraphs),
        }
        pairs = self._sides(self.pairs) | {"documents": _arrow.primitive(pair_documents)}
        return TermCounts(pa.table(of_terms), pa.table(pairs | self._pair_counts(of_pairs)))

    def term_rows(self, rows: Numbers, numbers: Numbers, counts: Counts) -> pa.Table:
        """What the counter has listed of terms, as `TermCounts` has it."""
        names = self.terms._names.take(_arrays.of_numpy(numbers))
        columns = {"row": _arrow.primitive(rows), "term": names}
        return pa.table(columns | _named(("occurrences", "paragraphs"), counts))

    def pair_rows(self, rows: Numbers, numbers: Numbers, counts: Counts) -> pa.Table:
        """The same of pairs."""
        row = {"row": _arrow.primitive(rows)}
        return pa.table(row | self._sides(self.pairs[numbers]) | self._pair_counts(counts))

    def _sides(self, pairs: npt.NDArray[np.uint32]) -> dict[str, pa.Array]:
        names = self.terms._names
        left, right = (names.take(_arrays.of_numpy(pairs[:, side])) for side in (0, 1))
        return {"left": left, "right": right}

    def _pair_counts(self, counts: Counts) -> dict[str, pa.Array]:
        kinds = ["paragraphs", *(f"within_{window}" for window in self.windows)]
        return _named(kinds, counts)


def _named(kinds: Sequence[str], counts: Counts) -> dict[str, pa.Array]:
    return dict(zip(kinds, map(_arrow.primitive, counts), strict=True))


def term_counter(
    terms: Terms, pairs: Pairs, windows: Sequence[int], *, rows: bool, threads: int
) -> Counting:
    """A counter of these terms and pairs, of which `threads` alone is checked."""
    numbers = terms.pairs(pairs)
    widths = [_check.whole("windows", window, 0, MAX_WINDOW) for window in windows]
    if len(set(widths)) < len(widths):
        raise ValueError(f"windows: expected different ones, got {tuple(widths)}")
    counter = _core.ngram.TermCounter(terms._terms, numbers, widths, rows, threads)
    return Counting(counter, terms, numbers, widths, rows)


def _forms(terms: Any) -> tuple[list[str], list[str], npt.NDArray[np.uint32]]:
    """Names; forms; and for each form the number of its name."""
    if isinstance(terms, (pa.Array, pa.ChunkedArray)):
        terms = terms.to_pylist()
    if isinstance(terms, Mapping):
        by_name = {name: _list(forms, f"terms[{name!r}]") for name, forms in terms.items()}
        names, lists = list(by_name), list(by_name.values())
    else:
        names = _list(terms, "terms")
        lists = [[name] for name in names]
    _list(names, "terms")
    counts = [len(forms) for forms in lists]
    forms = [form for of_name in lists for form in of_name]
    return names, forms, np.repeat(np.arange(len(names), dtype=np.uint32), counts)


def _list(strings: Any, what: str) -> list[str]:
    """At least one string."""
    if not isinstance(strings, (list, tuple)) or not all(isinstance(s, str) for s in strings):
        raise TypeError(f"{what}: expected a list of strings, got {strings!r:.80}")
    if not strings:
        raise ValueError(f"{what}: expected at least one string")
    return list(strings)
