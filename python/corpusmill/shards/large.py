"""large: who may hold much memory at a time. Counts bytes and threads; holds none of them.

A row larger than a block is held by one thread at a time, from its reading to its end, so that a job needs
memory for one such row however many threads it has. What decoding tables takes is shared out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from corpusmill.shards.passes import TICK_SECONDS, Stopped


class OneAtATime:
    """`stopped`: whether a thread that waits should give up."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped
        self._lock = threading.Lock()
        self._holder: int | None = None

    def take(self) -> None:
        """Waits until no other thread has it; raises Stopped if it should not."""
        if self._holder == threading.get_ident():
            return
        while not self._lock.acquire(timeout=TICK_SECONDS):
            if self._stopped():
                raise Stopped
        self._holder = threading.get_ident()

    def let_go(self) -> None:
        """Of this thread; nothing if it does not have it."""
        if self._holder == threading.get_ident():
            self._holder = None
            self._lock.release()


class Shares:
    """So many bytes, for those who take no second share before they have given back the first."""

    def __init__(self, size: int, stopped: Callable[[], bool]) -> None:
        self._free = self._size = size
        self._stopped = stopped
        self._changed = threading.Condition()

    @contextmanager
    def share(self, size: int) -> Iterator[None]:
        """Waits until so many are free, or all; raises Stopped if it should not."""
        size = min(size, self._size)
        with self._changed:
            while self._free < size:
                if self._stopped():
                    raise Stopped
                self._changed.wait(TICK_SECONDS)
            self._free -= size
        try:
            yield
        finally:
            with self._changed:
                self._free += size
                self._changed.notify_all()
