"""oracles_tokenizer_report: what is told of tokenizers, document by document. Imports nothing of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Encode = Callable[[str], Sequence[int]]
Group = str | None


def numbers(docs: Sequence[str], encode: Encode, unknown: int | None) -> dict[str, float | None]:
    """Of documents whose words Python's \\w finds."""
    tokens = [token for doc in docs for token in encode(doc)]
    words = [word for doc in docs for word in re.findall(r"\w+", doc)]
    of_words = [min(len(encode(word)), len(encode(" " + word))) for word in words]
    num_bytes = sum(len(doc.encode()) for doc in docs)
    found: dict[str, float | None] = {
        "documents": len(docs),
        "bytes": num_bytes,
        "characters": sum(map(len, docs)),
        "words": len(words),
        "tokens": len(tokens),
        "unknown_tokens": sum(token == unknown for token in tokens),
        "word_tokens": sum(of_words),
        "whole_words": of_words.count(1),
    }
    ratios = {
        "bytes_per_token": (num_bytes, len(tokens)),
        "tokens_per_byte": (len(tokens), num_bytes),
        "tokens_per_character": (len(tokens), found["characters"]),
        "tokens_per_word": (len(tokens), len(words)),
        "fertility": (sum(of_words), len(words)),
        "whole_word_share": (of_words.count(1), len(words)),
        "unknown_rate": (found["unknown_tokens"], len(tokens)),
    }
    return found | {name: of / by if by else None for name, (of, by) in ratios.items()}


def premium(
    rows: Sequence[tuple[str, Group, Group]], group: str, baseline: str, encode: Encode
) -> tuple[float | None, int]:
    """rows: (text, group, key). Tokens of the texts whose key both groups have; how many keys."""
    keys = [{key for _, name, key in rows if name == one} - {None} for one in (group, baseline)]
    both = keys[0] & keys[1]
    mine, theirs = (
        sum(len(encode(text)) for text, name, key in rows if name == one and key in both)
        for one in (group, baseline)
    )
    return (mine / theirs if theirs else None), len(both)
