"""tokenizer, the patterns of SuperBPE: numbers in threes from the right and little else is cut, as the library
tokenizers cuts; a run of digits takes linear time, which it does not take there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import documents
import oracles_tokenizer
import oracles_tokenizer_load as oracles
from corpusmill._tokenizer_patterns import DIGITS, WRITTEN
from corpusmill.tokenizer import Tokenizer
from test_tokenizer_load import ADDED, MERGES, SPELLINGS, VOCAB, agrees

SUPERWORDS = ["superbpe", "thousands", "superbpe128k"]
BYTES = tuple(bytes([byte]) for byte in range(256))
# All that is short, so that ids tell where pieces end.
PAIRS = (*BYTES, *(a + b for a in BYTES[:128] for b in BYTES[:128]))
TRAPS = [
    *"0123456789",
    "12",
    "345",
    "6789012",
    "\u0663",
    "\u0664\u0665\u0666",
    "\uff11",
    "\U0001d7d8",
]
TRAPS += [
    "\xbd",
    "\u2167",
    "\xb2",
    "\u3007",
    "\U00011de1",
    "\U00016ff5",
    "\u0967",
    *"aB.,-/ \n\r\t",
]
TRAPS += [" ", "  ", "..", " ,,", "//", "\r\n", "\u00a0", "\u2028", "\u0301", "\u200b", "and"]
numeric = st.lists(st.sampled_from(TRAPS), max_size=40).map("".join)


def file(pattern: str, **parts: Any) -> dict[str, Any]:
    return oracles.file(VOCAB, MERGES, oracles.split(*WRITTEN[pattern]), **parts)


def loaded(folder: Path, file: Any) -> Tokenizer:
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(file))
    return Tokenizer.load(path)


@pytest.mark.parametrize("pattern", SUPERWORDS)
@given(docs=st.lists(numeric, min_size=1, max_size=6))
def test_pieces_are_those_of_the_library(pattern: str, docs: list[str]) -> None:
    """Every byte is a token, and so is each pair of ASCII; counts, windows and beginnings follow."""
    reference = oracles_tokenizer.reference(pattern, PAIRS)
    ours = Tokenizer.from_tokens(PAIRS, pattern=pattern, cache_bytes=200)
    expected = [reference.encode_ordinary(doc) for doc in docs]
    assert ours.encode_batch(docs).to_pylist() == expected
    assert ours.count(docs, threads=2).to_pylist() == list(map(len, expected))
    assert ours.encode_batch(docs, max_tokens=5).to_pylist() == [ids[:5] for ids in expected]
    windows = ours.chunk(docs, 4)["ids"].to_pylist()
    assert windows == [ids[i : i + 4] for ids in expected for i in range(0, len(ids), 4)]
    for doc, row in zip(docs, ours.offsets(docs).to_pylist(), strict=True):
        data = doc.encode()
        assert [PAIRS[token["id"]] for token in row] == [data[t["begin"] : t["end"]] for t in row]
        assert b"".join(data[t["begin"] : t["end"]] for t in row) == data


@pytest.mark.parametrize("pattern", SUPERWORDS)
def test_every_number_is_one_where_it_is_there(pattern: str) -> None:
    """By Unicode 16 in expressions and 17 in Digits; among digits, which alone are counted."""
    codes = [c for c in documents.CODE_POINTS if c > 0x300 or chr(c).isalnum()]
    reference = oracles_tokenizer.reference(pattern, BYTES)
    assert isinstance(reference, oracles_tokenizer.ByPasses)
    pieces = [piece for piece, _ in reference.cut("".join(f"a{chr(c)}" for c in codes))]
    cut_apart = {char for piece in pieces for char in piece if len(piece) < 3} - {"a"}
    ours = Tokenizer.from_tokens(PAIRS, pattern=pattern)
    reference = oracles_tokenizer.reference(pattern, PAIRS)
    if pattern == "thousands":  # cuts none that is alone
        cut_apart = set(map(chr, codes[::7])) | {c for c in map(chr, codes) if c.isdecimal()}
    else:
        assert len(cut_apart) == {"superbpe": 1924, "superbpe128k": 1911}[pattern]
    docs = [f"1{c}234 {c}{c}{c}1{c}a{c}12 4567{c}" for c in sorted(cut_apart)]
    assert ours.encode_batch(docs).to_pylist() == list(map(reference.encode_ordinary, docs))


@pytest.mark.parametrize("pattern", SUPERWORDS)
@settings(max_examples=12)
@given(
    docs=st.lists(
        st.lists(st.sampled_from([*TRAPS, *SPELLINGS]), max_size=30).map("".join), max_size=6
    )
)
def test_files_of_this_shape_give_the_librarys_ids(
    pattern: str, docs: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Between added tokens a text begins and ends, and with it its numbers."""
    folder = tmp_path_factory.mktemp("file")
    assert agrees(file(pattern, added_tokens=ADDED), docs, folder).pattern == pattern
    agrees(file(pattern, ignore_merges=True), docs, folder)


