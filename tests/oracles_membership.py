"""oracles_membership: filters, quotations and pieces, written slowly. Imports nothing of ours.

As in oracles.py, a function takes one document (or a list, where order counts) and is named as its
fast twin.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

import xxhash

import oracles

SALTS = (
    0x47B6137B,
    0x44974D91,
    0x8824AD5B,
    0xA2B7289D,
    0x705495C7,
    0x2DF1424B,
    0x9EFC4947,
    0x5C6BFB31,
)

Span = tuple[int, int]


class Bloom:
    """The bits of a split-block filter, as a set of (block, word, bit)."""

    def __init__(self, num_blocks: int) -> None:
        self.num_blocks = num_blocks
        self.bits: set[tuple[int, int, int]] = set()

    def bits_of(self, item: int) -> set[tuple[int, int, int]]:
        block = (item >> 32) * self.num_blocks >> 32
        key = item & oracles.M32
        return {(block, i, (key * salt & oracles.M32) >> 27) for i, salt in enumerate(SALTS)}

    def insert(self, item: int) -> bool:
        """Whether it was there before."""
        there = item in self
        self.bits |= self.bits_of(item)
        return there

    def __contains__(self, item: int) -> bool:
        return self.bits_of(item) <= self.bits

    def rate(self) -> float:
        total = 0
        for block in {block for block, _, _ in self.bits}:
            words = [sum((block, i, bit) in self.bits for bit in range(32)) for i in range(8)]
            total += math.prod(words)
        return total / self.num_blocks / 32**8


def bloom_rate(load: float) -> float:
    """Poisson-many hashes a block; each leaves a bit of a word unset with probability 31/32."""
    chance = math.exp(-load)
    total = 0.0
    for k in range(1, int(load + 40 * math.sqrt(load) + 40)):
        chance *= load / k
        total += chance * (1 - (31 / 32) ** k) ** 8
    return total


# --- items ----------------------------------------------------------------------------------------

WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""The characters of White_Space."""


def squeezed(document: str) -> list[tuple[str, int, int]]:
    """The characters that are left, each with the places in the document it stands for."""
    other = "".join(c for c in WHITE if c not in "\r\n")
    runs = re.finditer(f"(?P<line>[\r\n]+)|(?P<space>[{other}]+)|.", document, re.DOTALL)
    out: list[tuple[str, int, int]] = []
    for run in runs:
        kind = {"line": "\n", "space": " "}.get(run.lastgroup or "", run[0])
        if kind in "\n " and (not out or out[-1][0] == "\n"):
            continue  # a line begins with no white space
        out.append((kind, *run.span()))
    while out and out[-1][0] in "\n ":
        out.pop()
    return out


def units(document: str, unit: str, squeeze: bool) -> tuple[list[int], list[Span]]:
    """Unit hashes and where they stand, in bytes."""
    raw = document.encode()
    if unit == "byte":
        return list(raw), [(i, i + 1) for i in range(len(raw))]
    if unit == "char":
        whole = [(c, i, i + 1) for i, c in enumerate(document)]
        found = squeezed(document) if squeeze else whole
        at = [len(document[:i].encode()) for i in range(len(document) + 1)]
        return [ord(c) for c, _, _ in found], [(at[begin], at[end]) for _, begin, end in found]
    if unit == "word":
        words = oracles.words_in_place(raw)
        return [oracles.word_hash(word) for word, _, _ in words], [(b, e) for _, b, e in words]
    found_pieces = pieces(raw, unit)
    return [xxhash.xxh3_64_intdigest(content) for content, _ in found_pieces], [
        span for _, span in found_pieces
    ]


def items(document: str, n: int, unit: str, squeeze: bool = False) -> tuple[list[int], list[Span]]:
    """Hashes of items and where they stand."""
    hashes, spans = units(document, unit, squeeze)
    if unit in {"line", "paragraph"}:
        return hashes, spans
    if len(hashes) < n:
        return [], []
    whole = [(spans[i][0], spans[i + n - 1][1]) for i in range(len(hashes) - n + 1)]
    return oracles.shingles(hashes, b"", n), whole


def token_items(ids: Sequence[int], n: int) -> tuple[list[int], list[Span]]:
    """The same of a list of token ids, with places in the list."""
    whole = [(i, i + n) for i in range(len(ids) - n + 1)]
    return (oracles.shingles(list(ids), b"", n) if whole else []), whole


def longest_span(there: Sequence[bool], spans: Sequence[Span], stride: int) -> list[Span]:
    """The longest chain by its number of items, then the one that is complete first."""
    best: tuple[int, int] = (0, 0)
    span: list[Span] = []
    for last in range(len(there)):
        first = last
        while first >= 0 and there[first]:
            first -= stride
        length = (last - first) // stride
        if length > best[0]:
            best = length, last
            span = [(spans[first + stride][0], spans[last][1])]
    return span


# --- pieces ---------------------------------------------------------------------------------------


def pieces(document: bytes, unit: str) -> list[tuple[bytes, Span]]:
    """Content and span of every line or paragraph."""
    lines = re.findall(rb"[^\n]*\n|[^\n]+\Z", document)
    out: list[tuple[bytes, Span]] = []
    at, blank_before = 0, True
    for line in lines:
        blank = not line.strip()
        end = at + len(line)
        if unit == "paragraph" and out and (blank or not blank_before):
            content, (begin, _) = out[-1]
            out[-1] = (content + line, (begin, end))
        elif not blank:
            out.append((line, (at, end)))
        at, blank_before = end, blank
    return [(content.strip(), span) for content, span in out]


def repeated_pieces(
    docs: Sequence[str | None], unit: str, min_bytes: int, insert: Callable[[bytes], bool]
) -> list[list[Span] | None]:
    """Spans of the pieces for which insert(content) says that it was there, in order."""
    out: list[list[Span] | None] = []
    for doc in docs:
        if doc is None:
            out.append(None)
            continue
        found = pieces(doc.encode(), unit)
        out.append([span for text, span in found if len(text) >= min_bytes and insert(text)])
    return out


def copied_pieces(docs: Sequence[str | None], unit: str, min_bytes: int) -> list[list[Span] | None]:
    """Spans of the pieces whose content stands more than once, in order."""
    found = [text for doc in docs if doc for text, _ in pieces(doc.encode(), unit)]
    counts = Counter(found)
    return repeated_pieces(docs, unit, min_bytes, lambda text: counts[text] > 1)


def copied_pieces_by_filters(
    docs: Sequence[str | None], unit: str, seen: Bloom, again: Bloom
) -> list[list[Span] | None]:
    """The same of those that go into `seen`, and into `again` when they are in it."""
    for doc in docs:
        for text, _ in pieces((doc or "").encode(), unit):
            item = xxhash.xxh3_64_intdigest(text)
            if seen.insert(item):
                again.insert(item)
    return repeated_pieces(docs, unit, 1, lambda text: xxhash.xxh3_64_intdigest(text) in again)
