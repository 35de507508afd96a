"""store: the results of the first pass, block by block: held in memory, saved in stage files, or both.

Each finished block is appended to the open stage file, where a killed job finds it again; a file is
sealed and synced when the blocks in it come to UNIT_SIZE bytes of text, so that a machine that stops
loses less than that. Blocks of many small files share a stage file. Decides nothing and knows no signal.
"""

from __future__ import annotations

import mmap
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from itertools import takewhile
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusmill.shards import disk, ours
from corpusmill.shards.reading.pieces import part_of
from corpusmill.shards.reading.read import Block, Shard
from corpusmill.shards.reading.room import UNDECODABLE
from corpusmill.shards.rows import SIGNALS, BlockRows, HeldRows, PackedRows, StoredRows
from corpusmill.shards.state import stages
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.state.saved import Identity, Saved, SavedBlock
from corpusmill.shards.state.table import Table

UNIT_SIZE = 64 << 20
"""Bytes of text whose results make a stage file."""

PIECE = 4 << 20
"""Bytes that small signals in memory are laid together in."""

OWN_PAGES = 64 << 10
"""From so many bytes on, the core gives signals in pages of their own (csrc/core/pages.hpp)."""

SMALL_JOB = 128 << 20
"""Bytes of text that are so soon read again that saving their results is not worth it."""


