"""Writes unicode_tables.cpp from the Unicode Character Database as Debian's `unicode-data` installs it.

    python generate_unicode_tables.py [/usr/share/unicode] > unicode_tables.cpp

Run by hand when the pinned version moves; no build runs it. The output depends on the database
alone. What the numbers mean stands in unicode_tables.hpp. Standard library only, any Python >= 3.10.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

# One code unit per invalid byte follows the code points (utf8.hpp), so that look-ups need no check.
NUM_CODES = 0x110000 + 0x100
# Long names as Scripts.txt has them, short ones as ScriptExtensions.txt.
STANDALONE_SCRIPTS = {"Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan"}
STANDALONE_SCRIPTS |= {"Hani", "Hira", "Kana", "Laoo", "Khmr", "Mymr", "Tibt"}
FORMS = ("NFC", "NFD", "NFKC", "NFKD")  # the order of enum Form
FLAGS = {name: 1 << bit for bit, name in enumerate(("white_space", "back", "many", *FORMS))}
# Records are numbered by what words need to know, from these numbers on; as in enum Kind.
KINDS = {"separator": 0, "lowers": 16, "standalone": 120, "plain": 128, "mark": 176, "end": 256}


class Database:
    """The files of the UCD that matter here, by code point."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.category: dict[int, str] = {}
        self.combining: dict[int, int] = {}
        self.lower: dict[int, int] = {}
        self.mapping: dict[int, tuple[bool, list[int]]] = {}  # (canonical, code points)
        first = 0
        for line in (folder / "UnicodeData.txt").read_text("ascii").splitlines():
            field = line.split(";")
            code = int(field[0], 16)
            first = first if field[1].endswith(", Last>") else code
            for each in range(first, code + 1):
                self.category[each] = field[2]
            if field[3] != "0":
                self.combining[code] = int(field[3])
            if field[5]:
                parts = [part for part in field[5].split() if not part.startswith("<")]
                self.mapping[code] = ("<" not in field[5], [int(part, 16) for part in parts])
            if field[13]:
                self.lower[code] = int(field[13], 16)

    def version(self) -> str:
        line = (self.folder / "PropList.txt").read_text("utf-8").splitlines()[0]
        return ".".join(re.findall(r"\d+", line)[:3])

    def lines(self, name: str) -> Iterator[tuple[range, list[str]]]:
        """(code points, further fields) of each line of a `range; value # comment` file."""
        for line in (self.folder / name).read_text("utf-8").splitlines():
            fields = [field.strip() for field in line.split("#")[0].split(";")]
            if len(fields) > 1:
                ends = [int(end, 16) for end in fields[0].split("..")]
                yield range(ends[0], ends[-1] + 1), fields[1:]

    def codes(self, name: str, *fields: str) -> set[int]:
        """Code points whose line in a file begins with these fields."""
        wanted = list(fields)
        return {c for codes, got in self.lines(name) if got[: len(wanted)] == wanted for c in codes}

    def decompose(self, code: int, *, compatible: bool) -> list[int]:
        """Full decomposition; Hangul syllables, which need no table, stand for themselves."""
        canonical, parts = self.mapping.get(code, (True, [code]))
        if parts == [code] or not (canonical or compatible):
            return [code]
        return [end for part in parts for end in self.decompose(part, compatible=compatible)]


def case_folding(ucd: Database) -> tuple[dict[int, int], dict[int, list[int]]]:
    """Full case folding: the mappings to one code point (C), and those to several (F)."""
    one: dict[int, int] = {}
    many: dict[int, list[int]] = {}
    for codes, (status, parts, *_) in ucd.lines("CaseFolding.txt"):
        if status == "C":
            one[codes[0]] = int(parts, 16)
        if status == "F":
            many[codes[0]] = [int(part, 16) for part in parts.split()]
    return one, many


Record = tuple[str, int, int, int, int]


def properties(ucd: Database) -> list[Record]:
    """(kind, flags, combining class, distance to the lower case, to the folded) of each code."""
    fold, fold_many = case_folding(ucd)
    scripts = [*ucd.lines("Scripts.txt"), *ucd.lines("ScriptExtensions.txt")]
    standalone = {
        code
        for codes, (value, *_) in scripts
        if STANDALONE_SCRIPTS & set(value.split())
        for code in codes
    }
    normal = "DerivedNormalizationProps.txt"
    maybe = ucd.codes(normal, "NFC_QC", "M")
    has = {
        "white_space": ucd.codes("PropList.txt", "White_Space"),
        "back": maybe,
        "many": set(fold_many),
    }
    for form in FORMS:
        has[form] = set(ucd.combining) | ucd.codes(normal, f"{form}_QC", "N")
        has[form] |= maybe if form in ("NFC", "NFKC") else set()

    def kind(code: int) -> str:
        group = ucd.category.get(code, "Cn")[0]
        if group == "M":
            return "mark"
        if group not in "LN" and code != ord("_"):
            return "separator"
        if code in standalone:
            return "standalone"
        return "lowers" if code in ucd.lower else "plain"

    def record(code: int) -> Record:
        flags = sum(FLAGS[name] for name in FLAGS if code in has[name])
        lower, folded = (mapping.get(code, code) - code for mapping in (ucd.lower, fold))
        return kind(code), flags, ucd.combining.get(code, 0), lower, folded

    return [record(code) for code in range(NUM_CODES)]


