"""tokenizer_memory: what a long document takes is given back, in every family."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from pathlib import Path

import pytest

import oracles_sentencepiece
from corpusmill.tokenizer import Tokenizer
from test_tokenizer import TOKENS


class Allocated(ctypes.Structure):
    """What glibc's mallinfo2 tells."""

    _fields_ = [
        ("others", ctypes.c_size_t * 4),
        ("hblkhd", ctypes.c_size_t),  # mapped
        ("more", ctypes.c_size_t * 2),
        ("uordblks", ctypes.c_size_t),  # of the heap
        ("rest", ctypes.c_size_t * 2),
    ]


@functools.cache
def mallinfo() -> Callable[[], Allocated]:
    try:
        found = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        pytest.skip("only glibc tells how much is allocated")
    found.restype = Allocated
    return found


def allocated() -> int:
    """Bytes, whatever the process keeps of those that were freed."""
    now = mallinfo()()
    return now.uordblks + now.hblkhd


@pytest.mark.parametrize("family", ["ranks", "unigram", "bpe", "wordpiece"])
def test_what_a_long_document_took_is_given_back(family: str, tmp_path: Path) -> None:
    path = tmp_path / "some"
    if family == "ranks":
        ours = Tokenizer.from_tokens(TOKENS, pattern="gpt2", cache_bytes=1 << 16)
    else:
        is_wordpiece = family == "wordpiece"
        trained = b"" if is_wordpiece else oracles_sentencepiece.trained(model_type=family)
        path.write_bytes(b"[UNK]\na\n##a\n" if is_wordpiece else trained)
        lowercase = True if is_wordpiece else None
        ours = Tokenizer.load(path, lowercase=lowercase, cache_bytes=1 << 16)
    docs = ["the cat", "A" * 3_000_000]
    ours.encode_batch(docs[:1], threads=1)
    before = allocated()
    for call in (ours.encode_batch, ours.offsets, ours.count):
        call(docs, threads=1)
        assert allocated() - before < 1_000_000
