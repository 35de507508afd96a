"""The bench's documents, gathered and written once into a scratch folder.

They come from a folder of JSON lines, or from text found on the machine, which differs from one
machine to the next: compare the ratios of one run, never the numbers of two. `Corpus.note` says
plainly what the text is, and what was done where there was too little of it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import copies, files, respell, slices, texts

SEED = 20260101
NON_ASCII_BYTES = 12_000_000
_LEAST_NON_ASCII = 2_000_000
_RECIPE = 2  # a scratch folder made by another recipe is made again
_MOST_PASSES = 40


@dataclass(frozen=True)
class Corpus:
    """Where the files lie (see `files.write`) and what they hold; bytes are UTF-8 of texts alone."""

    folder: Path
    note: str
    documents: int
    text_bytes: int
    part_documents: int
    part_bytes: int
    non_ascii_documents: int
    non_ascii_bytes: int


def build(source: Path | None, folder: Path, megabytes: int) -> Corpus:
    """The corpus in `folder`, written anew unless it is there from the same source and size."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "corpus.json"
    key = [_RECIPE, megabytes, _fingerprint(source)]
    if manifest.exists():
        known = json.loads(manifest.read_text())
        if known["key"] == key:
            return Corpus(folder=folder, **known["holds"])
    english, foreign, note = gather(source, megabytes * 1_000_000)
    rows, planted = copies.plant(english, SEED)
    holds: dict[str, Any] = {"note": note, **files.write(folder, rows, planted, foreign)}
    manifest.write_text(json.dumps({"key": key, "holds": holds}, indent=1) + "\n")
    return Corpus(folder=folder, **holds)


def gather(source: Path | None, wanted: int) -> tuple[list[str], list[str], str]:
    """English documents of about `wanted` bytes, non-ASCII documents, and the note on both."""
    prose, other, foreign = _sorted(source, 0, wanted)
    note = "documents of a folder" if source else "documents and sources found on this machine"
    english = prose
    if _size(english) < wanted:
        english = prose + other
        note += "; code and lists among them"
    passes = 1
    while _size(english) < wanted and passes < _MOST_PASSES:
        again = _sorted(source, passes, wanted)
        english += again[0] + again[1]
        passes += 1
    if passes > 1:
        note += f"; too few, so cut {passes} times at other places, which adds near-duplicates"
    if not english:
        raise ValueError(f"no text to bench with in {source}; give a folder of JSON lines")
    rng = random.Random(SEED)
    english = list(_thinned(english, wanted, rng))
    if _size(foreign) < _LEAST_NON_ASCII:
        note += "; non-ASCII text is English respelled in Cyrillic, Greek and Han"
        foreign = list(respell.respelled(_thinned(english, NON_ASCII_BYTES // 2, rng)))
    return english, list(_thinned(foreign, NON_ASCII_BYTES, rng)), note


def _sorted(source: Path | None, salt: int, wanted: int) -> tuple[list[str], list[str], list[str]]:
    prose: list[str] = []
    other: list[str] = []
    foreign: list[str] = []
    found = texts.folder_texts(source) if source else _upto(texts.machine_texts(), 5 * wanted)
    for text in found:
        for document in slices.documents(text, salt):
            if slices.is_ascii_mostly(document):
                (prose if slices.is_prose(document) else other).append(document)
            elif slices.is_non_ascii(document):
                foreign.append(document)
    return prose, other, foreign


def _upto(found: Iterable[str], wanted: int) -> Iterator[str]:
    for text in found:
        if wanted < 0:
            return
        wanted -= len(text)
        yield text


def _thinned(documents: list[str], wanted: int, rng: random.Random) -> Iterator[str]:
    share = wanted / max(1, _size(documents))
    return (document for document in documents if rng.random() < share)


def _size(documents: list[str]) -> int:
    return sum(len(document.encode()) for document in documents)


def _fingerprint(source: Path | None) -> list[list[object]]:
    paths = sorted(source.rglob("*.jsonl*")) if source else []
    return [[path.name, path.stat().st_size] for path in paths]


def texts_of(corpus: Corpus) -> list[str]:
    """Of the documents, in order."""
    with (corpus.folder / "english.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def describe(corpus: Corpus) -> dict[str, object]:
    """What a result says of its corpus; where it lies is nobody's business."""
    return {name: value for name, value in asdict(corpus).items() if name != "folder"}
