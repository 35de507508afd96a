"""tokenizer_load: files of the library tokenizers and of Mistral give the ids they give there; what is
not supported is refused by its name."""

from __future__ import annotations

import base64
import functools
import itertools
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tiktoken
import tokenizers
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

import documents
import oracles_tokenizer
import oracles_tokenizer_load as oracles
from corpusmill._tokenizer_patterns import PATTERN_OF
from corpusmill.tokenizer import PATTERNS, Tokenizer
from test_tokenizer import BYTES, TOKENS, TRAPS

MERGES = oracles.merges(TOKENS)
IDS = random.Random(7).sample(range(len(TOKENS)), len(TOKENS))  # are not ranks
VOCAB = {oracles.visible(token): number for token, number in zip(TOKENS, IDS, strict=True)}
NEXT = len(TOKENS)
# Overlapping, one the beginning of another, blanks around, marks that join, not special.
ADDED = [
    oracles.added("<a>", NEXT),
    oracles.added("<a>>", NEXT + 1),
    oracles.added(">b", NEXT + 2, special=False),
    oracles.added("<m>", NEXT + 3, lstrip=True),
    oracles.added("<r>", NEXT + 4, rstrip=True),
    oracles.added("<n>", NEXT + 5, normalized=True, lstrip=True, rstrip=True),
    oracles.added("\u00e9<", NEXT + 6, normalized=True, special=False),
    oracles.added("  ", NEXT + 7, normalized=True, special=False),
    oracles.added("the", VOCAB.get("the", NEXT + 8), special=False, rstrip=True),
    oracles.added("<w>", NEXT + 9, single_word=True, lstrip=True),
]
SPELLINGS = [entry["content"] for entry in ADDED]
WHITE = [" ", "\n", "\u3000", "\u00a0"]
PIECES = [*TRAPS, *SPELLINGS * 4, *WHITE * 4, "e\u0301", "\u0301", "<", ">", "b", "\u1100\u1161"]
mixed = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def written(folder: Path, file: Any) -> Path:
    path = folder / "some.json"
    path.write_text(json.dumps(file))
    return path


def agrees(file: Any, docs: Sequence[str | None], folder: Path) -> Tokenizer:
    """With the library, special tokens as text and as such."""
    ours, reference = (
        Tokenizer.load(written(folder, file), cache_bytes=1 << 16),
        oracles.library(file),
    )
    for allowed in ((), "all"):
        expected = oracles.encoded(reference, docs, allowed == "all")
        assert ours.encode_batch(docs, allowed_special=allowed).to_pylist() == expected
        lengths = [None if row is None else len(row) for row in expected]
        assert ours.count(docs, allowed_special=allowed, threads=2).to_pylist() == lengths
    return ours


@pytest.mark.parametrize(
    "expressions", [e for e, name in PATTERN_OF.items() if "++$" not in e[0] and name in PATTERNS]
)
def test_every_expression_cuts_as_the_library_cuts_by_it(
    expressions: tuple[str | tuple[str, bool], ...], tmp_path: Path
) -> None:
    """Those with `\\s++$` are of tiktoken alone and compared with it elsewhere. Pairs are tokens, so that ids
    tell where pieces end."""
    rng = random.Random(3)
    docs = ["".join(rng.choices(TRAPS, k=rng.randint(0, 40))) for _ in range(200)]
    codes = range(0x600)
    docs += ["".join(f"aB{c}cD 1{c}2 '{c}s \n{c} {c}\n{c}{c}\n" for c in map(chr, codes[i : i + 64]))
             for i in range(0, len(codes), 64)]  # fmt: skip
    bytes_ = list(map(oracles.visible, BYTES))
    used = list(map(oracles.visible, sorted({bytes([b]) for b in "".join(TRAPS).encode()})))
    pairs = list(itertools.product(used, used))
    vocab = {token: number for number, token in enumerate([*bytes_, *map("".join, pairs)])}
    ours = agrees(oracles.file(vocab, pairs, oracles.split(*expressions)), docs, tmp_path)
    assert ours.pattern == PATTERN_OF[expressions]
    line_ends = [
        e.replace(r"\r", "\r").replace(r"\n", "\n") if isinstance(e, str) else e
        for e in expressions
    ]
    agrees(oracles.file(vocab, pairs, oracles.split(*line_ends)), docs[:200], tmp_path)


