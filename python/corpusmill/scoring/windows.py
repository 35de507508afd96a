"""windows: a long document in pieces that fit a context, every token predicted exactly once.

A document is a sequence of n + 1 tokens, its prefix among them if it has one; inputs 0 to n - 1
predict tokens 1 to n. The first window predicts as many as fit. Each later one predicts `stride`
more, and is given as many tokens before them as still fit: with a stride of the whole context, one,
as lm-eval's rolling windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill import _check

Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Windows:
    """Of window i: inputs begin[i] to before end[i] of doc[i]; from first[i] on they are scored."""

    doc: Ints
    begin: Ints
    first: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.doc)

    @property
    def lengths(self) -> Ints:
        return self.end - self.begin


def stride_of(stride: int | None, context: int) -> int:
    """The stride: half the context if none is said. ValueError unless it is 1 to context."""
    return max(1, context // 2) if stride is None else _check.whole("stride", stride, 1, context)


def windows(lengths: Ints, context: int, stride: int) -> Windows:
    """The windows of documents of so many inputs, in their order; one without inputs has none.

    Of n > context inputs 1 + ceil((n - context) / stride). O(windows).
    """
    behind = np.maximum(lengths - context, 0)
    count = np.where(lengths > 0, 1 + -(-behind // stride), 0)
    doc = np.repeat(np.arange(len(lengths)), count)
    nth = np.arange(len(doc)) - np.repeat(np.cumsum(count) - count, count)
    end = np.minimum(context + nth * stride, lengths[doc])
    first = np.where(nth > 0, context + (nth - 1) * stride, 0)
    return Windows(doc, np.maximum(end - context, 0), first, end)
