"""test_tokenizer_wordpiece: ids equal those of the library tokenizers, words go by the longest tokens, and
what is no vocabulary is refused."""

from __future__ import annotations

import functools
import itertools
import json
import random
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tokenizers
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import models

import documents
import oracles_tokenizer_wordpiece as oracles
from corpusmill.tokenizer import Tokenizer

# Where rules part ways: controls, white space of all kinds, case of one and of two characters, marks
# that go, that stay, that stand in the wrong order or are too new, ideographs, syllables, punctuation.
TRAPS = list(
    "aAzZ09_-'.,#[]$ \t\n\r\x00\x01\x0b\x7f\x85\xa0\u2028\u3000\ufeff\ufffd\u200b\u200d"
) + list(
    "éÉİıſßẞΣςǅʰÅ\u0301\u0300\u0327\u0334\u0345\u302e\u302f\U0001d165\U0001d15e\U0001d16d\u093c\u0344"
    "\u0897\u08d4\u1abf\u1b44\U00011938\U00016121中豈\U0002f800\u3400か한글각\u1100\u1161\u11a8😀Ж\u1c89"
    "\ua7dc٪।\u061d\u16ee½"
)
trap_texts = st.text(st.sampled_from(TRAPS), max_size=30)
WORDS = ["unaffable", "the", "cat", "##s", "##able", "##aff", "un", "##ca", "中国", "café", "cafe"]
all_rules = st.tuples(st.booleans(), st.booleans(), st.none() | st.booleans(), st.booleans())
BERT = (True, True, None, True)


def vocabulary(texts: list[str]) -> tuple[str, ...]:
    """Every character there is in them, decomposed and in lower case, too; at two places of a word."""
    chars = {char for text in texts for char in text}
    chars |= {part for char in chars for part in unicodedata.normalize("NFD", char)}
    chars |= {lower for char in chars for lower in char.lower()}
    kept = sorted(char for char in chars if not char.isspace())
    return ("[UNK]", *WORDS, *kept, *(f"##{char}" for char in kept))


TOKENS = vocabulary(TRAPS)


@functools.cache
def load(reference: oracles.Tokenizer, cache_bytes: int = 1 << 16) -> Tokenizer:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        reference.save(str(path))
        return Tokenizer.load(path, cache_bytes=cache_bytes)


@given(
    rules=st.none() | all_rules,
    docs=st.lists(st.none() | trap_texts | documents.texts, max_size=12),
)
def test_ids_equal_those_of_the_reference(
    rules: oracles.Rules | None, docs: list[str | None]
) -> None:
    reference = oracles.reference(TOKENS, rules)
    expected = oracles.ids(reference, docs)
    for cache_bytes in (0, 1 << 16):
        ours = load(reference, cache_bytes)
        column = pa.array(docs, pa.string())
        for threads in (1, 3):
            assert ours.encode_batch(column, threads=threads).to_pylist() == expected
        assert ours.encode_batch(column).to_pylist() == expected
        counts = [None if row is None else len(row) for row in expected]
        assert ours.count(column).to_pylist() == counts


FEW = [*range(0x3400), *range(0xA000, 0xAC20), *range(0xF8F0, 0x13000), *range(0x1D000, 0x1F000)]


@pytest.mark.parametrize(
    ("rules", "codes"),
    [
        (BERT, documents.CODE_POINTS),
        ((True, False, True, False), FEW),
        ((False, False, False, True), FEW),
    ],
)
def test_every_character_becomes_what_the_reference_makes_of_it(
    rules: oracles.Rules, codes: list[int]
) -> None:
    """Between letters, marks, digits and ideographs; in FEW without most of these and syllables."""
    chars = list(map(chr, codes))
    docs = [
        "".join(f"a{c}\u302e\U0001d165{c}b 1{c}\u0301.{c}中\n" for c in chars[i : i + 64])
        for i in range(0, len(chars), 64)
    ]
    reference = oracles.reference(vocabulary([*chars, *docs[0]]), rules)
    expected = oracles.ids(reference, docs)
    ids = load(reference).encode_batch(docs).to_pylist()
    for doc, ours, theirs in zip(docs, ids, expected, strict=True):
        assert ours == theirs, doc


