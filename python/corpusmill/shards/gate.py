"""gate: what many threads add up is saved now and then, when just the blocks handed out are in it.

Saves nothing itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from corpusmill.shards.passes import TICK_SECONDS, Blocks, Stopped

ABlock = TypeVar("ABlock")


class Gate:
    """Blocks of a pass are handed out through it, and it is told when one is dealt with.

    every       bytes of blocks after which it lets no further one through until all that are out are
                dealt with and `save` has returned; None: never
    """

    def __init__(self, stop: threading.Event, every: int | None, save: Callable[[], None]) -> None:
        self._stop = stop
        self._every = every
        self._save = save
        self._changed = threading.Condition()
        self._out = 0  # blocks that are being read or dealt with
        self._unsaved = 0  # bytes
        self._closed = False

    def through(self, blocks: Blocks[ABlock]) -> Blocks[ABlock]:
        """The same blocks."""
        while True:
            with self._changed:
                self._wait(lambda: not self._closed)
                self._out += 1
            block = next(blocks, None)
            if block is None:
                self.done(0)
                return
            yield block
            del block  # it may be large, and goes before the next one comes

    def done(self, size: int) -> None:
        """A block of so many bytes is dealt with; called by whoever did that."""
        with self._changed:
            self._out -= 1
            self._unsaved += size
            self._changed.notify_all()
            if self._closed or self._every is None or self._unsaved < self._every:
                return
            self._closed = True
            self._wait(lambda: not self._out)
        self._save()
        with self._changed:
            self._closed, self._unsaved = False, 0
            self._changed.notify_all()

    def end(self) -> None:
        """All blocks are dealt with: what came since the last time is saved."""
        if self._every is not None and self._unsaved:
            self._save()
            self._unsaved = 0

    def _wait(self, ready: Callable[[], bool]) -> None:
        while not ready():
            if self._stop.is_set():
                raise Stopped
            self._changed.wait(TICK_SECONDS)
