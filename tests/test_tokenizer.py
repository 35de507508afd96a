"""tokenizer: ids equal tiktoken's, decode gives the text back, and what is no vocabulary is refused."""

from __future__ import annotations

import base64
import functools
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles_tokenizer as oracles
from corpusmill.tokenizer import PATTERNS, Tokenizer
from test_faults import in_child

TEXT = (
    "The cat's hat isn't what they'll've WANTED in 2024 or 12345.  Über größe страница слово"
    " 中文字符。日本語のテキスト\n\n  def f(x): return x + 100\n\t// see http://a.b/c\r\n"
)
TOKENS = oracles.trained((TEXT * 3).encode(), 400)
# All that is short, so that ids tell where pieces end, which those of TOKENS rarely do.
BYTES = tuple(bytes([byte]) for byte in range(256))
PAIRS = (*BYTES, *(first + second for first in BYTES for second in BYTES))
# Where the patterns part ways: case, marks, digits of all kinds, blanks, line ends, contractions.
TRAPS = list("aAzZlLvVrReEdDmMsStT''''    \t\n\r\n..,-/!1239_") + list(
    "ſ\u00a0\u2028\u3000\x85\x1c😀é文中ǅʰ\u0301\u0600Ⅷ½߀\u200b\ufeffЖжİ\x00$€"
)
trap_texts = st.text(st.sampled_from(TRAPS), max_size=30)


def tokenizer(pattern: str = "cl100k", cache_bytes: int = 1 << 16) -> Tokenizer:
    return Tokenizer.from_tokens(TOKENS, pattern=pattern, cache_bytes=cache_bytes)


@pytest.mark.parametrize("pattern", PATTERNS)
@given(docs=st.lists(st.none() | trap_texts | documents.texts, max_size=12))
def test_ids_equal_tiktokens(pattern: str, docs: list[str | None]) -> None:
    reference = oracles.reference(pattern, tuple(TOKENS))
    expected = [None if doc is None else reference.encode_ordinary(doc) for doc in docs]
    for cache_bytes in (0, 200, 1 << 16):
        ours = tokenizer(pattern, cache_bytes)
        for threads in (1, 3):
            ids = ours.encode_batch(pa.array(docs, pa.string()), threads=threads)
            assert ids.to_pylist() == expected
        counts = [None if row is None else len(row) for row in expected]
        assert ours.count(pa.array(docs, pa.string())).to_pylist() == counts
        texts = ours.decode_batch(ids).cast(pa.large_string())
        assert texts.to_pylist() == docs


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_character_is_cut_as_tiktoken_cuts_it(pattern: str) -> None:
    """Of the planes that have any, between letters, digits, blanks, quotes and line ends."""
    codes = documents.CODE_POINTS
    docs = ["".join(f"aB{c}cD 1{c}2 '{c}s \n{c} {c}\n{c}{c}\n" for c in map(chr, codes[i : i + 64]))
            for i in range(0, len(codes), 64)]  # fmt: skip
    reference = oracles.reference(pattern, PAIRS)
    ids = Tokenizer.from_tokens(PAIRS, pattern=pattern).encode_batch(docs)
    for row, doc in zip(ids, docs, strict=True):
        assert row.as_py() == reference.encode_ordinary(doc)


@functools.cache
def strings_of_traps() -> list[str]:
    rng = random.Random(4)
    return ["".join(rng.choices(TRAPS, k=rng.randint(0, 30))) for _ in range(60_000)]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_sixty_thousand_strings_of_traps_give_tiktokens_ids(pattern: str) -> None:
    """Far more than hypothesis draws, of the same alphabet; a tenth of them by what takes several passes."""
    docs = strings_of_traps()[: 60_000 if pattern in oracles.PATTERNS else 6_000]
    reference = oracles.reference(pattern, PAIRS)
    expected = pa.array(map(reference.encode_ordinary, docs), pa.large_list(pa.uint32()))
    ids = Tokenizer.from_tokens(PAIRS, pattern=pattern).encode_batch(docs)
    wrong = (doc for doc, *two in zip(docs, ids, expected, strict=True) if two[0] != two[1])
    assert ids.equals(expected), next(wrong)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_text_cut_anywhere_gives_tiktokens_ids_of_both_parts(pattern: str) -> None:
    """Every begin and end beside the 64 bytes that are scanned at once, which are ASCII here or not."""
    rng = random.Random(6)
    plain = [trap for trap in TRAPS if trap.isascii()]
    text = TEXT + "".join([*rng.choices(plain, k=200), *rng.choices(TRAPS, k=100)])
    text += "a" * 66 + " " * 66 + "'ll" * 23 + "".join(rng.choices(plain, k=70))
    docs = [part for i in range(len(text) + 1) for part in (text[:i], text[i:])]
    reference = oracles.reference(pattern, PAIRS)
    ids = Tokenizer.from_tokens(PAIRS, pattern=pattern).encode_batch(docs)
    for doc, row in zip(docs, ids.to_pylist(), strict=True):
        assert row == reference.encode_ordinary(doc), doc


