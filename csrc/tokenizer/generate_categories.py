"""Writes category_runs.cpp: the general category of each code point, as tokenizers' patterns ask for it.

    python generate_categories.py > category_runs.cpp

Needs the package unicodedata2 of the version pinned here, which is that of the reference tokenizers
(tiktoken's regex engine and Oniguruma know Unicode 16). Run by hand when that moves; no build runs it.
"""

from __future__ import annotations

import sys
import textwrap

import unicodedata2

VERSION = "16.0.0"
WHITE_SPACE = [*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029]
WHITE_SPACE += [0x202F, 0x205F, 0x3000]
# As enum Category in categories.hpp.
NAMES = ["other", "space", "upper", "lower", "letter", "mark", "digit", "number", "punctuation"]
NAMES += ["symbol"]
OF_CATEGORY = {"Lu": "upper", "Lt": "upper", "Ll": "lower", "Lm": "letter", "Lo": "letter"}
OF_CATEGORY["Nd"] = "digit"
OF_MAJOR = {"M": "mark", "N": "number", "P": "punctuation", "S": "symbol"}

FILE = """\
// category_runs: the numbers of categories.hpp. Written by generate_categories.py, not by hand.
// Unicode Character Database {version}, Copyright Unicode, Inc., see LICENSES/Unicode-3.0.txt.
#include "tokenizer/categories.hpp"

namespace corpusmill::tokenizer {{

const char category_version[] = "{version}";
const size_t num_category_runs = {size};
const uint32_t category_runs[] = {{
{numbers}}};

}}  // namespace corpusmill::tokenizer
"""


def category(code: int) -> int:
    if code in WHITE_SPACE:
        return NAMES.index("space")
    general = unicodedata2.category(chr(code))
    return NAMES.index(OF_CATEGORY.get(general) or OF_MAJOR.get(general[0], "other"))


def main() -> None:
    if unicodedata2.unidata_version != VERSION:
        raise SystemExit(f"pip install unicodedata2=={VERSION}")
    runs: list[tuple[int, int]] = []
    for code in range(0x110000):
        value = category(code)
        if not runs or runs[-1][1] != value:
            runs.append((code, value))
    numbers = ", ".join(str(code << 4 | value) for code, value in runs)
    numbers = textwrap.fill(numbers, 100, initial_indent=" " * 4, subsequent_indent=" " * 4)
    sys.stdout.write(FILE.format(version=VERSION, size=len(runs), numbers=numbers))


if __name__ == "__main__":
    main()
