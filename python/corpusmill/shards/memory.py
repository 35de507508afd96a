"""memory: a budget for the whole process, and who of a job holds how much of it. Allocates nothing."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from corpusmill import _check
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.rows import MEAN_ROW

SLACK = 40 << 20
"""The allocator's waste, indices of blocks, and code that is in memory once it has run."""

IMPORTED_LATER = {"pyarrow.parquet": 12 << 20, "pyarrow.compute": 12 << 20}
"""Bytes of what most jobs come to need, where it is not there yet: waiting for it would take a small
job as long as its work."""

ENDLESS = 1 << 60  # bytes; who allows more allows as much as there is
LARGEST_BLOCK, SMALLEST_BLOCK = 3 << 19, 1 << 17
PLACE_BYTES = 76  # place, hash and what the scanner and the pass hold besides, a row
BLOCK_COPIES = 4  # the block, what it was decompressed to, its text, kept rows
FRAME_COPIES = 3  # the frame, what it is encoded to, and the encoder; rows held for it besides
WINDOWED = ("jsonl.zst", "jsonl.xz")
TABLES = ("parquet", "arrow", "arrows")
WINDOW = 8 << 20  # of a zstd frame at the usual levels
ROW_SHARE = 16
"""Copies of a long row that there may be at once, most of them shingles of it and its near-duplicate."""
LEAST_TO_DECODE, DECODE_SHARE = 20 << 20, 3
"""Bytes that decoding tables may take, and of the copies of a long row as many: its pages and itself."""
NOMINAL = 110_000_000
"""What a process takes besides; what it really does, no row's fate may depend on."""
RESIDENT = 40  # bytes a row that a decision holds, where a third of the rows are candidates
LEAST_ROOM, ROOM_OF_A_ROW = 8 << 20, 1000  # for a decision, whichever is less

