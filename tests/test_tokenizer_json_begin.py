"""tokenizer_json_begin: a Metaspace that is put first alone is put where the library tokenizers takes the text for
the begin of its document, whatever rules have dropped, changed or put there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles_tokenizer_load as oracles
from corpusmill.tokenizer import Tokenizer
from test_tokenizer_json_pieces import (
    BOTH,
    KINDS,
    LLAMA,
    MARK,
    RUNS,
    in_row,
    loaded,
    merged,
    metaspace,
    plain,
    scored,
)

LEFT = {"type": "Strip", "strip_left": True, "strip_right": False}
CHARSMAP = {"type": "Precompiled", "precompiled_charsmap": scored()[1]}
FILE = merged(None, metaspace("first"), LLAMA, byte_fallback=True, normalized=False)
FILE["model"]["merges"] = []  # so that ids tell each character


def replaced(what: str, content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"String": what}, "content": content}


STEPS = [
    *map(plain, KINDS),
    *[BOTH, LEFT, CHARSMAP, RUNS] * 2,
    *[replaced("a", ""), replaced("ab", "c"), replaced("e", "  xy"), replaced(" ", "")],
    *({"type": "Prepend", "prepend": text} for text in (" a", "e", "b")),
]
# Blanks, controls and marks that are dropped; what becomes more characters than it was, or fewer.
TRAPS = list(" \t\n\r\u3000\u00a0\u200b\x01\x02\x7f\u0301\u0323\u0345\u3099aabeeAc中<m>") + list(
    "\u2581¨´΅῭‗ﷺﬁéṩİかｶﾞ한하α\u0600"
)
texts = st.text(st.sampled_from(TRAPS), max_size=6)


def agree(steps: list[dict[str, Any]], docs: list[str], folder: Path, *, split: bool) -> None:
    normalizer = in_row("normalizers", *steps)
    file = FILE | {"normalizer": normalizer, "pre_tokenizer": metaspace("first", split=split)}
    ours: Tokenizer = loaded(json.loads(json.dumps(file)), folder)
    expected = oracles.encoded(oracles.library(file), docs, True)
    assert ours.encode_batch(docs, allowed_special="all").to_pylist() == expected
    told = ours.offsets(docs, allowed_special="all").to_pylist()
    assert [[token["id"] for token in row] for row in told] == expected


def test_the_mark_is_put_where_the_library_puts_it(tmp_path: Path) -> None:
    @settings(max_examples=50)
    @given(
        st.lists(st.sampled_from(STEPS), min_size=1, max_size=4),
        st.lists(texts, min_size=20, max_size=20),
        st.booleans(),
    )
    def check(steps: list[dict[str, Any]], docs: list[str], split: bool) -> None:
        agree(steps, docs, tmp_path, split=split)

    check()


@pytest.mark.parametrize(
    ("steps", "doc", "has_mark"),
    [
        ([], "ab", True),
        ([BOTH], " ab", False),  # the blank that the document began with is gone
        ([plain("StripAccents")], "\u0301ab", False),
        ([plain("Nmt")], "\x01ab", False),
        ([CHARSMAP], "\x01ab", True),  # the library is one character late from here on,
        ([CHARSMAP, replaced("a", "")], "\x01ab", False),  # which the next one tells
        ([plain("NFKD"), LEFT], "¨", True),  # a blank and a mark, of which the mark is left
        ([plain("NFKC"), LEFT], "¨ᅡ", True),
        ([CHARSMAP, LEFT], "´\x01", False),  # the mark is told to be what was dropped
        ([{"type": "Prepend", "prepend": " a"}, LEFT], "b", True),
    ],
)
def test_what_was_dropped_is_no_begin(
    steps: list[dict[str, Any]], doc: str, has_mark: bool, tmp_path: Path
) -> None:
    agree(steps, [doc], tmp_path, split=True)
    file = FILE | {"normalizer": in_row("normalizers", *steps)}
    ours = loaded(file, tmp_path)
    first = ours.encode(doc).tolist()[0]
    assert (first == file["model"]["vocab"][MARK]) == has_mark
