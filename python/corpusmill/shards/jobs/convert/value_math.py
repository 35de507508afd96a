"""value_math: what a condition does with values: compare, count, reckon, and, or, not. Knows no fields.

Null stays null, as in SQL: what is compared or reckoned with null is null, and so is what has no
answer (a number beside a string, a division by 0). Numbers compare as the numbers they are, never
rounded to each other's type.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays
from corpusmill.shards.reading.values import Mask, Part, Value, constant

_NO = np.False_
_NUMBERS = ("whole", "real")
_COMPARE: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "==": (operator.eq, "equal"),
    "!=": (operator.ne, "not_equal"),
    "<": (operator.lt, "less"),
    "<=": (operator.le, "less_equal"),
    ">": (operator.gt, "greater"),
    ">=": (operator.ge, "greater_equal"),
}


def compare(how: str, left: Value, right: Value) -> Value:
    """Row by row; strings by their code points, false before true."""
    true: Any = _NO
    valid: Any = _NO
    for kind, (mine, mine_valid) in left.items():
        for other, (theirs, theirs_valid) in right.items():
            if kind == "other" or not (kind == other or {kind, other} == {*_NUMBERS}):
                continue
            both = mine_valid & theirs_valid
            if kind == "string":
                holds = _strings(_COMPARE[how][1], mine, theirs)
            elif kind == other:
                holds = _COMPARE[how][0](mine, theirs)
            elif kind == "whole":
                holds = _COMPARE[how][0](*_order(mine, theirs))
            else:
                holds = _COMPARE[how][0](*_order(theirs, mine)[::-1])
            true = true | (holds & both)
            valid = valid | both
    return {"boolean": Part(true, valid)}


class OneOf:
    """Literals that values are looked up in, in time that hardly grows with their number."""

    def __init__(self, literals: Sequence[bool | float | str]) -> None:
        given = [constant(each) for each in literals]
        self._booleans = [
            constant(each) for each in {each for each in literals if isinstance(each, bool)}
        ]
        strings = [each for each in literals if isinstance(each, str)]
        self._strings = _arrays.of_texts(strings)
        whole = {int(each["whole"].entries) for each in given if "whole" in each}
        real = {float(each["real"].entries) for each in given if "real" in each}
        # Of each kind those too that numbers of the other kind are exactly.
        whole |= {int(each) for each in real if each.is_integer() and -(2.0**63) <= each < 2.0**63}
        real |= {float(each) for each in whole if int(float(each)) == each}
        self._numbers: dict[str, npt.NDArray[Any]] = {}
        if whole or real:
            self._numbers = {
                "whole": np.array(sorted(whole), np.int64),
                "real": np.array(sorted(real), np.float64),
            }

    def holds(self, value: Value) -> Value:
        """Whether it equals one of them; null where it could equal none for its kind."""
        true: Any = _NO
        known: Any = _NO
        for each in self._booleans:
            found = compare("==", value, each)["boolean"]
            true, known = true | found.entries, known | found.valid
        if len(self._strings) and "string" in value:
            entries, valid = value["string"]
            true = true | (_strings("is_in", entries, self._strings) & valid)
            known = known | valid
        for kind in value.keys() & self._numbers.keys():
            entries, valid = value[kind]
            true = true | (np.isin(entries, self._numbers[kind]) & valid)
            known = known | valid
        return {"boolean": Part(true, known)}


def reckon(how: str, left: Value, right: Value) -> Value:
    """`+ - *` of whole numbers are whole, or real beyond int64; `/` is real, null for a divisor of 0."""
    out: Value = {}
    with np.errstate(all="ignore"):
        for kind in _NUMBERS:
            for other in _NUMBERS:
                if kind not in left or other not in right:
                    continue
                mine, theirs = left[kind].entries, right[other].entries
                valid = left[kind].valid & right[other].valid
                if kind == other == "whole" and how != "/":
                    result, beyond = _whole(how, mine, theirs)
                    out["whole"] = Part(result, valid & ~beyond)
                    valid = valid & beyond
                a, b = np.float64(mine), np.float64(theirs)
                if how == "/":
                    valid = valid & (b != 0)
                result = _REAL[how](a, b)
                known = out.get("real", Part(np.float64(0), _NO))
                entries = np.where(valid, result, known.entries)
                out["real"] = Part(entries, known.valid | valid)
    return out


def length(value: Value) -> Value:
    """Of strings, their number of characters (code points); null of all else."""
    if "string" not in value:
        return {}
    from pyarrow import compute  # noqa: PLC0415  takes long to import, and only conditions need it

    entries, valid = value["string"]
    counted = compute.utf8_length(entries)
    if isinstance(counted, pa.Scalar):
        return {"whole": Part(np.int64(counted.as_py()), valid)}
    numbers = _arrays.filled(counted).astype(np.int64)
    return {"whole": Part(numbers, valid)}


def is_null(value: Value) -> Value:
    """Never null itself."""
    known: Any = _NO
    for part in value.values():
        known = known | part.valid
    return {"boolean": Part(~known, np.True_)}


def both(left: Value, right: Value) -> Value:
    """False if one is false, else null if one is null."""
    (a, a_known), (b, b_known) = _truth(left), _truth(right)
    no = (a_known & ~a) | (b_known & ~b)
    return {"boolean": Part(a & b, (a_known & b_known) | no)}


def either(left: Value, right: Value) -> Value:
    """True if one is true, else null if one is null."""
    return inverted(both(inverted(left), inverted(right)))


def inverted(value: Value) -> Value:
    """Null stays null."""
    true, known = _truth(value)
    return {"boolean": Part(known & ~true, known)}


def truth(value: Value, num_rows: int) -> tuple[Mask, Mask]:
    """Which rows are true, and which are true or false; what is no boolean is neither."""
    true, known = _truth(value)
    return np.broadcast_to(true, num_rows), np.broadcast_to(known, num_rows)


def _truth(value: Value) -> tuple[Any, Any]:
    true, known = value.get("boolean", (_NO, _NO))
    return true & known, known


def _order(whole: Any, real: Any) -> tuple[Any, Any]:
    """Numbers that compare as these do: the sign of whole - real, and 0, or NaN, which is unequal."""
    with np.errstate(invalid="ignore"):
        large, small, nan = real >= 2.0**63, real < -(2.0**63), np.isnan(real)
        floor = np.floor(np.where(large | small | nan, 0.0, real))
        below = floor.astype(np.int64)
        same = np.where(floor < real, -1, 0)
        sign = np.where(whole < below, -1, np.where(whole > below, 1, same))
        sign = np.where(large, -1, np.where(small, 1, sign))
        return sign, np.where(nan, np.nan, 0.0)


def _whole(how: str, a: Any, b: Any) -> tuple[Any, npt.NDArray[np.bool_]]:
    """The result, and where it is beyond int64 and so means nothing."""
    a, b = np.asarray(a), np.asarray(b)
    if how == "+":
        result = a + b
        return result, ((a ^ result) & (b ^ result)) < 0
    if how == "-":
        result = a - b
        return result, ((a ^ b) & (a ^ result)) < 0
    result = a * b
    divisor = np.where(a == 0, 1, a)
    lost = (result // divisor != b) | ((a == -1) & (b == np.iinfo(np.int64).min))
    return result, (a != 0) & lost


_REAL: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def _strings(function: str, left: Any, right: Any) -> Any:
    from pyarrow import compute  # noqa: PLC0415  takes long to import, and only conditions need it

    if function == "is_in":
        found = compute.is_in(left, value_set=right)
    else:
        found = compute.call_function(function, [left, right])
    if isinstance(found, pa.Scalar):
        return np.bool_(found.as_py() or False)
    return _arrays.filled(found)
