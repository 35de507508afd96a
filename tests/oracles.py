"""oracles: the library's answers written slowly and plainly. Imports nothing of ours.

A function here takes one document where the library takes a column, and is named as its fast twin.
Sections: hashes, ngram, dedup, text, stats, jsonl,
conditions.
"""

from __future__ import annotations

import json
import math
import operator
import re
import struct
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson
import xxhash

# --- hashes ---------------------------------------------------------------------------------------

M32 = 2**32 - 1
M64 = 2**64 - 1


def mix(x: int) -> int:
    for _ in range(2):
        x = (x ^ x >> 32) * 0xD6E8FEB86659FD93 & M64
    return x ^ x >> 32


def multiply_fold(a: int, b: int) -> int:
    product = a * b
    return (product ^ product >> 64) & M64


def random_numbers(seed: int, count: int) -> list[int]:
    """splitmix64."""
    out = []
    for _ in range(count):
        seed = (seed + 0x9E3779B97F4A7C15) & M64
        z = seed
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & M64
        z = (z ^ z >> 27) * 0x94D049BB133111EB & M64
        out.append(z ^ z >> 31)
    return out


# --- ngram ----------------------------------------------------------------------------------------


def word_hash(word: bytes) -> int:
    if len(word) > 16:
        return xxhash.xxh3_64_intdigest(word)
    low, high = struct.unpack("<2Q", word.ljust(16, b"\0"))
    return multiply_fold(low ^ 0x9E3779B97F4A7C15, high ^ 0xD6E8FEB86659FD93)


def shingles(units: Sequence[int], raw: bytes, n: int) -> list[int]:
    """Hashes of the n-grams of a document of these unit hashes and these bytes."""
    if not units:
        return [xxhash.xxh3_64_intdigest(raw, seed=0xA0761D6478BD642F)]
    size = min(n, len(units))
    out = []
    for i in range(len(units) - size + 1):
        value = 0
        for unit in units[i : i + size]:
            value = value * 0x9E3779B97F4A7C15 + unit
        out.append(mix((value + size * 0xC2B2AE3D27D4EB4F) & M64))
    return out


# --- dedup ----------------------------------------------------------------------------------------

OPEN = M32


def signature(shingle_hashes: Sequence[int], num_hashes: int, seed: int = 0) -> list[int]:
    if seed:
        shingle_hashes = [mix(s ^ mix(seed)) for s in shingle_hashes]
    slots = [OPEN] * num_hashes
    for turn, factor in enumerate((None, 0x9E3779B1, 0x85EBCA77)):
        for s in shingle_hashes:
            x = s if factor is None else (s & M32) * factor ^ (s << 32 & M64 | s >> 32)
            slot = (x & M32) * num_hashes >> 32
            slots[slot] = min(slots[slot], turn << 30 | x >> 34)
    for slot, salt in enumerate(random_numbers(seed, num_hashes)):
        if slots[slot] >= 3 << 30:
            slots[slot] = min([OPEN, *(last_resort(s, salt & M32) for s in shingle_hashes)])
    return slots


def last_resort(shingle: int, salt: int) -> int:
    value = ((shingle >> 32) ^ salt) * 0x9E3779B1 & M32
    value ^= value >> 15
    return (value * 0x85EBCA77 & M32) >> 2 | 3 << 30


def jaccard(left: set[int], right: set[int]) -> float:
    return len(left & right) / len(left | right) if left | right else 0.0


def band_buckets(signatures: dict[int, list[int]], bands: int, rows: int) -> list[list[int]]:
    """Groups of at least two keys that agree on a whole band, each in the order of the dict."""
    buckets: dict[tuple[int, ...], list[int]] = {}
    for key, slots in signatures.items():
        for band in range(bands):
            part = tuple(slots[band * rows : (band + 1) * rows])
            buckets.setdefault((band, *part), []).append(key)
    return [members for members in buckets.values() if len(members) > 1]


