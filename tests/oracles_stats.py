"""oracles_stats: quantiles, fields and word by word differences, written slowly. Imports nothing of ours."""

from __future__ import annotations

import json
from collections.abc import Sequence


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
