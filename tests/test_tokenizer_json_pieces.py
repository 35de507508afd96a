"""tokenizer_json_pieces: files that were made of SentencePiece models give the ids and texts that the library
tokenizers gives by them, however blanks become U+2581; what is not supported is refused by its name."""

from __future__ import annotations

import base64
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

import documents
import oracles_sentencepiece
import oracles_tokenizer_load as oracles
from corpusmill.tokenizer import Tokenizer
from test_sentencepiece import TRAPS

MARK = "\u2581"
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
PREPEND = {"type": "Prepend", "prepend": MARK}
REPLACE = {"type": "Replace", "pattern": {"String": " "}, "content": MARK}
SPLIT = {
    "type": "Split",
    "pattern": {"String": " "},
    "behavior": "MergedWithPrevious",
    "invert": False,
}
SPELL = {"type": "Replace", "pattern": {"String": MARK}, "content": " "}
FALLBACK, FUSE = {"type": "ByteFallback"}, {"type": "Fuse"}
STRIP = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
ADDED = ["<unk>", "<s>", "</s>"]
MORE = [  # behind the vocabulary, of `size` tokens
    {"content": "<m>", "lstrip": True},
    {"content": "<w>", "single_word": True},
    {"content": "  ", "special": False},
]
JOINED = ["\r\n", "a\u0301", "\u0600a", "\xa9\u200d\xae", "\u0600\u1100\u1161", "e\u0301\u0327"]
texts = st.lists(st.sampled_from([*TRAPS, *JOINED, "<m>", "<w>", "_"]), max_size=25).map("".join)


def in_row(name: str, *steps: Any) -> dict[str, Any]:
    return {"type": "Sequence", name: list(steps)}


def metaspace(scheme: str = "always", *, split: bool = True) -> dict[str, Any]:
    return {"type": "Metaspace", "replacement": MARK, "prepend_scheme": scheme, "split": split}


def plain(kind: str) -> dict[str, Any]:
    return {"type": kind}


def added(size: int, *, normalized: bool) -> list[dict[str, Any]]:
    """The special tokens of the vocabulary, and more."""
    of_vocab = [oracles.added(text, number) for number, text in enumerate(ADDED)]
    more = [
        oracles.added(entry["content"], size + place) | entry | {"normalized": normalized}
        for place, entry in enumerate(MORE)
    ]
    return [*of_vocab, *more]


def merged(
    normalizer: Any, pre_tokenizer: Any, decoder: Any, *, normalized: bool = True, **model: Any
) -> dict[str, Any]:
    """BPE of pairs that the library learned, of the texts with their blanks made U+2581."""
    made = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    made.normalizer = tokenizers.normalizers.Replace(" ", MARK)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=650, special_tokens=[*ADDED, *BYTES], show_progress=False
    )
    made.train_from_iterator(oracles_sentencepiece.TEXTS * 3, trainer)
    learned = json.loads(made.to_str())["model"]
    if not model.get("byte_fallback"):
        learned["vocab"] = {t: i for t, i in learned["vocab"].items() if t not in BYTES}
        ids = sorted(learned["vocab"].values())
        learned["vocab"] = {t: ids.index(i) for t, i in learned["vocab"].items()}
    return oracles.file(
        learned["vocab"],
        learned["merges"],
        pre_tokenizer,
        normalizer=normalizer,
        decoder=decoder,
        added_tokens=added(len(learned["vocab"]), normalized=normalized),
        unk_token="<unk>",
        **model,
    )


def unigram(
    normalizer: Any, pre_tokenizer: Any, decoder: Any, *, normalized: bool = True, **model: Any
) -> dict[str, Any]:
    pieces, charsmap = scored()
    vocab = [[text, 0.0] for text in ADDED] + [[text, score] for text, score in pieces]
    if model.get("byte_fallback"):
        vocab += [[text, -30.0] for text in BYTES]
    steps = [
        {"type": "Precompiled", "precompiled_charsmap": charsmap} if step == "charsmap" else step
        for step in normalizer or ()
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added(len(vocab), normalized=normalized),
        "normalizer": in_row("normalizers", *steps) if steps else None,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": None,
        "decoder": decoder,
        "model": {"type": "Unigram", "unk_id": 0, "vocab": vocab, **model},
    }


