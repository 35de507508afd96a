"""tokenizer_json_offsets: which bytes the tokens of a tokenizer.json of pieces stand for: the characters that the
library tells, but for what each test here names."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tokenizers
from hypothesis import given, settings

import documents
import oracles_tokenizer_load as oracles
from corpusmill.tokenizer import Tokenizer
from test_tokenizer_json_pieces import (
    BOTH,
    FALLBACK,
    FILES,
    LLAMA,
    MARK,
    PREPEND,
    REPLACE,
    RUNS,
    WORDS,
    in_row,
    loaded,
    merged,
    metaspace,
    plain,
    scored,
    texts,
    unigram,
)

Part = tuple[int, int]
FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def characters(doc: str, token: dict[str, int]) -> Part:
    """Those that have a part in a token, as the library counts them."""
    at = [i for i, char in enumerate(doc) for _ in char.encode()] + [len(doc)]
    begin, end = token["begin"], token["end"]
    return at[begin], at[end - 1] + 1 if end > begin else at[begin]


def told(ours: Tokenizer, doc: str) -> list[dict[str, int]]:
    rows: list[dict[str, int]] = ours.offsets([doc], allowed_special="all")[0].as_py()
    return rows


def kinds(file: dict[str, Any]) -> set[str]:
    """The steps of its normalizer."""
    normalizer = file["normalizer"] or {}
    return {step["type"] for step in normalizer.get("normalizers", [normalizer]) if step}


def differs(file: dict[str, Any], token: str, ours: Part, theirs: Part) -> str:
    """What of the differences it is; none is a failure."""
    if ours[0] == ours[1] == theirs[0] and token == MARK:
        return "put in"
    composes = ours[0] <= theirs[0] <= theirs[1] <= ours[1]
    if composes and not kinds(file).isdisjoint(FORMS):
        return "composed"
    falls_back = file["model"]["type"] == "Unigram" and token.startswith("<0x")
    if falls_back and theirs[0] <= ours[0] < ours[1] <= theirs[1]:
        return "bytes"
    return "none"


@pytest.mark.parametrize("which", range(len(FILES)))
def test_tokens_are_of_the_characters_that_the_library_tells(which: int, tmp_path: Path) -> None:
    file = FILES[which]
    ours, reference = loaded(file, tmp_path), oracles.library(file)

    @settings(max_examples=8)
    @given(texts | documents.texts)
    def check(doc: str) -> None:
        expected = reference.encode(doc, add_special_tokens=False)
        rows = told(ours, doc)
        assert [token["id"] for token in rows] == expected.ids
        assert expected.ids == ours.encode(doc, allowed_special="all").tolist()
        for row, token, theirs in zip(rows, expected.tokens, expected.offsets, strict=True):
            here = characters(doc, row)
            assert here == theirs or differs(file, token, here, theirs) != "none", (token, theirs)

    check()


def spans(ours: Tokenizer, doc: str) -> list[Part]:
    return [(token["begin"], token["end"]) for token in told(ours, doc)]


def library(file: Any, doc: str) -> list[Part]:
    return list(oracles.library(file).encode(doc, add_special_tokens=False).offsets)


def test_a_mark_that_was_put_in_has_no_width(tmp_path: Path) -> None:
    """The library tells the character behind it, which is that of the next token, too."""
    file = merged(in_row("normalizers", PREPEND, REPLACE), None, LLAMA, byte_fallback=True)
    file["model"]["merges"] = []
    assert spans(loaded(file, tmp_path), "a b") == [(0, 0), (0, 1), (1, 2), (2, 3)]
    assert library(file, "a b") == [(0, 1), (0, 1), (1, 2), (2, 3)]
    file = unigram((), WORDS, None)
    assert spans(loaded(file, tmp_path), " \u4e2d \u4e2d") == [(1, 1), (1, 4), (5, 5), (5, 8)]
    assert library(file, " \u4e2d \u4e2d") == [(1, 2), (1, 2), (3, 4), (3, 4)]


def test_a_character_that_was_composed_has_all_of_its_parts(tmp_path: Path) -> None:
    """The library tells the first alone, and the marks are of no token."""
    normalizer = in_row("normalizers", plain("NFC"), REPLACE)
    file = merged(normalizer, None, LLAMA, byte_fallback=True)
    doc = "ae\u0301"
    assert set(spans(loaded(file, tmp_path), doc)[1:]) == {(1, 4)}
    assert set(library(file, doc)[1:]) == {(1, 2)}


def test_each_byte_of_what_is_unknown_is_its_own(tmp_path: Path) -> None:
    """To the library each is all that is unknown in a row, of a Unigram; of BPE its character."""
    file = unigram((), metaspace("never"), None, byte_fallback=True)
    doc = "\u0600\u0601"
    assert spans(loaded(file, tmp_path), doc) == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert library(file, doc) == [(0, 2)] * 4
    file = merged(REPLACE, None, in_row("decoders", FALLBACK), byte_fallback=True)
    assert spans(loaded(file, tmp_path), doc) == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert library(file, doc) == [(0, 1), (0, 1), (1, 2), (1, 2)]


def test_what_a_charsmap_drops_first_moves_nothing(tmp_path: Path) -> None:
    """In the library all that follows is told one character too early; behind one that became several, dropped
    ones are told for the last of them."""
    file = unigram(("charsmap",), metaspace("never", split=False), None)
    ours = loaded(file, tmp_path)
    normalizer = tokenizers.normalizers.Precompiled(base64.b64decode(scored()[1]))
    for doc, byte in (("\x01ab c", 1), ("\x01\x02ab c", 2)):
        assert normalizer.normalize_str(doc) == "ab c"
        assert spans(ours, doc)[0][0] == byte
        assert library(file, doc)[0][0] == 0
        assert spans(ours, doc)[-1][1] == len(doc)
        assert library(file, doc)[-1][1] == len(doc) - byte
    doc = "\ufb01\x01"  # "fi"
    assert all(part == (0, 3) for part in spans(ours, doc))
    assert library(file, doc)[-1] == (1, 2)


def test_of_a_replaced_run_the_last_character_counts(tmp_path: Path) -> None:
    """As in the library; the others are of no token, nor is what was stripped."""
    file = unigram((BOTH, RUNS), metaspace("never"), None)
    file["added_tokens"] = []
    doc = "  \u4e2d   \u4e2d "
    assert spans(loaded(file, tmp_path), doc) == [(2, 5), (7, 8), (8, 11)]
    assert library(file, doc) == [(2, 3), (5, 6), (6, 7)]


@pytest.mark.parametrize("which", [0, 23])
def test_offsets_do_not_depend_on_threads_and_chunks(which: int, tmp_path: Path) -> None:
    docs = [*documents.varied(20), None, "", "<m> \u00e9 <w>", "\ufb01\u0301 a" * 50]
    ours = loaded(FILES[which], tmp_path)
    whole = ours.offsets(docs, threads=1)
    column = pa.chunked_array([pa.array(docs[:7]), pa.array(docs[7:])])
    assert ours.offsets(column, threads=3).equals(whole)
    assert ours.offsets([None, ""]).to_pylist() == [None, []]


def test_bytes_that_are_no_text_are_told_one_by_one(tmp_path: Path) -> None:
    file = merged(REPLACE, None, in_row("decoders", FALLBACK), byte_fallback=True)
    bad = pa.array([b"\xffa\xe4\xb8"], pa.binary()).view(pa.string())
    found = loaded(file, tmp_path).offsets(bad).to_pylist()[0]
    three = [(0, 1)] * 3  # U+FFFD has three bytes
    assert [(token["begin"], token["end"]) for token in found] == [
        *three,
        (1, 2),
        *[(2, 3)] * 3,
        *[(3, 4)] * 3,
    ]
