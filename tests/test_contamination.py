"""contamination: benchmarks found in documents: equal to the oracle, and nothing planted is missed."""

from __future__ import annotations

import itertools
import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles_contamination as oracle
from test_text import column, raw

Index, Rule = cm.ngram.ContaminationIndex, cm.ngram.ContaminationRule

few = st.lists(
    st.sampled_from(["to", "be", "or", "not", "It's", "a-b", "b", "12", "105", "あい", "?", "\n"])
)
sentences = st.one_of(few.map(" ".join), few.map("".join), documents.texts).map(str.encode)
rules = st.builds(
    lambda n, less, words, joined, threshold: Rule(
        n, max(1, n - less), words, joined=joined and words == "words", threshold=threshold
    ),
    st.integers(1, 5), st.integers(0, 4), st.sampled_from(["words", "zeros", "ascii", "janitor"]),
    st.booleans(), st.sampled_from([0, 0.3, 0.5, 0.9, 1]),
)  # fmt: skip


def index_of(texts: list[bytes], rule: Rule | str) -> Index:
    index = Index(rule)
    index.add("bench", "text", column(texts))
    return index


def found_in(docs: list[bytes | None], index: Index, threads: int = 1) -> list[oracle.Found | None]:
    rows = index.find(column(docs), threads=threads).to_pylist()
    return [
        None
        if row["share"] is None
        else oracle.Found(
            row["share"],
            [(text["text"], text["share"]) for text in row["found"]],
            [(span["begin"], span["end"]) for span in row["spans"]],
        )
        for row in rows
    ]


def plain(rule: Rule) -> oracle.Rule:
    return oracle.Rule(rule.n, rule.min_words, rule.words, rule.joined, rule.threshold)


def seen_in(index: Index, *columns: list[bytes | None]) -> list[tuple[float, bool]]:
    """Of each text its largest share in any document, and whether it is found in one."""
    texts = index.texts(index.look_up(column(docs), threads=2)[1] for docs in columns)
    return list(zip(texts["share"].to_pylist(), texts["found"].to_pylist(), strict=True))


@given(
    st.lists(sentences, max_size=6),
    st.lists(st.none() | sentences | raw, max_size=6),
    st.integers(0, 6),
    rules,
)
@example([b"to be or not"], [b"to be or not, to be or not to be"], 1, Rule(3, 2, threshold=1))
@example([b"to be or not 12 b"], [b"to be or not 105", b"be or not 12"], 1, Rule(2, 2, threshold=1))
def test_what_is_found_equals_the_oracle(texts, docs, cut, rule):
    own = oracle.own_ngrams(texts, plain(rule))
    expected = [None if doc is None else oracle.find(doc, own, plain(rule)) for doc in docs]
    index = index_of(texts, rule)
    assert found_in(docs, index, threads=2) == expected
    of_texts = oracle.seen([doc for doc in docs if doc is not None], own, plain(rule))
    assert seen_in(index, docs) == seen_in(index, docs[cut:], docs[:cut]) == of_texts


@given(few, st.integers(0, 3), st.sampled_from([1, 70]), rules)
@example([], 0, 70, Rule(4, 2, "ascii"))
def test_common_ngrams_are_nobodys_where_shares_count(more, less, times, rule):
    """64 texts share an n-gram, or 65 and more; the first may have it so often."""
    texts = [f"to be or not to be {i} it is".encode() for i in range(66 - less)]
    texts[0] = b" ".join([texts[0]] * times)
    docs = [texts[0], texts[-1], b"to be or not to be", " ".join(more).encode()]
    own = oracle.own_ngrams(texts, plain(rule))
    index = index_of(texts, rule)
    assert found_in(docs, index) == [oracle.find(doc, own, plain(rule)) for doc in docs]
    assert seen_in(index, docs[:2], docs[2:]) == oracle.seen(docs, own, plain(rule))
    assert index.texts()["own"].to_pylist() == [len(set().union(*of.values())) for of in own]


def test_every_text_of_a_common_ngram_is_found():
    """However many there are: a prompt of all items, and an item behind it."""
    prompt = "answer with one of the letters that stand before the choices below please"
    texts = [f"{prompt} item{i} item{i} item{i}".encode() for i in range(1000)]
    index = index_of(texts, "janitor")
    [found] = found_in([f"so {prompt} item999 item999 item999".encode()], index)
    assert found.texts == [*((i, 13 / 16) for i in range(64)), (999, 1.0)]
    shares = [13 / 16] * 999 + [1.0]
    assert seen_in(index, [f"so {prompt} item999 item999 item999".encode()]) == [
        (share, True) for share in shares
    ]
    with pytest.raises(IndexError, match="is not in the index"):
        index.texts([index.look_up([])[1]._replace(shared=np.array([10**6]))])


