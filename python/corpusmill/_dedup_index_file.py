"""_dedup_index_file: the segments of an index to a file, and a file to a segment.

The format is csrc/dedup/index_file.hpp's. Knows no documents and answers no query.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _core, ngram
from corpusmill._dedup_index_options import IndexOptions
from corpusmill._dedup_segments import Segment

_Section = _core.dedup.IndexSection


class Part(Protocol):
    """Consecutive entries to be written, block by block: a segment, or rows of a job."""

    @property
    def has_ids(self) -> bool: ...
    def slot_blocks(self) -> Iterable[npt.NDArray[np.uint32]]: ...
    def size_blocks(self) -> Iterable[npt.NDArray[np.uint32]]: ...
    def id_blocks(self) -> Iterable[pa.Array]:
        """As large_string; asked for several times."""


def write(
    path: str | os.PathLike[str],
    options: IndexOptions,
    parts: Sequence[Part],
    memory: int,
    threads: int,
) -> None:
    """Writes all parts as one; the file has its name when it is whole and synced, not before."""
    unit = getattr(_core.ngram.Unit, options.unit)
    name = os.fsencode(path)
    writer = _core.dedup.IndexWriter(
        name,
        options.n,
        unit,
        options.num_hashes,
        options.seed,
        options.threshold,
        options.bands,
        options.rows,
    )
    for part in parts:
        for slots in part.slot_blocks():
            writer.append(_Section.signatures, slots.view(np.uint8))
    writer.append_tables(os.path.dirname(name) or b".", memory, threads)  # noqa: PTH120
    for part in parts:
        for sizes in part.size_blocks():
            writer.append(_Section.cluster_sizes, sizes.view(np.uint8))
    if any(part.has_ids for part in parts):
        _write_ids(writer, parts)
    writer.finish(threads)


def _write_ids(writer: _core.dedup.IndexWriter, parts: Sequence[Part]) -> None:
    writer.append(_Section.id_offsets, np.zeros(1, np.int64).view(np.uint8))
    last = 0
    for block in _id_blocks(parts):
        ends = _offsets(block)[1:] - _offsets(block)[0] + last
        writer.append(_Section.id_offsets, ends.view(np.uint8))
        last = int(ends[-1])
    num_nulls = 0
    for block in _id_blocks(parts):
        num_nulls += block.null_count
        begin, end = _offsets(block)[[0, -1]]
        data = block.buffers()[2]
        if end > begin:
            writer.append(_Section.id_bytes, np.frombuffer(data, np.uint8)[begin:end])
    if num_nulls:
        _write_validity(writer, parts)


def _write_validity(writer: _core.dedup.IndexWriter, parts: Sequence[Part]) -> None:
    left = np.empty(0, np.bool_)  # of the last block, fewer than a byte's
    for block in _id_blocks(parts):
        valid = np.concatenate([left, _arrays.valid(block)])
        whole = len(valid) // 8 * 8
        writer.append(_Section.id_validity, np.packbits(valid[:whole], bitorder="little"))
        left = valid[whole:]
    writer.append(_Section.id_validity, np.packbits(left, bitorder="little"))


def _id_blocks(parts: Sequence[Part]) -> Iterator[pa.Array]:
    return (block for part in parts for block in part.id_blocks() if len(block))


def _offsets(ids: pa.Array) -> npt.NDArray[np.int64]:
    offsets: npt.NDArray[np.int64] = np.frombuffer(ids.buffers()[1], np.int64)
    return offsets[ids.offset : ids.offset + len(ids) + 1]


def read(
    path: str | os.PathLike[str], verify: bool, threads: int
) -> tuple[IndexOptions, Segment, tuple[int, int]]:
    """The options, the entries, and what stands for the file's bytes: the header's checksum.

    Arrays are views of the mapped file. OSError if it cannot be read, ValueError if it is no index.
    """
    file = _core.dedup.IndexFile(os.fsencode(path))
    if verify:
        file.verify(threads)
    n, unit, num_hashes, seed, threshold, bands, rows = file.options()
    names: dict[Any, ngram.Unit] = {
        _core.ngram.Unit.word: "word",
        _core.ngram.Unit.char: "char",
        _core.ngram.Unit.byte: "byte",
    }
    options = IndexOptions(n, names[unit], num_hashes, seed, threshold, bands, rows)
    segment = Segment(
        file.section(_Section.signatures).view(np.uint32),
        file.section(_Section.cluster_sizes).view(np.uint32),
        _ids(file, path),
        file.section(_Section.tables),
        file,
    )
    return options, segment, file.identity()


def checksum_of(identity: tuple[int, int]) -> str:
    """What stands for the file's bytes, as 32 hexadecimal digits."""
    low, high = identity
    return f"{high:016x}{low:016x}"


def _ids(file: _core.dedup.IndexFile, path: str | os.PathLike[str]) -> pa.Array | None:
    offsets, data, validity = (
        pa.py_buffer(file.section(section))
        for section in (_Section.id_offsets, _Section.id_bytes, _Section.id_validity)
    )
    if not offsets.size:
        return None
    buffers = [validity if validity.size else None, offsets, data]
    try:
        return pa.Array.from_buffers(pa.large_string(), file.num_entries(), buffers)
    except pa.ArrowInvalid as error:
        raise ValueError(
            f"{path}: its ids are damaged ({error}); restore the file, or make the index again"
        ) from None
