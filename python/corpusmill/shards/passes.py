"""passes: one walk over the blocks of all shards, by a few threads that live for it.

A pass says where blocks come from and what is done with one; threads, order of hand-out, progress,
errors and interruption are decided here. Knows no rows and no files, and not what a block is: a pass
that walks over several shards as if they were one hands out blocks that say whose they are.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Generic, Protocol, TypeAlias, TypeVar

from corpusmill.shards.progress import Meter, Report

ABlock = TypeVar("ABlock")
Blocks: TypeAlias = Generator[ABlock, None, None]

TICK_SECONDS = 0.1
STALLED_SECONDS = 30.0
"""A shard of which no block came for so long is told of: its disk or server may be at fault."""


class Pass(Protocol[ABlock]):
    """One walk. Shards are numbered as the job lists them."""

    meter: Meter

    def blocks(self, shard: int) -> Blocks[ABlock]:
        """The shard's blocks; made and advanced by one thread at a time."""

    def work(self, shard: int, block: ABlock) -> None:
        """Deals with a block: by any thread, at any time, so order is kept by `Turns`."""

    def finish(self, shard: int) -> None:
        """Called once, when all blocks of the shard have been dealt with."""


class Stopped(Exception):
    """Raised in threads that wait when another one has failed; never leaves `run`."""


class Turns:
    """Lets threads do numbered things in the order of their numbers, from 0."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._next = 0
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, number: int) -> Iterator[None]:
        with self._changed:
            while self._next != number:
                if self._stop.is_set():
                    raise Stopped
                self._changed.wait(TICK_SECONDS)
            yield
            self._next += 1
            self._changed.notify_all()


def run(
    a_pass: Pass[ABlock],
    num_shards: int,
    *,
    threads: int,
    stop: threading.Event,
    report: Report,
    stalled: Callable[[int], None] = lambda _: None,
    done: Callable[[], None] = lambda: None,
) -> None:
    """Walks over all blocks of all shards; the first error of any thread is raised here.

    At most `threads` blocks are held at once, and as many shards are open. `report` is called from
    this thread, a few times a second and at the end; `stalled` once with each shard of which a
    thread has waited STALLED_SECONDS for a block; `done` from each thread that is done with one.
    `stop` is set when something fails or interrupts.
    """
    walk = _Walk(a_pass, num_shards, stop, done)
    waits = _Waits(stalled)
    with ThreadPoolExecutor(threads) as pool:
        try:
            futures = [pool.submit(walk.work) for _ in range(threads)]
            while wait(futures, TICK_SECONDS, FIRST_EXCEPTION).not_done and not stop.is_set():
                report(a_pass.meter.read())
                waits.tick(walk.reading())
        except BaseException:
            walk.end()
            raise
        finally:
            pool.shutdown()
            walk.close()
    if walk.error:
        raise walk.error
    report(a_pass.meter.read())


class _Waits:
    """For how many ticks each shard has been read without a block coming of it."""

    def __init__(self, stalled: Callable[[int], None]) -> None:
        self._stalled = stalled
        self._ticks: Counter[tuple[int, int]] = Counter()

    def tick(self, reading: set[tuple[int, int]]) -> None:
        """`reading`: shards that a thread is waiting for, and how many blocks came of them."""
        for gone in self._ticks.keys() - reading:
            del self._ticks[gone]
        for read in reading:
            self._ticks[read] += 1
            if self._ticks[read] == round(STALLED_SECONDS / TICK_SECONDS):
                self._stalled(read[0])


class _Walk(Generic[ABlock]):
    """What the threads of one pass share: which shards are open, and how far they are."""

    def __init__(
        self,
        a_pass: Pass[ABlock],
        num_shards: int,
        stop: threading.Event,
        done: Callable[[], None],
    ) -> None:
        self._pass = a_pass
        self._num_shards = num_shards
        self._stop = stop
        self._done = done
        self.error: BaseException | None = None
        self._changed = threading.Condition()
        self._started = 0
        self._waiting: dict[int, Blocks[ABlock]] = {}  # open shards that nobody reads just now
        self._reading: dict[int, int] = {}  # shards that a thread waits for: their blocks so far
        self._num_blocks: Counter[int] = Counter()
        self._busy: dict[int, int] = {}  # open shards: blocks being worked on, plus 1 if unread

    def work(self) -> None:
        try:
            while (taken := self._take()) is not None:
                shard, blocks = taken
                block = next(blocks, None)
                self._give_back(shard, blocks, block)
                if block is not None:
                    self._pass.work(shard, block)
                del block  # it may be large: it goes before the next one comes
                self._done()
                self._leave(shard)
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001  it is raised again in run
            self.error = self.error or error
            self.end()
        finally:
            self._done()

    def reading(self) -> set[tuple[int, int]]:
        """The shards that are being read, and how many blocks came of each."""
        with self._changed:
            return set(self._reading.items())

    def end(self) -> None:
        """No further block is handed out; who waits for a turn gives up."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        for blocks in self._waiting.values():
            blocks.close()

    def _take(self) -> tuple[int, Blocks[ABlock]] | None:
        """The first shard that has blocks left and that no other thread reads."""
        with self._changed:
            while not self._stop.is_set():
                if self._waiting or self._started < self._num_shards:
                    shard = min(self._waiting, default=self._started)
                    blocks = self._waiting.pop(shard, None) or self._start(shard)
                    self._reading[shard] = self._num_blocks[shard]
                    return shard, blocks
                if not self._reading:
                    return None
                self._changed.wait()
        return None

    def _start(self, shard: int) -> Blocks[ABlock]:
        self._started += 1
        self._busy[shard] = 1
        return self._pass.blocks(shard)

    def _give_back(self, shard: int, blocks: Blocks[ABlock], block: ABlock | None) -> None:
        with self._changed:
            del self._reading[shard]
            self._num_blocks[shard] += 1
            if block is not None:
                self._waiting[shard] = blocks
                self._busy[shard] += 1
            self._changed.notify_all()

    def _leave(self, shard: int) -> None:
        """A block is done with, or the shard was found to have no more."""
        with self._changed:
            self._busy[shard] -= 1
            done = self._busy[shard] == 0
            if done:
                del self._busy[shard]
        if done:
            self._pass.finish(shard)
