"""shape: whether what was read from JSON is made as it must be. Knows no file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

Shape: TypeAlias = Any
"""A type; a tuple of types, any of which will do; [shape]: a list of such; {str: shape}: an object
of any names; {"name": shape, ...}: an object that has at least these."""

NUMBER = (int, float)


def check(value: Any, shape: Shape, name: str) -> None:
    """Raises TypeError or ValueError that says which part has another shape."""
    if isinstance(shape, list):
        _expect(value, list, name)
        for number, item in enumerate(value):
            check(item, shape[0], f"{name}[{number}]")
    elif isinstance(shape, dict):
        _expect(value, dict, name)
        for key in value if str in shape else shape:
            if key not in value:
                raise ValueError(f"{name} has no {key!r}")
            check(value[key], shape.get(str, shape.get(key)), f"{name}.{key}")
    else:
        _expect(value, shape, name)


def fitting(values: Mapping[str, Any], shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """Of these values those that have their shape."""
    found = {}
    for name in values.keys() & shapes.keys():
        try:
            check(values[name], shapes[name], name)
        except (TypeError, ValueError):
            continue
        found[name] = values[name]
    return found


def _expect(value: Any, kinds: Any, name: str) -> None:
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
        raise TypeError(f"{name} is no {names}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} is no finite number")
    if isinstance(value, int) and not 0 <= value < 2**63:
        raise ValueError(f"{name} is {value}")
