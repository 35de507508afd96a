"""tokenizer_train: what is learned equals the oracle's, grows by a law, and is read by other libraries."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

import documents
import oracles_tokenizer_train as oracles
from corpusmill._tokenizer_parts import Parts
from corpusmill._tokenizer_patterns import WRITTEN
from corpusmill.tokenizer import PATTERNS, Tokenizer
from test_tokenizer import TEXT, TRAPS

# Few letters, so that pairs overlap themselves and many are equally frequent.
small_texts = st.lists(st.text("aab \n1é", max_size=40), max_size=5)


def merges(tokenizer: Tokenizer) -> oracles.Merges:
    return [tuple(pair) for pair in Parts.of(tokenizer._loaded.core).merges.tolist()]


def tokens(tokenizer: Tokenizer) -> list[bytes]:
    return Parts.of(tokenizer._loaded.core).tokens


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", "lines"])
@given(
    docs=small_texts | st.lists(documents.texts, max_size=4),
    num_merges=st.integers(0, 40),
    min_count=st.integers(1, 4),
    longest=st.sampled_from([1, 2, 5, 256]),
)
def test_merges_equal_the_oracles(
    pattern: str, docs: list[str], num_merges: int, min_count: int, longest: int
) -> None:
    counts = oracles.pieces(docs, WRITTEN[pattern][0])
    expected = oracles.learned(counts, num_merges, min_count=min_count, longest=longest)
    ours = Tokenizer.train(
        docs, 256 + num_merges, pattern=pattern, min_count=min_count, max_token_bytes=longest
    )
    assert merges(ours) == expected
    assert tokens(ours) == oracles.tokens(expected)
    for doc in docs:
        cut = (piece.encode() for piece, _ in _cut(pattern, doc))
        ids = [number for piece in cut for number in oracles.encoded(piece, expected)]
        assert ours.encode(doc).tolist() == ids


def _cut(pattern: str, text: str) -> list[tuple[str, tuple[int, int]]]:
    split = tokenizers.pre_tokenizers.Split(tokenizers.Regex(WRITTEN[pattern][0]), "isolated")
    return split.pre_tokenize_str(text)


@pytest.mark.parametrize("pattern", ["gpt2", "o200k"])
def test_merges_equal_those_of_the_library_tokenizers(pattern: str) -> None:
    docs = [*documents.varied(60), TEXT * 2, "aaaa aaaaa", "\n\n\n \n"]
    reference = oracles.reference(docs, WRITTEN[pattern][0], 1200, 2)
    ours = Tokenizer.train(docs, 1200, pattern=pattern, min_count=2)
    assert ours.vocab_size == reference.get_vocab_size()
    for doc in docs:
        assert ours.encode(doc).tolist() == reference.encode(doc).ids


def test_what_is_learned_depends_on_no_thread_chunk_or_order() -> None:
    docs = [*documents.varied(300), None, "", "a" * 5000]
    expected = merges(Tokenizer.train(docs, 800, threads=1))
    assert len(expected) > 300
    random.Random(2).shuffle(docs)
    column = pa.array(docs, pa.string_view())
    parts = (column[i : i + 50] for i in range(0, len(column), 50))
    for shuffled in (docs, column, pa.chunked_array([column[:9], column[9:]]), parts):
        assert merges(Tokenizer.train(shuffled, 800, threads=3)) == expected
    twice = Tokenizer.train([docs, docs], 800, min_count=4, threads=2)
    assert merges(twice) == expected


@settings(max_examples=30)
@given(docs=small_texts, words=st.integers(0, 8), superwords=st.integers(1, 12))
def test_superwords_are_learned_over_lines(docs: list[str], words: int, superwords: int) -> None:
    docs = [doc * 3 for doc in docs]
    first = oracles.learned(oracles.pieces(docs, WRITTEN["gpt2"][0]), words)
    lines = oracles.pieces(docs, WRITTEN["lines"][0])
    second = oracles.learned(lines, superwords + words - len(first), before=first)
    size = 256 + words + superwords
    ours = Tokenizer.train(docs, size, pattern="gpt2", superwords=superwords, min_count=1)
    if len(first) == words:
        assert merges(ours) == first + second
    assert ours.pattern == "lines"
    for doc in docs:
        cut = (piece.encode() for piece, _ in _cut("lines", doc))
        ids = [number for piece in cut for number in oracles.encoded(piece, merges(ours))]
        assert ours.encode(doc).tolist() == ids


def parted(ids: list[int], tokenizer: Tokenizer, size: int) -> list[int]:
    """Each id that is not below `size` as the two that it was made of, again and again."""
    known = tokens(tokenizer)
    made_of = {known[a] + known[b]: (a, b) for a, b in merges(tokenizer)}
    out, todo = [], ids[::-1]
    while todo:
        number = todo.pop()
        if number < size:
            out.append(number)
        else:
            todo.extend(made_of[known[number]][::-1])
    return out


@settings(max_examples=30)
@given(docs=small_texts, others=small_texts, pattern=st.sampled_from(["gpt2", "cl100k"]))
def test_an_extended_vocabulary_parts_into_the_old_one(
    docs: list[str], others: list[str], pattern: str
) -> None:
    old = Tokenizer.train(docs, 264, pattern=pattern, min_count=1, special_tokens=["<s>", "</s>"])
    new = old.extended(others, old.vocab_size + 9, min_count=1)
    assert tokens(new)[: len(tokens(old))] == tokens(old)
    for doc in [*docs, *others, "aab"]:
        ids = new.encode(doc).tolist()
        assert parted(ids, new, old.vocab_size) == old.encode(doc).tolist()
    anew = oracles.learned(oracles.pieces(others, WRITTEN[pattern][0]), 9, before=merges(old))
    gap = 2  # the special tokens lie between
    size = 256 + len(merges(old))
    moved = [tuple(i + gap if i >= size else i for i in pair) for pair in anew]
    assert merges(new)[len(merges(old)) :] == moved


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("superwords", [0, 100])
def test_tokenizers_reads_what_is_saved(tmp_path: Path, pattern: str, superwords: int) -> None:
    docs = [*documents.varied(40), TEXT * 2, "".join(TRAPS) * 2]
    special = ["<|endoftext|>", "<pad>"]
    ours = Tokenizer.train(
        docs, 700, pattern=pattern, special_tokens=special, superwords=superwords
    )
    path = tmp_path / "tokenizer.json"
    for saved in (ours, ours.extended(["größer größer", "größte"] * 3, ours.vocab_size + 10)):
        saved.save(path)
        before = path.read_bytes()
        saved.save(path)
        assert path.read_bytes() == before
        assert [file.name for file in tmp_path.iterdir()] == ["tokenizer.json"]
        theirs = tokenizers.Tokenizer.from_file(str(path))
        assert theirs.get_vocab_size() == saved.vocab_size
        for token, number in saved.special_tokens.items():
            assert theirs.token_to_id(token) == number
        rng = random.Random(3)
        texts = ["".join(rng.choices(TRAPS, k=rng.randint(0, 40))) for _ in range(1500)]
        ids = saved.encode_batch([*docs, *texts]).to_pylist()
        assert [one.ids for one in theirs.encode_batch([*docs, *texts])] == ids
        assert theirs.decode(ids[0]) == docs[0]
        again = Tokenizer.load(path)
        assert again.encode_batch([*docs, *texts]).to_pylist() == ids
        assert again.special_tokens == saved.special_tokens
        again.save(path)
        assert path.read_bytes() == before
        theirs.encode_special_tokens = True
        spelled = "a<|endoftext|><pad> b"
        assert theirs.encode(spelled).ids == saved.encode(spelled).tolist()


def test_special_tokens_between_others_are_no_words_of_what_is_saved(tmp_path: Path) -> None:
    docs = ["the cat sat on the mat the cat", "lower lowest low cat mat"] * 5
    ours = Tokenizer.train(docs, 275, special_tokens=["EOS"])
    for saved in (ours, ours.extended(["xyzzy quux xyzzy quux"] * 4, 285)):
        saved.save(tmp_path / "some.json")
        again = Tokenizer.load(tmp_path / "some.json")
        assert again.encode("EOS EOS").tolist() == saved.encode("EOS EOS").tolist()
        assert again.encode("EOS", allowed_special="all").tolist() == [274]
        assert again.fingerprint == saved.fingerprint


@settings(max_examples=60)
@given(
    tokens_=st.lists(st.binary(min_size=2, max_size=6).map(lambda b: bytes(97 + x % 3 for x in b))),
    docs=st.lists(st.text("abc ", max_size=30), max_size=8),
)
def test_merges_of_ranks_are_found(
    tmp_path_factory: pytest.TempPathFactory, tokens_: list[bytes], docs: list[str]
) -> None:
    """Also where a token cannot be reached, or is made of one of a greater rank."""
    all_tokens = [*oracles.tokens([]), *dict.fromkeys(tokens_)]
    ours = Tokenizer.from_tokens(all_tokens, pattern="gpt2", cache_bytes=0)
    ids = ours.encode_batch(docs).to_pylist()
    folder = tmp_path_factory.mktemp("ranks")
    ours.save(folder / "tokenizer.json")
    theirs = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert [theirs.encode(doc).ids for doc in docs] == ids
    ours.save(folder / "some.tiktoken")
    again = Tokenizer.load(folder / "some.tiktoken", pattern="gpt2")
    assert again.encode_batch(docs).to_pylist() == ids
    grown = ours.extended(docs, ours.vocab_size + 5, min_count=1)
    for doc, row in zip(docs, ids, strict=True):
        assert parted(grown.encode(doc).tolist(), grown, ours.vocab_size) == row


def test_ranks_are_saved_where_ids_are_ranks(tmp_path: Path) -> None:
    ours = Tokenizer.train(documents.varied(50), 500, pattern="gpt2", special_tokens=["<s>"])
    path = tmp_path / "new.tiktoken"
    ours.save(path)
    again = Tokenizer.load(path, pattern="gpt2")
    assert tokens(again) == tokens(ours)
    assert merges(again) == merges(ours)


@pytest.mark.parametrize("change", ["nfc", "blank"])
def test_what_is_done_to_text_first_is_kept(tmp_path: Path, change: str) -> None:
    """Of a tokenizer that another library made: in what it learns and in what is saved."""
    docs = [*documents.varied(20), "e\u0301te\u0301 " * 9]
    theirs = oracles.reference(docs, WRITTEN["gpt2"][0], 400, 2)
    if change == "nfc":
        theirs.normalizer = tokenizers.normalizers.NFC()
    else:
        theirs.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=True)
    theirs.add_special_tokens([tokenizers.AddedToken("<s>", rstrip=True)])
    theirs.add_tokens([tokenizers.AddedToken("(-:", lstrip=True, normalized=False)])
    path = tmp_path / "tokenizer.json"
    theirs.save(str(path))
    old = Tokenizer.load(path)
    new = old.extended(["e\u0301te\u0301s e\u0301te\u0301s", "xyz xyz"] * 9, old.vocab_size + 15)
    assert "\u00e9t\u00e9s".encode() in tokens(new) or change == "blank"
    for saved in (old, new):
        saved.save(path)
        theirs = tokenizers.Tokenizer.from_file(str(path))
        for doc in [*docs, "a (-: <s> b", "e\u0301te\u0301s xyz"]:
            ids = saved.encode(doc, allowed_special="all").tolist()
            assert ids == theirs.encode(doc).ids
            assert (
                parted(ids, saved, old.vocab_size)
                == old.encode(doc, allowed_special="all").tolist()
            )
    with pytest.raises(ValueError, match="cannot say how text is changed"):
        old.save(tmp_path / "new.tiktoken")


def test_real_vocabularies_are_saved(corpus: Path, tmp_path: Path) -> None:
    docs = [TEXT, *documents.varied(30), "".join(TRAPS), "\u4e2d\u6587\u5b57" * 20]
    path = tmp_path / "tokenizer.json"
    for name, pattern in (
        ("cl100k_base.tiktoken", "cl100k"),
        ("o200k_base.tiktoken", "o200k"),
        ("gpt2.vocab.json", "gpt2"),
    ):
        file = corpus / "vocab" / name
        if not file.exists():
            pytest.skip(f"needs {file}")
        ours = Tokenizer.load(file, pattern=pattern)
        ours.save(path)
        theirs = tokenizers.Tokenizer.from_file(str(path))
        theirs.encode_special_tokens = True
        again = Tokenizer.load(path)
        for doc in docs:
            assert theirs.encode(doc).ids == ours.encode(doc).tolist() == again.encode(doc).tolist()


def test_special_tokens_are_never_learned() -> None:
    docs = ["<s> <s> <s>", "<s>"] * 5
    free = Tokenizer.train(docs, 300, pattern="lines")
    assert b"<s>" in tokens(free)
    ours = Tokenizer.train(docs, 300, pattern="lines", special_tokens=["<s>"])
    assert b"<s>" not in tokens(ours)
    assert ours.special_tokens == {"<s>": ours.vocab_size - 1}


def test_hostile_documents() -> None:
    docs = pa.array([b"\xff\xfe\x00" * 9, b"", None, b"\xe4\xb8"] * 3, pa.binary())
    ours = Tokenizer.train(docs.view(pa.string()), 300, min_count=1)
    assert ours.decode_batch(ours.encode_batch(docs.view(pa.string()))).equals(
        docs.cast(pa.large_binary())
    )
    assert Tokenizer.train([], 1000).vocab_size == 256
    assert Tokenizer.train([None], 256, superwords=0).vocab_size == 256
    long = "a" * (1 << 20) + " " + "ab" * (1 << 19)
    learned = Tokenizer.train([long], 300, max_token_bytes=64)
    assert max(map(len, tokens(learned))) == 64
    equal = pa.array(["the same text"] * 200_000)
    few = Tokenizer.train(equal, 300, superwords=20)
    assert len(few.encode("the same text")) == 1
    assert few.decode(few.encode("the same text")) == "the same text"


def test_wrong_arguments_are_named(tmp_path: Path) -> None:
    for wrong, said in (
        ({"vocab_size": 255}, "vocab_size: expected a whole number from 256"),
        ({"vocab_size": 256, "special_tokens": ["a"]}, "vocab_size: .* from 257"),
        ({"pattern": "p50k"}, "pattern: expected one of gpt2"),
        ({"special_tokens": ["a", "a"]}, "special_tokens: expected different ones"),
        ({"superwords": 45}, "superwords: expected a whole number from 0 to 44"),
        ({"min_count": 0}, "min_count"),
        ({"max_token_bytes": 0}, "max_token_bytes"),
        ({"memory": "some"}, "memory: expected bytes"),
        ({"memory": 1000}, "memory: 1,000 bytes are too little"),
        ({"cache_bytes": -1}, "cache_bytes"),
    ):
        with pytest.raises(ValueError, match=said):
            Tokenizer.train(documents.varied(9), **({"vocab_size": 300} | wrong))
    for docs in ("text", 3, pa.array([1]), [pa.array([1])], iter([3])):
        with pytest.raises(TypeError, match="docs: expected"):
            Tokenizer.train(docs, 300)
    with pytest.raises(TypeError, match="special_tokens: expected a sequence of str"):
        Tokenizer.train([], 300, special_tokens="<s>")
    ours = Tokenizer.train([], 256)
    with pytest.raises(ValueError, match="vocab_size: expected a whole number from 256"):
        ours.extended([], 255)
    with pytest.raises(FileNotFoundError):
        ours.save(tmp_path / "none" / "tokenizer.json")
