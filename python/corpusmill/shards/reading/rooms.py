"""rooms: memory that blocks are read into, used again when nobody holds what lay in it. Reads nothing."""

from __future__ import annotations

import weakref

import numpy as np
import numpy.typing as npt


def new_room(size: int) -> memoryview:
    """Bytes that hold anything."""
    return np.empty(size, np.uint8).data


class Rooms:
    """Rooms of one size, of which one that nobody holds is kept for the next to ask.

    A fresh one must be cleared by the system page by page, and is in no cache. From malloc it would
    often be fresh: small arrays take pieces out of what a block gave back, and the next does not fit.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._free: list[npt.NDArray[np.uint8]] = []

    def room(self, size: int) -> memoryview:
        """Bytes that hold anything; of more than a room has, one of its own."""
        if size > self._size:
            return new_room(size)
        whole = self._free.pop() if self._free else np.empty(self._size, np.uint8)
        lent = whole.view()  # all that is made of its memoryview holds it
        weakref.finalize(lent, self._keep, whole).atexit = False
        return memoryview(lent)[:size]

    def _keep(self, whole: npt.NDArray[np.uint8]) -> None:
        """No more than one: as many files may be open as there are threads, each with rooms of its own."""
        self._free[:] = [whole]
