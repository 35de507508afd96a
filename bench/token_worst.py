"""Texts of one megabyte that are hard for some tokenizer: long pieces, all alike or none alike.

Each is a document by itself; they are the cases at which a quadratic encoder shows.
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable
from pathlib import Path

from bench.token_parts import Part

BYTES = 1_000_000
_SEED = 20260101
_HAN = "的一是不了人我在有他这中大来上"
_EMOJI = [chr(code) for code in range(0x1F600, 0x1F640)]
_LATIN1 = [chr(code) for code in range(0xC0, 0x100)]


def _drawn(alphabet: str | list[str]) -> Callable[[random.Random], str]:
    return lambda rng: "".join(rng.choices(alphabet, k=BYTES))


CASES: dict[str, Callable[[random.Random], str]] = {
    "one letter": lambda _: "a" * BYTES,
    "random letters": _drawn(string.ascii_lowercase),
    "random Latin letters with accents": _drawn(_LATIN1),
    "blanks": lambda _: " " * BYTES,
    "hyphens": lambda _: "-" * BYTES,
    "Han characters in a cycle": lambda _: _HAN * (BYTES // 45),
    "random emoji": _drawn(_EMOJI),
    "random digits": _drawn(string.digits),
    "one-letter words": lambda _: " a" * (BYTES // 2),
}


def write(folder: Path) -> dict[str, Part]:
    """Each case as a part whose first texts are one short word."""
    folder.mkdir(parents=True, exist_ok=True)
    warm = folder / "worst-warm.jsonl"
    warm.write_text(json.dumps({"text": "word"}) + "\n", encoding="utf-8")
    parts = {}
    for name, made in CASES.items():
        text = made(random.Random(_SEED)).encode()[:BYTES].decode(errors="ignore")
        path = folder / f"worst-{name.replace(' ', '-')}.jsonl"
        path.write_text(json.dumps({"text": text}) + "\n", encoding="utf-8")
        parts[name] = Part(name, warm, path, 1, len(text.encode()))
    return parts
