"""large: what is larger than a block is held by one thread at a time, from its reading to its end.

So a job needs memory for one such row however many threads it has.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

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
