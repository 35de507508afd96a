"""datatrove: its n-gram decontamination filter over the documents, one by one, as its pipelines call it.

The benchmark's n-grams are put into the filter as its indexer would, without lighteval, which that asks
for to fetch benchmarks of its own.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import json
from pathlib import Path

from datatrove.data import Document
from datatrove.pipeline.decont import NGramsDecontFilter
from datatrove.utils.text import ngrams, simplify_text

PACKAGES = ("datatrove", "spacy", "xxhash")

BENCHMARK = "benchmark.jsonl"
"""Beside the documents: rows of benchmark items."""


def prepared(path: Path) -> NGramsDecontFilter:
    """A filter that holds the n-grams of the items beside the documents."""
    filters = NGramsDecontFilter(str(path.parent))
    held = {}
    with (path.parent / BENCHMARK).open(encoding="utf-8") as lines:
        for line in lines:
            text = simplify_text(json.loads(line)["text"], filters.config.norm_config)
            words = filters.tokenizer.word_tokenize(text)
            for ngram in ngrams(words, filters.config.n_grams):
                held[filters.hash_func(" ".join(ngram))] = "benchmark"
    filters._index_hashes = held
    return filters


def find(filters: NGramsDecontFilter, texts: list[str]) -> int:
    """How many documents it would drop."""
    documents = (Document(text=text, id="") for text in texts)
    return sum(filters.filter(document) is not True for document in documents)