def scored() -> tuple[list[tuple[str, float]], str]:
    """The pieces of a small Unigram, and its charsmap in base64."""
    model = oracles_sentencepiece.trained(vocab_size=250, normalization_rule_name="nmt_nfkc")
    reference = oracles_sentencepiece.reference(model)
    numbers = range(3, reference.vocab_size())
    pieces = [(reference.id_to_piece(i), reference.get_score(i)) for i in numbers]
    charsmap = oracles_sentencepiece.fields(oracles_sentencepiece.fields(model)[3])[2]
    return pieces, base64.b64encode(charsmap).decode()


LLAMA = in_row("decoders", SPELL, FALLBACK, FUSE, STRIP)
RUNS = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
ENDS = {"type": "Strip", "strip_left": False, "strip_right": True}
BOTH = {"type": "Strip", "strip_left": True, "strip_right": True}
WORDS = in_row("pretokenizers", {"type": "WhitespaceSplit"}, metaspace())


def files() -> Iterator[dict[str, Any]]:
    legacy = in_row("normalizers", PREPEND, REPLACE)
    yield merged(legacy, None, LLAMA, byte_fallback=True, fuse_unk=True)
    yield merged(legacy, None, LLAMA, fuse_unk=True, normalized=False)
    yield merged(legacy, None, None)
    yield merged(REPLACE, SPLIT, in_row("decoders", SPELL, FALLBACK, FUSE), byte_fallback=True)
    for scheme, split in itertools.product(("always", "first", "never"), (True, False)):
        cut = metaspace(scheme, split=split)
        yield merged(None, cut, cut, fuse_unk=True)
        yield merged(None, cut, LLAMA, byte_fallback=True, normalized=False)
        yield unigram(("charsmap", ENDS, RUNS), cut, cut, normalized=False)
    yield unigram(("charsmap",), WORDS, metaspace())
    yield unigram(("charsmap",), WORDS, metaspace(), byte_fallback=True)
    yield unigram(("charsmap", RUNS), metaspace(), None)
    yield unigram((BOTH, RUNS), metaspace("never"), metaspace("never"), normalized=False)
    quotes = REPLACE | {"pattern": {"String": "``"}, "content": '"'}
    albert = (quotes, *map(plain, ("NFKD", "StripAccents", "Lowercase")), "charsmap", RUNS)
    yield unigram(albert, metaspace(), metaspace(), normalized=False)
    yield unigram(albert, WORDS, metaspace())
    cased = in_row("normalizers", plain("NFKC"), plain("Lowercase"), PREPEND, REPLACE)
    yield merged(cased, None, LLAMA, byte_fallback=True, fuse_unk=True)
    yield merged(plain("NFC"), metaspace("first"), LLAMA, byte_fallback=True, normalized=False)
    bare = in_row("normalizers", plain("NFD"), plain("StripAccents"), REPLACE)
    yield merged(bare, SPLIT, LLAMA, fuse_unk=True)


def loaded(file: Any, folder: Path, **options: Any) -> Tokenizer:
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(file))
    return Tokenizer.load(path, **options)


def agree(
    ours: Tokenizer, reference: tokenizers.Tokenizer, file: Any, docs: Sequence[str | None]
) -> None:
    """Where a Unigram, or a whole word, is spelled a special token of its vocabulary, the library makes it that."""
    spells = [doc is not None and any(text in doc for text in ADDED) for doc in docs]
    for allowed in ((), "all"):
        looks_up = file["model"]["type"] == "Unigram" or file["model"]["ignore_merges"]
        if allowed == () and looks_up:
            docs = [None if is_one else doc for doc, is_one in zip(docs, spells, strict=True)]
        expected = oracles.encoded(reference, docs, allowed == "all")
        column = pa.array(docs, pa.string())
        ids = ours.encode_batch(column, allowed_special=allowed, threads=1)
        assert ids.to_pylist() == expected
        lengths = [None if row is None else len(row) for row in expected]
        assert ours.count(column, allowed_special=allowed, threads=2).to_pylist() == lengths
        if any(token["normalized"] for token in file["added_tokens"]):
            continue  # the library spells those as it looks for them, not as the file does
        back = ours.decode_batch(ids).cast(pa.large_string()).to_pylist()
        assert back == [
            None if row is None else reference.decode(row, skip_special_tokens=False)
            for row in expected
        ]


