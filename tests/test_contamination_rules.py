"""contamination_rules: what is cut by the published rules, and whose n-grams are nobody's: as the oracles say."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles_contamination as oracle
from test_contamination import few, found_in, index_of

Index, Rule = cm.ngram.ContaminationIndex, cm.ngram.ContaminationRule

WHITE = " \n\t\x0b\x1c\x1f\x85\xa0\u2003\u3000"
marked = st.lists(
    st.sampled_from(["To", "to", "be-", "Or", "not", "É", "é", "--", "it's", "\u200b", "a\xa0b"])
)
texts_of_words = st.builds(
    lambda words, white: "".join(
        word + white[i % len(white)] for i, word in enumerate(words)
    ),
    marked, st.text(st.sampled_from(WHITE), min_size=1, max_size=5),
)  # fmt: skip


def pieces_left(document: str, cuts: list[dict[str, int]]) -> list[str]:
    """What lies between the cuts."""
    data, pieces, done = document.encode(), [], 0
    for cut in [*cuts, {"begin": len(data), "end": len(data)}]:
        pieces.append(data[done : cut["begin"]].decode())
        done = cut["end"]
    return [piece for piece in pieces if piece]


def cut(document: str, index: Index) -> list[str] | None:
    [cuts] = index.cuts([document], index.find([document])).to_pylist()
    return None if cuts is None else pieces_left(document, cuts)


cut_rules = st.builds(
    lambda n, *, margin, least, most: Rule(
        n, n, "ascii", margin=margin, min_piece=least, max_pieces=most, max_hits=most
    ),
    st.integers(1, 3), margin=st.sampled_from([1, 2, 4, 9]),
    least=st.sampled_from([0, 1, 2, 3, 8]), most=st.sampled_from([0, 1, 3, 50]),
)  # fmt: skip


@given(st.lists(texts_of_words, max_size=3), texts_of_words | documents.texts, cut_rules)
@example(["to be"], "not to be not not to be-", Rule(2, 2, margin=2, min_piece=2, max_hits=50))
@settings(max_examples=200)
def test_janitor_equals_the_oracle(texts, document, rule):
    rule = replace(rule, words="janitor", max_pieces=None)
    sizes = {"n": rule.n, "window": rule.margin, "least": rule.min_piece, "most": rule.max_hits}
    expected = oracle.janitor_pieces(document, texts, **sizes)
    got = cut(document, index_of([text.encode() for text in texts], rule))
    assert (got or []) == [piece for piece in expected if piece]


@given(st.lists(texts_of_words, max_size=3), texts_of_words | documents.texts, cut_rules)
@settings(max_examples=200)
def test_gpt3_pieces_equal_the_oracle(texts, document, rule):
    document = document.replace("\0", " ")
    index = index_of([text.encode() for text in texts], replace(rule, max_hits=None))
    [spans] = index.find([document], offsets="chars")["spans"].to_pylist()
    places = [(span["begin"], span["end"]) for span in spans]
    sizes = {"window": rule.margin, "least": rule.min_piece, "most": rule.max_pieces}
    assert cut(document, index) == oracle.gpt3_pieces(document, places, **sizes)


def test_janitor_as_published():
    """Thirteen words; windows of 200; more than ten hits, and short documents, leave nothing."""
    words = [f"w{i}" for i in range(40)]
    index = index_of([" ".join(words).encode()], "janitor")
    around = "é" * 300
    hit = " ".join(words[:13]).upper()
    for document in (
        f"{around} {hit}, {around} {hit}. {around} {around}",
        f"{'x' * 500} {' '.join(words[:22])} {'y' * 500}",
        f"{'x' * 500} {' '.join(words[:23])} {'y' * 500}",
        f"{'x' * 500} {' '.join(words[:6])} -- {' '.join(words[6:20])} {'y' * 500}",
        "short and clean",
        "x" * 199,
        "x" * 200,
    ):
        expected = oracle.janitor_pieces(
            document, [" ".join(words)], n=13, window=200, least=200, most=10
        )
        assert (cut(document, index) or []) == expected


@given(st.lists(few.map(" ".join), max_size=12), st.floats(0.01, 1), st.integers(1, 4))
def test_ngrams_are_as_long_as_texts_are(texts, quantile, least):
    """gpt3_overlap, with fewer words."""
    rule = Rule(least + 3, least, "ascii", quantile=quantile)
    as_plain = oracle.Rule(rule.n, rule.min_words, "ascii", joined=False, threshold=0)
    lengths = [len(oracle.words_of(text.encode(), "ascii")) for text in texts]
    n = oracle.length_of(lengths, as_plain, quantile)
    own = oracle.own_ngrams([text.encode() for text in texts], as_plain._replace(n=n, min_words=n))
    index = index_of([text.encode() for text in texts], rule)
    docs = [*texts, " ".join(texts)]
    for doc, found in zip(docs, found_in([doc.encode() for doc in docs], index), strict=True):
        expected = oracle.find(doc.encode(), own, as_plain._replace(n=n, min_words=n))
        assert (found.texts, found.spans) == (expected.texts, expected.spans)


@given(
    st.lists(few.map(" ".join), max_size=4),
    st.lists(st.none() | few.map(" ".join), max_size=8),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_ngrams_of_too_many_documents_are_nobodys(texts, docs, most, threads):
    rule = Rule(2, 2, "ascii", max_documents=most)
    index = index_of([text.encode() for text in texts], rule)
    for part in (docs[:3], docs[3:]):
        index.count(pa.array(part, pa.string()), threads=threads)
    plain = oracle.Rule(2, 2, "ascii", joined=False, threshold=0)
    own = oracle.own_ngrams([text.encode() for text in texts], plain)
    of_docs = [oracle.own_ngrams([(doc or "").encode()], plain)[0] for doc in docs]
    kept = [
        {ngram: at for ngram, at in of.items() if sum(ngram in doc for doc in of_docs) <= most}
        for of in own
    ]
    assert index.texts()["own"].to_pylist() == [len(set().union(*of.values())) for of in kept]
    found = index.find(pa.array(docs, pa.string())).to_pylist()
    for doc, row in zip(docs, found, strict=True):
        if doc is not None:
            expected = oracle.find(doc.encode(), kept, plain)
            assert [of["text"] for of in row["found"]] == [of for of, _ in expected.texts]
            assert [(of["begin"], of["end"]) for of in row["spans"]] == expected.spans
    with pytest.raises(ValueError, match="counted before any is looked up"):
        index.count(["a"])


def test_what_is_cut_takes_linear_time():
    """Windows of any size around many spans, and pieces between them."""
    document = "a b " * 200_000
    for margin, least in ((1 << 30, 0), (0, 1 << 30), (1, 1), (200, 200)):
        for words in ("ascii", "janitor"):
            index = index_of([b"a"], Rule(1, 1, words, margin=margin, min_piece=least))
            [cuts] = index.cuts([document], index.find([document])).to_pylist()
            assert cuts[-1]["end"] >= len(document) - 2