words = st.text(st.sampled_from("abcé"), min_size=1, max_size=9)


@given(
    tokens=st.sets(words, max_size=12),
    later=st.sets(words, max_size=12),
    prefix=st.sampled_from(["##", "", "a", "é"]),
    texts=st.lists(st.text(st.sampled_from("abcé"), min_size=1, max_size=40), max_size=8),
    most=st.integers(0, 41),
)
def test_a_word_is_the_longest_tokens_it_begins_with(
    tokens: set[str], later: set[str], prefix: str, texts: list[str], most: int
) -> None:
    every = ("[UNK]", *sorted(tokens | {prefix + token for token in later}))
    vocab = {token: id_ for id_, token in enumerate(every)}
    ours = load(oracles.reference(every, None, prefix, most), 0)
    for text in [*texts, *("".join(texts[:i]) for i in range(len(texts)))]:
        expected = oracles.longest_first(text, vocab, prefix, most)
        assert ours.encode(text).tolist() == ([0] if expected is None else expected)


@given(st.lists(st.integers(0, len(TOKENS) - 1), max_size=20), st.booleans())
def test_ids_are_spelled_as_by_the_reference(ids: list[int], cleanup: bool) -> None:
    reference = oracles.reference(TOKENS, BERT, cleanup=cleanup)
    assert load(reference).decode(ids) == reference.decode(ids, skip_special_tokens=False)


@functools.cache
def with_more() -> oracles.Tokenizer:
    """A token that is the prefix alone, and tokens beside the vocabulary."""
    made = oracles.Tokenizer.from_str(oracles.reference((*TOKENS, "##"), BERT).to_str())
    made.add_special_tokens(["<s>", "'s", "##<", ". ."])
    return made


@given(st.lists(st.sampled_from([1, 2, 5, *range(len(TOKENS) - 1, len(TOKENS) + 5)]), max_size=9))
def test_added_tokens_are_spelled_as_by_the_reference(ids: list[int]) -> None:
    assert load(with_more()).decode(ids) == with_more().decode(ids, skip_special_tokens=False)


# What becomes several characters that stay, and marks that stay and may trade places.
SPLIT = set("한글각İ\U0001d15e\U00016121\U00011938\u302e\u302f\U0001d165\U0001d16d\u08d4\u1b44")


@given(st.lists(trap_texts.filter(lambda text: not SPLIT & set(text)), max_size=8), all_rules)
def test_offsets_begin_where_the_reference_says(docs: list[str], rules: oracles.Rules) -> None:
    """And end there, or behind characters that the normalizer dropped."""
    reference = oracles.reference(TOKENS, rules)
    for doc, spans in zip(docs, load(reference).offsets(docs).to_pylist(), strict=True):
        theirs = reference.encode(doc, add_special_tokens=False)
        begins = [len(doc[:begin].encode()) for begin, _ in theirs.offsets]
        ends = [len(doc[:end].encode()) for _, end in theirs.offsets]
        assert [span["id"] for span in spans] == theirs.ids
        assert [span["begin"] for span in spans] == begins
        for span, end in zip(spans, ends, strict=True):
            left_over = doc.encode()[end : span["end"]].decode()
            assert span["end"] >= end
            assert oracles.ids(reference, [left_over]) == [[]]


def test_offsets_of_syllables_and_unknown_words() -> None:
    ours = load(oracles.reference(TOKENS, BERT))
    spans = [
        (span["begin"], span["end"]) for span in ours.offsets(["각 éx 中 x\u4e01 "])[0].as_py()
    ]
    assert spans == [(0, 3), (3, 3), (3, 3), (4, 7), (8, 11), (12, 13), (13, 16)]


