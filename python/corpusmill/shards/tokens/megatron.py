"""megatron: token shards as Megatron-LM reads them: NAME.bin and NAME.idx, its IndexedDataset.

NAME.bin is all ids. NAME.idx, little-endian: `MMIDIDX\\0\\0`, version 1 (uint64), the kind of ids (uint8; 8:
uint16, 4: int32), the number of sequences S and of documents D + 1 (uint64 each), the length of each
sequence (S of int32), its first byte in NAME.bin (S of int64), and the sequence that each document begins
with, and S (D + 1 of int64). Here a document is one sequence.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from corpusmill import _core
from corpusmill.shards.rows import Ints
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.tokens.batch import TokenRows, starts
from corpusmill.shards.writing.sink import Sink

_HEAD = struct.Struct("<9sQBQQ")
MAGIC, VERSION = b"MMIDIDX\0\0", 1
_KINDS = {"uint16": (8, "<u2"), "uint32": (4, "<i4")}
MOST_ID = (1 << 31) - 1


class MegatronShard:
    """One shard, whose rows are documents. Holds 4 bytes a document."""

    def __init__(
        self, out: OutFolder, name: str, dtype: np.dtype[np.uint16] | np.dtype[np.uint32]
    ) -> None:
        self._out = out
        self._names = f"{name}.bin", f"{name}.idx"
        self._code, self._kind = _KINDS[dtype.name]
        self._lengths: list[Ints] = []
        self._ids = Sink(out.create(self._names[0]), _core.core.StreamHash())

    def add(self, rows: TokenRows) -> None:
        with self._out.writing(self._names[0]):
            self._ids.write(rows.ids.astype(self._kind).view(np.uint8).data)
        self._lengths.append(rows.lengths.astype("<i4"))

    def end(self) -> Sequence[str]:
        data, index = self._names
        with self._out.writing(data):
            self._ids.close()
        lengths = np.concatenate(self._lengths)
        count = len(lengths)
        at = starts(lengths)[:-1] * np.dtype(self._kind).itemsize
        with self._out.writing(index), self._out.create(index) as file:
            file.write(_HEAD.pack(MAGIC, VERSION, self._code, count, count + 1))
            for column in (lengths, at.astype("<i8"), np.arange(count + 1, dtype="<i8")):
                file.write(column.data)
            file.close()
        for name in self._names:
            self._out.whole(name)
        return self._names
