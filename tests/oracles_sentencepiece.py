"""oracles_sentencepiece: models of SentencePiece, written by hand or trained, and its own answers.

Imports nothing of ours.
"""

from __future__ import annotations

import functools
import io
import struct
from collections.abc import Sequence
from typing import Any

import sentencepiece

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
KINDS = {"unigram": 1, "bpe": 2, "word": 3, "char": 4}
Piece = tuple[str, float, int]  # text, score, type

TEXTS = [
    "The cat's hat isn't what they'll've WANTED in 2024 or 12345.  Über größe страница слово",
    "中文字符。日本語のテキスト def f(x): return x + 100 the cat and the hat of ﬁne ｆｕｌｌ",
    "see http://a.b/c in ０１２ the café with naïve résumés – “quoted” … and 가나다 नमस्ते",
    "a aa aaa aaaa ab abab ababab ba bab the theme then there they hat hats that",
]


def varint(number: int) -> bytes:
    data = b""
    while number > 127:
        data, number = data + bytes([number & 127 | 128]), number >> 7
    return data + bytes([number])


def field(number: int, value: float | str | bytes) -> bytes:
    """Of a protocol buffer: an int or bool as a varint, a float in four bytes, else with its size."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def fields(data: bytes) -> dict[int, bytes]:
    """Those of bytes in a protocol buffer, by number; of one that comes again the last."""
    found, at = {}, 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte, at = data[at], at + 1
            value, shift = value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    while at < len(data):
        key = number()
        size = {0: 0, 1: 8, 5: 4}.get(key & 7)
        if size is None:
            size = number()
            found[key >> 3] = data[at : at + size]
        elif size == 0:
            number()
        at += size
    return found


def written(
    pieces: Sequence[Piece],
    kind: str,
    *,
    byte_fallback: bool = False,
    suffix: bool = False,
    charsmap: bytes = b"",
    dummy_prefix: bool = True,
    remove_extra: bool = True,
    escape: bool = True,
) -> bytes:
    """A model of these pieces behind <unk>, <s> and </s>, and those of bytes if it falls back to them."""
    special: list[Piece] = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)]
    if byte_fallback:
        special += [(f"<0x{byte:02X}>", 0.0, BYTE) for byte in range(256)]
    data = b"".join(
        field(1, field(1, text) + field(2, score) + field(3, type_))
        for text, score, type_ in [*special, *pieces]
    )
    trainer = field(3, KINDS[kind]) + field(24, suffix) + field(35, byte_fallback)
    normalizer = field(2, charsmap) + field(3, dummy_prefix) + field(4, remove_extra)
    return data + field(2, trainer) + field(3, normalizer + field(5, escape))


@functools.cache
def trained(**options: Any) -> bytes:
    """A small model of SentencePiece's own making; text that it is of is above."""
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS * 5),
        model_writer=out,
        num_threads=1,
        minloglevel=2,
        hard_vocab_limit=False,
        **options,
    )
    return out.getvalue()


@functools.cache
def reference(model: bytes) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_proto=model)