FILES = list(files())


@pytest.mark.parametrize("which", range(len(FILES)))
def test_ids_and_texts_equal_the_librarys(which: int, tmp_path: Path) -> None:
    file = FILES[which]
    all_ours = [loaded(file, tmp_path, cache_bytes=size) for size in (0, 1 << 16)]
    reference = oracles.library(file)

    @settings(max_examples=6)
    @given(st.lists(st.none() | texts | documents.texts, max_size=8))
    def check(docs: list[str | None]) -> None:
        for ours in all_ours:
            agree(ours, reference, file, docs)

    check()


WHOLE = ["zz", "\u2581zz", "z", "e\u0301", "\u2581\u4e2d\u6587x", "\u2581the\u2581", "qq qq"]


@pytest.mark.parametrize("which", [0, 1, 3, 4, 5, 7, 10, 13, 16, 19])
def test_whole_words_are_looked_up_before_they_are_merged(which: int, tmp_path: Path) -> None:
    """Words that no merge makes, parts of words that are tokens as well, bytes by their names; a word is what the
    file cuts, which may be all of a text."""
    file = json.loads(json.dumps(FILES[which]))
    model, vocab = file["model"], file["model"]["vocab"]
    model["ignore_merges"] = True
    more = [token for token in WHOLE if token not in vocab]
    vocab |= {token: len(vocab) + place for place, token in enumerate(more)}
    for token in file["added_tokens"][len(ADDED) :]:
        token["id"] += len(more)
    ours, reference = loaded(file, tmp_path, cache_bytes=1 << 16), oracles.library(file)
    assert ours.fingerprint != loaded(FILES[which], tmp_path).fingerprint
    parts = [
        "zz",
        "z",
        " ",
        "  ",
        "\n",
        MARK,
        "e\u0301",
        "\u4e2d\u6587",
        "x",
        "the",
        "qq qq",
        "qq",
        "<m>",
        "<0x41>",
    ]

    @settings(max_examples=10)
    @given(st.lists(st.lists(st.sampled_from(parts), max_size=6).map("".join) | texts, max_size=6))
    def check(docs: list[str]) -> None:
        agree(ours, reference, file, docs)
        for doc, row in zip(docs, ours.offsets(docs, allowed_special="all"), strict=True):
            theirs = reference.encode(doc, add_special_tokens=False)
            at = [i for i, char in enumerate(doc) for _ in char.encode()]
            for token, (begin, end) in zip(row.as_py(), theirs.offsets, strict=True):
                if token["begin"] < token["end"]:  # else a mark that was put in
                    assert (at[token["begin"]], at[token["end"] - 1] + 1) == (begin, end)

    check()


def test_what_spells_a_special_token_as_a_whole_word_is_text(tmp_path: Path) -> None:
    file = merged(None, metaspace("never"), None, ignore_merges=True)
    ours, reference = loaded(file, tmp_path), oracles.library(file)
    assert oracles.encoded(reference, ["<s>"], False) == [[1]]
    assert 1 not in ours.encode("<s>").tolist()
    assert ours.decode(ours.encode("<s>", allowed_special="all")) == "<s>"


def test_every_character_is_what_the_library_makes_of_it(tmp_path: Path) -> None:
    """Alone, before and behind what it may be one grapheme with."""
    file = unigram(("charsmap",), metaspace(), metaspace())
    file["added_tokens"] = []
    codes = documents.CODE_POINTS
    docs = ["".join(f"{c}a{c} \u0301{c}" for c in map(chr, codes[i : i + 512])) for i in range(0, len(codes), 512)]  # fmt: skip
    agree(loaded(file, tmp_path), oracles.library(file), file, docs)


