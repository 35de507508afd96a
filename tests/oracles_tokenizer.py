"""oracles_tokenizer: byte-pair encoding by its definition, and tiktoken by the published patterns.

Patterns of several passes, and those that leave text between what they find, are for the library tokenizers
to cut: tiktoken knows one expression, and drops what it does not find.

Imports nothing of ours.
"""

from __future__ import annotations

import functools
import itertools

import tiktoken
from tokenizers import Regex, pre_tokenizers

_CASED = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+%s"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*%s"
)
_SUFFIX = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_BLANKS = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
# As tiktoken's openai_public.py and the models' tokenizer.json have them.
PATTERNS = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "llama3": _SUFFIX + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + _BLANKS,
    "qwen2": _SUFFIX + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*" + _BLANKS,
    "qwen35": _SUFFIX
    + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
    + _BLANKS,
    "o200k": _CASED % (_SUFFIX + "?", _SUFFIX + "?")
    + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*"
    + _BLANKS,
    "lines": r"[^\n]*\n+|[^\n]+",
    "tekken": _CASED % ("", "") + r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + _BLANKS,
}

THOUSANDS = r"(?=(\d{3})+(?!\d))"
_DIGITS = pre_tokenizers.Digits(individual_digits=False)
# Each pass cuts the pieces of the one before.
PASSES = {
    "deepseek": (
        r"\p{N}{1,3}",
        "[一-龥぀-ゟ゠-ヿ]+",
        r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
        r"| ?[\p{P}\p{S}]+[\r\n]*" + _BLANKS,
    ),
    "superbpe": (_DIGITS, THOUSANDS),
    "thousands": (THOUSANDS,),
    "superbpe128k": (r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]{2,}[\r\n/]*| +(?!\S)",),
}


def threes(digits: str) -> list[str]:
    """A run of digits in threes, counted from the right."""
    first = len(digits) % 3
    parts = [digits[:first], *(digits[i : i + 3] for i in range(first, len(digits), 3))]
    return [part for part in parts if part]


def merged(piece: bytes, ranks: dict[bytes, int]) -> list[int]:
    """The ids of one piece: of all adjacent parts the two of least rank together become one."""
    parts = [bytes([byte]) for byte in piece]
    while len(parts) > 1:
        both = [ranks.get(left + right, 1 << 62) for left, right in itertools.pairwise(parts)]
        at = both.index(min(both))
        if both[at] == 1 << 62:
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return [ranks[part] for part in parts]


def trained(text: bytes, num_tokens: int) -> list[bytes]:
    """A small vocabulary: the bytes, then the most frequent pairs of what is there, over blanks too.

    Fewer tokens if there are no more pairs.
    """
    tokens = [bytes([byte]) for byte in range(256)]
    parts = [bytes([byte]) for byte in text]
    while len(tokens) < num_tokens:
        counts: dict[bytes, int] = {}
        for left, right in itertools.pairwise(parts):
            counts[left + right] = counts.get(left + right, 0) + 1
        new = counts.keys() - set(tokens)
        if not new:
            break
        best = max(sorted(new), key=counts.__getitem__)
        tokens.append(best)
        whole, at = [], 0
        while at < len(parts):
            pair = b"".join(parts[at : at + 2])
            whole.append(pair if pair == best else parts[at])
            at += 2 if pair == best else 1
        parts = whole
    return tokens


class ByPasses:
    """As tiktoken, but pieces are what several expressions in sequence cut."""

    def __init__(self, pattern: str, ranks: dict[bytes, int]) -> None:
        whole = tiktoken.Encoding(
            pattern, pat_str=r"[\s\S]+", mergeable_ranks=ranks, special_tokens={}
        )
        self.encode = whole.encode_ordinary
        splits = [
            pre_tokenizers.Split(Regex(each), "isolated") if isinstance(each, str) else each
            for each in PASSES[pattern]
        ]
        self.cut = pre_tokenizers.Sequence(splits).pre_tokenize_str

    def encode_ordinary(self, text: str) -> list[int]:
        return [number for piece, _ in self.cut(text) for number in self.encode(piece)]


@functools.cache
def reference(pattern: str, tokens: tuple[bytes, ...]) -> tiktoken.Encoding | ByPasses:
    ranks = {token: rank for rank, token in enumerate(tokens) if token}
    if pattern in PASSES:
        return ByPasses(pattern, ranks)
    return tiktoken.Encoding(
        pattern, pat_str=PATTERNS[pattern], mergeable_ranks=ranks, special_tokens={}
    )
