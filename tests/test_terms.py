"""terms: terms and pairs of terms are counted as their slow twins count them."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles
import oracles_counting

WORDS = ["to", "be", "or", "not", "the", "a", "é", "Ab", "B"]
names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
texts = documents.texts | st.lists(
    st.sampled_from([*WORDS, "\n", "\n\n", " \n \t\n", ".", "TO"]), max_size=60
).map(" ".join)
columns = st.lists(st.none() | texts, max_size=8)


def units_of(document, unit, cased):
    """Units with the characters at which they begin."""
    if unit == "char":
        chars = document if cased else [char.lower()[0] for char in document]
        return list(zip(chars, range(len(document)), strict=True))
    data = document.encode()
    found = []
    for word, begin, end in oracles.words_in_place(data):
        found.append((data[begin:end] if cased else word, len(data[:begin].decode())))
    return found


def twin(docs, forms, unit, cased):
    """The documents and the forms as the oracle takes them."""
    found = [
        None if doc is None else oracles_counting.text_of(doc, units_of(doc, unit, cased))
        for doc in docs
    ]
    units = {
        name: [[unit for unit, _ in units_of(form, unit, cased)] for form in of_name]
        for name, of_name in forms.items()
    }
    return found, units


def rows_of(table, windows=()):
    """A table's rows as the oracle has them."""
    columns = table.to_pydict()
    within = [columns.pop(f"within_{window}") for window in windows]
    if windows:
        columns["within"] = list(map(list, zip(*within, strict=True)))
    return list(zip(*columns.values(), strict=True))


@given(
    columns,
    st.dictionaries(names, st.lists(names, min_size=1, max_size=3), min_size=2, max_size=6),
    st.sampled_from(["word", "char"]),
    st.booleans(),
    st.lists(st.integers(0, 12), min_size=1, max_size=2, unique=True),
)
def test_counts_equal_the_oracle(docs, forms, unit, cased, windows):
    pairs = [(left, right) for left in forms for right in forms if left != right]
    terms = cm.ngram.Terms(forms, unit=unit, cased=cased)
    got = cm.ngram.term_counts(docs, terms, pairs=pairs, windows=windows, rows=True, threads=2)
    found, units = twin(docs, forms, unit, cased)
    of_terms = oracles_counting.term_rows(found, units)
    of_pairs = oracles_counting.pair_rows(found, units, pairs, windows)
    assert rows_of(got.term_rows) == of_terms
    assert rows_of(got.pair_rows, windows) == of_pairs
    assert rows_of(got.terms) == oracles_counting.term_counts(forms, of_terms)
    assert rows_of(got.pairs, windows) == oracles_counting.pair_counts(
        pairs, of_pairs, len(windows)
    )


@given(st.lists(documents.texts, min_size=1, max_size=4), st.data())
def test_what_stands_in_a_document_is_found(docs, data):
    """Any run of words of any length, and any run of characters."""
    doc = data.draw(st.sampled_from(docs))
    words = cm.text.words([doc])[0].as_py()
    if words:
        begin = data.draw(st.integers(0, len(words) - 1))
        form = " ".join(words[begin : data.draw(st.integers(begin + 1, len(words)))])
        got = cm.ngram.term_counts(docs, cm.ngram.Terms([form]))
        assert got.terms["occurrences"][0].as_py() >= 1
    if doc:
        begin = data.draw(st.integers(0, len(doc) - 1))
        form = doc[begin : data.draw(st.integers(begin + 1, len(doc)))]
        got = cm.ngram.term_counts(docs, cm.ngram.Terms([form], unit="char", cased=True))
        assert got.terms["occurrences"][0].as_py() >= sum(form in doc for doc in docs)


def test_the_answer_depends_on_no_number_of_threads_and_no_chunks():
    docs = documents.varied(2000)
    vocabulary = sorted({word for doc in docs for word in doc.split()})
    terms = cm.ngram.Terms([*vocabulary, "word1 word2", "word3 word4 word5"])
    pairs = [*pairwise(vocabulary), ("word1", "word2")]
    results = [
        cm.ngram.term_counts(column, terms, pairs=pairs, windows=(5, 50), rows=True, threads=t)
        for column in (docs, pa.chunked_array([docs[:700], docs[700:701], docs[701:]]))
        for t in (1, 2, 5)
    ]
    for name in cm.ngram.TermCounts._fields:
        tables = [getattr(result, name) for result in results]
        assert all(table.equals(tables[0]) for table in tables)
    found, units = twin(docs[:100], {n: [n] for n in terms.names}, "word", False)
    got = cm.ngram.term_counts(docs[:100], terms, rows=True)
    assert rows_of(got.term_rows) == oracles_counting.term_rows(found, units)
    assert cm.ngram.term_counts(docs, terms).term_rows is None


