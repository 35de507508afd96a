"""sentencepiece: ids, counts and texts equal the library's, whatever the model's family and flags."""

from __future__ import annotations

import json
import random
import zlib
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import documents
import oracles_sentencepiece as oracles
from corpusmill.tokenizer import Tokenizer, report
from oracles_sentencepiece import NORMAL, UNUSED, USER_DEFINED

LLAMA = {
    "model_type": "bpe",
    "byte_fallback": True,
    "normalization_rule_name": "identity",
    "remove_extra_whitespaces": False,
    "allow_whitespace_only_pieces": True,
    "split_digits": True,
}
TRAINED = {
    "bpe": {"model_type": "bpe", "vocab_size": 300},
    "bpe, bytes": LLAMA | {"vocab_size": 500},
    "bpe, no prefix": LLAMA | {"vocab_size": 500, "add_dummy_prefix": False},
    "bpe, no bytes": LLAMA | {"vocab_size": 250, "byte_fallback": False},
    "bpe, suffix": {"model_type": "bpe", "vocab_size": 300, "treat_whitespace_as_suffix": True},
    "bpe, across": {"model_type": "bpe", "vocab_size": 300, "split_by_whitespace": False},
    "bpe, user": {"model_type": "bpe", "vocab_size": 300, "user_defined_symbols": "hat,ab,<x>,é"},
    "unigram": {"model_type": "unigram", "vocab_size": 250},
    "unigram, cased": {"vocab_size": 250, "normalization_rule_name": "nmt_nfkc_cf"},
    "unigram, bytes": {"vocab_size": 500, "byte_fallback": True, "character_coverage": 0.98},
    "unigram, spaces": {"vocab_size": 250, "remove_extra_whitespaces": False},
    "unigram, suffix": {"vocab_size": 250, "treat_whitespace_as_suffix": True},
    "unigram, across": {"vocab_size": 250, "split_by_whitespace": False},
    "unigram, user": {"vocab_size": 250, "user_defined_symbols": "hat,ab,<x>,é"},
}
# Where rules, spaces and pieces meet: what NFKC changes, marks, blanks of all kinds, U+2581.
TRAPS = (
    list("aabbtthheeT'  <>x/s0019.\t\n\r")
    + list(
        "▁\u3000\u00a0\u200b\ufeff\u00ad\u0301\u3099éｆﬁ①…“中日語かカ가각😀\x00\x85\u2028¨\ufffd"
    )
    + ["hat", "ab", "<x>", "<s>", "</s>", "<unk>", "<0x41>", " the", "  ", "▁the", "é"]
)
trap_texts = st.lists(st.sampled_from(TRAPS), max_size=30).map("".join)


def loaded(model: bytes, folder: Path, cache_bytes: int = 1 << 16) -> Tokenizer:
    path = folder / f"{zlib.crc32(model)}.model"
    path.write_bytes(model)
    return Tokenizer.load(path, cache_bytes=cache_bytes)


def agree(ours: Tokenizer, model: bytes, docs: list[str | None]) -> None:
    reference = oracles.reference(model)
    expected = [None if doc is None else reference.encode(doc) for doc in docs]
    ids = ours.encode_batch(pa.array(docs, pa.string()), threads=1)
    assert ids.to_pylist() == expected
    counts = [None if row is None else len(row) for row in expected]
    assert ours.count(pa.array(docs, pa.string()), threads=1).to_pylist() == counts
    texts = ours.decode_batch(ids).cast(pa.large_string()).to_pylist()
    assert texts == [None if row is None else reference.decode(row) for row in expected]


@pytest.mark.parametrize("name", ["bpe", "unigram", "unigram, bytes"])
def test_what_is_unknown_is_told(name: str, tmp_path: Path) -> None:
    """Characters of no piece that stand in a row are one id."""
    ours = loaded(oracles.trained(**TRAINED[name]), tmp_path)
    told = report(["\u16a0 \u16a0\u16a1 \u16a0"], {"it": ours}).to_pylist()[0]
    tokens = ours.encode("\u16a0 \u16a0\u16a1 \u16a0").tolist()
    assert told["unknown_tokens"] == tokens.count(ours.unknown_id)
    assert told["unknown_rate"] == pytest.approx(tokens.count(0) / len(tokens))


