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


def words_of(document: bytes, form: str, *, is_text: bool = False) -> list[Word]:
    """Each word and the bytes it stands in."""
    if form in ("ascii", "janitor"):
        deleted = bytes(range(33, 48)) + b":;<=>?@[\\]^_`{|}~"
        text = document.decode("utf-8", "surrogateescape")
        runs = [
            (encoded(text[: run.start()]), encoded(run[0])) for run in re.finditer(r"\S+", text)
        ]
        found = [
            (run.lower().translate(None, deleted), len(before), len(before) + len(run))
            for before, run in runs
        ]
        return [word for word in found if word[0] or (form == "janitor" and not is_text)]
    found = words_in_place(document)
    if form == "zeros":
        found = [(re.sub(rb"[0-9]+", b"0", word), begin, end) for word, begin, end in found]
    return found


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


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
        words = words_of(text, rule.words, is_text=True)
        of: dict[tuple[bytes, ...], set[int]] = {}
        for at, ngram in ngrams([word for word, _, _ in words], rule):
            of.setdefault(ngram, set()).update(range(at, at + len(ngram)))
        for ascii_only in (True, False) if rule.joined else ():
            as_one = joined(text, words, ascii_only=ascii_only)
            starts = [number for _, number in as_one] + [len(words)]
            for at, ngram in ngrams([word for word, _ in as_one], rule):
                of.setdefault(ngram, set()).update(range(starts[at], starts[at + len(ngram)]))
        out.append(of)
    for ngram, numbers in owners(out).items():
        if len(numbers) > MAX_TEXTS and rule.threshold > 0:
            for number in numbers:
                out[number][ngram] = set()
    return out


def owners(own: Sequence[dict[tuple[bytes, ...], set[int]]]) -> dict[tuple[bytes, ...], list[int]]:
    """The numbers of the texts that have each n-gram, ascending."""
    out: dict[tuple[bytes, ...], list[int]] = {}
    for number, of in enumerate(own):
        for ngram in of:
            out.setdefault(ngram, []).append(number)
    return out


class Found(NamedTuple):
    share: float
    texts: list[tuple[int, float]]
    spans: list[tuple[int, int]]


def places(words: Sequence[Word], rule: Rule) -> dict[tuple[bytes, ...], list[int]]:
    """The n-grams of a document, by the numbers of their first words."""
    here: dict[tuple[bytes, ...], list[int]] = {}
    for n in range(rule.min_words, rule.n + 1):
        for at in range(len(words) - n + 1):
            here.setdefault(tuple(word for word, _, _ in words[at : at + n]), []).append(at)
    return here


def find(document: bytes, own: Sequence[dict[tuple[bytes, ...], set[int]]], rule: Rule) -> Found:
    """An n-gram names the first of its texts only."""
    words = words_of(document, rule.words)
    here, named = places(words, rule), owners(own)
    known = {ngram for of in own for ngram in of}
    hits = sum(len(places) for ngram, places in here.items() if ngram in known)
    texts: list[tuple[int, float]] = []
    marked: set[tuple[int, int]] = set()
    for number, of in enumerate(own):
        every = set().union(*of.values())
        hit = {ngram for ngram, at in of.items() if ngram in here and at}
        covered = set().union(*(of[ngram] for ngram in hit))
        is_named = any(number in named[ngram][:MAX_TEXTS] for ngram in hit)
        if is_named and len(covered) >= rule.threshold * len(every):
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
    return Found(min(hits / max(num_ngrams, 1), 1), texts, spans)


def seen(
    documents: Sequence[bytes], own: Sequence[dict[tuple[bytes, ...], set[int]]], rule: Rule
) -> list[tuple[float, bool]]:
    """Per text the largest share of it that a document covers, and whether it is found in any.

    A document that does not name a text covers one n-gram of it.
    """
    here, named = [places(words_of(doc, rule.words), rule) for doc in documents], owners(own)
    out = []
    for number, of in enumerate(own):
        every, most = len(set().union(*of.values())), 0
        for held in here:
            hit = [ngram for ngram, at in of.items() if ngram in held and at]
            is_named = any(number in named[ngram][:MAX_TEXTS] for ngram in hit)
            covered = len(set().union(*(of[ngram] for ngram in hit)))
            most = max(most, covered if is_named else max(map(len, hit), default=0))
        out.append((most / max(every, 1), most > 0 and most >= rule.threshold * every))
    return out


def length_of(lengths: Sequence[int], rule: Rule, quantile: float) -> int:
    """Words of the n-grams of texts: the least length that so many of the texts do not exceed."""
    ascending = sorted(length for length in lengths if length)
    for length in ascending:
        if sum(other <= length for other in ascending) >= quantile * len(ascending):
            return min(max(length, rule.min_words), rule.n)
    return rule.n


def gpt3_pieces(
    document: str, spans: Sequence[tuple[int, int]], *, window: int, least: int, most: int
) -> list[str] | None:
    """What is left of a document, spans in characters: appendix C of the GPT-3 paper. None: nothing."""
    if not spans:
        return [document] if document else []
    gone = {
        at
        for begin, end in spans
        for at in range(max(0, begin - window), min(len(document), end + window))
    }
    left = "".join("\0" if at in gone else char for at, char in enumerate(document))
    pieces = [piece for piece in left.split("\0") if piece]
    return None if len(pieces) > most else [piece for piece in pieces if len(piece) >= least]


def janitor_pieces(
    document: str, texts: Sequence[str], *, n: int, window: int, least: int, most: int
) -> list[str]:
    """What lm-eval's janitor leaves of a document; nothing where it has more hits than `most`."""
    normal = str.maketrans(
        {chr(code): chr(code + 32) for code in range(65, 91)}
        | {chr(code): "" for code in range(33, 127) if not chr(code).isalnum()}
    )
    known = set()
    for text in texts:
        words = text.translate(normal).split()
        known |= {" ".join(words[at : at + n]) for at in range(len(words) - n + 1)}
    runs = list(re.finditer(r"\S+", document))
    hits = [
        (runs[at].start(), runs[at + n - 1].end() - 1)  # the last character, not the one behind it
        for at in range(len(runs) - n + 1)
        if " ".join(run[0] for run in runs[at : at + n]).translate(normal) in known
    ]
    if len(hits) > most:
        return []
    pieces, done, end = [], 0, -1
    for first, last in hits:
        begin, end = max(0, first - window), min(len(document), last + window)
        if begin - done > least:
            pieces.append(document[done:begin])
        done = end
    if end < len(document) - least:
        pieces.append(document[end + 1 :])
    return pieces
