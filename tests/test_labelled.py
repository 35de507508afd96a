"""labelled: decisions against labelled near-duplicates, exact Jaccard of word 5-grams.

Needs `--corpus DIR`. A labelled set is a file *-clusters.jsonl.zst, which lists its documents, and a
file *-pairs.jsonl.zst of the same name, which lists their similar pairs; the documents are those of
any other file in which all those ids stand.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest

import corpusmill as cm


def rows_of(path: Path) -> list[dict[str, object]]:
    with pa.input_stream(str(path), compression="zstd") as stream:
        return [json.loads(line) for line in stream.read().split(b"\n") if line]


def labelled_sets(folder: Path) -> list[tuple[str, dict[str, str], dict[frozenset[str], float]]]:
    """name, text by id, Jaccard by pair of ids."""
    files = sorted(folder.glob("*.jsonl.zst"))
    labels = {path for path in files if re.search(r"-(clusters|pairs)\.jsonl\.zst$", path.name)}
    out = []
    for path in sorted(labels):
        if "-clusters." not in path.name:
            continue
        ids = {row["id"] for row in rows_of(path)}
        texts = documents_with(ids, [file for file in files if file not in labels])
        pairs = rows_of(path.with_name(path.name.replace("-clusters.", "-pairs.")))
        jaccards = {frozenset((pair["a"], pair["b"])): pair["jaccard"] for pair in pairs}
        out.append((path.name, texts, jaccards))
    return out


def documents_with(ids: set[str], files: list[Path]) -> dict[str, str]:
    for path in files:
        rows = rows_of(path)
        if ids <= {row.get("id") for row in rows}:
            return {row["id"]: row["text"] for row in rows if row["id"] in ids}
    raise LookupError("no file holds the labelled documents")


def shingle_set(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))} if words else set()


def test_labelled_pairs(corpus: Path) -> None:
    found = labelled_sets(corpus)
    if not found:
        pytest.skip(f"no *-clusters.jsonl.zst in {corpus}")
    for name, texts, jaccards in found:
        ids = list(texts)
        table = cm.dedup.decide(list(texts.values()), threshold=0.8)
        for row in table.to_pylist():
            dropped, kept = (shingle_set(texts[ids[row[key]]]) for key in ("dropped", "kept"))
            assert len(dropped & kept) / len(dropped | kept) >= 0.8, name
        check_missed(texts, jaccards, {ids[row] for row in table["dropped"].to_pylist()})


def check_missed(
    texts: dict[str, str], jaccards: dict[frozenset[str], float], dropped: set[str]
) -> None:
    """Of similar pairs of documents of 20 words or more, equal texts once, few are both kept."""
    first: dict[str, str] = {}
    for key, text in texts.items():
        if len(re.findall(r"\w+", text)) >= 20:
            first.setdefault(text, key)
    chosen = set(first.values())
    pairs = {pair: j for pair, j in jaccards.items() if pair <= chosen and j >= 0.8}
    missed = {pair for pair in pairs if not pair & dropped}
    near = [pair for pair, j in pairs.items() if j < 0.85]
    assert len(pairs) > 1000
    assert len(missed.intersection(near)) <= 0.01 * len(near)
    assert len(missed) <= 0.001 * len(pairs)
