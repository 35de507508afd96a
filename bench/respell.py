"""English respelled in other scripts, for machines without text in them. Not a translation: word
lengths and repeats are English, only the bytes are those of Cyrillic, Greek and Han."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC = "абцдефгхийклмнопярстужвьызш"[:26]
_GREEK = "αβψδεφγηιξκλμνοπχρστθωςυζϊ"
_TABLES = [
    str.maketrans(_LATIN + _LATIN.upper(), letters + letters.upper())
    for letters in (_CYRILLIC, _GREEK)
]
_word = re.compile(r"[A-Za-z]+ ?")


def respelled(documents: Iterable[str]) -> Iterator[str]:
    """Each document in one of the three scripts, in turn."""
    for i, document in enumerate(documents):
        yield _han(document) if i % 3 == 2 else document.translate(_TABLES[i % 3])


def _han(document: str) -> str:
    return _word.sub(lambda found: _characters(found.group()), document)


def _characters(word: str) -> str:
    code = zlib.crc32(word.strip().lower().encode())
    return chr(0x4E00 + code % 4000) + chr(0x4E00 + code // 4000 % 4000)