LARGEST_FREED = 16 << 20
FREED_SHARE, FREED_SHARE_OF_TABLES = 64, 512
"""Of the budget the arrays that are kept once freed: those of tables are of all sizes, and what is kept
of one fits no other. Of many threads each keeps no more than half of what it has for a block and for
decoding: without that, a record batch of our own files would not fit."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3)


def parse(memory: int | str | None) -> int:
    """Bytes of "4GB", "512 MiB", 4_000_000_000; None: half of what the machine or cgroup allows.

    Raises ValueError for anything else.
    """
    return _allowed() // 2 if memory is None else min(_check.memory(memory), ENDLESS)


def stays(file_bytes: int) -> bool:
    """Whether so much of files is likely to be in the system's memory still when it is read again:
    beside what the job holds and what else it reads and writes.
    """
    return file_bytes <= _allowed() // 2


@dataclass(frozen=True)
class Budget:
    """Bytes for the process and what they are leased to.

    total           all of it
    minimum         with less the job does not start
    block_size      of the blocks that are read; smaller ones where there is little memory
    rows            for the results of rows held in memory; beyond it they are in stage files
    freed           of an array which is kept for others when it is freed; larger ones are not
    """

    total: int
    minimum: int
    block_size: int
    rows: int
    freed: int

    @property
    def row_limit(self) -> int:
        """Bytes of a line beyond which it is not read. Depends on nothing but the budget."""
        return max((self.total - NOMINAL) // ROW_SHARE, LARGEST_BLOCK)

    @property
    def decode_limit(self) -> int:
        """Bytes that decoding row groups and record batches may take. As above."""
        return LEAST_TO_DECODE + DECODE_SHARE * self.row_limit

    @staticmethod
    def to_decode(size: int) -> int:
        """The budget in which so many bytes may be taken to decode."""
        return NOMINAL + ROW_SHARE * -(-max(0, size - LEAST_TO_DECODE) // DECODE_SHARE)

    def for_decision(self, num_rows: int, *, rows_held: bool) -> int:
        """Bytes that a decision may use besides what it must hold; JobError if that is too much."""
        least = min(LEAST_ROOM, ROOM_OF_A_ROW * num_rows)
        return self.beside(num_rows, RESIDENT, rows_held=rows_held, least=least)

    def beside(self, num_rows: int, held: int, *, rows_held: bool, least: int = 0) -> int:
        """Bytes that are free where a job holds so many of each row; JobError if fewer than `least`."""
        free = self.rows * (1 if rows_held else 2) - held * num_rows
        if free < least:
            raise JobError(f"{self._too_few(num_rows, least - free)}, and run again to resume")
        return free

    def check_decision(self, num_rows: int) -> None:
        """UsageError if so many rows cannot be decided on, even if they wait on the disk meanwhile."""
        lacking = min(LEAST_ROOM, ROOM_OF_A_ROW * num_rows) + RESIDENT * num_rows - 2 * self.rows
        if lacking > 0:
            raise UsageError(self._too_few(num_rows, lacking))

    def _too_few(self, num_rows: int, lacking: int) -> str:
        return (
            f"memory: {self.total / 1e6:,.0f} MB are too few to decide on {num_rows:,} rows; "
            f"allow {(self.total + lacking) / 1e6:,.0f} MB"
        )

    @classmethod
    def of(
        cls,
        memory: int | str | None,
        *,
        threads: int,
        row_bytes: int,
        frame_size: int,
        frames_held: int = 1,
        formats: Iterable[str],
        writes_tables: bool = False,
        held: int = 0,
    ) -> Budget:
        """The leases of a job, from what the process has at its start.

        row_bytes       of a row's results
        frame_size      of outputs, 0 if they are plain; frames_held: of how many outputs at once
        formats         of the inputs: some decoders hold a window of what they decoded
        held            of what is held whatever the rows
        Raises UsageError if the budget is below the minimum, ValueError if it is no size.
        """
        total = parse(memory)
        formats = list(formats)
        windows = min(threads, sum(format in WINDOWED for format in formats))
        later = sum(size for name, size in IMPORTED_LATER.items() if name not in sys.modules)
        fixed = _resident() + later + SLACK + held
        reads_tables = any(format in TABLES for format in formats)
        decoding = LEAST_TO_DECODE * reads_tables
        fixed += decoding
        fixed += windows * WINDOW + threads * (FRAME_COPIES + frames_held) * frame_size
        per_byte = threads * (BLOCK_COPIES + (row_bytes + PLACE_BYTES) / MEAN_ROW)
        minimum = fixed + int(per_byte * SMALLEST_BLOCK) + 2 * LEAST_ROOM
        if memory is None:
            total = max(total, minimum)
        if total < minimum:
            raise UsageError(
                f"memory: {total / 1e6:,.0f} MB are too few for {threads} threads, which need "
                f"{minimum / 1e6:,.0f} MB; allow more, or use fewer threads"
            )
        block_size = int(min(max((total - fixed) / 4 / per_byte, SMALLEST_BLOCK), LARGEST_BLOCK))
        rows = (total - fixed - int(per_byte * block_size)) // 2
        share = FREED_SHARE_OF_TABLES if reads_tables or writes_tables else FREED_SHARE
        passing = int(per_byte * block_size) + decoding
        freed = min(LARGEST_FREED, total // share, passing // threads // 2)
        return cls(total, minimum, block_size, rows, freed)


def keep_freed_memory(largest: int) -> None:
    """Lets the C library keep what one block gives back for the next, instead of handing it to the
    system, which clears each page before it hands it out again: that took a tenth of a job.

    Of glibc: arrays of up to `largest` bytes are not mapped, and twice as much may lie free in each
    thread's heap. Of itself it would come to as much as the longest row.
    """
    with suppress(AttributeError, OSError):  # other libraries have no such function
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, largest)
        mallopt(_TRIM_THRESHOLD, 2 * largest)


_before: list[pa.MemoryPool] = []  # the last of the jobs that ends brings back the first
_changing = threading.Lock()


@contextmanager
def arrow_gives_back() -> Iterator[None]:
    """While any job runs, Arrow takes its memory from the C library, as all else does: an allocator
    of its own keeps much of what is freed, beside what the C library keeps.
    """
    with _changing:
        _before.append(pa.default_memory_pool())
        pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        with _changing:
            pa.set_memory_pool(_before.pop())


def beyond(work: Callable[[], None]) -> int:
    """Bytes that the process holds while this work is done, and no more when it is done.

    It is looked at a thousand times a second: what is held for less than that may be missed.
    """
    peak, over = _resident(), threading.Event()

    def look() -> None:
        nonlocal peak
        while not over.wait(0.001):
            peak = max(peak, _resident())

    looking = threading.Thread(target=look, name="memory", daemon=True)
    looking.start()
    try:
        work()
    finally:
        over.set()
        looking.join()
    return max(0, peak - _resident())


def _resident() -> int:
    """Bytes of this process in memory now."""
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _allowed() -> int:
    """The machine's memory, or the cgroup's limit if that is less."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            limits.append(int((Path("/sys/fs/cgroup") / name).read_text(encoding="ascii")))
    return min(limits)