def test_words_of_a_vocabulary_file(tmp_path: Path) -> None:
    lines = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "",
        "un",
        "##aff",
        "##able",
        "the",
        "The",
        "é",
        ".",
    ]
    path = tmp_path / "vocab.txt"
    for ending in ("\n", "\r\n"):
        path.write_bytes(ending.join([*lines, ""]).encode())
        ours = Tokenizer.load(path, lowercase=True)
        assert (ours.family, ours.vocab_size, ours.dtype.name) == ("WordPiece", 12, "uint16")
        assert ours.encode("THE\tunaffable. xyz").tolist() == [8, 5, 6, 7, 11, 1]
        assert ours.encode("[PAD]" + "u" * 101).tolist() == [1, 1, 1, 1]
        assert ours.decode([8, 5, 6, 7, 11]) == "the unaffable."
        assert Tokenizer.load(path, lowercase=False).encode("The é").tolist() == [9, 10]
        assert Tokenizer.load(path, lowercase=True, strip_accents=False).encode("É") == [10]
    for ids in ([4], [5, 4]):
        with pytest.raises(ValueError, match="ids: row 0 holds 4, which is no token"):
            ours.decode_batch([ids])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[PAD]\n[unk]\n[cls]\n", ":2: the special tokens are in lower case"),
        (b"[PAD]\n[UNK]\na\nb\na\n", ":5: 'a' stands on line 3, too"),
        (b"[PAD]\n[UNK]\na\xff\n", "byte 13 is no part of UTF-8"),
        (b"[PAD]\nthe\n", "no tokenizer that is known"),
    ],
)
def test_what_is_no_vocabulary_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "vocab.txt"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=said) as error:
        Tokenizer.load(path, lowercase=True)
    assert str(path) in str(error.value)


ADDED = {"id": 0, "content": "[UNK]", "special": True, "normalized": False}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"normalizer": {"type": "NFC"}}, "normalizer: expected BertNormalizer or null, got NFC"),
        (
            {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFD"}]}},
            "got Sequence of NFD",
        ),
        ({"pre_tokenizer": None}, "pre_tokenizer: expected BertPreTokenizer, got none"),
        ({"decoder": None}, "decoder: expected WordPiece with the prefix '##', got none"),
        ({"added_tokens": [ADDED | {"special": False}]}, "'\\[UNK\\]' is not special"),
        ({"added_tokens": [ADDED | {"normalized": True}]}, "'\\[UNK\\]' is normalized"),
        ({"added_tokens": [ADDED | {"id": 9}]}, "has id 9"),
        ({"added_tokens": 5}, "damaged"),
        ({"model": {"vocab": {"a": -1}}}, "expected ids from 0"),
        ({"model": {"vocab": {"a": "b"}}}, "damaged"),
        ({"model": {"vocab": {}}}, "vocab: holds no token"),
        ({"model": {"unk_token": "none"}}, "holds no 'none', which unknown words become"),
        ({"model": {"max_input_chars_per_word": -1}}, "max_input_chars_per_word: expected"),
    ],
)
def test_what_a_file_asks_for_beyond_bert_is_refused(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    file = json.loads(oracles.reference(TOKENS, BERT).to_str())
    change = dict(change)
    file["model"] |= change.pop("model", {})
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(file | change))
    with pytest.raises(ValueError, match=said) as error:
        Tokenizer.load(path)
    assert str(path) in str(error.value)