@pytest.mark.parametrize("digit", ["7", "\U0001d7d9"])
@pytest.mark.parametrize("pattern", SUPERWORDS[:2])
def test_a_run_of_digits_is_linear(pattern: str, digit: str) -> None:
    """A megabyte, alone and behind letters; the expression is tried at each digit, over all that follow."""
    one = digit.encode()
    tokens = [*BYTES, *(one[:size] for size in range(2, len(one) + 1)), one * 2, one * 3]
    ours = Tokenizer.from_tokens(tokens, pattern=pattern)
    for size in (3 * 333_333 // len(digit.encode()) + more for more in range(3)):
        parts = oracles_tokenizer.threes(digit * size)
        expected = [tokens.index(part.encode()) for part in parts]
        assert ours.encode(digit * size).tolist() == expected
        behind = ours.encode("a" + digit * size + "z" + digit * 5).tolist()
        assert behind[1 : len(expected)] == expected[:-1]  # the last may go on
        assert ours.count(["a" + digit * size]).to_pylist() == [len(expected) + 1]


def test_bytes_that_are_no_text_end_a_number() -> None:
    for pattern in SUPERWORDS:
        ours = Tokenizer.from_tokens(PAIRS, pattern=pattern)
        docs = pa.array([b"1234\xff5678\xe4", b"\xd9\xa3\xd912"], pa.binary()).view(pa.string())
        ids = ours.encode_batch(docs)
        assert ours.decode_batch(ids).to_pylist() == [b"1234\xff5678\xe4", b"\xd9\xa3\xd912"]
        expected = {"superbpe128k": [b"12", b"3", b"4", b"\xff"]}
        first = [PAIRS[i] for i in ids[0].as_py()[:4]]
        assert first == expected.get(pattern, [b"1", b"23", b"4", b"\xff"])


THOUSANDS, (SUPERWORD,) = oracles_tokenizer.THOUSANDS, WRITTEN["superbpe128k"]


def behaving(cutters: Any, **changes: Any) -> dict[str, Any]:
    """What is said by each Split, changed."""
    steps = oracles.split(*cutters)
    for step in steps["pretokenizers"]:
        step.update(changes if step["type"] == "Split" else {})
    return oracles.file(VOCAB, MERGES, steps)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (behaving([("Digits", True), THOUSANDS]), r"no scanner for the pattern \('Digits', True\) then"),
        (behaving([THOUSANDS, DIGITS]), r"no scanner for the pattern .* then \('Digits', False\)"),
        (behaving([DIGITS]), r"no scanner for the pattern \('Digits', False\)$"),
        (behaving([r"\p{N}+", THOUSANDS]), r"no scanner for the pattern '.*' then"),
        (behaving([r"(?=([0-9]{3})+(?![0-9]))"]), "no scanner for the pattern"),
        (behaving([r"(?=(\d{3})+$)"]), "no scanner for the pattern"),
        (behaving([DIGITS, THOUSANDS], behavior="MergedWithNext"), "'MergedWithNext', False"),
        (behaving([DIGITS, THOUSANDS], behavior="Removed", invert=True), "does not find would be lost"),
        (behaving([SUPERWORD], behavior="Removed", invert=True), "does not find would be lost"),
        (behaving(WRITTEN["deepseek"], behavior="Removed", invert=True), "does not find would be lost"),
        (behaving([SUPERWORD], behavior="Isolated", invert=True), "'Isolated', True"),
    ],
)  # fmt: skip
def test_other_spellings_are_refused_by_name(file: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        loaded(tmp_path, file)
