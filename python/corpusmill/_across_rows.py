"""_across_rows: our functions that look across the rows of a column, in one list.

Of a part of a column they say something else than of the whole, or they take a second column that
goes with all of it. What works on a column part by part refuses them: corpusmill.ray.apply. All
other functions of a column give each row what it alone decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

_ON_FILES = "use corpusmill.shards.{}, on files"
_BEFORE = "call it before, with all documents, and apply what looks them up"
_TWO_COLUMNS = "call it in a function of your own, which makes the other column of the same texts"

ACROSS_ROWS: Mapping[str, str] = {
    "dedup.decide": "use corpusmill.ray.decide",
    "dedup.duplicates": "use corpusmill.ray.dedup",
    "dedup.pairs": "use corpusmill.ray.decide",
    "dedup.components": "use corpusmill.ray.decide",
    "dedup.similarity": _TWO_COLUMNS,
    "dedup.jaccard": _TWO_COLUMNS,
    "_dedup_index.Index.add": _BEFORE,
    "_dedup_index.Index.count": _BEFORE,
    "_dedup_index.Index.query": _ON_FILES.format("dedup with against"),
    "_dedup_passages.passages": _ON_FILES.format("passages"),
    "_dedup_pieces.paragraphs": _ON_FILES.format("paragraphs"),
    "_ngram_contamination.ContaminationIndex.add": _BEFORE,
    "_ngram_contamination.ContaminationIndex.count": _BEFORE,
    "_ngram_contamination.ContaminationIndex.cuts": _TWO_COLUMNS,
    "_ngram_counting.counts": _ON_FILES.format("count"),
    "_ngram_counting.lexicon": _ON_FILES.format("lexicon"),
    "_ngram_filter.BloomFilter.add": _BEFORE,
    "_ngram_contamination.ContaminationIndex.look_up": "apply find",
    "_ngram_filter.BloomFilter.seen": _ON_FILES.format("paragraphs"),
    "_ngram_terms.term_counts": _ON_FILES.format("count_terms"),
    "_tokenizer_encoding.Encoding.chunk": "apply encode_batch, and cut its lists",
    "_tokenizer_learned.Learned.extended": _BEFORE,
    "_tokenizer_learned.Learned.train": _ON_FILES.format("train_tokenizer"),
    "_tokenizer_report.report": _ON_FILES.format("tokenizers"),
    "scoring.comparison.loss_matrix": "use corpusmill.ray.score",
    "scoring.documents.corpus_perplexity": "take the means of what corpusmill.ray.score adds",
    "scoring.small.tiny": _BEFORE,
    "select.dsir.fit": _BEFORE,
    "select.dsir.select": _ON_FILES.format("select"),
    "select.rehydrate.rehydrate": "give it the global_rate, which is that of all rows otherwise",
    "text.char_spans": _TWO_COLUMNS,
    "text.cut": _TWO_COLUMNS,
    "text.moved": _TWO_COLUMNS,
}
"""Where each is defined, within corpusmill; and the way out."""

_UNLESS_GIVEN = {"select.rehydrate.rehydrate": "global_rate"}
"""An option with which one of them gives each row its own."""


def check_rowwise(function: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """ValueError if the function, with these options, is one of them; or a `partial` of one."""
    given = dict(options)
    while isinstance(function, partial):
        given = {**function.keywords, **given}
        function = function.func
    function = getattr(function, "__func__", function)  # that of a bound method
    place = getattr(function, "__module__", ""), getattr(function, "__qualname__", "")
    name = ".".join(map(str, place)).removeprefix("corpusmill.")
    option = _UNLESS_GIVEN.get(name)
    if name in ACROSS_ROWS and (option is None or given.get(option) is None):
        raise ValueError(
            f"function: {function.__name__} looks beyond a row, and a block holds only some; "
            f"{ACROSS_ROWS[name]}"
        )
