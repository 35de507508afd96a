"""_tokenizer_patterns: the expressions by which files say how text is cut, and which pattern each is."""

from __future__ import annotations

_SUFFIX = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_MARKS = r" ?[^\s\p{L}\p{N}]+"
_BLANKS = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_WORD = r"[^\r\n\p{L}\p{N}]?\p{L}+"


def _cased(suffix: str, digits: str) -> str:
    word = rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{suffix}"
    capitals = rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{suffix}"
    return "|".join([word, capitals, digits, rf"{_MARKS}[\r\n/]*", _BLANKS])


GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""What ByteLevel of the library tokenizers cuts by."""

# As tiktoken 0.14 and the models' tokenizer.json and tekken.json write them.
PATTERN_OF = {
    GPT2: "gpt2",
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+": "gpt2",
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s": "gpt2",
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s": "cl100k",
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+": "llama3",
    rf"{_SUFFIX}|{_WORD}|\p{{N}}{{1,3}}|{_MARKS}[\r\n]*|{_BLANKS}": "llama3",
    rf"{_SUFFIX}|{_WORD}|\p{{N}}|{_MARKS}[\r\n]*|{_BLANKS}": "qwen2",
    _cased(_SUFFIX + "?", r"\p{N}{1,3}"): "o200k",
    _cased("", r"\p{N}"): "tekken",
}


def pattern_of(expression: str, name: str) -> str:
    """ValueError that quotes an expression for which there is no scanner."""
    if expression not in PATTERN_OF:
        raise ValueError(f"{name}: there is no scanner for the pattern {expression!r}")
    return PATTERN_OF[expression]
