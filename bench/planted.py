"""Copies of items planted in documents, and how many of them each rule of contamination finds: `python -m bench.planted`.

Leaves results/planted.json, of which bench/planted_table.py makes the table of docs/contamination.md.

Texts are those found on the machine. Items are paragraphs of prose of some documents; others are the
corpus, without those that hold all of a shorter item or a run of RUN words of a longer one: they are copies
already. Each item is planted in a document of its own, as it is and altered; a document in which nothing is
planted is a false alarm if any item is found in it.
"""

from __future__ import annotations

import json
import random
import re
import string
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bench import machine, results, slices, texts
from corpusmill.ngram import CONTAMINATION_RULES, ContaminationIndex, ContaminationRule

ITEMS = 1000
DOCUMENTS = 4000
SHORTEST, LONGEST = 8, 100  # words of an item
RUN = 15
SEED = 20260105

_DELETED = str.maketrans("", "", string.punctuation)


def _replaced(one_in: int) -> Callable[[str, random.Random], str]:
    """One word in so many is another, drawn from the item's own letters."""

    def alter(text: str, rng: random.Random) -> str:
        words = text.split()
        for i in range(len(words)):
            if rng.random() < 1 / one_in:
                words[i] = "".join(rng.choices(string.ascii_lowercase, k=6))
        return " ".join(words)

    return alter


ALTERED: dict[str, Callable[[str, random.Random], str]] = {
    "verbatim": lambda text, _: text,
    "lower-cased": lambda text, _: text.lower(),
    "re-wrapped": lambda text, _: "\n  ".join(textwrap.wrap(text, 50, break_on_hyphens=False)),
    "no punctuation": lambda text, _: text.translate(_DELETED),
    "1 word in 40": _replaced(40),
    "1 in 20": _replaced(20),
    "1 in 10": _replaced(10),
    "1 in 5": _replaced(5),
}


def main() -> None:
    """Measures, and saves what was found."""
    items, documents = _gathered(random.Random(SEED))
    found = {
        "machine": machine.machine(),
        "commit": machine.commit(),
        "date": machine.today(),
        "items": len(items),
        "documents": len(documents),
        "rules": [_measured(name, items, documents) for name in CONTAMINATION_RULES],
    }
    path = results.FOLDER / "planted.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    print(path)


def _measured(rule: str, items: list[str], documents: list[str]) -> dict[str, Any]:
    """Shares: of items found, by how they are altered; of documents in which one is though none is there."""
    return {
        "rule": rule,
        "found": {kind: _recall(items, rule, documents, ALTERED[kind]) for kind in ALTERED},
        "false_alarms": float(np.mean([len(one) > 0 for one in _found(items, rule, documents)])),
    }


def _found(items: list[str], rule: ContaminationRule | str, documents: list[str]) -> list[set[int]]:
    """Per document the items found in it; all documents are the corpus, where a rule asks for it."""
    index = ContaminationIndex(rule)
    index.add("planted", "text", items)
    if index.rule.max_documents is not None:
        index.count(documents)
    return [{of["text"] for of in one} for one in index.find(documents)["found"].to_pylist()]


def _recall(
    items: list[str], rule: str, documents: list[str], alter: Callable[[str, random.Random], str]
) -> float:
    """The share of items found where they are planted, each in its document."""
    rng = random.Random(SEED)
    planted = []
    for item, document in zip(items, documents, strict=False):
        cut = rng.randrange(len(document) + 1)
        planted.append(f"{document[:cut]}\n{alter(item, rng)}\n{document[cut:]}")
    return float(np.mean([i in one for i, one in enumerate(_found(items, rule, planted))]))


def _gathered(rng: random.Random) -> tuple[list[str], list[str]]:
    """Items from the first half of all texts, documents from the second: other packages' texts."""
    prose = [
        document
        for text in texts.machine_texts()
        for document in slices.documents(text, 0)
        if slices.is_ascii_mostly(document) and slices.is_prose(document)
    ]
    givers, documents = prose[: len(prose) // 2], prose[len(prose) // 2 :]
    paragraphs = sorted({item for document in givers for item in _paragraphs(document)})
    items = rng.sample(paragraphs, min(ITEMS, len(paragraphs)))
    copies = _found(items, ContaminationRule(RUN, SHORTEST), documents)
    clean = [document for document, found in zip(documents, copies, strict=True) if not found]
    return items, rng.sample(clean, min(DOCUMENTS, len(clean)))


def _paragraphs(document: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", document):
        item = " ".join(paragraph.split())
        if SHORTEST <= len(item.split()) <= LONGEST and item[-1] in ".?!" and slices.is_prose(item):
            yield item


if __name__ == "__main__":
    main()