@pytest.mark.parametrize("name", TRAINED)
def test_ids_equal_the_librarys(name: str, tmp_path: Path) -> None:
    model = oracles.trained(**TRAINED[name])
    all_ours = [loaded(model, tmp_path, cache_bytes) for cache_bytes in (0, 300, 1 << 16)]
    assert all_ours[0].vocab_size == oracles.reference(model).vocab_size()

    @settings(max_examples=25)
    @given(st.lists(st.none() | trap_texts | documents.texts, max_size=8))
    def check(docs: list[str | None]) -> None:
        for ours in all_ours:
            agree(ours, model, docs)

    check()


@pytest.mark.parametrize("name", ["bpe", "unigram, cased"])
def test_every_character_is_normalized_as_the_library_does(name: str, tmp_path: Path) -> None:
    """Of the planes that have any, between letters, marks, blanks and others of its kind."""
    codes = documents.CODE_POINTS
    docs: list[str | None] = [
        "".join(f"a{c}b {c} {c}{c}\u0301" for c in map(chr, codes[i : i + 64]))
        for i in range(0, len(codes), 64)
    ]
    model = oracles.trained(**TRAINED[name])
    agree(loaded(model, tmp_path), model, docs)


pieces = st.dictionaries(
    st.text("ab▁", min_size=1, max_size=4) | st.text("abé. ▁", min_size=1, max_size=4),
    st.tuples(
        st.sampled_from([-1.0, -2.0, -3.0, -0.1, -2.3, -1e-3, 0.0, -0.0, 1.5]),
        st.sampled_from([NORMAL] * 6 + [UNUSED, USER_DEFINED]),
    ),
    min_size=1,
    max_size=14,
)


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
@settings(max_examples=150)
@given(
    pieces=pieces,
    flags=st.fixed_dictionaries(
        {
            name: st.booleans()
            for name in ("byte_fallback", "suffix", "dummy_prefix", "remove_extra", "escape")
        }
    ),
    docs=st.lists(
        st.text("aaabbb▁  c", max_size=40) | st.text("aaabbbbcé. ", max_size=200), max_size=4
    ),
)
def test_any_pieces_and_flags_give_the_librarys_ids(
    kind: str, pieces: dict, flags: dict, docs: list, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Ties, pieces whose parts are none, pieces that are not used, across spaces and not."""
    model = oracles.written([(text, *rest) for text, rest in pieces.items()], kind, **flags)
    folder = tmp_path_factory.getbasetemp()
    for cache_bytes in (0, 1 << 12):
        agree(loaded(model, folder, cache_bytes), model, docs)


def test_sums_are_rounded_as_the_library_rounds_them(tmp_path: Path) -> None:
    """Words of ways that are nearly as good, so often that what is rounded away decides."""
    rng = random.Random(3)
    words = ["".join(rng.choices("abc", k=rng.randint(1, 7))) for _ in range(60)]
    pieces = {"".join(rng.choices("abc", k=rng.randint(1, 4))) for _ in range(30)} | set("abc")
    differ = 0
    for step, least in ((0.5, -9), (0.1, -9), (0.01, -9), (0.01, -900), (0.01, 1)):
        scored = [
            (text, round(rng.uniform(least, least + 8) / step) * step, NORMAL)
            for text in sorted(pieces)
        ]
        model = oracles.written([("▁", -2.0, NORMAL), *scored], "unigram")
        docs: list[str | None] = [" ".join(rng.choices(words, k=k)) for k in (10, 1000, 60_000)]
        ours = loaded(model, tmp_path)
        agree(ours, model, docs)
        alone = {word: ours.encode(word).tolist() for word in words}
        last = [i for word in docs[2].split() for i in alone[word]]
        differ += last != ours.encode(docs[2]).tolist()
    assert differ > 0  # so that the test tells something


def test_bytes_that_are_no_utf8_are_replaced_as_the_library_replaces_them(tmp_path: Path) -> None:
    docs = [b"a\xff\xfe b\xe4\xb8", b"\x80", b"", b"\xed\xa0\x80 \xf4\x90\x80\x80", b"hat\xe3\x81"]
    for name in ("bpe", "bpe, bytes", "unigram", "unigram, user"):
        model = oracles.trained(**TRAINED[name])
        ids = loaded(model, tmp_path).encode_batch(pa.array(docs, pa.binary()).view(pa.string()))
        assert ids.to_pylist() == [oracles.reference(model).encode(doc) for doc in docs]


@pytest.mark.parametrize("name", TRAINED)
def test_any_ids_become_the_text_that_the_library_makes(name: str, tmp_path: Path) -> None:
    model = oracles.trained(**TRAINED[name])
    ours, reference = loaded(model, tmp_path), oracles.reference(model)
    rng = random.Random(5)
    first = 300 if "byte_fallback" in TRAINED[name] else 40  # with many of the special ones
    rows = [
        [
            rng.randrange(rng.choice([6, min(first, ours.vocab_size), ours.vocab_size]))
            for _ in range(rng.randint(0, 12))
        ]
        for _ in range(2000)
    ]
    texts = ours.decode_batch(rows).cast(pa.large_string()).to_pylist()
    assert texts == [reference.decode(row) for row in rows]
    with pytest.raises(ValueError, match="row 0 holds"):
        ours.decode_batch([[ours.vocab_size]])


UNKNOWN_SPACE = [("a", -1.0, NORMAL), ("ab", -2.0, NORMAL)]
OFFSETS = TRAINED | {"unknown space": "unigram", "unknown space, bytes": "bpe"}


@pytest.mark.parametrize("name", OFFSETS)
def test_offsets_are_the_librarys(name: str, tmp_path: Path) -> None:
    """Of bytes: the library tells characters, those of what is no text itself as none."""
    options = OFFSETS[name]
    model = (
        oracles.written(UNKNOWN_SPACE, options, byte_fallback="bytes" in name)
        if isinstance(options, str)
        else oracles.trained(**options)
    )
    ours, reference = loaded(model, tmp_path), oracles.reference(model)

    @settings(max_examples=25)
    @given(trap_texts | documents.texts)
    def check(doc: str) -> None:
        places = [len(doc[:i].encode()) for i in range(len(doc) + 1)]
        expected = reference.encode_as_offset_mapping(doc)
        row = ours.offsets([doc]).to_pylist()[0]
        assert [token["id"] for token in row] == expected["ids"]
        spans = [(token["begin"], token["end"]) for token in row]
        assert spans == [(places[begin], places[end]) for begin, end in expected["offsets"]]

    check()


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_long_words_are_no_trouble(kind: str, tmp_path: Path) -> None:
    """Worst cases of merging and of sums; 200 kB of each, of which the begin is compared."""
    model = oracles.trained(**TRAINED[kind])
    crossing = oracles.trained(**TRAINED[f"{kind}, across"])
    for data in (model, crossing):
        ours, reference = loaded(data, tmp_path, 0), oracles.reference(data)
        for part in ("a", "ab", " ", "-", "é", "中文", "😀", " a", "th", "\x00"):
            text = part * (200_000 // len(part.encode()))
            assert ours.encode(text).tolist() == reference.encode(text)


def test_documents_of_a_corpus(corpus: Path) -> None:
    models = sorted((corpus / "vocab").glob("*.model"))
    if not models:
        pytest.skip("needs models of SentencePiece in CORPUS/vocab")
    docs: list[str] = []
    for path in sorted(corpus.glob("*.jsonl.zst")):
        with pa.input_stream(str(path), compression="zstd") as stream:
            lines = stream.read(500_000).split(b"\n")[:-1]
        docs += [doc for line in lines[:25] if isinstance(doc := json.loads(line).get("text"), str)]
    for path in models:
        agree(Tokenizer.load(path), path.read_bytes(), list(docs))
