"""Texts by what a tokenizer finds hard in them: English, code, Chinese and Japanese, other scripts.

Of each part some documents are to be encoded before the clock starts and others after. What a file's name
does not say is told from the characters.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench import slices, texts

PARTS = ("English", "code", "Chinese and Japanese", "other scripts")
WARM_BYTES, UNSEEN_BYTES, SMALL_BYTES = 4_000_000, 12_000_000, 800_000
_SEED = 20260101
_LEAST = 600_000  # bytes of a part that is worth measuring
_HAN_OR_KANA = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


@dataclass(frozen=True)
class Part:
    """Two files of rows; a part of less than both sizes together is cut at a third."""

    name: str
    warm: Path
    unseen: Path
    unseen_documents: int
    unseen_bytes: int


def write(source: Path | None, folder: Path) -> list[Part]:
    """The parts of which there is enough, written into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[str]] = {name: [] for name in PARTS}
    for name, text in _named_texts(source):
        for document in slices.documents(text):
            if (kind := _kind(name, document)) is not None:
                found[kind].append(document)
    parts = (_written(name, documents, folder) for name, documents in found.items())
    return [part for part in parts if part is not None]


def smaller(part: Part) -> Part:
    """The same with the first documents of the unseen ones, SMALL_BYTES of them."""
    path, number, size = part.unseen.with_name(f"{part.name}-small.jsonl"), 0, 0
    with part.unseen.open(encoding="utf-8") as rows, path.open("w", encoding="utf-8") as kept:
        for row in rows:
            kept.write(row)
            number, size = number + 1, size + len(json.loads(row)["text"].encode())
            if size >= SMALL_BYTES:
                break
    return replace(part, unseen=path, unseen_documents=number, unseen_bytes=size)


def _written(name: str, documents: list[str], folder: Path) -> Part | None:
    random.Random(_SEED).shuffle(documents)
    whole = sum(len(document.encode()) for document in documents)
    if whole < _LEAST:
        return None
    sizes = {"warm": min(WARM_BYTES, whole // 3), "unseen": UNSEEN_BYTES}
    rest = iter(documents)
    taken: dict[str, tuple[Path, int, int]] = {}
    for use, wanted in sizes.items():
        path, number, size = folder / f"{name}-{use}.jsonl", 0, 0
        with path.open("w", encoding="utf-8") as rows:
            for document in rest:
                rows.write(json.dumps({"text": document}) + "\n")
                number, size = number + 1, size + len(document.encode())
                if size >= wanted:
                    break
        taken[use] = path, number, size
    return Part(name, taken["warm"][0], *taken["unseen"])


def _named_texts(source: Path | None) -> Iterator[tuple[str, str]]:
    if source is None:
        yield from (("", text) for text in texts.machine_texts())
        return
    for path in sorted(source.rglob("*.jsonl*")):
        yield from ((path.name, text) for text in texts.file_texts(path))


def _kind(name: str, document: str) -> str | None:
    if name.startswith("code"):
        return "code"
    if slices.is_ascii_mostly(document):
        if slices.is_prose(document):
            return "English"
        return None if name else "code"  # of what lies on a machine
    if not slices.is_non_ascii(document):
        return None
    share = len(_HAN_OR_KANA.findall(document)) / len(document)
    return "Chinese and Japanese" if share > 0.3 else "other scripts"
