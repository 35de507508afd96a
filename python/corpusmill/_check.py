"""_check: what comes in at the door is what it should be, or the error names argument and value."""

from __future__ import annotations

import math
import operator
import re
from typing import Any, Literal, TypeAlias

KeepCopies: TypeAlias = Literal["first", "none"]
"""Which of equal passages or pieces stay."""

MAX_THREADS = 1024


def whole(name: str, value: Any, least: int, most: int) -> int:
    """A whole number in [least, most]; ValueError otherwise. NumPy's are as good as Python's."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or not least <= number <= most:
        raise ValueError(f"{name}: expected a whole number from {least} to {most}, got {value!r}")
    return number


def threads(value: Any) -> int:
    """A number of threads; 0 stands for as many as this process may use."""
    return whole("threads", value, 0, MAX_THREADS)


def flag(name: str, value: Any) -> bool:
    """True or False; ValueError otherwise."""
    if value is True or value is False:
        return value
    raise ValueError(f"{name}: expected True or False, got {value!r}")


def keep_first(value: Any) -> bool:
    """Whether the first of equal ones stays, or none does."""
    if not isinstance(value, str) or value not in ("first", "none"):
        raise ValueError(f"keep: expected 'first' or 'none', got {value!r}")
    return value == "first"


def share(name: str, value: Any) -> float:
    """A number above 0 and up to 1; ValueError otherwise."""
    try:
        number = math.nan if isinstance(value, (str, bytes, bool)) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number <= 1:
        raise ValueError(f"{name}: expected 0 < {name} <= 1, got {value!r}")
    return number


def floats(name: str, value: Any) -> str | None:
    """The type of floats of a column that is asked for; None for False or None."""
    if value is False or value is None:
        return None
    if value not in ("float16", "float32"):
        raise ValueError(f"{name}: expected 'float16' or 'float32', got {value!r}")
    return str(value)


_UNITS = {"": 1, "b": 1} | {
    f"{letter}{binary}b": base**power
    for power, letter in enumerate("kmgt", 1)
    for binary, base in (("", 1000), ("i", 1024))
}


def memory(value: Any, least: int = 1) -> int:
    """A budget in bytes: a whole number, or a size such as "4GB" or "512 MiB"; at least so many."""
    size = 0
    if isinstance(value, int) and not isinstance(value, bool):
        size = value
    elif isinstance(value, str):
        found = re.fullmatch(r"(\d+(?:\.\d+)?) *([a-z]*)", value.strip().lower())
        if found and found[2] in _UNITS:
            size = int(float(found[1]) * _UNITS[found[2]])
    if size <= 0:
        raise ValueError(f"memory: expected bytes or a size like '4GB' or '512MiB', got {value!r}")
    if size < least:
        raise ValueError(f"memory: {value!r} is too little; at least {least // 10**6}MB are needed")
    return size