def array(declaration: str, values: Iterable[object]) -> str:
    lines, line = [f"const {declaration} = {{"], ""
    for text in (f"{value}," for value in values):
        if len(line) + len(text) > 100:
            lines.append(line)
            line = ""
        line += text
    return "\n".join([*lines, line.rstrip(","), "};\n"])


def two_stage(name: str, values: list[int], shift: int) -> str:
    """Arrays such that values[c] == name_value[name_block[c >> shift] << shift | c & mask]."""
    blocks: dict[tuple[int, ...], int] = {}
    stage = []
    for begin in range(0, len(values), 1 << shift):
        block = tuple(values[begin : begin + (1 << shift)])
        stage.append(blocks.setdefault(block, len(blocks)))
    flat = [value for block in blocks for value in block]
    types = ["uint8_t" if max(part) < 256 else "uint16_t" for part in (stage, flat)]
    return array(f"{types[0]} {name}_block[]", stage) + array(f"{types[1]} {name}_value[]", flat)


def braces(values: Iterable[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def property_tables(ucd: Database) -> str:
    records: list[tuple[int, ...]] = [(0, 0, 0, 0)] * 256
    free = dict(KINDS)
    number: dict[Record, int] = {}
    for record in (all_records := properties(ucd)):
        if record not in number:
            kind, *values = record
            number[record] = free[kind]
            records[free[kind]] = tuple(values)
            free[kind] += 1
    if any(free[kind] > end for kind, end in zip(KINDS, [*KINDS.values()][1:], strict=False)):
        raise ValueError(f"a kind has outgrown its room in KINDS: {free}")
    return array("Properties property_record[256]", map(braces, records)) + two_stage(
        "property", [number[record] for record in all_records], 7
    )


def decomposition_tables(ucd: Database) -> str:
    """An entry: canonical count + 32 * compatible count, then the code points of the one and of the
    other; a compatibility decomposition equal to the canonical one is left out. Entry 0 is empty.
    """
    pool = [0]
    entries: dict[tuple[int, ...], int] = {}
    index = [0] * NUM_CODES
    for code in ucd.mapping:
        canonical, compatible = (ucd.decompose(code, compatible=k) for k in (False, True))
        first = [] if canonical == [code] else canonical
        second = [] if compatible == canonical else compatible
        entry = (len(first) + 32 * len(second), *first, *second)
        index[code] = entries.setdefault(entry, len(pool))
        if index[code] == len(pool):
            pool += entry
    return array("char32_t decomposition_pool[]", pool) + two_stage("decomposition", index, 6)


def pair_tables(ucd: Database) -> str:
    excluded = ucd.codes("DerivedNormalizationProps.txt", "Full_Composition_Exclusion")
    composed = sorted(
        (*parts, code)
        for code, (canonical, parts) in ucd.mapping.items()
        if canonical and code not in excluded
    )
    many = [(c, *parts, 0)[:4] for c, parts in sorted(case_folding(ucd)[1].items())]
    return (
        array("Composition compositions[]", map(braces, composed))
        + f"const size_t num_compositions = {len(composed)};\n"
        + array("FoldToMany folds_to_many[]", map(braces, many))
        + f"const size_t num_folds_to_many = {len(many)};\n"
    )


def script_tables(ucd: Database) -> str:
    """The number of each letter's script: its place in script_names. 0: no letter."""
    script = {c: value for codes, (value, *_) in ucd.lines("Scripts.txt") for c in codes}
    letters = {code: script[code] for code, name in ucd.category.items() if name[0] == "L"}
    names = ["", *sorted(set(letters.values()))]
    number = {name: i for i, name in enumerate(names)}
    return (
        array("char* const script_names[]", (f'"{name}"' for name in names))
        + f"const size_t num_scripts = {len(names)};\n"
        + two_stage("script", [number[letters.get(c, "")] for c in range(NUM_CODES)], 7)
    )


def casing_tables(ucd: Database) -> str:
    """Runs of code points that are alike in what the lower case of U+03A3 looks for beside it."""
    derived = "DerivedCoreProperties.txt"
    cased, ignorable = (ucd.codes(derived, name) for name in ("Cased", "Case_Ignorable"))
    values = [(c in cased) + 2 * (c in ignorable) for c in range(NUM_CODES)]
    starts = [c for c in range(NUM_CODES) if c == 0 or values[c] != values[c - 1]]
    return (
        array("char32_t casing_start[]", starts)
        + array("uint8_t casing_value[]", (values[c] for c in starts))
        + f"const size_t num_casings = {len(starts)};\n"
    )


def main(folder: str = "/usr/share/unicode") -> None:
    ucd = Database(Path(folder))
    sys.stdout.write(f"""\
// unicode_tables: generated by generate_unicode_tables.py; do not edit. Derived from the Unicode
// Character Database {ucd.version()} (Unicode licence, see LICENSES/). The header says what the numbers mean.
// clang-format off
#include "text/unicode_tables.hpp"

namespace corpusmill::text {{

const char unicode_version[] = "{ucd.version()}";
{property_tables(ucd)}{decomposition_tables(ucd)}{pair_tables(ucd)}{script_tables(ucd)}{casing_tables(ucd)}
}}  // namespace corpusmill::text
""")


if __name__ == "__main__":
    main(*sys.argv[1:])