@given(st.binary(min_size=1, max_size=80))
def test_a_piece_is_merged_by_the_definition(piece: bytes) -> None:
    """Letters alone, so that the text is one piece; short and long ones go different ways."""
    ranks = {token: rank for rank, token in enumerate(TOKENS)}
    text = "".join(chr(ord("a") + byte % 26) for byte in piece)
    ours = tokenizer(cache_bytes=0)
    assert ours.encode(text).tolist() == oracles.merged(text.encode(), ranks)
    assert ours.encode(text * 3).tolist() == oracles.merged(3 * text.encode(), ranks)


@given(st.text("中文字本", min_size=20, max_size=200), st.text("中文字本", min_size=6, max_size=60))
def test_a_piece_is_merged_by_any_merges(learned_of: str, text: str) -> None:
    """Of tokens that overlap in all ways, within characters and across them."""
    tokens = oracles.trained(learned_of.encode(), 256 + len(learned_of) // 2)
    ours = Tokenizer.from_tokens(tokens, pattern="cl100k", cache_bytes=0)
    ranks = {token: rank for rank, token in enumerate(tokens)}
    assert ours.encode(text).tolist() == oracles.merged(text.encode(), ranks)


def test_bytes_that_are_no_utf8_are_kept() -> None:
    docs = pa.array([b"a\xff\xfe b\xe4\xb8", b"\x80", b""], pa.binary()).view(pa.string())
    ids = tokenizer().encode_batch(docs)
    assert tokenizer().decode_batch(ids).to_pylist() == [b"a\xff\xfe b\xe4\xb8", b"\x80", b""]
    binary = pa.chunked_array([docs.view(pa.binary()), docs.view(pa.binary())])
    as_text = binary.cast(pa.string(), safe=False)
    assert as_text.chunk(0).buffers()[2].address == docs.buffers()[2].address
    assert tokenizer().encode_batch(as_text).to_pylist() == ids.to_pylist() * 2
    assert tokenizer().decode(ids[1].as_py()) == "\ufffd"


def test_answers_do_not_depend_on_slices_chunks_and_what_was_seen_before() -> None:
    rng = random.Random(1)
    docs = ["".join(rng.choices(TRAPS, k=rng.randint(0, 60))) for _ in range(2000)]
    ours = tokenizer(cache_bytes=4096)
    whole = ours.encode_batch(docs, threads=1)
    column = pa.array(["x", *docs], pa.string_view())
    chunked = pa.chunked_array([column[1:700], column[700:700], column[700:]])
    assert ours.encode_batch(chunked, threads=3).equals(whole)
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda _: ours.encode_batch(docs, threads=2), range(8)))
    assert all(ids.equals(whole) for ids in again)


