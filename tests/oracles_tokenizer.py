"""oracles_tokenizer: byte-pair encoding by its definition, and tiktoken by the published patterns.

Imports nothing of ours.
"""

from __future__ import annotations

import functools
import itertools

import tiktoken

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
    "o200k": _CASED % (_SUFFIX + "?", _SUFFIX + "?")
    + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*"
    + _BLANKS,
    "lines": r"[^\n]*\n+|[^\n]+",
    "tekken": _CASED % ("", "") + r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + _BLANKS,
}


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
    """A small vocabulary: the bytes, then the most frequent pairs of what is there, over blanks too."""
    tokens = [bytes([byte]) for byte in range(256)]
    parts = [bytes([byte]) for byte in text]
    while len(tokens) < num_tokens:
        counts: dict[bytes, int] = {}
        for left, right in itertools.pairwise(parts):
            counts[left + right] = counts.get(left + right, 0) + 1
        best = max(sorted(counts.keys() - set(tokens)), key=counts.__getitem__)
        tokens.append(best)
        whole, at = [], 0
        while at < len(parts):
            pair = b"".join(parts[at : at + 2])
            whole.append(pair if pair == best else parts[at])
            at += 2 if pair == best else 1
        parts = whole
    return tokens


@functools.cache
def reference(pattern: str, tokens: tuple[bytes, ...]) -> tiktoken.Encoding:
    ranks = {token: rank for rank, token in enumerate(tokens) if token}
    return tiktoken.Encoding(
        pattern, pat_str=PATTERNS[pattern], mergeable_ranks=ranks, special_tokens={}
    )
