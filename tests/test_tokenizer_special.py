"""tokenizer_special: special tokens are text unless allowed, and counted; tokens know their bytes; the
first tokens and windows are those of the whole encoding."""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tiktoken
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import documents
import oracles_sentencepiece
import oracles_tokenizer
import oracles_tokenizer_load as oracles
from corpusmill.tokenizer import Tokenizer
from test_faults import in_child
from test_tokenizer import TOKENS
from test_tokenizer_load import ADDED, NEXT, VOCAB, kinds, mixed, written

SPECIAL = {"<|end|>": 400, "<|start|>": 403, "<|>": 500}
docs_of_special = st.lists(
    st.none()
    | st.lists(st.sampled_from([*SPECIAL, "<|", "|>", "<", "a", " ", "the cat", "\n"]), max_size=12)
    .map("".join),
    max_size=8,
)  # fmt: skip


def tokenizer(**options: Any) -> Tokenizer:
    given = {"special_tokens": SPECIAL, "cache_bytes": 1 << 12} | options
    return Tokenizer.from_tokens(TOKENS, pattern="cl100k", **given)


@pytest.fixture(scope="module")
def nfc(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return of_kind(3, tmp_path_factory.mktemp("nfc"))


def of_kind(which: int, folder: Path) -> Tokenizer:
    return Tokenizer.load(written(folder, kinds()[which]), cache_bytes=1 << 12)


@given(docs=docs_of_special, allowed=st.booleans())
def test_a_special_token_may_be_an_ordinary_one(docs: list[str | None], allowed: bool) -> None:
    """Spelled as text it is what the ranks make of it, and has its id even so where they make it whole."""
    tokens = [*TOKENS, b"<|", b"<|>"]
    number = len(tokens) - 1
    reference = tiktoken.Encoding(
        "both",
        pat_str=oracles_tokenizer.PATTERNS["cl100k"],
        mergeable_ranks={token: rank for rank, token in enumerate(tokens)},
        special_tokens={},
    )
    ours = Tokenizer.from_tokens(tokens, pattern="cl100k", special_tokens={"<|>": number})
    assert (ours.vocab_size, dict(ours.special_tokens)) == (len(tokens), {"<|>": number})
    expected: list[list[int] | None] = []
    for doc in docs:
        parts = (doc or "").split("<|>") if allowed else [doc or ""]
        ids_of_parts = ([number, *reference.encode_ordinary(part)] for part in parts)
        whole = list(itertools.chain.from_iterable(ids_of_parts))[1:]
        expected.append(None if doc is None else whole)
    ids = ours.encode_batch(docs, allowed_special="all" if allowed else ())
    assert ids.to_pylist() == expected
    back = ours.decode_batch(ids).to_pylist()
    assert back == [None if doc is None else doc.encode() for doc in docs]


@given(docs=docs_of_special, chosen=st.sets(st.sampled_from(list(SPECIAL))))
def test_allowed_tokens_are_as_in_tiktoken(docs: list[str | None], chosen: set[str]) -> None:
    reference = tiktoken.Encoding(
        "special",
        pat_str=oracles_tokenizer.PATTERNS["cl100k"],
        mergeable_ranks={token: rank for rank, token in enumerate(TOKENS)},
        special_tokens=SPECIAL,
    )
    ours = tokenizer()
    expected = [
        None
        if doc is None
        else reference.encode(doc, allowed_special=chosen, disallowed_special=())
        for doc in docs
    ]
    ids = ours.encode_batch(docs, allowed_special=tuple(chosen), threads=2)
    assert ids.to_pylist() == expected
    assert ours.decode_batch(ids).cast(pa.large_string()).to_pylist() == docs


@given(docs=docs_of_special)
def test_what_is_counted_is_what_would_be_special(docs: list[str | None]) -> None:
    ours = tokenizer()
    for doc, found in zip(docs, ours.special_counts(docs, threads=2).to_pylist(), strict=True):
        if doc is None:
            assert found is None
            continue
        ids = ours.encode(doc, allowed_special="all").tolist()
        expected = {text: ids.count(number) for text, number in SPECIAL.items() if number in ids}
        assert {entry["token"]: entry["count"] for entry in found} == expected


@settings(max_examples=50)
@given(doc=mixed, which=st.integers(0, 4), allowed=st.sampled_from(["all", ("<a>",), ()]))
def test_offsets_tell_the_bytes_of_each_token(
    doc: str, which: int, allowed: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """They follow each other, without gaps; what did not change is what its token spells.

    But <n> takes blanks that a token of two blanks has again, as in the library.
    """
    assume(not re.search(r"<n>\s*  ", doc))
    ours = of_kind(which, tmp_path_factory.mktemp("file"))
    found = ours.offsets([doc], allowed_special=allowed, threads=2)[0].as_py()
    data = doc.encode()
    ids = [entry["id"] for entry in found]
    assert ids == ours.encode(doc, allowed_special=allowed).tolist()
    assert [entry["begin"] for entry in found] == [0, *(entry["end"] for entry in found)][
        : len(found)
    ]
    assert not found or found[-1]["end"] == len(data)
    for entry in found:
        text = data[entry["begin"] : entry["end"]]
        spelled = ours.decode_batch([[entry["id"]]])[0].as_py()
        if entry["id"] >= NEXT:
            assert text.decode().strip() == spelled.decode().strip()
        elif which in (0, 2):
            assert text == spelled
        elif which == 1:
            assert text in (spelled, spelled.removeprefix(b" "))


# Blanks that one token takes and another is of, or takes too.
BLANKS = [
    oracles.added("xy", NEXT, rstrip=True),
    oracles.added("  ", NEXT + 1, lstrip=True),
    oracles.added(" b", NEXT + 2, lstrip=True, rstrip=True),
]
of_blanks = st.lists(st.sampled_from(["xy", " ", "b", "a"]), max_size=14).map("".join)


@settings(max_examples=50)
@given(doc=of_blanks, normalized=st.booleans())
def test_tokens_that_take_the_same_blanks_tile_the_text(
    doc: str, normalized: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tokens = [dict(token, normalized=normalized) for token in BLANKS]
    file = oracles.file(VOCAB, [], oracles.byte_level(), added_tokens=tokens)
    ours = Tokenizer.load(written(tmp_path_factory.mktemp("file"), file))
    found = ours.offsets([doc], allowed_special="all")[0].as_py()
    places = [0, *(entry["end"] for entry in found)]
    assert [entry["begin"] for entry in found] == places[:-1]
    assert places[-1] == len(doc)
    assert all(entry["begin"] < entry["end"] for entry in found)
    if not re.search("(xy| b) {3}", doc):  # else the library may fail
        (expected,) = oracles.encoded(oracles.library(file), [doc], True)
        assert [entry["id"] for entry in found] == expected


@settings(max_examples=60)
@given(doc=mixed)
def test_offsets_lie_within_the_librarys_characters(nfc: Tokenizer, doc: str) -> None:
    """The library counts characters and gives all tokens of one the whole of it."""
    reference = oracles.library(kinds()[3])
    bounds = np.cumsum([0, *(len(character.encode()) for character in doc)])
    found = nfc.offsets([doc], allowed_special="all")[0].as_py()
    theirs = reference.encode(doc, add_special_tokens=False)
    assert [entry["id"] for entry in found] == theirs.ids
    if unicodedata.is_normalized("NFC", doc):
        for entry, (begin, end) in zip(found, theirs.offsets, strict=True):
            assert bounds[begin] <= entry["begin"] <= entry["end"] <= bounds[end]


def test_offsets_of_what_changed_are_told_byte_by_byte(tmp_path: Path) -> None:
    """e and an acute accent, three bytes, become one character of two; a blank is put in."""
    spans = of_kind(3, tmp_path).offsets(["xe\u0301y", None, ""]).to_pylist()
    assert [(entry["begin"], entry["end"]) for entry in spans[0]] == [
        (0, 1),
        (1, 2),
        (2, 4),
        (4, 5),
    ]
    assert spans[1:] == [None, []]
    entry = of_kind(1, tmp_path).offsets(["\x01"])[0].as_py()
    assert [(part["begin"], part["end"]) for part in entry] == [(0, 0), (0, 1)]


@settings(max_examples=50)
@given(docs=st.lists(st.none() | mixed | documents.texts, max_size=6), n=st.integers(0, 9))
def test_the_first_tokens_are_those_of_the_whole(
    docs: list[str | None], n: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ours = of_kind(0, tmp_path_factory.mktemp("file"))
    for allowed in ((), "all"):
        whole = ours.encode_batch(docs, allowed_special=allowed).to_pylist()
        first = ours.encode_batch(docs, allowed_special=allowed, max_tokens=n).to_pylist()
        assert first == [None if ids is None else ids[:n] for ids in whole]
        for doc in docs[:1]:
            if doc is not None:
                some = ours.encode(doc, allowed_special=allowed, max_tokens=n)
                assert some.tolist() == whole[0][:n]


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_offsets_of_sentencepiece(kind: str, tmp_path: Path) -> None:
    """Of many words, so that they are cut more than once; tokens follow each other without gaps."""
    path = tmp_path / "some.model"
    path.write_bytes(oracles_sentencepiece.trained(model_type=kind))
    ours = Tokenizer.load(path, cache_bytes=1 << 12)
    for doc in ("", "a \u00e9<s> \u4e2d\u6587", "the cat\u2019s hat and so on " * 300):
        found = ours.offsets([doc])[0].as_py()
        assert [entry["id"] for entry in found] == ours.encode(doc).tolist()
        ends = [0, *(entry["end"] for entry in found)]
        assert [entry["begin"] for entry in found] == ends[:-1]
        assert ends[-1] <= len(doc.encode())


def test_the_first_tokens_of_a_long_document() -> None:
    """Many batches of pieces, and the cut within one piece, within many and at a special token."""
    doc = "The cat's hat. " * 5000 + "<|end|>" + "a" * 5000
    ours = tokenizer()
    whole = ours.encode(doc, allowed_special="all")
    for n in (0, 1, 127, 128, 129, 5000, *range(len(whole) - 5, len(whole) + 2)):
        first = ours.encode(doc, allowed_special="all", max_tokens=n)
        assert np.array_equal(first, whole[:n])


@given(
    lengths=st.lists(st.none() | st.integers(0, 12), max_size=6),
    n=st.integers(1, 6),
    data=st.data(),
)
def test_windows_are_of_the_whole_encoding(lengths: list[int | None], n: int, data: Any) -> None:
    docs = [None if length is None else "\n".join("." * length) for length in lengths]
    stride = data.draw(st.none() | st.integers(1, n))
    ours = tokenizer()
    expected = []
    for row, ids in enumerate(ours.encode_batch(docs).to_pylist()):
        begin = 0
        while ids and (begin == 0 or begin + n - (stride or n) < len(ids)):
            expected.append({"row": row, "begin": begin, "ids": ids[begin : begin + n]})
            begin += stride or n
    found = ours.chunk(docs, n, stride=stride, threads=2)
    assert found.to_pylist() == expected
    assert found.schema.field("ids").type == pa.large_list(pa.uint16())


def test_many_tokens_and_long_ones_are_no_trouble(tmp_path: Path) -> None:
    """A hundred thousand added tokens; one that nearly is everywhere; blanks that all would take."""
    many = [oracles.added(f"<|token {i}|>", NEXT + i) for i in range(100_000)]
    file = oracles.file(VOCAB, [], oracles.byte_level(), added_tokens=many)
    ours = Tokenizer.load(written(tmp_path, file))
    doc = "".join(f"<|token {i}|><|token {i}" for i in range(0, 100_000, 17))
    expected = [number for number in ours.encode(doc, allowed_special="all") if number >= NEXT]
    assert expected == [NEXT + i for i in range(0, 100_000, 17)]
    assert len(ours.special_counts([doc])[0]) == len(expected)
    long = tokenizer(special_tokens={"a" * 2000 + "b": 400, "\n": 401})
    assert long.special_counts(["a" * 1_000_000])[0].as_py() == []
    greedy = [oracles.added(" ", NEXT, rstrip=True), oracles.added("<m>", NEXT + 1, lstrip=True)]
    file = oracles.file(VOCAB, [], oracles.byte_level(), added_tokens=greedy)
    ours = Tokenizer.load(written(tmp_path, file))
    assert ours.encode(" " * 300_000 + "<m>", allowed_special="all").tolist()[-1] == NEXT + 1


def test_a_fingerprint_is_of_what_decides_ids(tmp_path: Path) -> None:
    file = kinds()[0]
    same = [file, dict(file, truncation=kinds()[5]["truncation"])]
    others = [
        *kinds()[1:],
        dict(file, added_tokens=ADDED[:2]),
        dict(file, added_tokens=[dict(ADDED[0], rstrip=True), *ADDED[1:]]),
        oracles.file(VOCAB, file["model"]["merges"][1:], oracles.byte_level(), added_tokens=ADDED),
    ]
    prints = [Tokenizer.load(written(tmp_path, one)).fingerprint for one in (*same, *others)]
    assert prints[0] == prints[1]
    assert len(set(prints)) == len(prints) - 1
    assert tokenizer().fingerprint == tokenizer(cache_bytes=0).fingerprint
    assert tokenizer().fingerprint != tokenizer(special_tokens={"<|end|>": 400}).fingerprint
    assert tokenizer().unicode_version == "16.0.0"
    bytes_alone = Tokenizer.from_tokens([bytes([byte]) for byte in range(256)], pattern="gpt2")
    assert (
        bytes_alone.fingerprint
        == "3dbe9815f8c22b92b74b1e74438304f723dc15a30084b6b0a462b2b65060956c"
    )


def test_wrong_arguments_are_named(tmp_path: Path) -> None:
    ours = tokenizer()
    for wrong, said in (
        ("<|end|>", r"expected .all. or a tuple of spellings, got "),
        (("<s>",), "'<s>' is no special token of this tokenizer; it has "),
    ):
        with pytest.raises(ValueError, match=f"allowed_special: .*{said}"):
            ours.encode("a", allowed_special=wrong)
    with pytest.raises(ValueError, match=r"'>b' is no special token"):
        of_kind(0, tmp_path).count(["a"], allowed_special=(">b",))
    for wrong, said in (
        ({"": 400}, "expected a spelling that is not empty"),
        ({"<a>": -1}, "expected a whole number from 0"),
        ({"<a>": 97}, "97 is the id of b'a'"),
        ({"<a>": 400, "<b>": 400}, "id 400 is that of '<a>' and of '<b>'"),
    ):
        with pytest.raises(ValueError, match=said):
            tokenizer(special_tokens=wrong)
    with pytest.raises(TypeError, match="special_tokens: expected a mapping"):
        tokenizer(special_tokens=["<a>"])
    with pytest.raises(ValueError, match="has id 400 in the file, got 401"):
        Tokenizer.load(written(tmp_path, kinds()[0]), special_tokens={"<a>": NEXT + 1})
    with pytest.raises(ValueError, match="max_tokens: expected a whole number from 0"):
        ours.encode("a", max_tokens=-1)
    for n, stride, said in ((0, None, "n: "), (4, 5, "stride: .* from 1 to 4"), (4, 0, "stride: ")):
        with pytest.raises(ValueError, match=said):
            ours.chunk(["a"], n, stride=stride)
    with pytest.raises(TypeError, match="docs: expected a string column"):
        ours.special_counts(pa.array([1]))
    with pytest.raises(TypeError, match="docs: expected a string column"):
        ours.offsets(pa.array([1]))


def test_bytes_that_are_no_utf8_are_text(nfc: Tokenizer) -> None:
    """Beside special tokens, and through NFC."""
    doc = b"\xff<|end|>\xe4\xb8<|end|>e\xcc"
    column = pa.array([doc], pa.binary()).view(pa.string())
    ours = tokenizer()
    ids = ours.encode_batch(column, allowed_special="all")
    assert ids.to_pylist()[0].count(400) == 2
    assert ours.decode_batch(ids).to_pylist() == [doc]
    assert nfc.decode_batch(nfc.encode_batch(column)).to_pylist() == [doc]
    assert nfc.offsets(column)[0].as_py()[-1]["end"] == len(doc)


def test_threads_and_forked_processes_go_on() -> None:
    ours = tokenizer()
    docs = ["the cat<|end|> and the hat" * 20, None, ""] * 200
    before = ours.offsets(docs, allowed_special="all", threads=1)
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda _: ours.offsets(docs, allowed_special="all"), range(8)))
    assert all(found.equals(before) for found in again)
    code = """
import os, sys
sys.path.insert(0, sys.argv[1])
import test_tokenizer_special as tests
ours = tests.tokenizer()
before = ours.special_counts(["<|end|>"] * 100, threads=2)
if (child := os.fork()) == 0:
    os._exit(not ours.special_counts(["<|end|>"] * 100, threads=2).equals(before))
assert os.waitpid(child, 0)[1] == 0
"""
    done = in_child(code, Path(__file__).parent)
    assert done.returncode == 0, done.stderr


def test_files_are_json_of_any_spelling(tmp_path: Path) -> None:
    """Escaped or not, the same tokenizer."""
    path = written(tmp_path, kinds()[0])
    plain = Tokenizer.load(path).fingerprint
    path.write_text(json.dumps(kinds()[0], ensure_ascii=False, indent=1), "utf-8")
    assert Tokenizer.load(path).fingerprint == plain