KINDS = ["NFC", "NFD", "NFKC", "NFKD", "Nmt", "Lowercase", "StripAccents"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_character_is_normalized_as_the_library_does(kind: str, tmp_path: Path) -> None:
    """Ids are of bytes, so they tell what it becomes; between letters and marks that join and trade places."""
    file = merged(in_row("normalizers", plain(kind), REPLACE), None, LLAMA, byte_fallback=True)
    file["added_tokens"] = []
    file["model"]["merges"] = []
    codes = documents.CODE_POINTS
    docs = ["".join(f"e{chr(c)}\u0323\u0301" for c in codes[i : i + 512]) for i in range(0, len(codes), 512)]  # fmt: skip
    ids = loaded(file, tmp_path).encode_batch(docs).to_pylist()
    assert ids == oracles.encoded(oracles.library(file), docs, False)


def test_single_words_stand_beside_no_character_of_words(tmp_path: Path) -> None:
    file = merged(None, metaspace(), metaspace(), fuse_unk=True)
    codes = documents.CODE_POINTS
    docs = ["".join(f"{c}<w> <w>{c} " for c in map(chr, codes[i : i + 512])) for i in range(0, len(codes), 512)]  # fmt: skip
    agree(loaded(file, tmp_path), oracles.library(file), file, docs)


def test_ids_of_any_kind_are_spelled_as_the_library_spells_them(tmp_path: Path) -> None:
    rng = random.Random(5)
    for whole in FILES:
        plain = [token | {"normalized": False} for token in whole["added_tokens"]]
        file = dict(whole, added_tokens=plain)
        ours, reference = loaded(file, tmp_path), oracles.library(file)
        rows = [rng.choices(range(ours.vocab_size), k=rng.randint(0, 12)) for _ in range(100)]
        expected = [reference.decode(row, skip_special_tokens=False) for row in rows]
        column = pa.array(rows, pa.list_(pa.int32()))
        assert ours.decode_batch(column).cast(pa.large_string()).to_pylist() == expected


def test_long_words_are_linear(tmp_path: Path) -> None:
    """A megabyte without a blank; ids and memory are what counts, no time."""
    docs = ["a" * 200_000, "ab" * 100_000, MARK * 50_000, "\u4e2d" * 50_000, " " * 200_000]
    for which in (0, 4, 6, -4):
        file = dict(FILES[which], added_tokens=[])
        ours, reference = loaded(file, tmp_path), oracles.library(file)
        assert ours.encode_batch(docs, threads=1).to_pylist() == oracles.encoded(
            reference, docs, False
        )


def test_bytes_that_are_no_text_are_the_replacement_character(tmp_path: Path) -> None:
    ours = loaded(FILES[0], tmp_path)
    bad, good = pa.array([b"a\xff\xe4\xb8b"], pa.binary()), ["a\ufffd\ufffd\ufffdb"]
    assert ours.encode_batch(bad.view(pa.string())).equals(ours.encode_batch(good))


BPE = merged(None, metaspace(), metaspace())
UNIGRAM = unigram(("charsmap",), metaspace(), metaspace())


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (BPE | {"normalizer": {"type": "BertNormalizer"}}, "normalizer: BertNormalizer is not supported for pieces"),
        (BPE | {"normalizer": REPLACE | {"pattern": {"Regex": "a+"}}}, "normalizer: Replace of {'Regex'"),
        (BPE | {"pre_tokenizer": SPLIT}, "pre_tokenizer: Split of {'String': ' '}"),
        (BPE | {"normalizer": PREPEND}, "pre_tokenizer: Metaspace is not supported where"),
        (BPE | {"pre_tokenizer": metaspace() | {"replacement": "_"}}, "Metaspace: expected '\u2581', got '_'"),
        (BPE | {"decoder": {"type": "BPEDecoder"}}, "decoder: BPEDecoder is not supported"),
        (BPE | {"decoder": in_row("decoders", FUSE, SPELL)}, "decoder: Fuse, Replace is not"),
        (BPE | {"model": BPE["model"] | {"unk_token": None}}, "unk_token: expected a token"),
        (BPE | {"model": BPE["model"] | {"merges": [["a", "<unk>"]]}}, "is no token"),
        (BPE | {"model": BPE["model"] | {"byte_fallback": True}}, "has no piece for some"),
        (UNIGRAM | {"pre_tokenizer": None}, "pre_tokenizer: none is not supported"),
        (UNIGRAM | {"model": UNIGRAM["model"] | {"unk_id": 9999}}, "unk_id: expected one of"),
        (UNIGRAM | {"model": UNIGRAM["model"] | {"byte_fallback": True}}, "has no <0x00>"),
        (UNIGRAM | {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}, "charsmap is damaged"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_refused_by_name(file: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said.replace("{", r"\{").replace("(", r"\(")):
        loaded(file, tmp_path)
