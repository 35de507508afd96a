"""oracles_passages: repeated passages by a table of all windows. Imports nothing of ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from oracles import word_spans


def passages(
    docs: Sequence[bytes | None], min_bytes: int, keep: str, min_words: int = 0
) -> list[list[tuple[int, int]]]:
    """The passages of every document, in bytes."""
    places: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
    for row, document in enumerate(docs):
        for window, begin in windows(document or b"", min_bytes):
            places[window].append((row, begin))
    out = []
    for row, document in enumerate(docs):
        repeated = [False] * len(document or b"")
        for window, begin in windows(document or b"", min_bytes):
            if is_repeat((row, begin), places[window], min_bytes, keep):
                repeated[begin : begin + min_bytes] = [True] * min_bytes
        found = [inside(document or b"", run) for run in runs(repeated)]
        words = word_spans(document or b"")
        out.append([span for span in found if words_inside(words, span) >= min_words])
    return out


def words_inside(words: Sequence[tuple[int, int]], span: tuple[int, int]) -> int:
    """How many of the words lie in the span whole."""
    return sum(span[0] <= begin and end <= span[1] for begin, end in words)


def windows(document: bytes, size: int) -> list[tuple[bytes, int]]:
    return [(document[i : i + size], i) for i in range(len(document) - size + 1)]


def is_repeat(
    place: tuple[int, int], equal: Sequence[tuple[int, int]], size: int, keep: str
) -> bool:
    row, begin = place
    if keep == "none":
        return len(equal) > 1
    return any(other < row or (other == row and at + size <= begin) for other, at in equal)


def runs(flags: Sequence[bool]) -> list[tuple[int, int]]:
    edges = [
        i
        for i in range(len(flags) + 1)
        if (i > 0 and flags[i - 1]) != (i < len(flags) and flags[i])
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))


def inside(document: bytes, span: tuple[int, int]) -> tuple[int, int]:
    """The span without the parts of characters at its ends."""
    borders = {0}
    at = 0
    for char in document.decode("utf-8", "surrogateescape"):
        at += len(char.encode("utf-8", "surrogateescape"))
        borders.add(at)
    begin, end = span
    return min(b for b in borders if b >= begin), max(b for b in borders if b <= end)