@pytest.mark.parametrize("size", [0, 1, 4080, 4093, 4096, 4099, 8185, 20000])
@pytest.mark.parametrize("rule", ["coverage", "gpt3", "janitor", "datatrove"])
def test_a_planted_text_is_found_across_buffers(size, rule):
    rng = random.Random(size)
    around = [f"w{rng.randrange(10**6)}" for _ in range(size + 40)]
    text = "Exactly thirteen words, no more and no less, are what this text has."
    short = "six words are looked for too"
    document = " ".join(
        [*around[:size], text, *around[size : size + 20], short, *around[size + 20 :]]
    )
    [found] = found_in([document.encode()], index_of([text.encode(), short.encode()], rule))
    places = [text] if rule != "coverage" else [text, short]
    spans = [document.encode()[begin:end].decode() for begin, end in found.spans]
    assert [span.rstrip(".") for span in spans] == [place.rstrip(".") for place in places]
    assert found.texts == [(i, 1.0) for i in range(len(places))]


@given(st.lists(documents.texts, min_size=1, max_size=5), st.integers(0, 9))
def test_a_planted_text_is_always_found(texts, before):
    """By every rule, if it has words enough."""
    for name, rule in cm.ngram.CONTAMINATION_RULES.items():
        index = index_of([text.encode() for text in texts], name)
        own = index.texts()["own"].to_pylist()
        words = index.texts()["words"].to_pylist()
        for number, text in enumerate(texts):
            document = " lead" * before + "\n" + text + "\n tail"
            [found] = found_in([document.encode()], index)
            assert (number in [of for of, _ in found.texts]) == (own[number] > 0)
            assert own[number] == (words[number] if words[number] >= rule.min_words else 0)


@given(st.lists(few.map(" ".join), max_size=5), st.integers(1, 3))
def test_characters_slice_a_str_as_bytes_slice_its_utf8(docs, n):
    index = index_of([b"not to be", "b あ い".encode()], Rule(n, 1))
    spans, characters = (
        index.find(docs, offsets=offsets)["spans"].to_pylist() for offsets in ("bytes", "chars")
    )
    for document, of, found in zip(docs, spans, characters, strict=True):
        cut = [document.encode()[span["begin"] : span["end"]].decode() for span in of]
        assert cut == [document[span["begin"] : span["end"]] for span in found]


def altered(text: str) -> dict[str, str]:
    deleted = {code: None for code in range(33, 127) if not chr(code).isalnum()}
    return {
        "verbatim": text,
        "lower-cased": text.lower(),
        "re-wrapped": "\n".join(" ".join(part) for part in itertools.batched(text.split(), 5))
        if hasattr(itertools, "batched")
        else "\n".join(text.split()),
        "punctuation deleted": text.translate(deleted),
        "punctuation to blanks": text.translate(dict.fromkeys(deleted.keys() - {ord("_")}, " ")),
    }


def test_altered_copies_are_found_by_the_default_rule():
    text = "It's 3.5-times as far (says Bob's e-mail): what's $x^2$, in km/h, if y=7? Don't round!"
    index = index_of([text.encode()], "coverage")
    for kind, copy in altered(text).items():
        [found] = found_in([f"Well, then. {copy} So it was.".encode()], index)
        assert found.texts == [(0, 1.0)], kind


def test_recall_and_false_alarms_of_the_default_rule():
    """Items and documents of words as often as a language has them, joined by all sorts of marks."""
    rng = random.Random(5)
    vocabulary = [f"{'aeiou'[i % 5]}{i}" for i in range(3000)]
    marks = [" "] * 8 + [", ", ". ", "-", "'", "\u2019", " (", ") ", ": ", "_", " \u2014 ", "."]

    def text(size: int) -> str:
        words = (vocabulary[min(int(rng.paretovariate(0.6)), 3000) - 1] for _ in range(size))
        return "".join(word + rng.choice(marks) for word in words)

    items = [text(rng.randrange(12, 80)) for _ in range(300)]
    docs = [text(rng.randrange(400)) for _ in range(1000)]
    index = index_of([item.encode() for item in items], "coverage")
    alarms = [bool(found.texts) for found in found_in([doc.encode() for doc in docs], index)]
    assert sum(alarms) <= 0.01 * len(docs)
    for kind in altered(""):
        planted = [
            f"{doc}\n{altered(item)[kind]}\n{doc}".encode()
            for item, doc in zip(items, docs, strict=False)
        ]
        found = found_in(planted, index)
        hits = sum(number in [text for text, _ in of.texts] for number, of in enumerate(found))
        assert hits >= 0.99 * len(items), kind


