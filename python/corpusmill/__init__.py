"""corpusmill: the engine that turns raw text into language-model training data.

    corpusmill.text         normalisation, words
    corpusmill.ngram        n-grams as hashes
    corpusmill.dedup        signatures, pairs, decisions: near-duplicates of a column
    corpusmill.shards       the same on files: shards in, shards out, every row accounted for

Columns are Arrow: anything with `__arrow_c_array__` or `__arrow_c_stream__` goes in, pyarrow comes
out, row for row, null for null.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corpusmill import dedup, ngram, shards, text

__version__ = "0.1.0"

__all__ = ["__version__", "dedup", "ngram", "shards", "text"]


def __getattr__(name: str) -> ModuleType:
    """An area when it is first asked for, so that the command line can be interrupted in peace."""
    if name in __all__:
        return import_module(f"corpusmill.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
