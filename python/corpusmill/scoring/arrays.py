"""arrays: matrices, targets and biases at the door of scoring, as the compiled core takes them. Computes nothing.

Of torch only what a tensor itself offers is used, so that nothing here imports it.
"""

from __future__ import annotations

import math
import sys
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float32]

_CPU, _CUDA = 1, 2  # as DLPack numbers devices


def on_gpu(name: str, values: Any) -> bool:
    """Whether they lie on a CUDA device; ValueError if they lie neither there nor in memory."""
    asked = getattr(values, "__dlpack_device__", None)
    kind = _CPU if asked is None else int(asked()[0])
    if kind not in (_CPU, _CUDA):
        raise ValueError(
            f"{name}: expected an array in memory or on CUDA, got device {kind}; move it"
        )
    return kind == _CUDA


def rows(name: str, values: Any) -> tuple[Array, str]:
    """A matrix whose rows are contiguous, in place if they are, and its dtype; bfloat16 as uint16.

    float64 is converted to float32. ValueError if it is no matrix of floats.
    """
    array, dtype = _seen(values)
    if dtype == "float64":
        array, dtype = array.astype(np.float32), "float32"
    if array.ndim != 2 or dtype not in ("float32", "float16", "bfloat16"):
        raise ValueError(
            f"{name}: expected a matrix of float32, float16 or bfloat16, "
            f"got shape {array.shape} of {dtype}"
        )
    beside = array.shape[1] <= 1 or array.strides[1] == array.itemsize
    if beside and array.flags.aligned and array.dtype.isnative:
        return array, dtype
    return np.array(array, array.dtype.newbyteorder("="), order="C"), dtype


def targets(values: Any, tokens: int, vocabulary: int) -> Ints:
    """One whole number per token, all below the size of the vocabulary; ValueError otherwise."""
    array, dtype = _seen(values)
    if array.shape == (tokens,) == (0,):  # of an empty list NumPy makes floats
        return np.zeros(0, np.int64)
    if array.shape != (tokens,) or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"targets: expected {tokens} whole numbers, one per row, got shape {array.shape} of {dtype}"
        )
    over = np.flatnonzero(array >= vocabulary)
    if len(over):
        raise ValueError(
            f"targets: row {over[0]} is {array[over[0]]}, but the vocabulary has {vocabulary} tokens; "
            "give a number below 0 where nothing is to be scored"
        )
    return np.ascontiguousarray(array, np.int64)


def bias(values: Any, vocabulary: int) -> Floats | None:
    """One float per token of the vocabulary, or None; ValueError otherwise."""
    if values is None:
        return None
    array, dtype = _seen(values)
    if array.shape != (vocabulary,):
        raise ValueError(f"bias: expected {vocabulary} floats, got shape {array.shape} of {dtype}")
    if dtype == "bfloat16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return np.ascontiguousarray(array, np.float32)


def transform(scale: float, softcap: float | None) -> tuple[float, float | None]:
    """Both as given; ValueError unless they are finite and above 0; there may be no cap."""
    if not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"scale: expected a finite number above 0, got {scale!r}")
    if softcap is not None and not (math.isfinite(softcap) and softcap > 0):
        raise ValueError(f"softcap: expected a number above 0 or None, got {softcap!r}")
    return float(scale), None if softcap is None else float(softcap)


def _seen(values: Any) -> tuple[Array, str]:
    """What an array holds, in place, and the name of its dtype. NumPy has no bfloat16: it sees uint16."""
    if hasattr(values, "detach"):  # a tensor of torch, which may want gradients
        values = values.detach()
        if str(values.dtype) == "torch.bfloat16":
            bits = values.view(sys.modules["torch"].int16)
            return np.from_dlpack(bits).view(np.uint16), "bfloat16"
    if not isinstance(values, np.ndarray) and hasattr(values, "__dlpack__"):
        try:
            array = np.from_dlpack(values)
        except (RuntimeError, BufferError) as error:
            raise TypeError(
                f"{type(values).__name__} is not to be had as a NumPy array: {error}; give a NumPy "
                "array or a tensor of torch, which bfloat16 is taken from"
            ) from None
    else:
        array = np.asarray(values)
    if array.dtype.name == "bfloat16":  # of ml_dtypes
        return array.view(np.uint16), "bfloat16"
    return array, array.dtype.name
