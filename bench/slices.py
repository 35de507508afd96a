"""Texts to documents of 0.5 to 20 KB, and what kind of document each is. Knows no files.

A document's length is drawn from its first paragraph's checksum, so two versions of a text are cut
at the same places while they agree, and stay near-duplicates as they are in a crawl.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator
from statistics import NormalDist

SHORTEST, LONGEST = 500, 20_000
_MEDIAN, _SPREAD = 1_350, 0.85  # of the log-normal lengths; with what is left over, mean 2 KB

_words = re.compile(r"[a-z]+").findall
_FUNCTION_WORDS = frozenset(
    _words("the of and to a in is that it for as was with be on by not this are or at from an")
)
_NORMAL = NormalDist()


def documents(text: str, salt: int = 0) -> Iterator[str]:
    """Consecutive runs of whole paragraphs; a paragraph over 20 KB is cut between words.

    Another salt cuts the same text at other places.
    """
    held: list[str] = []
    size, target = 0, 0.0
    for paragraph in _paragraphs(text):
        if held and size + len(paragraph) > LONGEST:
            yield from _long_enough(held)
            held, size = [], 0
        if not held:
            target = _target(paragraph, salt)
        held.append(paragraph)
        size += len(paragraph) + 2
        if size >= target:
            yield from _long_enough(held)
            held, size = [], 0
    yield from _long_enough(held)


def _long_enough(paragraphs: list[str]) -> Iterator[str]:
    document = "\n\n".join(paragraphs)
    if len(document.encode()) >= SHORTEST:
        yield document


def _target(paragraph: str, salt: int) -> float:
    share = (zlib.crc32(paragraph.encode(), salt) + 0.5) / 2**32
    return min(LONGEST, max(SHORTEST, _MEDIAN * math.exp(_SPREAD * _NORMAL.inv_cdf(share))))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        rest = paragraph.strip("\n")
        while len(rest) > LONGEST:
            end = rest.rfind(" ", LONGEST // 2, LONGEST)
            end = end if end > 0 else LONGEST
            yield rest[:end]
            rest = rest[end:]
        if rest:
            yield rest


def is_ascii_mostly(text: str) -> bool:
    """At least 97 of 100 characters are ASCII."""
    return text.isascii() or len(text.encode("ascii", "ignore")) >= 0.97 * len(text)


def is_prose(text: str) -> bool:
    """One word in five is a plain English function word: prose and documents, not code or lists."""
    words = _words(text.lower())
    return sum(word in _FUNCTION_WORDS for word in words) >= 0.2 * max(1, len(words))


def is_non_ascii(text: str) -> bool:
    """More than half of the UTF-8 bytes are not ASCII."""
    size = len(text.encode())
    return size - len(text.encode("ascii", "ignore")) > size / 2
