"""_check: numbers at the door: they are what they should be, or the error names argument and value."""

from __future__ import annotations

import math
import operator
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
