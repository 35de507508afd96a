"""tiktoken: document by document, ids as an array of each. No cache, so nothing is to be warmed."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import tiktoken
from tiktoken.load import load_tiktoken_bpe

_CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)


def load(vocabulary: Path) -> tiktoken.Encoding:
    """Of a file of ranks."""
    ranks = load_tiktoken_bpe(str(vocabulary))
    return tiktoken.Encoding("bench", pat_str=_CL100K, mergeable_ranks=ranks, special_tokens={})


def flat(tokenizer: tiktoken.Encoding) -> Callable[[list[str]], object]:
    """Ids as arrays of NumPy."""
    return lambda docs: [tokenizer.encode_to_numpy(doc, disallowed_special=()) for doc in docs]


def lists(tokenizer: tiktoken.Encoding) -> Callable[[list[str]], object]:
    """Ids as lists."""
    return lambda docs: [tokenizer.encode_ordinary(doc) for doc in docs]