def test_what_documents_hold_sums_up_to_what_is_counted():
    docs = documents.varied(500)
    terms = cm.ngram.Terms(sorted({word for doc in docs for word in doc.split()}))
    pairs = list(pairwise(terms.names))
    got = cm.ngram.term_counts(docs, terms, pairs=pairs, windows=(7,), rows=True)
    for table, rows, keys, kinds in (
        (got.terms, got.term_rows, ["term"], ["occurrences", "paragraphs"]),
        (got.pairs, got.pair_rows, ["left", "right"], ["paragraphs", "within_7"]),
    ):
        sums = rows.group_by(keys, use_threads=False).aggregate(
            [("row", "count"), *((kind, "sum") for kind in kinds)]
        )
        found = table.filter(pc.greater(table["documents"], 0))
        expected = found.select([*keys, "documents", *kinds])
        sums = sums.rename_columns(expected.column_names)
        by = [(key, "ascending") for key in keys]
        assert sums.num_rows > 10
        assert sums.sort_by(by).equals(expected.sort_by(by))


@pytest.mark.parametrize("gap", ["\n\n", "\n \t\n", "\r\n\r\n", "\n---\n\n", "\n\n\n\n"])
def test_paragraphs_are_parted_by_blank_lines(gap):
    terms = cm.ngram.Terms(["a", "b"])
    together = cm.ngram.term_counts(["\n\na\nb" + gap + "x"], terms, pairs=[("a", "b")])
    apart = cm.ngram.term_counts(["a" + gap + "b"], terms, pairs=[("a", "b")])
    assert together.pairs["paragraphs"].to_pylist() == [1]
    assert apart.pairs["paragraphs"].to_pylist() == [0]
    assert apart.pairs["documents"].to_pylist() == [1]


def test_words_and_case():
    docs = ["It is US, not us. New-York; new\nyork newyork."]
    found = cm.ngram.term_counts(docs, cm.ngram.Terms(["US", "New York", "i"]))
    assert found.terms["occurrences"].to_pylist() == [2, 2, 0]
    found = cm.ngram.term_counts(docs, cm.ngram.Terms(["US", "New York", "i"], cased=True))
    assert found.terms["occurrences"].to_pylist() == [1, 1, 0]
    found = cm.ngram.term_counts(docs, cm.ngram.Terms(["US", "york", "i"], unit="char"))
    assert found.terms["occurrences"].to_pylist() == [2, 3, 2]


@pytest.mark.parametrize("size", [15, 16, 17, 40, 5000])
@pytest.mark.parametrize("cased", [False, True])
def test_long_words_are_compared_whole(size, cased):
    form = "x" * size
    docs = [form, form + "x", form[:-1], form + " " + form, ("y " * 3000) + form]
    got = cm.ngram.term_counts(docs, cm.ngram.Terms([form], cased=cased), rows=True)
    assert got.term_rows["row"].to_pylist() == [0, 3, 4]
    assert got.term_rows["occurrences"].to_pylist() == [1, 2, 1]


@pytest.mark.parametrize("before", [*range(1017, 1026), *range(2040, 2049)])
def test_forms_that_cross_batches_of_words_are_found(before):
    doc = " ".join(["x"] * before + ["one two three four five"] + ["y"] * 5)
    terms = cm.ngram.Terms(["one two three four five", "five", "five y", "x one two", "two three"])
    got = cm.ngram.term_counts([doc, doc + " one"], terms)
    assert got.terms["occurrences"].to_pylist() == [2, 2, 2, 2, 2]


def test_hostile_documents_are_not_quadratic():
    """Everything matches everywhere, in documents of a million words."""
    forms = [" ".join(["a"] * size) for size in (1, 2, 3, 40)]
    docs = ["a " * 300_000, "b " + "a " * 300_000]
    terms = cm.ngram.Terms([*forms, "b"])
    pairs = [(form, "b") for form in forms] + [(forms[0], forms[1])]
    got = cm.ngram.term_counts(docs, terms, pairs=pairs, windows=(10, 10**9))
    assert got.terms["occurrences"].to_pylist() == [600_000, 599_998, 599_996, 599_922, 1]
    assert got.pairs["within_10"].to_pylist()[:4] == [10] * 4
    n = 300_000
    assert got.pairs[f"within_{10**9}"].to_pylist()[4] == 2 * n * (n - 1)


@pytest.mark.parametrize(
    ("terms", "options", "error", "message"),
    [
        ([], {}, ValueError, "at least one"),
        (["a", "!!!"], {}, ValueError, "terms: expected 1 to 256 words each, got 0 in '!!!'"),
        (["a " * 257], {}, ValueError, "got 257 in 'a a a"),
        (["a", "b", "a"], {}, ValueError, "terms: 'a' comes twice"),
        ({"x": []}, {}, ValueError, "at least one"),
        ({"x": "a"}, {}, TypeError, "expected a list of strings, got 'a'"),
        ("a", {}, TypeError, "expected a list of strings"),
        ([1], {}, TypeError, "expected a list of strings"),
        (["a"], {"unit": "byte"}, ValueError, "unit: expected one of word, char, got 'byte'"),
    ],
)
def test_wrong_terms(terms, options, error, message):
    with pytest.raises(error, match=message):
        cm.ngram.Terms(terms, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pairs": [("a", "c")]}, r"pairs\[0\]: 'c' is none of the terms"),
        ({"pairs": [("a", "b"), ("a", "a")]}, r"pairs\[1\]: 'a' is paired with itself"),
        ({"windows": [-1]}, "windows: expected a whole number"),
        ({"windows": [3, 3]}, "windows: expected different ones"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        cm.ngram.term_counts(["a"], cm.ngram.Terms(["a", "b"]), **options)
