"""oracles_contamination: benchmarks found in documents, slowly and plainly. Imports nothing of ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from oracles import words_in_place

MAX_TEXTS = 64
Word = tuple[bytes, int, int]


class Rule(NamedTuple):
    n: int
    min_words: int
    words: str
    joined: bool
    threshold: float


def words_of(document: bytes, form: str) -> list[Word]:
    """Each word and the bytes it stands in."""
    if form == "ascii":
        deleted = bytes(range(33, 48)) + b":;<=>?@[\\]^_`{|}~"
        runs = re.finditer(rb"[^ \t-\r]+", document)
        found = [(run[0].lower().translate(None, deleted), *run.span()) for run in runs]
        return [word for word in found if word[0]]
    found = words_in_place(document)
    if form == "zeros":
        found = [(re.sub(rb"[0-9]+", b"0", word), begin, end) for word, begin, end in found]
    return found


def ngrams(words: Sequence[bytes], rule: Rule) -> list[tuple[int, tuple[bytes, ...]]]:
    """The n-grams of a text, each with its first word."""
    if len(words) < rule.min_words:
        return []
    n = min(rule.n, len(words))
    return [(at, tuple(words[at : at + n])) for at in range(len(words) - n + 1)]


def joined(document: bytes, words: Sequence[Word], *, ascii_only: bool) -> list[tuple[bytes, int]]:
    """Words with nothing but punctuation between them as one, and the number of the first of them."""
    out: list[tuple[bytes, int]] = []
    runs: list[list[int]] = []
    for number, (_, begin, _) in enumerate(words):
        between = document[words[number - 1][2] : begin] if number else b" "
        if between and min(between) > 32 and not (ascii_only and max(between) >= 128):
            runs[-1].append(number)
        else:
            runs.append([number])
    for run in runs:
        parts = [(words[number][0].replace(b"_", b""), number) for number in run]
        parts = [(part, number) for part, number in parts if part]
        if parts:
            out.append((b"".join(part for part, _ in parts), parts[0][1]))
    return out


def own_ngrams(texts: Sequence[bytes], rule: Rule) -> list[dict[tuple[bytes, ...], set[int]]]:
    """Per text its n-grams, and the numbers of its words that lie in each."""
    out = []
    for text in texts:
        words = words_of(text, rule.words)
        of: dict[tuple[bytes, ...], set[int]] = {}
        for at, ngram in ngrams([word for word, _, _ in words], rule):
            of.setdefault(ngram, set()).update(range(at, at + len(ngram)))
        for ascii_only in (True, False) if rule.joined else ():
            as_one = joined(text, words, ascii_only=ascii_only)
            starts = [number for _, number in as_one] + [len(words)]
            for at, ngram in ngrams([word for word, _ in as_one], rule):
                of.setdefault(ngram, set()).update(range(starts[at], starts[at + len(ngram)]))
        out.append(of)
    owners: dict[tuple[bytes, ...], list[int]] = {}
    for number, of in enumerate(out):
        for ngram in of:
            owners.setdefault(ngram, []).append(number)
    for ngram, numbers in owners.items():
        if len(numbers) > MAX_TEXTS and rule.threshold > 0:
            for number in numbers:
                out[number][ngram] = set()
    return out


class Found(NamedTuple):
    share: float
    texts: list[tuple[int, float]]
    spans: list[tuple[int, int]]


def find(document: bytes, own: Sequence[dict[tuple[bytes, ...], set[int]]], rule: Rule) -> Found:
    words = words_of(document, rule.words)
    here: dict[tuple[bytes, ...], list[int]] = {}
    for n in range(rule.min_words, rule.n + 1):
        for at in range(len(words) - n + 1):
            here.setdefault(tuple(word for word, _, _ in words[at : at + n]), []).append(at)
    known = {ngram for of in own for ngram in of}
    hits = sum(len(places) for ngram, places in here.items() if ngram in known)
    texts: list[tuple[int, float]] = []
    marked: set[tuple[int, int]] = set()
    for number, of in enumerate(own):
        every = set().union(*of.values())
        hit = {ngram for ngram, at in of.items() if ngram in here and at}
        covered = set().union(*(of[ngram] for ngram in hit))
        if hit and len(covered) >= rule.threshold * len(every):
            texts.append((number, len(covered) / len(every)))
            marked |= {(at, at + len(ngram) - 1) for ngram in hit for at in here[ngram]}
    spans: list[tuple[int, int]] = []
    for first, last in sorted(marked):
        begin, end = words[first][1], words[last][2]
        if spans and begin <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((begin, end))
    num_ngrams = max(len(words) - rule.n + 1, min(len(words), 1))
    return Found(hits / max(num_ngrams, 1), texts, spans)
