"""shuffle: rows in an order that depends on a seed and their numbers alone, in little memory.

Row r comes as its key asks, the (r + 1)th number of SplitMix64 (Steele et al. 2014) from a state that the
seed gives: ascending. Keys of one seed are never equal. So that not all rows are held, they are dealt
into files by their first bits, and each of these is put in order by itself: into how many is no part of
the answer.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from typing import IO, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill.shards.rows import Ints
from corpusmill.shards.tokens.batch import TokenRows, starts

Keys: TypeAlias = npt.NDArray[np.uint64]

_STEP, _TIMES, _TIMES_AGAIN = (
    np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
MOST_BITS = 8
"""Of a key that say which file; so many files are open at once, and no more."""

SEGMENT_BYTES, ROW_BYTES = 16, 40
"""What a segment and a row take besides ids while a file is put in order."""

SLICE_IDS = 1 << 20


def keys(seed: int, rows: Ints) -> Keys:
    """The keys of rows."""
    with np.errstate(over="ignore"):
        state = mixed(np.full(1, seed, np.uint64) + _STEP)
        return mixed(state + (rows.astype(np.uint64) + np.uint64(1)) * _STEP)


def mixed(state: Keys) -> Keys:
    """SplitMix64 of these states, which wrap round."""
    state = (state ^ (state >> np.uint64(30))) * _TIMES
    state = (state ^ (state >> np.uint64(27))) * _TIMES_AGAIN
    found: Keys = state ^ (state >> np.uint64(31))
    return found


class Shuffle:
    """Takes rows in order, and gives them in another.

    folder      where files without a name are put
    num_bytes   of all rows, about; memory: what may be held of them; ValueError if that is too little
    writing     turns errors of the file system into what names the folder
    """

    def __init__(
        self,
        seed: int,
        folder: str,
        num_bytes: int,
        memory: int,
        writing: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._seed = seed
        # Twice as many as would fit if all were equal, and ids are held once more as they go out.
        self._bits = max(2 * num_bytes // max(1, memory), 0).bit_length()
        if self._bits > MOST_BITS:
            raise ValueError(
                f"memory: {memory / 1e6:,.0f} MB are too few to shuffle {num_bytes / 1e6:,.0f} MB of rows "
                f"with; {2 * num_bytes / 2**MOST_BITS / 1e6:,.0f} MB are needed for them"
            )
        self._num_rows = 0
        self._writing = writing
        self._files: list[IO[bytes]] = []
        with writing():
            for _ in range(1 << self._bits):
                self._files.append(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115  `close` does

    def add(self, rows: TokenRows) -> None:
        numbers = np.arange(self._num_rows, self._num_rows + rows.num_rows)
        self._num_rows += rows.num_rows
        if not self._bits:
            self._deal(self._files[0], numbers, rows)
            return
        of = keys(self._seed, numbers) >> np.uint64(64 - self._bits)
        order = np.argsort(of, kind="stable")
        ends = starts(np.bincount(of.astype(np.int64), minlength=len(self._files)))
        for file, begin, end in zip(self._files, ends[:-1], ends[1:], strict=True):
            if begin < end:
                some = order[begin:end]
                self._deal(file, numbers[some], rows.pick(some))

    def _deal(self, file: IO[bytes], numbers: Ints, rows: TokenRows) -> None:
        sizes = np.array([len(numbers), len(rows.lengths), len(rows.ids)])
        with self._writing():
            file.writelines(
                np.ascontiguousarray(part).data
                for part in (sizes, numbers, rows.segments, rows.lengths, rows.documents, rows.ids)
            )

    def shuffled(self, dtype: npt.DTypeLike) -> Iterator[TokenRows]:
        """All rows, some at a time; each file goes when its rows are given."""
        for file in self._files:
            with file:
                with self._writing():
                    file.flush()
                yield from self._in_order(file, np.dtype(dtype))

    def close(self) -> None:
        """Takes away what files there are."""
        for file in self._files:
            with suppress(OSError):  # what could not be written is not wanted any more
                file.close()

    def _in_order(self, file: IO[bytes], dtype: np.dtype[Any]) -> Iterator[TokenRows]:
        numbers, parts = [np.empty(0, np.int64)], []
        file.seek(0)
        while (sizes := np.fromfile(file, np.int64, 3)).size:
            num_rows, num_segments, num_ids = map(int, sizes)
            numbers.append(np.fromfile(file, np.int64, num_rows))
            segments = np.fromfile(file, np.int64, num_rows)
            lengths, documents = (np.fromfile(file, np.int64, num_segments) for _ in range(2))
            parts.append(TokenRows(np.fromfile(file, dtype, num_ids), lengths, documents, segments))
        if not parts:
            return
        rows = TokenRows.joined(parts)
        del parts
        order = np.argsort(keys(self._seed, np.concatenate(numbers)))
        sums = np.cumsum(rows.row_lengths()[order] + 1)
        at = 0
        while at < len(order):
            before = int(sums[at - 1]) if at else 0
            end = max(at + 1, int(np.searchsorted(sums, before + SLICE_IDS)))
            yield rows.pick(order[at:end])
            at = end