def test_long_pieces_are_no_trouble() -> None:
    """Worst cases of splitting and of merging; a megabyte of each."""
    reference = oracles.reference("o200k", tuple(TOKENS))
    for part in ("a", " ", "-", "\n ", "aB", "中A", "\u0301A", "1", " a", "'"):
        text = part * (1_000_000 // len(part.encode()))
        ids = tokenizer("o200k", 0).encode(text)
        assert tokenizer("o200k").decode(ids) == text
        assert ids[:2000].tolist() == reference.encode_ordinary(text[:8000])[:2000]


def as_ranks(tokens: Sequence[bytes]) -> bytes:
    """A file of ranks; of an empty token there is none."""
    lines = [b"%s %d" % (base64.b64encode(t), i) for i, t in enumerate(tokens) if t]
    return b"\n".join(lines) + b"\n"


def test_ranks_are_read_and_ids_are_small_if_they_fit(tmp_path: Path) -> None:
    tokens = [*TOKENS[:300], b"", b"hole"]
    path = tmp_path / "some.tiktoken"
    path.write_bytes(as_ranks(tokens))
    ours = Tokenizer.load(path, pattern="gpt2")
    assert (ours.vocab_size, ours.dtype, ours.pattern) == (302, np.uint16, "gpt2")
    assert ours.encode("hole").tolist() == [301]
    with pytest.raises(ValueError, match="pattern: a file of ranks does not say"):
        Tokenizer.load(path)
    assert ours.encode_batch(["hole"], dtype="uint32").type == pa.large_list(pa.uint32())
    with pytest.raises(ValueError, match="ids: row 1 holds 300, which is no token"):
        ours.decode_batch([[301], [300]])
    with pytest.raises(ValueError, match="ids: row 0 holds -1"):
        ours.decode_batch([[-1]])
    large = Tokenizer.from_tokens(
        [*tokens, *([b""] * 70_000), b"far"], pattern="gpt2", cache_bytes=0
    )
    assert large.encode_batch(["far", "hole"]).type == pa.large_list(pa.uint32())
    assert large.encode_batch(["far", "hole"]).to_pylist() == [[70302], [301]]
    with pytest.raises(ValueError, match="70,303 ids do not fit uint16"):
        large.encode_batch(["a"], dtype="uint16")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no tokenizer that is known"),
        (b"!!! 0\n", ":1: expected a token in base64 and its rank"),
        (b"YQ== 0\nYg== x\n", ":2: expected a token in base64 and its rank"),
        (b"YQ== 0\nYg==\n", ":2: expected a token in base64 and its rank"),
        (b"YQ== 0\n", "byte 0 is no token"),
        (b"YQ== 0\nYQ== 1\n", "tokens 0 and 1 are the same bytes"),
        (b"YQ== -1\n", "expected ids from 0"),
        (b"YQ== 99999999999\n", "expected ids from 0"),
        (b"YQ== 0\nYg== 0\n", ":2: rank 0 is that of b'a', too"),
        (b"YQ== 0\nYg== 1_0\n", ":2: expected a token in base64 and its rank"),
        (b"YQ== 0\nYg== +1\n", ":2: expected a token in base64 and its rank"),
        (b"YQ== 0\n" + base64.b64encode(b"a" * 65_537) + b" 1\n", "token 1 has 65537 bytes"),
        (b'{"version": "1.0"}', "JSON, but no tokenizer.json"),
        (b'{"version": "1.0', "this begins as JSON and is none"),
    ],
)
def test_what_is_no_file_of_ranks_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "tokenizer.model"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=said) as error:
        Tokenizer.load(path, pattern="cl100k")
    assert str(path) in str(error.value)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(FileNotFoundError):
        Tokenizer.load("none", pattern="gpt2")
    with pytest.raises(ValueError, match="pattern: expected one of gpt2, "):
        Tokenizer.from_tokens(TOKENS, pattern="p50k", cache_bytes=0)
    with pytest.raises(ValueError, match="cache_bytes"):
        tokenizer(cache_bytes=-1)
    for refused in (pa.array([1]), pa.array([b"a"]), pa.array([b"a"], pa.large_binary())):
        for asked in ("encode_batch", "count", "offsets", "special_counts"):
            with pytest.raises(
                TypeError, match=f"docs: expected a string column, got {refused.type}"
            ):
                getattr(tokenizer(), asked)(refused)
    with pytest.raises(TypeError, match="text: expected str"):
        tokenizer().encode(b"a")
    with pytest.raises(ValueError, match="dtype: expected 'uint16' or 'uint32'"):
        tokenizer().encode_batch(["a"], dtype="int32")
    with pytest.raises(TypeError, match="expected a column of lists of integers"):
        tokenizer().decode_batch(pa.array(["a"]))
    with pytest.raises(ValueError, match=r"token '.ud800' is no text"):
        Tokenizer.from_tokens(TOKENS, pattern="gpt2", special_tokens={"\ud800": 9999})
    assert cm.tokenizer.Tokenizer is Tokenizer


def test_a_forked_process_goes_on() -> None:
    code = """
import os, sys
sys.path.insert(0, sys.argv[1])
import test_tokenizer
ours = test_tokenizer.tokenizer()
before = ours.encode_batch(["some text"] * 100, threads=2)
if (child := os.fork()) == 0:
    os._exit(not ours.encode_batch(["some text"] * 100, threads=2).equals(before))
assert os.waitpid(child, 0)[1] == 0
"""
    done = in_child(code, Path(__file__).parent)
    assert done.returncode == 0, done.stderr
