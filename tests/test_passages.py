"""passages: they equal the slow twin's, what is cut stands elsewhere, and worst cases stay linear."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpusmill as cm
import oracles_passages as oracles
from corpusmill import _arrow, _core

Spans = list[list[tuple[int, int]]]

KEEPS = ("first", "none")


def column(docs: list[bytes | None]) -> pa.Array:
    """Strings of any bytes, well formed or not."""
    return pa.array(docs, pa.large_binary()).view(pa.large_string())


def spans_of(found: pa.Array) -> Spans:
    return [[(span["begin"], span["end"]) for span in spans or []] for spans in found.to_pylist()]


def passages(
    docs: list[bytes | None], min_bytes: int | None, keep: Any, threads: int = 1, min_words: int = 0
) -> Spans:
    found = cm.dedup.passages(
        column(docs), min_bytes=min_bytes, min_words=min_words, keep=keep, threads=threads
    )
    return spans_of(found)


@st.composite
def quoting_columns(draw: st.DrawFn) -> list[bytes | None]:
    """Documents put together from stretches of a few texts: copies of any length, at any place."""
    raw = st.binary(max_size=120)
    few = st.lists(
        st.sampled_from([b"a", b"b", b"\xc3\xa9", b"\xe6\x9d\xb1", b"\xff"]), max_size=90
    )
    periodic = st.tuples(st.binary(min_size=1, max_size=9), st.integers(1, 20)).map(
        lambda drawn: drawn[0] * drawn[1]
    )
    sources = draw(st.lists(raw | few.map(b"".join) | periodic, min_size=1, max_size=4))
    stretch = st.tuples(st.sampled_from(sources), st.integers(0, 60), st.integers(1, 120)).map(
        lambda drawn: drawn[0][drawn[1] : drawn[1] + drawn[2]]
    )
    document = st.lists(stretch, max_size=5).map(b"".join)
    return draw(st.lists(document | st.none(), max_size=8))


@settings(max_examples=400)
@given(quoting_columns(), st.integers(16, 40), st.sampled_from(KEEPS), st.integers(1, 3))
def test_passages_equal_the_oracle(
    docs: list[bytes | None], min_bytes: int, keep: str, threads: int
) -> None:
    assert passages(docs, min_bytes, keep, threads) == oracles.passages(docs, min_bytes, keep)


@settings(max_examples=200)
@given(quoting_columns(), st.integers(16, 24), st.sampled_from(KEEPS), st.integers(1, 12))
def test_passages_of_so_many_words_equal_the_oracle(
    docs: list[bytes | None], min_bytes: int, keep: str, min_words: int
) -> None:
    expected = oracles.passages(docs, min_bytes, keep, min_words)
    assert passages(docs, min_bytes, keep, 2, min_words) == expected


@given(
    st.lists(st.sampled_from(["a", "I", "東", "it", "word", "ärger"]), min_size=9, max_size=30),
    st.sampled_from([" ", "\n", ", "]),
    st.text("xyz .東", max_size=30),
)
def test_a_run_of_so_many_words_is_found_wherever_it_stands(
    words: list[str], between: str, around: str
) -> None:
    run = between.join(words)
    docs = [f"1 {run} 2".encode(), f"{around} {run} {around}".encode()]
    found = passages(docs, None, "none", min_words=len(words))
    begin = docs[1].index(run.encode())
    assert any(b <= begin and begin + len(run.encode()) <= e for b, e in found[1])


@pytest.mark.parametrize("min_bytes", [16, 23, 50, 200, 999])
@pytest.mark.parametrize("keep", KEEPS)
def test_passages_of_longer_texts_equal_the_oracle(min_bytes: int, keep: str) -> None:
    for seed in range(12):
        docs = edited_copies(seed, min_bytes)
        assert passages(docs, min_bytes, keep) == oracles.passages(docs, min_bytes, keep), seed


def edited_copies(seed: int, min_bytes: int) -> list[bytes | None]:
    """Quotes about as long as min_bytes, many of one text, so that cells have equal cores."""
    rng = random.Random(seed)
    alphabet = rng.choice([b"ab", b"abcdefgh \n", bytes(range(256))])
    source = bytes(rng.choices(alphabet, k=4 * min_bytes))
    docs: list[bytes | None] = []
    for _ in range(12):
        parts = []
        for _ in range(rng.randrange(4)):
            begin = rng.randrange(2 * min_bytes)
            quote = bytearray(source[begin : begin + int(min_bytes * rng.uniform(0.5, 2.5))])
            if quote and rng.random() < 0.5:
                quote[rng.randrange(len(quote))] ^= 1
            parts += [bytes(quote), bytes(rng.choices(alphabet, k=rng.randrange(60)))]
        docs.append(b"".join(parts))
    return docs


@given(quoting_columns(), st.integers(16, 30), st.sampled_from(KEEPS))
def test_the_cut_and_the_passages_make_the_document(
    docs: list[bytes | None], min_bytes: int, keep: Any
) -> None:
    found = cm.dedup.passages(column(docs), min_bytes=min_bytes, keep=keep)
    rest = cm.text.cut(column(docs), found).view(pa.large_binary()).to_pylist()
    for document, kept, spans in zip(docs, rest, spans_of(found), strict=True):
        if document is None:
            assert kept is None
            continue
        at, rebuilt = 0, b""
        for begin, end in spans:
            gap = begin - len(rebuilt)
            rebuilt += kept[at : at + gap] + document[begin:end]
            at += gap
        assert rebuilt + kept[at:] == document


@given(st.lists(st.text("aé東😀", max_size=60).map(lambda text: 2 * text), max_size=5))
def test_characters_slice_a_str_as_bytes_slice_its_utf8(docs: list[str]) -> None:
    found = [
        cm.dedup.passages(docs, min_bytes=16, offsets=offsets) for offsets in ("bytes", "chars")
    ]
    for document, spans, characters in zip(docs, *map(spans_of, found), strict=True):
        utf8 = document.encode()
        assert [utf8[begin:end].decode() for begin, end in spans] == [
            document[begin:end] for begin, end in characters
        ]


def test_of_copies_the_first_stays_whole() -> None:
    text = bytes(random.Random(5).choices(range(32, 127), k=3000))
    docs = [text, b"x" + text[500:1500] + b"y", text]
    assert passages(docs, 200, "first") == [[], [(1, 1001)], [(0, 3000)]]
    assert passages(docs, 200, "none") == [[(0, 3000)], [(1, 1001)], [(0, 3000)]]


def test_a_passage_within_one_document() -> None:
    text = bytes(random.Random(6).choices(range(32, 127), k=300))
    assert passages([text + b"--" + text], 200, "first") == [[(302, 602)]]


def test_a_repeat_may_not_overlap_the_first() -> None:
    """Of a text of period k stay the least number of whole periods that hold a window."""
    for period in (1, 3, 7, 64, 150):
        text = (bytes(range(100, 164)) * 3)[:period] * (3000 // period)
        assert passages([text], 200, "first") == [[(-(-200 // period) * period, len(text))]]
        assert passages([text], 200, "none") == [[(0, len(text))]]


@pytest.mark.parametrize("keep", KEEPS)
def test_characters_are_not_cut(keep: Any) -> None:
    """The copies share bytes of characters that differ; the passage keeps off those."""
    middle = "東京タワー" * 20
    docs = [f"x{first}{middle}{last}" for first, last in [("é", "杲"), ("©", "杳")]]
    for document, spans in zip(docs, passages([d.encode() for d in docs], 64, keep), strict=True):
        for begin, end in spans:
            assert document.encode()[begin:end].decode() in middle


@pytest.mark.parametrize("keep", KEEPS)
def test_the_answer_does_not_depend_on_threads_chunks_or_memory(keep: Any, tmp_path: Path) -> None:
    docs = [doc for seed in range(40) for doc in edited_copies(seed, 200)]
    docs[7] = None
    docs.append(b"".join(doc or b"" for doc in docs) * 4)  # in several pieces
    expected = passages(docs, 100, keep)
    assert passages(docs, 100, keep, threads=3) == expected
    chunked = pa.chunked_array([column(docs[i : i + 13]) for i in range(0, len(docs), 13)])
    assert spans_of(cm.dedup.passages(chunked, min_bytes=100, keep=keep)) == expected
    options = _core.dedup.PassageOptions(100, keep == "first")
    finder = _core.dedup.PassageFinder(options, 1000, str(tmp_path), 50_000, 2)
    lengths = np.array([len(doc or b"") for doc in docs], np.int64)
    positions = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    step, more = 17, True
    while more:
        for i in reversed(range(0, len(docs), step)):
            finder.add(_arrow.strings(column(docs[i : i + step])).capsules, positions[i], 2)
        step, more = 2 * step, finder.end_walk()
    found: Spans = []
    for i in range(0, len(docs), 31):
        found += spans_of(_arrow.spans(*finder.passages(positions[i], lengths[i : i + 31], 2)))
    assert found == expected


def test_other_documents_in_a_later_walk_are_refused() -> None:
    finder = _core.dedup.PassageFinder(_core.dedup.PassageOptions(16, True), 0, "", None, 1)
    finder.add(_arrow.strings(["0123456789abcdefghij"] * 2).capsules, 0, 1)
    assert finder.end_walk()
    with pytest.raises(ValueError, match="other documents than the first"):
        finder.add(_arrow.strings(["0123456789abcdefg"] * 2).capsules, 0, 1)


def test_worst_cases_are_linear() -> None:
    """Each would not end in the time of this test if it were not."""
    million = 1_000_000
    for text in (b"a" * million, b"ab" * (million // 2), bytes(range(97, 123)) * (million // 26)):
        assert passages([text], 200, "none") == [[(0, len(text))]]
    copies = [b"It was the best of times, it was the worst of times. " * 2] * 100_000
    assert passages(copies, 60, "first")[1:] == [[(0, 106)]] * 99_999
    rng = random.Random(8)
    phrase = bytes(rng.choices(range(97, 123), k=190))  # too short, and everywhere
    docs = [phrase + rng.randbytes(30) for _ in range(20_000)]
    assert passages(docs, 200, "first") == [[]] * 20_000


def test_edges() -> None:
    assert passages([], 16, "first") == []
    assert passages([b"", None, b"short"], 16, "none") == [[], [], []]
    assert cm.dedup.passages([None, "a"]).is_null().to_pylist() == [True, False]
    sixteen = b"0123456789abcdef"
    assert passages([sixteen, sixteen], 16, "first") == [[], [(0, 16)]]
    assert passages([b"\0" * 40], 16, "first") == [[(16, 40)]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_bytes": 15}, "min_bytes: expected a whole number from 16 to 8192, got 15"),
        ({"min_words": 4097}, "min_words: expected a whole number from 0 to 4096, got 4097"),
        ({"keep": "last"}, "keep: expected 'first' or 'none', got 'last'"),
        ({"offsets": "words"}, "offsets: expected 'bytes' or 'chars', got 'words'"),
        ({"threads": -1}, "threads"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cm.dedup.passages(["a"], **options)