def pairs(
    signatures: dict[int, list[int]], bands: int, rows: int, threshold: float, most: int
) -> dict[tuple[int, int], float]:
    out = {}
    for members in band_buckets(signatures, bands, rows):
        for j, right in enumerate(members):
            for left in members[: min(j, most)]:
                alike = estimate(signatures[left], signatures[right])
                if alike >= threshold:
                    out[left, right] = alike
    return dict(sorted(out.items()))


def estimate(left: list[int], right: list[int]) -> float:
    return sum(a == b for a, b in zip(left, right, strict=True)) / len(left)


def components(edges: Sequence[tuple[int, int]], size: int) -> list[int]:
    """Smallest reachable row, by spreading it until nothing changes."""
    name = list(range(size))
    changed = True
    while changed:
        changed = False
        for a, b in edges:
            least = min(name[a], name[b])
            changed |= name[a] != least or name[b] != least
            name[a] = name[b] = least
    return name


def decide(
    *,
    sets: dict[int, frozenset[int]],
    signatures: dict[int, list[int]],
    order: Sequence[int],
    bands: int,
    rows: int,
    most: int,
    accept: Callable[[int, int], float | None],
) -> dict[int, tuple[int, float]]:
    """dropped row -> (kept row, similarity). `accept` gives the similarity of two rows or None."""
    units: dict[frozenset[int], list[int]] = {}
    for row in order:
        units.setdefault(sets[row], []).append(row)
    first = {unit[0]: unit for unit in units.values()}
    buckets = band_buckets({row: signatures[row] for row in first}, bands, rows)
    kept_in: list[list[int]] = [[] for _ in buckets]
    rank = {row: i for i, row in enumerate(first)}
    out: dict[int, tuple[int, float]] = {}
    for row, unit in first.items():
        own = [i for i, members in enumerate(buckets) if row in members]
        seen = {kept for i in own for kept in kept_in[i][:most]}
        for kept in sorted(seen, key=rank.__getitem__):
            alike = accept(row, kept)
            if alike is not None:
                out.update(dict.fromkeys(unit, (kept, alike)))
                break
        else:
            for i in own:
                kept_in[i].append(row)
            out.update(dict.fromkeys(unit[1:], (row, 1.0)))
    return dict(sorted(out.items()))


def index_query(
    entries: Sequence[list[int] | None],
    docs: Sequence[list[int] | None],
    *,
    bands: int,
    rows: int,
    least: float | None,
    matches: str,
    most: int,
) -> list[tuple[int, int, float]]:
    """(document, entry, similarity) of every match; `least` None: every candidate matches."""
    out = []
    for row, doc in enumerate(docs):
        if doc is None:
            continue
        candidates: set[int] = set()
        for begin in range(0, bands * rows, rows):
            part = doc[begin : begin + rows]
            same = [i for i, entry in enumerate(entries) if entry and entry[begin:][:rows] == part]
            candidates.update(same[:most])
        found = [(i, estimate(doc, entries[i] or [])) for i in sorted(candidates)]
        found = [(i, alike) for i, alike in found if least is None or alike >= least]
        if matches == "best":
            found.sort(key=lambda pair: -pair[1])  # stable: the first of the most similar
        out += [(row, i, alike) for i, alike in (found if matches == "all" else found[:1])]
    return out


# --- text -----------------------------------------------------------------------------------------

# Letters and numbers in these ranges have Han, Hiragana, Katakana, Thai, Lao, Khmer, Myanmar or
# Tibetan as Script or among their Script_Extensions (Unicode 15.0); none outside has.
STANDALONE = (
    (0x0E01, 0x1099),  # Thai, Lao, Tibetan, Myanmar
    (0x1780, 0x17F9),  # Khmer
    (0x3005, 0x30FF),  # iteration marks, Hangzhou numerals, Hiragana, Katakana
    (0x3192, 0x3195),  # kanbun numbers
    (0x31F0, 0x3229),  # small Katakana, parenthesized ideographs
    (0x3280, 0x3289),  # circled ideographs
    (0x3400, 0x9FFF),  # Han
    (0xA9E0, 0xA9FE),  # Myanmar
    (0xAA60, 0xAA7F),  # Myanmar
    (0xF900, 0xFAD9),  # Han
    (0xFF66, 0xFF9F),  # Katakana
    (0x16FE3, 0x16FE3),  # Han
    (0x1AFF0, 0x1B167),  # Hiragana, Katakana
    (0x1D360, 0x1D371),  # counting rods
    (0x20000, 0x323AF),  # Han
)
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def is_standalone(char: str) -> bool:
    is_letter_or_number = unicodedata.category(char)[0] in "LN"
    return is_letter_or_number and any(a <= ord(char) <= b for a, b in STANDALONE)


