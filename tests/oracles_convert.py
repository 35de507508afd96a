"""oracles_convert: the conditions of conversions, written slowly. Imports nothing of ours."""

from __future__ import annotations

import operator
from typing import Any

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