@given(documents.columns, st.lists(documents.texts, max_size=4), st.integers(0, 12), rules)
@settings(max_examples=40)
def test_columns(docs, texts, start, rule):
    texts += [doc for doc in docs if doc][:2]
    index = index_of([text.encode() for text in texts], rule)
    expected = index.find(docs, threads=1)
    whole = pa.array(docs, pa.string())
    parts = pa.chunked_array([whole.slice(0, start), whole.slice(start)])
    for docs_given, threads in ((parts, 1), (whole, 3), (docs, 1024)):
        assert index.find(docs_given, threads=threads).equals(expected)
    expected.validate(full=True)
    assert expected["share"].null_count == docs.count(None)
    left = cm.text.cut(docs, expected["spans"])
    assert left.null_count == docs.count(None)


def test_equal_documents_and_repeats_take_linear_time():
    item = "one short item of eight common small words"
    index = index_of([item.encode()] * 64, "gpt3")
    index_short = index_of([item.encode()] * 64, "coverage")
    docs = pa.array([item]).take(pa.array([0] * 200_000))
    for of in (index, index_short):
        of.find(docs)
        [found] = of.find([" ".join([item] * 300_000)]).to_pylist()
        assert len(found["found"]) == (64 if of is index_short else 0)


def test_texts_tell_what_can_be_found():
    index = Index()
    index.add("quiz", "question", ["a b c d e f g h", None, "a b"], items=["q1", "q2", "q3"])
    index.add("quiz", "answer", ["Six words and not one more."])
    assert index.texts().to_pylist() == [
        {"benchmark": "quiz", "item": "q1", "field": "question", "words": 8, "own": 8},
        {"benchmark": "quiz", "item": "q2", "field": "question", "words": 0, "own": 0},
        {"benchmark": "quiz", "item": "q3", "field": "question", "words": 2, "own": 0},
        {"benchmark": "quiz", "item": "0", "field": "answer", "words": 6, "own": 6},
    ]
    [row] = index.find(["SIX words, and not one more"]).to_pylist()
    assert row["found"] == [
        {"text": 3, "benchmark": "quiz", "item": "0", "field": "answer", "share": 1.0}
    ]
    with pytest.raises(ValueError, match="takes no more texts"):
        index.add("quiz", "hint", ["a"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0, "min_words": 1}, "n: expected a whole number from 1 to 64, got 0"),
        ({"n": 3, "min_words": 4}, "min_words: expected a whole number from 1 to 3, got 4"),
        ({"n": 3, "min_words": 3, "words": "byte"}, "words: expected words, zeros, ascii or"),
        ({"n": 3, "min_words": 3, "words": "ascii", "joined": True}, "joined: expected words="),
        ({"n": 3, "min_words": 3, "threshold": 1.5}, "threshold: expected 0 to 1, got 1.5"),
        ({"n": 3, "min_words": 3, "quantile": -1}, "quantile: expected 0 to 1, got -1"),
        ({"n": 3, "min_words": 3, "max_hits": -1}, "max_hits: expected a whole number"),
    ],
)
def test_wrong_rules(options, message):
    with pytest.raises(ValueError, match=message):
        Rule(**options)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="rule: expected one of coverage, gpt3"):
        Index("gpt4")
    with pytest.raises(ValueError, match="items: expected 2 of them"):
        Index().add("quiz", "text", ["a", "b"], items=["1"])
    with pytest.raises(ValueError, match="offsets: expected 'bytes' or 'chars', got 'words'"):
        Index().find(["a"], offsets="words")
    with pytest.raises(TypeError, match="texts: expected a string column"):
        Index().add("quiz", "text", pa.array([1]))


def test_the_first_look_ups_may_come_at_once():
    rng = random.Random(5)
    texts = [" ".join(f"w{rng.randrange(9_000)}" for _ in range(30)) for _ in range(2_000)]
    for _ in range(5):
        index = cm.ngram.ContaminationIndex()
        index.add("benchmark", "text", texts)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda of: of.find(texts[:50], threads=1), [index] * 8))
        assert all(of.equals(found[0]) for of in found)
        assert all(found[0]["found"].combine_chunks().value_lengths().to_pylist())
