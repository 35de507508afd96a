"""features: hashed features equal their oracle, whatever the unit, the tokenizer and the hash."""

from __future__ import annotations

import re
import sys
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles
import oracles_features

# What decides the lower case of a sigma, and what lowers to more or fewer characters or bytes.
CASING = st.text(
    st.sampled_from("ΑΣσς'· :\u0345\u0301\u00adİIıªʰⅧⒶ\u023a\u212a中\x1c\x85_9"), max_size=40
)
TEXTS = st.one_of(documents.texts, CASING)
COLUMNS = st.lists(st.none() | TEXTS, max_size=8)
# fmt: off
GOLDEN = [
    {5: 1, 148: 1, 220: 2, 222: 1, 358: 2, 392: 1, 431: 1, 469: 2, 575: 2, 579: 2, 587: 2, 712: 1, 779: 2, 843: 2, 982: 1},
    {146: 1, 375: 1, 438: 1, 453: 1, 498: 1, 530: 1, 585: 1, 678: 1, 866: 1},
    {},
]
# fmt: on
ORDERS = st.lists(st.integers(1, 6), min_size=1, max_size=3, unique=True).map(sorted)
BUCKETS = st.sampled_from([1, 7, 100, 10_000, 2**20 + 1, 2**24])
TOKENIZERS = ["words", "wordpunct", "whitespace"]


def pairs(column: pa.Array) -> list[dict[int, int] | None]:
    return [
        None if row is None else {pair["bucket"]: pair["count"] for pair in row}
        for row in column.to_pylist()
    ]


@given(COLUMNS, ORDERS, BUCKETS, st.sampled_from(TOKENIZERS))
def test_features_of_words_equal_the_oracle(
    docs: list[str | None], orders: list[int], buckets: int, tokenizer: str
) -> None:
    words = [None if d is None else oracles_features.tokens(d.encode(), tokenizer) for d in docs]
    got = {
        hash: cm.ngram.features(
            pa.array(docs, pa.string()),
            n=orders,
            buckets=buckets,
            hash=hash,
            tokenizer=tokenizer,
            threads=2,
        )
        for hash in ("fast", "sha256")
    }
    assert got["fast"].type == pa.large_list(
        pa.struct([("bucket", pa.uint32()), ("count", pa.uint32())])
    )
    assert pairs(got["sha256"]) == [
        None if w is None else oracles_features.sha256_features(w, orders, buckets) for w in words
    ]
    units = [None if w is None else [oracles.word_hash(word) for word in w] for w in words]
    assert pairs(got["fast"]) == [
        None if u is None else oracles_features.fast_features(u, orders, buckets) for u in units
    ]


@given(st.lists(st.none() | TEXTS, max_size=5), ORDERS)
def test_features_of_chars_bytes_and_tokens(docs: list[str | None], orders: list[int]) -> None:
    column = pa.array(docs, pa.string())
    chars = [None if d is None else [ord(c) for c in d] for d in docs]
    for unit, given_docs, units in (
        ("char", column, chars),
        ("byte", column, [None if d is None else list(d.encode()) for d in docs]),
        ("token", pa.array(chars, pa.large_list(pa.uint32())), chars),
    ):
        got = cm.ngram.features(given_docs, n=orders, buckets=1000, unit=unit, threads=1)
        assert pairs(got) == [
            None if u is None else oracles_features.fast_features(u, orders, 1000) for u in units
        ]


def test_published_values() -> None:
    """`alice` is 6720 and `alice went` 114 in DSIR's own tests; `went` is 5816 by its package."""
    got = pairs(cm.ngram.features(["Alice went"], hash="sha256", tokenizer="wordpunct"))
    assert got == [{114: 1, 5816: 1, 6720: 1}]


def test_golden_values() -> None:
    """Definition 1 of fast features. A change here is a change of every stored model: make it 2."""
    docs = ["It was the best of times, it was the worst of times", "東京タワー", ""]
    got = pairs(cm.ngram.features(docs, buckets=1000))
    assert got == GOLDEN


def test_every_character_is_cut_and_lowered_as_python_does() -> None:
    """Those that both this Python's Unicode and the library's know; category Cn is left out."""
    chars = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000]
    known = [c for c in chars if unicodedata.category(c) != "Cn"]
    docs = ["".join(f"a{c}b{c} " for c in known[i : i + 5000]) for i in range(0, len(known), 5000)]
    for tokenizer in ("wordpunct", "whitespace"):
        got = pairs(cm.ngram.features(docs, n=1, hash="sha256", tokenizer=tokenizer))
        for doc, found in zip(docs, got, strict=True):
            words = oracles_features.tokens(doc.encode(), tokenizer)
            assert found == oracles_features.sha256_features(words, [1], 10_000)


