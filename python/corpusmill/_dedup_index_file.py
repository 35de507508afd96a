"""_dedup_index_file: the segments of an index to a file, and a file to a segment.

The format is csrc/dedup/index_file.hpp's. Knows no documents and answers no query.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _core, ngram
from corpusmill._dedup_index_options import IndexOptions
from corpusmill._dedup_segments import Segment

_Section = _core.dedup.IndexSection
_BLOCK = 1 << 20  # ids written at a time


def write(
    path: str | os.PathLike[str],
    options: IndexOptions,
    segments: Sequence[Segment],
    memory: int,
    threads: int,
) -> None:
    """Writes all segments as one; the file has its name when it is whole and synced, not before."""
    unit = getattr(_core.ngram.Unit, options.unit)
    writer = _core.dedup.IndexWriter(
        os.fsencode(path),
        options.n,
        unit,
        options.num_hashes,
        options.seed,
        options.threshold,
        options.bands,
        options.rows,
    )
    slots = [segment.slots for segment in segments]
    for each in slots:
        writer.append(_Section.signatures, each.view(np.uint8))
    writer.append_tables(slots, options.num_hashes, memory, threads)
    for segment in segments:
        writer.append(_Section.cluster_sizes, segment.sizes.view(np.uint8))
    if any(segment.ids is not None for segment in segments):
        _write_ids(writer, segments)
    writer.finish(threads)


def _write_ids(writer: _core.dedup.IndexWriter, segments: Sequence[Segment]) -> None:
    writer.append(_Section.id_offsets, np.zeros(1, np.int64).view(np.uint8))
    last = 0
    for block in _id_blocks(segments):
        ends = _offsets(block)[1:] - _offsets(block)[0] + last
        writer.append(_Section.id_offsets, ends.view(np.uint8))
        last = int(ends[-1])
    num_nulls = 0
    for block in _id_blocks(segments):
        num_nulls += block.null_count
        begin, end = _offsets(block)[[0, -1]]
        data = block.buffers()[2]
        if end > begin:
            writer.append(_Section.id_bytes, np.frombuffer(data, np.uint8)[begin:end])
    if num_nulls:
        valid = np.concatenate([np.asarray(block.is_valid()) for block in _id_blocks(segments)])
        writer.append(_Section.id_validity, np.packbits(valid, bitorder="little"))


def _id_blocks(segments: Sequence[Segment]) -> Iterator[pa.Array]:
    for segment in segments:
        for begin in range(0, len(segment), _BLOCK):
            if segment.ids is None:
                yield pa.nulls(min(_BLOCK, len(segment) - begin), pa.large_string())
            else:
                yield segment.ids.slice(begin, _BLOCK)


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
        in_file=True,
    )
    return options, segment, file.identity()


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
