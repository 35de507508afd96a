"""tokenizer, its fast ways: windows of ASCII cut as the patterns do, going from left to right merges as
merging does, whatever the vocabulary. What tiktoken and tokenizers say is right."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracles_tokenizer as oracles
import oracles_tokenizer_load
from corpusmill.tokenizer import PATTERNS, Tokenizer

BYTES = tuple(bytes([byte]) for byte in range(256))
# Where the patterns part ways, in ASCII; and what of other characters may stand in the middle of it.
TRAPS = st.one_of(
    st.sampled_from(list("aB'/-(1_\\\" \t\n\x00\x1c\x7f")),
    st.sampled_from(["lL", "'s", "'ll", "'RE", "'t", "don't", "aBcD", "XML"]),
    st.sampled_from(["  ", "\r\n", " \n ", "..", "22", "4444"]),
)
OTHERS = st.sampled_from(["é", "\u00a0", "\u3000", "文", "ー", "'ſ", "\u0301", "½", "😀", "\u200b"])


def ids_by_merging(text: str, tokens: list[bytes]) -> list[int]:
    """Of a text that is one piece."""
    ranks = {token: rank for rank, token in enumerate(tokens)}
    piece = text.encode()
    return [ranks[piece]] if piece in ranks else oracles.merged(piece, ranks)


@pytest.mark.parametrize("pattern", PATTERNS)
@given(
    parts=st.lists(TRAPS | TRAPS | TRAPS | OTHERS, max_size=120),
    words=st.lists(st.text(string.ascii_letters, min_size=1, max_size=70), max_size=4),
)
def test_windows_are_cut_as_the_patterns_cut(
    pattern: str, parts: list[str], words: list[str]
) -> None:
    """Bytes are tokens, and so is what the window could mistake for a piece: two bytes."""
    tokens = [*BYTES, *(a + b for a in BYTES[:128] for b in BYTES[:128])]
    ours = Tokenizer.from_tokens(tokens, pattern=pattern, cache_bytes=0)
    reference = oracles.reference(pattern, tuple(tokens))
    for at, word in enumerate(words):
        parts.insert(min(len(parts), 10 * at), word)
    text = "".join(parts)
    assert ours.encode(text).tolist() == reference.encode_ordinary(text)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_text_is_cut_alike_wherever_it_begins(pattern: str) -> None:
    """Each offset brings each character to each place of a window."""
    rng = random.Random(2)
    tokens = [*BYTES, *(a + b for a in BYTES[:128] for b in BYTES[:128])]
    ours = Tokenizer.from_tokens(tokens, pattern=pattern, cache_bytes=1 << 16)
    reference = oracles.reference(pattern, tuple(tokens))
    alphabet = "aabBcC''stlL  \n\t\r/.-(1234\u00e9"
    text = "".join(rng.choices(alphabet, k=500))
    docs = [text[at:] for at in range(200)]
    assert ours.encode_batch(docs).to_pylist() == [reference.encode_ordinary(doc) for doc in docs]


@given(
    text=st.text("ab", max_size=300),
    num=st.integers(256, 300),
    docs=st.lists(st.text("ab", min_size=1, max_size=120), min_size=1, max_size=8),
)
def test_a_trained_vocabulary_merges_by_the_definition(
    text: str, num: int, docs: list[str]
) -> None:
    """Few letters, so that pairs overlap: "aaa" has two of one kind."""
    num = min(num, 256 + len(text) // 8)
    tokens = oracles.trained(text.encode(), num)
    ours = Tokenizer.from_tokens(tokens, pattern="cl100k", cache_bytes=0)
    docs = [*docs, *(doc * 9 for doc in docs)]
    expected = [ids_by_merging(doc, tokens) for doc in docs]
    assert ours.encode_batch(docs).to_pylist() == expected
    assert ours.count(docs).to_pylist() == [len(ids) for ids in expected]


@given(
    longer=st.lists(st.text("abc", min_size=2, max_size=6), unique=True, max_size=30),
    docs=st.lists(st.text("abc", min_size=1, max_size=90), min_size=1, max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_any_vocabulary_merges_by_the_definition(
    longer: list[str], docs: list[str], order: random.Random
) -> None:
    """Tokens that merging never makes, tokens of lower rank than their parts, bytes of any rank."""
    tokens = [*BYTES, *(token.encode() for token in longer)]
    for _ in range(2):
        ours = Tokenizer.from_tokens(tokens, pattern="cl100k", cache_bytes=0)
        every = [*docs, *longer, "".join(docs)]
        assert ours.encode_batch(every).to_pylist() == [ids_by_merging(d, tokens) for d in every]
        order.shuffle(tokens)


def test_the_worst_cases_are_linear() -> None:
    """They are merged here at all: what is quadratic would take minutes."""
    rng = random.Random(3)
    letters = "".join(rng.choices(string.ascii_lowercase, k=100_000))
    tokens = oracles.trained((letters[:3000] + "a" * 64 + "-" * 64 + " " * 64).encode(), 420)
    docs = ["a" * 100_000, letters, "é" * 50_000, " " * 100_000, "-" * 100_001, "中文字" * 10_000]
    docs += ["😀" * 20_000, "".join(rng.choices(string.digits, k=90_000)), " a" * 50_000]
    reference = oracles.reference("cl100k", tuple(tokens))
    ours = Tokenizer.from_tokens(tokens, pattern="cl100k")
    assert ours.encode_batch(docs).to_pylist() == [reference.encode_ordinary(doc) for doc in docs]


def test_merges_in_any_order_are_done_by_their_ranks(tmp_path: Path) -> None:
    """Some never come to pass, as a pair before them takes what they would merge; of some the parts
    are merged later, from where on ours are found another way."""
    rng = random.Random(5)
    for _ in range(60):
        tokens = ["a", "b", "d"]
        for _ in range(rng.randint(4, 25)):
            tokens.append(rng.choice(tokens) + rng.choice(tokens))
        tokens = list(dict.fromkeys(tokens))
        merges = [
            (token[:cut], token[cut:])
            for token in tokens
            for cut in range(1, len(token))
            if token[:cut] in tokens and token[cut:] in tokens
        ]
        if rng.random() < 0.5:
            rng.shuffle(merges)
        alphabet = map(oracles_tokenizer_load.visible, BYTES)
        vocab = {token: number for number, token in enumerate(dict.fromkeys([*alphabet, *tokens]))}
        level = oracles_tokenizer_load.byte_level()
        file = oracles_tokenizer_load.file(vocab, merges, level)
        path = tmp_path / "tokenizer.json"
        path.write_text(json.dumps(file))
        docs = ["".join(rng.choices("abd", k=rng.randint(1, 60))) for _ in range(20)]
        library = oracles_tokenizer_load.library(file)
        expected = oracles_tokenizer_load.encoded(library, docs, False)
        assert Tokenizer.load(path, cache_bytes=0).encode_batch(docs).to_pylist() == expected