class Store:
    """What a pass found out about all blocks of all shards, to be asked for as a `Table`.

    shards          the job's; `resume` tells them which of their blocks need not be read again
    out             holds the stage files; their folder is made with the first of them
    key             what the results depend on besides the inputs
    saving          whether to write stage files from the beginning
    allowance       bytes of results that may be held in memory; beyond it they are let go of and
                    read from stage files
    """

    def __init__(
        self,
        shards: Sequence[Shard],
        out: OutFolder,
        key: bytes,
        *,
        saving: bool,
        allowance: int,
    ) -> None:
        self._shards = shards
        self._out = out
        self._folder = out.state / ours.SIGNALS
        self._key = key
        self.saving = saving
        self._allowance = allowance
        self._lock = threading.Lock()
        self._held: list[dict[int, HeldRows]] = [{} for _ in shards]
        self._stored: list[dict[int, StoredRows]] = [{} for _ in shards]
        self._held_bytes = 0
        self._nbytes: list[dict[int, int]] = [{} for _ in shards]  # of blocks added
        self._pieces = _Pieces()
        self._open: stages.StageWriter | None = None
        self._syncing: Future[None] | None = None  # of the file before the open one
        self._durable = saving  # what spills of a job too small to be saved need not be
        self._open_bytes = 0  # of text whose results are in the open file
        self._number = 0  # of the last stage file
        self._largest = 0  # stage file so far
        self.spilled = False
        self.scanned_bytes = 0  # of text whose results were added

    def resume(
        self, warn: Callable[[str], None], first: Mapping[Identity, int] | None = None
    ) -> int:
        """Takes over what earlier runs saved; the bytes of text that need not be scanned again.

        first       of each input just so many blocks, or none of any if some are not there; None: all
        """
        saved = Saved(self._folder, self._key, warn)
        taken, lacking = 0, False
        for number, shard in enumerate(self._shards):
            blocks = saved.first_blocks(shard.identity)
            end = saved.end(shard.identity, len(blocks))
            if end is None and not shard.lost:  # which row groups those are must be found out again
                blocks = list(takewhile(_decoded, blocks))
            if first is not None:
                wanted = first.get(shard.identity or (), 0)
                lacking |= len(blocks) < wanted
                end = end if len(blocks) == wanted else None
                del blocks[wanted:]
            self._stored[number] = dict(enumerate(block.rows for block in blocks))
            shard.take_over(blocks, end)
            taken += sum(block.nbytes for block in blocks)
        if lacking:
            taken, self._stored = 0, [{} for _ in self._shards]
            for shard in self._shards:
                shard.take_over([], None)
        if any(self._stored):
            self._number, self.saving, self._durable = saved.last_number, True, True
        else:
            shutil.rmtree(self._folder, ignore_errors=True)
        return taken

    def add(self, number: int, block: Block, rows: BlockRows) -> None:
        """The results of a block; by any thread, in any order."""
        packed = rows.packed()
        with self._lock, self._writing():
            self._nbytes[number][block.index] = block.nbytes
            self.scanned_bytes += block.nbytes
            if self.saving:
                self._save(number, block.index, packed)
            if not self.spilled:
                self._hold(number, block.index, packed)

    def end(self, number: int) -> None:
        """All blocks of a shard are added, and what its reading found out is known."""
        shard = self._shards[number]
        with self._lock, self._writing():
            if (
                self.saving
                and shard.identity
                and shard.status != "unreadable"
                and not shard.taken_over
            ):
                end = {"of": shard.identity, "blocks": len(shard.extents), **shard.findings()}
                self._writer().index.setdefault("ends", []).append(end)

    def seal(self) -> None:
        """Makes what was added last resumable; called at the end of the pass, or of the job."""
        with self._lock, self._writing():
            if self._open is not None:
                self._seal(self._open)
            self._await_sync()

    @property
    def _stays(self) -> bool:
        """Whether stage files are kept in the system's memory: they are read again, and so much fits."""
        return self.spilled and not any(shard.passing for shard in self._shards)

    def close(self) -> None:
        """Gives up what is not sealed."""
        if self._open is not None:
            self._open.close()
        with suppress(OSError):
            self._await_sync()

    def table(self) -> Table:
        """All that was found, in order; after `seal`."""
        both = zip(self._stored, self._held, strict=True)
        found: list[dict[int, PackedRows]] = [{**stored, **held} for stored, held in both]
        return Table([[rows[index] for index in sorted(rows)] for rows in found])

    def _writing(self) -> AbstractContextManager[None]:
        return self._out.writing(f"{ours.STATE}/{ours.SIGNALS}")

    def _hold(self, number: int, index: int, rows: HeldRows) -> None:
        for name in SIGNALS:
            array = rows.arrays.get(name)
            if array is not None and array.nbytes < OWN_PAGES:
                rows.arrays[name] = self._pieces.laid(array)
        self._held[number][index] = rows
        self._held_bytes += rows.nbytes
        if self._held_bytes > self._allowance:
            self._spill()

    def _spill(self) -> None:
        """What does not fit in memory is read from stage files from now on."""
        self.saving = self.spilled = True
        for number, held in enumerate(self._held):
            for index in held.keys() - self._stored[number].keys():
                self._save(number, index, held[index])
            held.clear()
        self._held_bytes, self._pieces = 0, _Pieces()

    def _save(self, number: int, index: int, rows: HeldRows) -> None:
        shard, writer = self._shards[number], self._writer()
        offset, size = shard.extents[index]
        about = {"of": shard.identity, "index": index, "extent": [offset, size]}
        about |= {
            "nbytes": self._nbytes[number][index],
            "too_large": index in shard.too_large,
            "part": part_of(shard.parts, offset + size),
        }
        about |= rows.entry()
        writer.append(about, list(rows.arrays.values()))
        record = writer.index["records"][-1]
        self._stored[number][index] = StoredRows.of_record(writer.path, record)
        self._open_bytes += self._nbytes[number][index]
        if self._open_bytes >= UNIT_SIZE:
            self._seal(writer)

    def _writer(self) -> stages.StageWriter:
        if self._open is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            disk.check_room(self._folder, self._largest, "the results of the first pass")
            self._number += 1
            self._open = stages.StageWriter(self._folder / f"{self._number:06}", self._key)
        return self._open

    def _seal(self, writer: stages.StageWriter) -> None:
        """The disk is waited for beside the work that goes on, but for one file at most."""
        self._await_sync()
        writer.end()
        self._open, self._open_bytes = None, 0
        self._largest = max(self._largest, writer.size)
        if self._durable:
            thread = ThreadPoolExecutor(1)
            self._syncing = thread.submit(writer.publish, stays=self._stays)
            thread.shutdown(wait=False)  # it ends with its work
        else:
            writer.publish(synced=False)

    def _await_sync(self) -> None:
        syncing, self._syncing = self._syncing, None
        if syncing is not None:
            syncing.result()


def _decoded(block: SavedBlock) -> bool:
    return UNDECODABLE not in block.rows.rejected


class _Pieces:
    """Arrays that stay for long, laid together in pieces of PIECE bytes.

    Among the passing buffers of blocks they would keep those from being used again. A piece is the
    system's again when all arrays in it are let go of. It is mapped, for NumPy asks for huge pages,
    which a machine may have to make first: that was seen to take longer than the rest of the pass.
    """

    def __init__(self) -> None:
        self._piece = np.empty(0, np.uint8)
        self._used = 0

    def laid(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The same array in a place to stay."""
        if self._used + array.nbytes > self._piece.nbytes:
            pages = mmap.mmap(-1, max(PIECE, array.nbytes), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            self._piece, self._used = np.frombuffer(pages, np.uint8), 0
        place = self._piece[self._used : self._used + array.nbytes].view(array.dtype)
        place[:] = array
        self._used += stages.aligned(array.nbytes)
        return place
