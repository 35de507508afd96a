"""oracles_jsonl: rows of JSON lines and what is wrong with others, written slowly. Imports nothing of ours."""

from __future__ import annotations

import json
import math
import re
from typing import NamedTuple

import orjson

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