def test_special_tokens_of_the_caller_are_words_when_decoded(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("[UNK]\na\n##b\nc\n")
    given = {"<x>": 4, "<y>": 7}
    ours = Tokenizer.load(path, lowercase=True, special_tokens=given)
    reference = tokenizers.Tokenizer(
        tokenizers.models.WordPiece({"[UNK]": 0, "a": 1, "##b": 2, "c": 3})
    )
    reference.decoder = tokenizers.decoders.WordPiece()
    reference.add_special_tokens(["<x>", "-", "--", "<y>"])
    for row in itertools.product([1, 2, 3, 4, 7], repeat=4):
        assert ours.decode(row) == reference.decode(row, skip_special_tokens=False)


def test_wrong_arguments_are_named(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("[UNK]\na\n")
    with pytest.raises(ValueError, match=r"lowercase: a vocab\.txt does not say"):
        Tokenizer.load(path)
    with pytest.raises(ValueError, match="lowercase: expected True or False, got 1"):
        Tokenizer.load(path, lowercase=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="pattern: is for byte-level BPE"):
        Tokenizer.load(path, lowercase=True, pattern="gpt2")
    oracles.reference(TOKENS, BERT).save(str(path))
    with pytest.raises(ValueError, match=r"lowercase: is for a vocab\.txt"):
        Tokenizer.load(path, lowercase=True)


def test_bytes_that_are_no_utf8_are_as_the_replacement_character() -> None:
    docs = pa.array([b"a\xffz \xe4\xb8", b"\x80", b"a\xff\xffa"], pa.binary()).view(pa.string())
    cleaned = load(oracles.reference(TOKENS, BERT))
    assert (
        cleaned.encode_batch(docs).to_pylist() == cleaned.encode_batch(["az", "", "aa"]).to_pylist()
    )
    as_it_is = load(oracles.reference(TOKENS, None))
    assert as_it_is.encode_batch(docs).to_pylist() == [[0, 0], [0], [0]]


def test_answers_do_not_depend_on_slices_chunks_and_what_was_seen_before() -> None:
    rng = random.Random(1)
    docs = ["".join(rng.choices(TRAPS, k=rng.randint(0, 60))) for _ in range(2000)]
    reference = oracles.reference(TOKENS, BERT)
    ours = load(reference, 4096)
    whole = ours.encode_batch(docs, threads=1)
    assert whole.to_pylist() == oracles.ids(reference, docs)
    column = pa.array(["x", *docs], pa.string_view())
    chunked = pa.chunked_array([column[1:700], column[700:700], column[700:]])
    assert ours.encode_batch(chunked, threads=3).equals(whole)


@pytest.mark.parametrize("part", ["a", " ", ".", "aA ", "中", "İ", "\u0301", "\u302f\u0334", "한", "\x01", "é", " a."])  # fmt: skip
def test_long_documents_are_no_trouble(part: str) -> None:
    """A megabyte, of which the reference sees a part."""
    reference = oracles.reference(TOKENS, BERT)
    text = part * (1_000_000 // len(part.encode()))
    ids = load(reference, 0).encode(text)
    some = oracles.ids(reference, [text[: 200 * len(part)]])[0]
    assert ids[: len(some or [0]) // 2].tolist() == (some or [])[: len(some or [0]) // 2]


def test_long_words_and_tokens_are_no_trouble() -> None:
    """Longest match that begins anew at each token would look at 10**10 characters here."""
    tokens = ("[UNK]", "a", "##a", "##b", "a" * 50_000 + "c", "##" + "a" * 50_000 + "c")
    ours = load(oracles.reference(tokens, None, "##", 10**9), 0)
    assert ours.encode("a" * 200_000 + "b").tolist() == [1, *[2] * 199_999, 3]
    assert ours.encode("a" * 150_000 + "c").tolist() == [1, *[2] * 99_999, 5]
    assert ours.encode("a" * 200_000 + "d").tolist() == [0]


def test_documents_of_a_corpus(corpus: Path) -> None:
    """The vocabularies of CORPUS/vocab over the beginning of each of its files."""
    vocabularies = sorted((corpus / "vocab").glob("bert*vocab.txt"))
    if not vocabularies:
        pytest.skip("there is no bert*vocab.txt in CORPUS/vocab")
    docs = [doc for file in sorted(corpus.glob("*.jsonl.zst")) for doc in beginning(file)]
    for path in vocabularies:
        vocab = models.WordPiece.read_file(str(path))
        tokens = tuple(sorted(vocab, key=vocab.__getitem__))
        for lowercase in (True, False):
            ours = Tokenizer.load(path, lowercase=lowercase).encode_batch(docs)
            reference = oracles.reference(tokens, (True, True, None, lowercase))
            for row, expected in enumerate(oracles.ids(reference, docs)):
                assert ours[row].as_py() == expected, docs[row]


def beginning(file: Path) -> list[str]:
    """About 20 kB of the texts that a file begins with."""
    found: list[str] = []
    left = 20_000
    with zstandard.open(file, "rt", encoding="utf-8") as lines:
        for line in itertools.islice(lines, 200):
            found.append(str(json.loads(line).get("text", ""))[:5_000])
            left -= len(found[-1])
            if left < 0:
                break
    return found