def words(document: bytes) -> list[bytes]:
    return [word for word, _, _ in words_in_place(document)]


def word_spans(document: bytes) -> list[tuple[int, int]]:
    return [(begin, end) for _, begin, end in words_in_place(document)]


def words_in_place(document: bytes) -> list[tuple[bytes, int, int]]:
    """The words, each with the bytes [begin, end) of the document that it stands in."""
    out: list[tuple[bytes, int, int]] = []
    open_to = ""  # the categories that go on the last word
    end = 0
    for char in document.decode("utf-8", "surrogateescape"):
        group = "L" if char == "_" else unicodedata.category(char)[0]
        lower = char.lower()[0].encode(
            "utf-8", "surrogateescape"
        )  # [0]: the simple mapping of U+0130
        begin, end = end, end + len(char.encode("utf-8", "surrogateescape"))
        alone = is_standalone(char)
        if group not in "LMN":
            open_to = ""
        elif group in open_to and not alone:
            word, first, _ = out[-1]
            out[-1] = (word + lower, first, end)
        else:
            out.append((lower, begin, end))
            open_to = "M" if alone else "LMN"
    return out


def characters(document: bytes) -> int:
    """Code points, and each byte that is no part of well-formed UTF-8."""
    return len(document.decode("utf-8", "surrogateescape"))


def letters(document: bytes) -> int:
    """Characters of category L."""
    text = document.decode("utf-8", "surrogateescape")
    return sum(unicodedata.category(char)[0] == "L" for char in text)


def scripts_by_code(scripts_txt: str) -> dict[int, str]:
    """The script of each code point that Unicode's Scripts.txt names."""
    found = re.findall(r"^([0-9A-F]+)(?:\.\.([0-9A-F]+))? *; (\w+)", scripts_txt, re.MULTILINE)
    return {
        code: name
        for first, last, name in found
        for code in range(int(first, 16), int(last or first, 16) + 1)
    }


def normalize(
    document: bytes, form: str | None, *, casefold: bool = False, whitespace: bool = False
) -> bytes:
    def to_form(text: str) -> str:
        return unicodedata.normalize(form, text) if form else text  # type: ignore[arg-type]

    text = to_form(document.decode("utf-8", "surrogateescape"))
    if casefold:
        text = to_form(text.casefold())
    if whitespace:
        text = re.sub(f"[{WHITE_SPACE}]+", " ", text).strip(" ")
    return text.encode("utf-8", "surrogateescape")


# --- stats ----------------------------------------------------------------------------------------


def quantile(lengths: Sequence[int], percent: int) -> int:
    """The smallest length that at least so many percent of them do not exceed."""
    ascending = sorted(lengths)
    return next(
        length
        for number, length in enumerate(ascending, 1)
        if number * 100 >= percent * len(ascending)
    )


def json_fields(lines: Sequence[bytes]) -> dict[str, dict[str, int]]:
    """For each field of these objects, how many have it with a value of each type."""
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}
    out: dict[str, dict[str, int]] = {}
    for line in lines:
        for name, value in json.loads(line).items():
            kind = "null" if value is None else names.get(type(value), "object")
            types = out.setdefault(name, {})
            types[kind] = types.get(kind, 0) + 1
    return out


def longest_common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    """Its length."""
    row = [0] * (len(right) + 1)
    for word in left:
        above = row
        row = [0]
        for j, other in enumerate(right):
            row.append(above[j] + 1 if word == other else max(above[j + 1], row[j]))
    return row[-1]


# --- jsonl ----------------------------------------------------------------------------------------

BLANK = b" \t\r"
LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair
    r"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\."
)


