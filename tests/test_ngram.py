"""ngram: hashes equal their oracle, on every unit, at every edge and across buffer borders."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles

# fmt: off
GOLDEN_WORDS = [
    [0x69158DAA85C1282B, 0x2096FB04AA15F55E, 0x7F36477860B3B505, 0x8473398920852509, 0x6D226C6FB4CE74F5, 0x9D91EE218A1E4297, 0xFFA673015C71BB35, 0xA4354D46DFB2EE8],
    [0x8FE12B5763D4BA03],
    [0x6FAB7B41F08C2403],
    [0x311295712127600A],
]
GOLDEN_CHARS = [
    [0x1660EDCAD7312AC2, 0x6416F28313B5D02C],
    [0x6FAB7B41F08C2403],
    [0x1C23B403192D04A3, 0x61E2B367CF304CAC, 0x9A22A6069C2AD6D8, 0x9968E7ABB27807A9],
]
GOLDEN_BYTES = [
    [0x1660EDCAD7312AC2, 0x6416F28313B5D02C],
    [0x6FAB7B41F08C2403],
    [0x14DEA395CB058585, 0xA08D977C2F291D95, 0xBA58CFB2919EDCC4, 0xA109316685AD9C9B, 0x1038488BD5EAC813, 0xC4BFC8EC0681E990, 0x85D234E62C03B51C, 0x4A9073210218BFCF, 0xFB6A177E83CC2121, 0xF52B848D9ED7AF88, 0xE189793261F31B78, 0x90C68179B57A215E, 0xF52B848D9ED7AF88, 0x41C4116D16FA8939],
]
# fmt: on


def units_of(document: str, unit: str) -> list[int]:
    if unit == "word":
        return [oracles.word_hash(word) for word in oracles.words(document.encode())]
    return [ord(char) for char in document] if unit == "char" else list(document.encode())


@given(documents.columns, st.integers(1, 40), st.sampled_from(["word", "char", "byte"]))
def test_hashes_equal_the_oracle(docs: list[str | None], n: int, unit: str) -> None:
    got = cm.ngram.hashes(pa.array(docs, pa.string()), n=n, unit=unit, threads=3)
    expected = [
        None if doc is None else oracles.shingles(units_of(doc, unit), doc.encode(), n)
        for doc in docs
    ]
    assert got.type == pa.large_list(pa.uint64())
    assert got.to_pylist() == expected


@pytest.mark.parametrize("size", [4095, 4096, 4097, 4100, 8191, 8192, 8193, 20000])
@pytest.mark.parametrize("n", [1, 2, 5, 4096, 5000])
def test_long_documents_cross_the_buffer(size: int, n: int) -> None:
    document = bytes(65 + i * i % 23 for i in range(size)).decode()
    got = cm.ngram.hashes([document], n=n, unit="byte")[0].as_py()
    assert len(got) == max(size - n + 1, 1)
    some = sorted({0, 1, len(got) // 2, len(got) - 2, len(got) - 1} & set(range(len(got))))
    for i in some:
        window = list(document[i : i + n].encode())
        assert [got[i]] == oracles.shingles(window, b"", n), i


def test_edges() -> None:
    one, two, marks, others, empty, blank = cm.ngram.hashes(
        ["a b c", "A, b... C!", "!!!", "???", "", ""], n=5
    ).to_pylist()
    assert one == two
    assert len(one) == 1
    assert marks != others
    assert empty == blank != marks


def test_golden_values() -> None:
    """Definition 1. A change here is a change of every stored hash and signature: make it 2."""
    docs = ["It was the best of times, it was the worst of times", "a b", "", "東京タワー"]
    assert cm.ngram.hashes(docs, n=5).to_pylist() == GOLDEN_WORDS
    assert cm.ngram.hashes(docs[1:], n=2, unit="char").to_pylist() == GOLDEN_CHARS
    assert cm.ngram.hashes(docs[1:], n=2, unit="byte").to_pylist() == GOLDEN_BYTES


def test_a_null_has_no_hashes() -> None:
    assert cm.ngram.hashes([None, "a"], n=1).is_null().to_pylist() == [True, False]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "n: expected a whole number from 1 to 65536, got 0"),
        ({"n": 2.5}, "got 2.5"),
        ({"n": 5, "unit": "line"}, "unit: expected one of word, char, byte, got 'line'"),
    ],
)
def test_wrong_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cm.ngram.hashes(["a"], **options)
