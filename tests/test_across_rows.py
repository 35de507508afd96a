"""across_rows: a function of documents gives each row its own, or is one of those that are refused."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import corpusmill as cm
from corpusmill._across_rows import ACROSS_ROWS, check_rowwise
from corpusmill.select import dsir

LINES = ["the same line of many words stands here", "another line of as many words as that one"]
DOCS = [f"{LINES[i % 2]}\n\n{LINES[0]}\n\n{i % 4}" for i in range(9)] + [None, "", LINES[1]]
INTERNAL = {"column", "feature_sums", "feature_totals", "signatures_of"}
"""What public modules and classes have for each other."""


def filled(unit: str, n: int | None) -> cm.ngram.BloomFilter:
    bloom = cm.ngram.BloomFilter(100, unit=unit, n=n)
    bloom.add(LINES[:1])
    return bloom


def index() -> cm.ngram.ContaminationIndex:
    made = cm.ngram.ContaminationIndex()
    made.add("quiz", "question", LINES[:1])
    return made


def tokenizer() -> cm.tokenizer.Tokenizer:
    tokens = [bytes([byte]) for byte in range(256)]
    return cm.tokenizer.Tokenizer.from_tokens(
        [*tokens, b"th"], pattern="gpt2", special_tokens={"line": 300}
    )


MADE = {
    "BloomFilter.contains": lambda: filled("word", 2).contains,
    "ContaminationIndex.find": lambda: index().find,
    "Encoding.count": lambda: tokenizer().count,
    "Encoding.encode_batch": lambda: tokenizer().encode_batch,
    "Encoding.offsets": lambda: tokenizer().offsets,
    "Encoding.special_counts": lambda: tokenizer().special_counts,
    "features": lambda: cm.ngram.features,
    "hashes": lambda: partial(cm.ngram.hashes, n=2),
    "longest_span": lambda: partial(cm.ngram.longest_span, filter=filled("word", 2)),
    "normalize": lambda: partial(cm.text.normalize, casefold=True),
    "quip": lambda: partial(cm.ngram.quip, filter=filled("word", 2)),
    "signatures": lambda: cm.dedup.signatures,
    "weigh": lambda: partial(dsir.weigh, model=dsir.fit(DOCS, LINES[:1])),
    "word_spans": lambda: cm.text.word_spans,
    "words": lambda: cm.text.words,
}
"""All that give each row its own."""


def functions(thing: Any) -> list[Callable[..., Any]]:
    """The function that it is, or those of the class that it is and of what that is made of."""
    held = [value for base in getattr(thing, "__mro__", ()) for value in vars(base).values()]
    bare = [getattr(value, "__func__", value) for value in held or [thing]]
    return [value for value in bare if inspect.isfunction(value)]


def public() -> dict[str, str]:
    """Where all public functions and methods that take documents are, and what they are called."""
    modules = (cm.dedup, cm.ngram, cm.text, cm.tokenizer, dsir)
    things = [thing for module in modules for thing in vars(module).values()]
    found = {}
    for function in itertools.chain.from_iterable(map(functions, things)):
        ours = function.__module__.startswith("corpusmill.") and function.__name__ not in INTERNAL
        taken = inspect.signature(function).parameters.keys()
        if ours and not function.__name__.startswith("_") and {"docs", "texts", "spans"} & taken:
            place = f"{function.__module__}.{function.__qualname__}".removeprefix("corpusmill.")
            found[place] = function.__qualname__
    return found


def test_every_function_of_documents_is_known() -> None:
    rowwise = {place for place, called in public().items() if called in MADE}
    assert len(rowwise) == len(MADE)
    assert public().keys() - rowwise <= ACROSS_ROWS.keys()
    assert not rowwise & ACROSS_ROWS.keys()


@pytest.mark.parametrize("name", MADE)
def test_parts_of_a_column_get_what_all_of_it_gets(name: str) -> None:
    function = MADE[name]()
    check_rowwise(function, {})
    column = pa.array(DOCS)
    parts = [function(column.slice(begin, 4)).to_pylist() for begin in range(0, len(DOCS), 4)]
    assert list(itertools.chain.from_iterable(parts)) == function(column).to_pylist()


@pytest.mark.parametrize("name", ACROSS_ROWS)
def test_the_list_names_what_there_is(name: str) -> None:
    module, *of_class, function = re.fullmatch(r"(.+?)(?:\.([A-Z]\w+))?\.(\w+)", name).groups()
    source = Path(cm.__file__).parent.joinpath(*module.split(".")).with_suffix(".py")
    text = source.read_text()
    assert re.search(rf"^ {{{4 * (of_class != [None])}}}def {function}\(", text, re.MULTILINE)
    assert of_class == [None] or f"class {of_class[0]}" in text


@pytest.mark.parametrize(
    ("function", "called"),
    [
        (cm.dedup.duplicates, "duplicates"),
        (cm.dedup.passages, "passages"),
        (partial(cm.dedup.passages, min_bytes=20), "passages"),
        (partial(partial(cm.dedup.paragraphs, unit="line"), keep="none"), "paragraphs"),
        (partial(cm.ngram.counts, n=2), "counts"),
        (cm.ngram.lexicon, "lexicon"),
        (filled("line", None).seen, "seen"),
        (filled("line", None).add, "add"),
        (cm.dedup.Index().add, "add"),
        (cm.tokenizer.Tokenizer.train, "train"),
        (dsir.fit, "fit"),
        (cm.select.rehydrate, "rehydrate"),
        (partial(cm.select.rehydrate, global_rate=None), "rehydrate"),
        (partial(cm.text.cut, spans=[[(0, 1)]]), "cut"),
    ],
)
def test_what_looks_beyond_a_row_is_refused(function: Callable[..., Any], called: str) -> None:
    with pytest.raises(ValueError, match=f"function: {called} looks beyond a row.*; "):
        check_rowwise(function, {})


def test_what_gives_each_row_its_own_is_not() -> None:
    check_rowwise(cm.select.rehydrate, {"global_rate": 0.5, "removal_rates": [0.1]})
    check_rowwise(partial(cm.select.rehydrate, global_rate=0.5), {"removal_rates": [0.1]})
    check_rowwise(lambda docs: cm.dedup.passages(docs, min_bytes=20), {})
    check_rowwise(str.upper, {})
