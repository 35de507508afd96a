"""tokenizer_families: of SentencePiece, its pieces in JSON and WordPiece, the first ids are those of the
whole, and no ids depend on threads."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import oracles_sentencepiece
import oracles_tokenizer_wordpiece
import test_sentencepiece as sentencepiece
import test_tokenizer_json_pieces as pieces
import test_tokenizer_wordpiece as wordpiece
from corpusmill.tokenizer import Tokenizer

# Too little for all that comes, so that words are forgotten, too.
CACHE_BYTES = 4096


def of_sentencepiece(name: str) -> Callable[[Path], Tokenizer]:
    def load(folder: Path) -> Tokenizer:
        model = oracles_sentencepiece.trained(**sentencepiece.TRAINED[name])
        return sentencepiece.loaded(model, folder, CACHE_BYTES)

    return load


def of_pieces(which: int) -> Callable[[Path], Tokenizer]:
    return lambda folder: pieces.loaded(pieces.FILES[which], folder, cache_bytes=CACHE_BYTES)


def of_wordpiece(rules: oracles_tokenizer_wordpiece.Rules | None) -> Callable[[Path], Tokenizer]:
    """Not `wordpiece.load`, which keeps what it loaded."""

    def load(folder: Path) -> Tokenizer:
        reference = oracles_tokenizer_wordpiece.reference(wordpiece.TOKENS, rules)
        reference.save(str(folder / "tokenizer.json"))
        return Tokenizer.load(folder / "tokenizer.json", cache_bytes=CACHE_BYTES)

    return load


LOADS = {
    **{name: of_sentencepiece(name) for name in sentencepiece.TRAINED},
    **{f"pieces {which}": of_pieces(which) for which in range(len(pieces.FILES))},
    "wordpiece": of_wordpiece(wordpiece.BERT),
    "wordpiece, as it is": of_wordpiece(None),
}


def drawn(count: int, longest: int) -> list[str | None]:
    """Of what all of them part at, in words that come again and in long ones."""
    rng = random.Random(9)
    traps = [*sentencepiece.TRAPS, *wordpiece.TRAPS, *" " * 30, *["the", "hat", "cats"] * 5]
    docs: list[str | None] = [
        "".join(rng.choices(traps, k=rng.randint(0, longest))) for _ in range(count)
    ]
    return [None, *docs]


@pytest.mark.parametrize("name", LOADS)
def test_first_ids_are_those_of_the_whole(name: str, tmp_path: Path) -> None:
    """Of texts of no ids to thousands, which are encoded some hundred words at a time."""
    ours = LOADS[name](tmp_path)
    docs = [*drawn(30, 60), *drawn(2, 6000), "ab" * 2000, "hat " * 2000]
    whole = ours.encode_batch(docs).to_pylist()
    assert max(len(row) for row in whole if row) > 1000
    for most in (0, 1, 2, 5, 64, 333, 1000, 100_000):
        expected = [None if row is None else row[:most] for row in whole]
        assert ours.encode_batch(docs, max_tokens=most).to_pylist() == expected


@pytest.mark.parametrize("name", ["bpe", "bpe, bytes", "unigram", "unigram, bytes", "wordpiece"])
def test_ids_do_not_depend_on_threads(name: str, tmp_path: Path) -> None:
    """Of one call, and of Python that use one tokenizer at once, each with other documents first."""
    docs = drawn(2000, 60)
    whole = LOADS[name](tmp_path).encode_batch(docs, threads=1)
    for threads in (2, 3):
        ours = LOADS[name](tmp_path)
        assert ours.encode_batch(docs, threads=threads).equals(whole)
        assert ours.count(docs, threads=threads).to_pylist() == [
            None if row is None else len(row) for row in whole.to_pylist()
        ]
    shared = LOADS[name](tmp_path)
    firsts = range(0, 1600, 200)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda first: shared.encode_batch(docs[first:], threads=2), firsts))
    for first, ids in zip(firsts, found, strict=True):
        assert ids.equals(whole.slice(first))