@functools.cache
def kinds() -> list[dict[str, Any]]:
    """Files that differ in all that a file may say."""
    strings = [" ".join(pair) for pair in MERGES]
    nfc = {"type": "NFC"}
    levels = [oracles.byte_level(False), oracles.byte_level(True)]
    return [
        oracles.file(VOCAB, MERGES, levels[0], added_tokens=ADDED),
        oracles.file(VOCAB, strings, levels[1], added_tokens=ADDED),
        oracles.file(VOCAB, strings[:60], levels[0], ignore_merges=True, added_tokens=ADDED),
        oracles.file(VOCAB, MERGES, levels[0], normalizer=nfc, added_tokens=ADDED),
        oracles.file(VOCAB, MERGES, levels[0], normalizer={"type": "NFKD"}, added_tokens=ADDED),
        oracles.file(
            VOCAB,
            [*MERGES, MERGES[3], MERGES[0]],
            {"type": "Sequence", "pretokenizers": [levels[0]]},
            normalizer={"type": "Sequence", "normalizers": [nfc]},
            added_tokens=ADDED[:1],
            truncation={"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
        ),
    ]  # fmt: skip


@settings(max_examples=60)
@given(docs=st.lists(st.none() | mixed | documents.texts, max_size=10), which=st.integers(0, 5))
def test_ids_equal_the_librarys(
    docs: list[str | None], which: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = kinds()[which]
    ours = agrees(dict(file, truncation=None), docs, tmp_path_factory.mktemp("file"))
    back = ours.decode_batch(ours.encode_batch(docs, allowed_special="all")).to_pylist()
    if which == 0 and not any(doc and set(doc) & set(WHITE) for doc in docs):
        assert [None if data is None else data.decode() for data in back] == docs


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_normal_forms_are_the_librarys_for_every_character(form: str, tmp_path: Path) -> None:
    """It knows Unicode 9.0: later marks do not move, later letters are made of nothing."""
    codes = documents.CODE_POINTS
    docs = ["".join(f"{c}a\u0315{c}\u0327e{c}\u0301\u1100{c}\u11a8" for c in map(chr, codes[i : i + 256]))
            for i in range(0, len(codes), 256)]  # fmt: skip
    file = oracles.file(VOCAB, [], oracles.byte_level(), normalizer={"type": form})
    ours = Tokenizer.load(written(tmp_path, file))
    reference = getattr(tokenizers.normalizers, form)()
    texts = ours.decode_batch(ours.encode_batch(docs)).to_pylist()
    assert [text.decode() for text in texts] == list(map(reference.normalize_str, docs))


def test_what_is_not_done_is_said(tmp_path: Path) -> None:
    ours = Tokenizer.load(written(tmp_path, kinds()[5]))
    assert (ours.ignored, ours.pattern, ours.family) == (("truncation",), "gpt2", "byte-level BPE")
    assert dict(ours.special_tokens) == {"<a>": NEXT}
    assert ours.vocab_size == NEXT + 1
    assert len(ours.encode("some words are here")) > 2
    start = {"id": "<a>", "ids": [NEXT], "tokens": ["<a>"]}
    sequence = {"id": "A", "type_id": 0}
    single = [{"SpecialToken": {"id": "<a>", "type_id": 0}}, {"Sequence": sequence}]
    template = {
        "type": "TemplateProcessing",
        "single": single,
        "pair": [*single, {"Sequence": sequence | {"id": "B"}}],
        "special_tokens": {"<a>": start},
    }
    both = {"type": "Sequence", "processors": [oracles.byte_level(), template]}
    file = dict(kinds()[0], post_processor=both)
    assert oracles.library(file).encode("a").ids[0] == NEXT
    assert agrees(file, ["a <a>", ""], tmp_path).ignored == ("TemplateProcessing",)


def test_vocabulary_and_merges_lie_side_by_side(tmp_path: Path) -> None:
    """Merges may begin with # and hold any white space but the blank."""
    tokens = [*TOKENS[:256], b"##", b"\xc2\x85", b"\xe2\x80", b"\xe2\x80\xa8"]
    vocab = {oracles.visible(token): i for i, token in enumerate(tokens)} | {"<|end of|>": 300}
    lines = ["#version: 0.2", *(" ".join(pair) for pair in oracles.merges(tokens)), ""]
    (tmp_path / "a.vocab.json").write_text(json.dumps(vocab))
    (tmp_path / "a.merges.txt").write_bytes("\n".join(lines).encode())
    reference = tokenizers.Tokenizer(
        tokenizers.models.BPE.from_file(*(str(tmp_path / f"a.{x}") for x in ("vocab.json", "merges.txt")))
    )  # fmt: skip
    reference.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    doc = "## a #\u0085 \u2028<|end of|>"
    given = {"<|end of|>": 300}
    for name in ("a.vocab.json", "a.merges.txt"):
        ours = Tokenizer.load(tmp_path / name, pattern="gpt2", special_tokens=given)
        assert ours.encode(doc).tolist() == reference.encode(doc).ids
        assert ours.encode(doc, allowed_special="all")[-1] == 300
        assert ours.decode([300]) == "<|end of|>"
    with pytest.raises(ValueError, match="pattern: a file of merges does not say"):
        Tokenizer.load(tmp_path / "a.vocab.json")
    (tmp_path / "a.vocab.json").rename(tmp_path / "b.json")
    with pytest.raises(ValueError, match=r"needs vocab.json and merges.txt side by side"):
        Tokenizer.load(tmp_path / "b.json", pattern="gpt2")


def tekken(**changes: Any) -> dict[str, Any]:
    tokens = [
        {"rank": i, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
        for i, token in enumerate(TOKENS)
    ]
    config = {
        "pattern": oracles_tokenizer.PATTERNS["tekken"],
        "num_vocab_tokens": len(TOKENS),
        "default_vocab_size": 360,
        "default_num_special_tokens": 10,
        "version": "v3",
    }
    special = [{"rank": 1, "token_str": "<s>", "is_control": True}]
    return {"config": config | changes, "vocab": tokens, "special_tokens": special}


def test_tekken_counts_ids_behind_the_special_ones(tmp_path: Path) -> None:
    ours = Tokenizer.load(written(tmp_path, tekken()))
    assert (ours.vocab_size, ours.pattern, dict(ours.special_tokens)) == (360, "tekken", {"<s>": 1})
    reference = oracles_tokenizer.reference("tekken", tuple(TOKENS[:350]))
    for doc in ("The cat's hat <s> in 2024.", "", "<s>\n\n\tÜber größe"):
        ids = ours.encode(doc)
        assert [number - 10 for number in ids.tolist()] == reference.encode_ordinary(doc)
        assert ours.decode(ours.encode(doc, allowed_special="all")) == doc


def test_text_never_becomes_a_special_token_as_a_whole_piece(tmp_path: Path) -> None:
    """The library makes it one there; what bytes and merges make stays what it is."""
    vocab = VOCAB | {"EOS": NEXT, "<e>": NEXT + 1}
    added = [oracles.added(text, number) for text, number in vocab.items() if number >= NEXT]
    merged = next(text for text in map("".join, MERGES) if text.isascii() and text.isalpha())
    added += [oracles.added(text, VOCAB[text]) for text in (merged, "a")]
    file = oracles.file(vocab, MERGES, LEVEL, ignore_merges=True, added_tokens=added)
    ours, plain = (
        Tokenizer.load(written(tmp_path, each))
        for each in (file, oracles.file(VOCAB, MERGES, LEVEL, ignore_merges=True))
    )
    for doc in ("EOS", " EOS EOS", "<e>", merged, f"a {merged} EOS<e>"):
        assert ours.encode(doc).tolist() == plain.encode(doc).tolist()
        reference = oracles.encoded(oracles.library(file), [doc], special=True)
        assert [ours.encode(doc, allowed_special="all").tolist()] == reference
    assert ours.decode([NEXT]) == "EOS"


def test_normalized_tokens_are_looked_for_as_what_they_become(tmp_path: Path) -> None:
    added = [
        oracles.added("e\u0301x", NEXT, normalized=True, special=False),
        oracles.added("u\u0308", NEXT + 1, normalized=True),
    ]
    nfc = {"type": "NFC"}
    docs = ["a e\u0301x b \u00e9x u\u0308", "\u00fc e\u0301 x", "e\u0301xx\u00e9"]
    ours = agrees(
        oracles.file(VOCAB, MERGES, LEVEL, normalizer=nfc, added_tokens=added), docs, tmp_path
    )
    assert ours.decode([NEXT]) == "e\u0301x"
    assert ours.offsets(["e\u0301x"])[0].as_py() == [{"id": NEXT, "begin": 0, "end": 4}]
    added.append(oracles.added("\u00e9x", NEXT + 2, normalized=True))
    file = oracles.file(VOCAB, MERGES, LEVEL, normalizer=nfc, added_tokens=added)
    with pytest.raises(ValueError, match=f"ids {NEXT} and {NEXT + 2} are looked for by the same"):
        Tokenizer.load(written(tmp_path, file))
    none = {"type": "Sequence", "normalizers": []}
    prefix = oracles.byte_level(prefix=True)
    agrees(oracles.file(VOCAB, MERGES, prefix, normalizer=none, added_tokens=added), docs, tmp_path)


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    deep = '{"type": "Sequence", "normalizers": [' * 50_000 + "]}" * 50_000
    path = tmp_path / "deep.json"
    path.write_text(json.dumps(kinds()[0]).replace('"normalizer": null', f'"normalizer": {deep}'))
    with pytest.raises(ValueError, match=r"deep.json: damaged: JSON nested deeper"):
        Tokenizer.load(path)


def test_half_a_character_is_refused(tmp_path: Path) -> None:
    entry = oracles.added("\ud800", NEXT)
    for file in (
        oracles.file(VOCAB, MERGES, LEVEL, added_tokens=[entry]),
        oracles.file(VOCAB | {"\ud800": NEXT}, MERGES, LEVEL),
        tekken() | {"special_tokens": [{"rank": 1, "token_str": "\ud800"}]},
    ):
        with pytest.raises(ValueError, match=r"'.ud800' is no text"):
            Tokenizer.load(written(tmp_path, file))


LEVEL = oracles.byte_level()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (oracles.file(VOCAB, [], {"type": "Digits"}), "pre_tokenizer: expected ByteLevel at the end, got Digits"),
        (oracles.file(VOCAB, [], oracles.split("a+b")), r"no scanner for the pattern 'a\+b'"),
        (oracles.file(VOCAB, [], oracles.byte_level(use_regex=False)), "no scanner for the pattern none"),
        (oracles.file(VOCAB, [], LEVEL, normalizer={"type": "Nmt"}), "normalizer: Nmt is not"),
        (oracles.file(VOCAB, [], LEVEL, dropout=0.1), "model: dropout 0.1 is not supported"),
        (oracles.file(VOCAB, [], LEVEL, end_of_word_suffix="</w>"), "end_of_word_suffix '</w>'"),
        (oracles.file(VOCAB, [], LEVEL, type="WordLevel") | {"model": {"type": "WordLevel"}}, "WordLevel"),
        (oracles.file(VOCAB, [["a", "nowhere"]], LEVEL), "merge 0: 'nowhere' is no token"),
        (oracles.file(VOCAB, ["a b c"], LEVEL), "merge 0: expected two tokens, got 'a b c'"),
        (oracles.file(VOCAB, [["z", "q"]], LEVEL), "merge 0 makes no token"),
        (oracles.file(dict(list(VOCAB.items())[1:]), [], LEVEL), "byte 0 is no token"),
        (oracles.file(VOCAB | {"x1": 5}, [], LEVEL), "vocab: two tokens have the same id"),
        (oracles.file(VOCAB | {"x1": 1 << 40}, [], LEVEL), "expected ids from 0"),
        (oracles.file(VOCAB, [], LEVEL, added_tokens=[oracles.added("<a>", NEXT + 5)]), "would make it 400"),
        (oracles.file(VOCAB, [], LEVEL, added_tokens=[{"id": 3}]), "damaged: KeyError"),
        (oracles.file(VOCAB, [], LEVEL, added_tokens=[oracles.added(5, NEXT)]), "expected a text and its id"),
        (oracles.file(VOCAB, [], LEVEL, added_tokens=[oracles.added("<a>", str(NEXT))]), "expected a text and"),
        (oracles.file(VOCAB, [], LEVEL, type="Unigram"), "pre_tokenizer: ByteLevel is not supported"),
        (oracles.file(VOCAB, [], LEVEL) | {"model": {"type": "BPE"}}, "damaged: KeyError"),
        (tekken(pattern="a+b"), r"no scanner for the pattern 'a\+b'"),
        (tekken(pattern=r"(?=(\d{3})+(?!\d))"), "does not find would be lost"),
        (tekken(default_vocab_size=9999), "expected 9989 tokens"),
        (tekken(default_vocab_size=None), "damaged or no tekken.json"),
        (tekken(default_vocab_size=1 << 60, default_num_special_tokens=1 << 60), "to 16777216"),
        (tekken(default_num_special_tokens=400), "default_num_special_tokens"),
        (tekken(default_num_special_tokens=-1), "default_num_special_tokens"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_refused_by_name(file: Any, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, file)
    with pytest.raises(ValueError, match=said) as error:
        Tokenizer.load(path)
    assert str(path) in str(error.value)


def test_a_pattern_that_the_file_contradicts_is_refused(tmp_path: Path) -> None:
    for file in (kinds()[0], tekken()):
        with pytest.raises(ValueError, match=r"pattern: .* says '.*', got 'cl100k'"):
            Tokenizer.load(written(tmp_path, file), pattern="cl100k")


def ranks_of(path: Path) -> dict[bytes, int]:
    """Of a file of ranks, or of a vocab.json but for its special token."""
    if path.suffix == ".tiktoken":
        lines = map(bytes.split, path.read_bytes().splitlines())
        return {base64.b64decode(token): int(rank) for token, rank in lines}
    vocab = json.loads(path.read_bytes())
    bytes_of = {character: byte for byte, character in oracles.CHARACTER.items()}
    ranks = {bytes(bytes_of[c] for c in token): number for token, number in vocab.items()}
    ranks.pop(b"<|endoftext|>")
    return ranks


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("gpt2.vocab.json", "gpt2"),
        ("cl100k_base.tiktoken", "cl100k"),
        ("o200k_base.tiktoken", "o200k"),
    ],
)
def test_a_vocabulary_over_a_corpus(name: str, pattern: str, corpus: Path) -> None:
    """The first documents of each file, with tiktoken."""
    path = corpus / "vocab" / name
    if not path.exists():
        pytest.skip(f"needs DIR/vocab/{name}")
    ours = Tokenizer.load(path, pattern=pattern)
    reference = tiktoken.Encoding(
        pattern,
        pat_str=oracles_tokenizer.PATTERNS[pattern],
        mergeable_ranks=ranks_of(path),
        special_tokens={},
    )
    for file in sorted(corpus.glob("*.jsonl.zst")):
        with zstandard.open(file, "rt", encoding="utf-8") as lines:
            docs = [json.loads(line).get("text") or "" for line in itertools.islice(lines, 20)]
        expected = reference.encode_ordinary_batch(docs, num_threads=1)
        assert ours.encode_batch(docs).to_pylist() == expected
