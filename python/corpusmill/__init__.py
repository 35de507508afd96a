"""corpusmill: the engine that turns raw text into language-model training data.

    corpusmill.text         normalisation, words
    corpusmill.ngram        n-grams as hashes
    corpusmill.dedup        signatures, pairs, decisions: near-duplicates of a column
    corpusmill.select       which documents to take, and how often
    corpusmill.tokenizer    text as token ids and back
    corpusmill.scoring      the loss of every token under a language model
    corpusmill.shards       the same on files: shards in, shards out, every row accounted for
    corpusmill.report       a finished job as one page
    corpusmill.ray          the same on a Ray dataset (extra `ray`)
    corpusmill.torch        token shards as PyTorch datasets (extra `torch`)

Columns are Arrow: anything with `__arrow_c_array__` or `__arrow_c_stream__` goes in, pyarrow comes
out, row for row, null for null.

An area is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpusmill import dedup, ngram, report, scoring, select, shards, text, tokenizer

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "dedup",
    "ngram",
    "report",
    "scoring",
    "select",
    "shards",
    "text",
    "tokenizer",
]


def __getattr__(name: str) -> Any:
    if name not in (*__all__, "ray", "torch"):  # extras: `import *` leaves them out
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
