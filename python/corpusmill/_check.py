"""_check: numbers at the door: they are what they should be, or the error names argument and value."""

from __future__ import annotations

import math
import operator
import re
from typing import Any

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


def share(name: str, value: Any) -> float:
    """A number above 0 and up to 1; ValueError otherwise."""
    try:
        number = math.nan if isinstance(value, (str, bytes, bool)) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number <= 1:
        raise ValueError(f"{name}: expected 0 < {name} <= 1, got {value!r}")
    return number


_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
LEAST_MEMORY = 64 * 10**6


def memory(value: Any) -> int:
    """A budget in bytes: a whole number, or text such as "4GB" (10**9 bytes each); at least 64 MB."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([KMGT]?B?)\s*", str(value).upper())
    if isinstance(value, bool) or not found or found[2] not in _UNITS:
        raise ValueError(f'memory: expected bytes or a size such as "4GB", got {value!r}')
    size = int(float(found[1]) * _UNITS[found[2]])
    if size < LEAST_MEMORY:
        raise ValueError(f"memory: {value!r} is too little; at least 64MB are needed")
    return size
