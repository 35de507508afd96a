"""_tokenizer_patterns: the expressions by which files say how text is cut, and which pattern each is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

Cutter: TypeAlias = str | tuple[str, bool]
"""An expression; or a splitter that has none, and its flag."""

_SUFFIX = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_MARKS = r" ?[^\s\p{L}\p{N}]+"
_BLANKS = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_WORD = r"[^\r\n\p{L}\p{N}]?\p{L}+"


def _cased(suffix: str, digits: str) -> str:
    word = rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{suffix}"
    capitals = rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{suffix}"
    return "|".join([word, capitals, digits, rf"{_MARKS}[\r\n/]*", _BLANKS])


GPT2: Final = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""What ByteLevel of the library tokenizers cuts by."""

DIGITS: Final = ("Digits", False)
"""Its splitter of that name with individual_digits=False; its numbers are of Unicode 17, not 16."""

# As tiktoken 0.14 and the models' tokenizer.json and tekken.json write them; the last of each pattern
# is how we do, for the engine of the library tokenizers, to which $ is the end of a line.
_ONE = {
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+": "gpt2",
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s": "gpt2",
    GPT2: "gpt2",
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s": "cl100k",
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+": "llama3",
    rf"{_SUFFIX}|{_WORD}|\p{{N}}{{1,3}}|{_MARKS}[\r\n]*|\s+\z|{_BLANKS}": "cl100k",
    rf"{_SUFFIX}|{_WORD}|\p{{N}}{{1,3}}|{_MARKS}[\r\n]*|{_BLANKS}": "llama3",
    rf"{_SUFFIX}|{_WORD}|\p{{N}}|{_MARKS}[\r\n]*|{_BLANKS}": "qwen2",
    rf"{_SUFFIX}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}"
    rf"| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{_BLANKS}": "qwen35",
    _cased(_SUFFIX + "?", r"\p{N}{1,3}"): "o200k",
    _cased("", r"\p{N}"): "tekken",
    r"[^\n]*\n+|[^\n]+": "lines",
    r"(?=(\d{3})+(?!\d))": "thousands",
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]{2,}[\r\n/]*| +(?!\S)": "superbpe128k",
}

_ASCII_MARKS = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]"""
_REST = (
    rf"{_ASCII_MARKS}[A-Za-z]+|[^\r\n\p{{L}}\p{{P}}\p{{S}}]?[\p{{L}}\p{{M}}]+"
    rf"| ?[\p{{P}}\p{{S}}]+[\r\n]*|{_BLANKS}"
)
_DEEPSEEK = (r"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+", _REST)

# Of several each cuts the pieces of the one before.
PATTERN_OF: dict[tuple[Cutter, ...], str] = {(written,): name for written, name in _ONE.items()}
PATTERN_OF[_DEEPSEEK] = "deepseek"
PATTERN_OF[DIGITS, r"(?=(\d{3})+(?!\d))"] = "superbpe"
WRITTEN = {pattern: cutters for cutters, pattern in PATTERN_OF.items()}

_PARTIAL = ("deepseek", "superbpe", "thousands", "superbpe128k")


def pattern_of(cutters: Sequence[Cutter], name: str, *, drops: bool) -> str:
    """ValueError that quotes expressions for which there is no scanner.

    drops: what an expression does not find is no text; so it has to find all.
    Some files have line ends themselves where others have escapes of them.
    """
    found = PATTERN_OF.get(tuple(map(_spelled, cutters)))
    if found is None:
        said = " then ".join(map(repr, cutters)) or "none"
        raise ValueError(f"{name}: there is no scanner for the pattern {said}")
    if drops and found in _PARTIAL:
        raise ValueError(f"{name}: text that {cutters[-1]!r} does not find would be lost")
    return found


def _spelled(cutter: Cutter) -> Cutter:
    if isinstance(cutter, str):
        return cutter.replace("\r", r"\r").replace("\n", r"\n")
    return cutter
