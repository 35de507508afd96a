"""generating: what generate_bert and generate_library share: the code points asked of, and lines of numbers."""

from __future__ import annotations

from collections.abc import Iterable

TOKENIZERS = "0.23.3"
"""Of the reference that both ask, whose tables are of several Unicode versions."""

CODES = [code for code in range(0x110000) if code >> 11 != 0xD800 >> 11]
"""All but surrogates."""


def wrapped(values: Iterable[str]) -> str:
    lines, line = [], ""
    for value in values:
        if len(line) + len(value) + 1 > 100:
            lines.append(line)
            line = ""
        line += value + ","
    return "\n".join([*lines, line])