class JsonNumber(str):
    """A number as written."""


class JsonRow(NamedTuple):
    text: str
    id: str | None
    order: float


def json_fault(line: bytes) -> str | None:
    """Why a line is not JSON as orjson accepts it; of two faults the first counts."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return "invalid_utf8"
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        pass
    else:
        return None
    lone = [found.start() for found in LONE_SURROGATE.finditer(text) if found["lone"]]
    if not lone:
        return "invalid_json"
    try:
        orjson.loads(LONE_SURROGATE.sub(lambda m: r"\u0041" if m["lone"] else m[0], text))
    except orjson.JSONDecodeError as other:
        return "lone_surrogate" if lone[0] < other.pos else "invalid_json"
    return "lone_surrogate"


def json_scalar(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else None


def jsonl_row(line: bytes, text: str, id: str | None, order: str | None) -> JsonRow | str:
    """The row of a line that is not blank, or the reason why it is none."""
    fault = json_fault(line)
    if fault is not None:
        return fault
    row = json.loads(line.decode(), parse_int=JsonNumber, parse_float=JsonNumber)
    if not isinstance(row, dict):
        return "not_an_object"
    if text not in row:
        return "text_missing"
    if row[text] is None:
        return "text_null"
    if not isinstance(row[text], str) or isinstance(row[text], JsonNumber):
        return "text_not_a_string"
    number = row.get(order)
    order_value = float(number) if isinstance(number, JsonNumber) else math.nan
    return JsonRow(row[text], json_scalar(row.get(id)), order_value)


def jsonl_scan(
    block: bytes, text: str, id: str | None, order: str | None
) -> list[tuple[int, int, int, JsonRow | str]]:
    """Offset, length and index of each line that is not blank, and what it is."""
    out = []
    lines = block.split(b"\n")
    if not lines[-1]:
        lines.pop()
    offset = 0
    for index, line in enumerate(lines):
        if line.strip(BLANK):
            body = line.removesuffix(b"\r")
            out.append((offset, len(body), index, jsonl_row(body, text, id, order)))
        offset += len(line) + 1
    return out


# --- conditions -----------------------------------------------------------------------------------

SIGNS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
RECKONING = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def holds(tree: tuple[Any, ...], row: dict[str, Any]) -> Any:  # noqa: PLR0911  one for each kind
    """What a condition, given as a tree, is for a row: True, False or None; or a part's value."""
    kind, *parts = tree
    if kind == "field":
        return at_path(row, parts[0])
    if kind == "literal":
        return in_range(parts[0])
    if kind == "is null":
        return holds(parts[0], row) is None
    if kind == "not":
        value = truth(holds(parts[0], row))
        return None if value is None else not value
    if kind in ("and", "or"):
        left, right = (truth(holds(part, row)) for part in parts)
        decisive = kind == "or"
        if decisive in (left, right):
            return decisive
        return None if None in (left, right) else not decisive
    if kind == "len":
        value = holds(parts[0], row)
        return len(value) if isinstance(value, str) else None
    if kind == "in":
        value = holds(parts[0], row)
        answers = [compared("==", value, in_range(literal)) for literal in parts[1]]
        return None if set(answers) == {None} else True in answers
    how, left, right = parts
    if kind == "compare":
        return compared(how, holds(left, row), holds(right, row))
    return reckoned(how, holds(left, row), holds(right, row))


def at_path(row: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return in_range(row)


def in_range(value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole and not -(2**63) <= value < 2**63 else value


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def compared(how: str, left: Any, right: Any) -> bool | None:
    numbers = is_number(left) and is_number(right)
    others = type(left) is type(right) and isinstance(left, (str, bool))
    return SIGNS[how](left, right) if numbers or others else None


def reckoned(how: str, left: Any, right: Any) -> Any:
    if not (is_number(left) and is_number(right)) or (how == "/" and right == 0):
        return None
    if how != "/" and isinstance(left, int) and isinstance(right, int):
        exact = RECKONING[how](left, right)
        if exact == in_range(exact) and isinstance(in_range(exact), int):
            return exact
    return RECKONING[how](float(left), float(right))
