"""oracles: hashes, n-grams and words, written slowly and plainly. Imports nothing of ours.

A function here and in oracles_AREA.py takes one document where the library takes a column, and is
named as its fast twin.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Sequence

import xxhash

# --- hashes ---------------------------------------------------------------------------------------

M32 = 2**32 - 1
M64 = 2**64 - 1


def mix(x: int) -> int:
    for _ in range(2):
        x = (x ^ x >> 32) * 0xD6E8FEB86659FD93 & M64
    return x ^ x >> 32


def multiply_fold(a: int, b: int) -> int:
    product = a * b
    return (product ^ product >> 64) & M64


def random_numbers(seed: int, count: int) -> list[int]:
    """splitmix64."""
    out = []
    for _ in range(count):
        seed = (seed + 0x9E3779B97F4A7C15) & M64
        z = seed
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & M64
        z = (z ^ z >> 27) * 0x94D049BB133111EB & M64
        out.append(z ^ z >> 31)
    return out


# --- ngram ----------------------------------------------------------------------------------------


def word_hash(word: bytes) -> int:
    if len(word) > 16:
        return xxhash.xxh3_64_intdigest(word)
    low, high = struct.unpack("<2Q", word.ljust(16, b"\0"))
    return multiply_fold(low ^ 0x9E3779B97F4A7C15, high ^ 0xD6E8FEB86659FD93)


def shingles(units: Sequence[int], raw: bytes, n: int) -> list[int]:
    """Hashes of the n-grams of a document of these unit hashes and these bytes."""
    if not units:
        return [xxhash.xxh3_64_intdigest(raw, seed=0xA0761D6478BD642F)]
    size = min(n, len(units))
    out = []
    for i in range(len(units) - size + 1):
        value = 0
        for unit in units[i : i + size]:
            value = value * 0x9E3779B97F4A7C15 + unit
        out.append(mix((value + size * 0xC2B2AE3D27D4EB4F) & M64))
    return out


# --- text -----------------------------------------------------------------------------------------

# Letters and numbers in these ranges have Han, Hiragana, Katakana, Thai, Lao, Khmer, Myanmar or
# Tibetan as Script or among their Script_Extensions (Unicode 15.0); none outside has.
STANDALONE = (
    (0x0E01, 0x1099),  # Thai, Lao, Tibetan, Myanmar
    (0x1780, 0x17F9),  # Khmer
    (0x3005, 0x30FF),  # iteration marks, Hangzhou numerals, Hiragana, Katakana
    (0x3192, 0x3195),  # kanbun numbers
    (0x31F0, 0x3229),  # small Katakana, parenthesized ideographs
    (0x3280, 0x3289),  # circled ideographs
    (0x3400, 0x9FFF),  # Han
    (0xA9E0, 0xA9FE),  # Myanmar
    (0xAA60, 0xAA7F),  # Myanmar
    (0xF900, 0xFAD9),  # Han
    (0xFF66, 0xFF9F),  # Katakana
    (0x16FE3, 0x16FE3),  # Han
    (0x1AFF0, 0x1B167),  # Hiragana, Katakana
    (0x1D360, 0x1D371),  # counting rods
    (0x20000, 0x323AF),  # Han
)
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def is_standalone(char: str) -> bool:
    is_letter_or_number = unicodedata.category(char)[0] in "LN"
    return is_letter_or_number and any(a <= ord(char) <= b for a, b in STANDALONE)


def words(document: bytes) -> list[bytes]:
    return [word for word, _, _ in words_in_place(document)]


def word_spans(document: bytes) -> list[tuple[int, int]]:
    return [(begin, end) for _, begin, end in words_in_place(document)]


def words_in_place(document: bytes) -> list[tuple[bytes, int, int]]:
    """The words, each with the bytes [begin, end) of the document that it stands in."""
    out: list[tuple[bytes, int, int]] = []
    open_to = ""  # the categories that go on the last word
    end = 0
    for char in document.decode("utf-8", "surrogateescape"):
        group = "L" if char == "_" else unicodedata.category(char)[0]
        lower = char.lower()[0].encode(
            "utf-8", "surrogateescape"
        )  # [0]: the simple mapping of U+0130
        begin, end = end, end + len(char.encode("utf-8", "surrogateescape"))
        alone = is_standalone(char)
        if group not in "LMN":
            open_to = ""
        elif group in open_to and not alone:
            word, first, _ = out[-1]
            out[-1] = (word + lower, first, end)
        else:
            out.append((lower, begin, end))
            open_to = "M" if alone else "LMN"
    return out


def moved(
    spans: Sequence[tuple[int, int]], cuts: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Each end is as far from the beginning as bytes before it stay."""
    length = max((end for _, end in spans), default=0)
    stays = [not any(begin <= at < end for begin, end in cuts) for at in range(length)]
    return [(sum(stays[:begin]), sum(stays[:end])) for begin, end in spans]


def characters(document: bytes) -> int:
    """Code points, and each byte that is no part of well-formed UTF-8."""
    return len(document.decode("utf-8", "surrogateescape"))


def letters(document: bytes) -> int:
    """Characters of category L."""
    text = document.decode("utf-8", "surrogateescape")
    return sum(unicodedata.category(char)[0] == "L" for char in text)


def scripts_by_code(scripts_txt: str) -> dict[int, str]:
    """The script of each code point that Unicode's Scripts.txt names."""
    found = re.findall(r"^([0-9A-F]+)(?:\.\.([0-9A-F]+))? *; (\w+)", scripts_txt, re.MULTILINE)
    return {
        code: name
        for first, last, name in found
        for code in range(int(first, 16), int(last or first, 16) + 1)
    }


def normalize(
    document: bytes, form: str | None, *, casefold: bool = False, whitespace: bool = False
) -> bytes:
    def to_form(text: str) -> str:
        return unicodedata.normalize(form, text) if form else text  # type: ignore[arg-type]

    text = to_form(document.decode("utf-8", "surrogateescape"))
    if casefold:
        text = to_form(text.casefold())
    if whitespace:
        text = re.sub(f"[{WHITE_SPACE}]+", " ", text).strip(" ")
    return text.encode("utf-8", "surrogateescape")