@given(st.lists(st.binary(max_size=30), max_size=6))
def test_invalid_bytes_are_neither_words_nor_space(parts: list[bytes]) -> None:
    document = b" caf\xc3\xa9 ".join(parts)
    offsets = np.array([0, len(document)], np.int64)
    column = pa.LargeStringArray.from_buffers(1, pa.py_buffer(offsets), pa.py_buffer(document))
    for tokenizer in TOKENIZERS:
        got = pairs(cm.ngram.features(column, hash="sha256", tokenizer=tokenizer))
        words = oracles_features.tokens(document, tokenizer)
        assert got == [oracles_features.sha256_features(words, [1, 2], 10_000)]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("size", [54, 55, 56, 63, 64, 65, 119, 120, 128, 5000, 40_000])
def test_long_tokens_and_borders_of_blocks(size: int, tokenizer: str) -> None:
    document = f"x {'y' * size} z {'w' * (size - 2)} " + "v " * 20_000 + "y" * size
    words = oracles_features.tokens(document.encode(), tokenizer)
    for orders in ([1], [2], [1, 3], [64]):
        got = pairs(cm.ngram.features([document], n=orders, hash="sha256", tokenizer=tokenizer))
        assert got == [oracles_features.sha256_features(words, orders, 10_000)]


@pytest.mark.parametrize("size", [4094, 4095, 4096, 4097, 8191, 20_000])
def test_long_documents_cross_the_buffer(size: int) -> None:
    document = bytes(65 + i * i % 23 for i in range(size))
    for orders in ([1, 2], [3], [1, 64]):
        got = pairs(cm.ngram.features([document.decode()], n=orders, unit="byte"))
        assert got == [oracles_features.fast_features(list(document), orders, 10_000)]


def test_many_documents_come_back_in_order() -> None:
    docs = documents.varied(700)
    whole = cm.ngram.features(docs, threads=4)
    apart = [cm.ngram.features([doc], threads=1)[0].as_py() for doc in docs]
    chunks = pa.chunked_array([docs[:1], docs[1:300], docs[300:]], pa.string())
    assert whole.to_pylist() == apart
    assert cm.ngram.features(chunks, threads=3).to_pylist() == apart


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.uint16()),
        pa.list_(pa.uint32()),
        pa.large_list(pa.int32()),
        pa.large_list(pa.int64()),
        pa.list_(pa.uint8()),
        pa.list_(pa.uint64()),
    ],
)
def test_token_ids_of_every_width_have_the_same_hashes(kind: pa.DataType) -> None:
    ids = [[5, 1, 200, 7], [], None, [9], [1, 2, 3]]
    column = pa.array(ids, kind)
    expected = [None if row is None else oracles.shingles(row, b"", 2) for row in ids]
    assert cm.ngram.hashes(column, n=2, unit="token").to_pylist() == expected
    assert cm.ngram.hashes(column[1:4], n=2, unit="token").to_pylist() == expected[1:4]
    assert cm.ngram.hashes(ids, n=2, unit="token").to_pylist() == expected


def test_token_ids_in_lists_of_one_size_and_below_zero() -> None:
    rows = [[1, -2, 3], None, [4, 5, -(2**31)]]
    column = pa.array(rows, pa.list_(pa.int32(), 3))
    expected = [
        None if row is None else oracles.shingles([i % 2**64 for i in row], b"", 2) for row in rows
    ]
    assert cm.ngram.hashes(column, n=2, unit="token").to_pylist() == expected
    assert cm.ngram.hashes(column[1:], n=2, unit="token").to_pylist() == expected[1:]
    assert cm.ngram.hashes(pa.array([None, None]), n=1, unit="token").to_pylist() == [None, None]
    assert cm.ngram.hashes([[], []], n=1, unit="token").to_pylist() == 2 * [
        oracles.shingles([], b"", 1)
    ]


@pytest.mark.parametrize(
    ("docs", "options", "message"),
    [
        (["a"], {"n": ()}, "n: expected at least one order"),
        (["a"], {"n": 65}, "n: expected a whole number from 1 to 64, got 65"),
        (["a"], {"buckets": 0}, "buckets: expected a whole number from 1 to 16777216, got 0"),
        (["a"], {"hash": "md5"}, "hash: expected one of fast, sha256, got 'md5'"),
        (["a"], {"tokenizer": "bpe"}, "tokenizer: expected one of words, wordpunct, whitespace"),
        (["a"], {"unit": "char", "hash": "sha256"}, "these are for unit=\"word\", got 'char'"),
        ([[1, None]], {"unit": "token"}, "docs: a list holds a null where an id should be"),
    ],
)
def test_wrong_options(docs: list[object], options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        cm.ngram.features(docs, **options)


@pytest.mark.parametrize(
    ("docs", "unit"), [([[1]], "word"), (["a"], "token"), ([[0.5]], "token"), ([[1], "a"], "token")]
)
def test_wrong_columns(docs: list[object], unit: str) -> None:
    with pytest.raises(TypeError, match="docs"):
        cm.ngram.features(docs, unit=unit)
