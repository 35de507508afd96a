"""oracles_tokens: token shards by their page of bytes, rows and their order by their definitions, slowly.

Imports nothing of ours.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import xxhash

Segment = tuple[int, list[int]]
"""A document's number, -1 for padding, and its ids."""
Row = list[Segment]


@dataclass
class File:
    """What a shard says and holds."""

    id_bytes: int
    first_row: int
    length: int
    vocab_size: int
    eos: int
    bos: int
    pad: int
    unicode_version: str
    fingerprint: str
    rows: list[Row]


def shard(path: Path) -> File:
    """A shard as docs/tokens.md has it; every checksum is looked at."""
    data = path.read_bytes()
    assert data[240:256] == xxhash.xxh3_128_digest(data[:240])
    magic, version, id_bytes = struct.unpack_from("<8sII", data)
    assert (magic, version) == (b"CMTOKENS", 1)
    num_ids, num_rows, num_segments, first_row, length, vocab_size = struct.unpack_from(
        "<6Q", data, 16
    )
    eos, bos, pad = struct.unpack_from("<3q", data, 64)
    end = 256 + num_ids * id_bytes
    assert data[184:200] == xxhash.xxh3_128_digest(data[256:end])
    assert data[200:216] == xxhash.xxh3_128_digest(data[end:])
    ids = struct.unpack_from(f"<{num_ids}{'H' if id_bytes == 2 else 'I'}", data, 256)
    at = end + -end % 8
    starts = struct.unpack_from(f"<{num_segments + 1}q", data, at)
    at += 8 * num_segments + 8
    documents = struct.unpack_from(f"<{num_segments}q", data, at)
    at += 8 * num_segments
    firsts: Sequence[int] = range(num_rows + 1)
    if length:
        firsts = struct.unpack_from(f"<{num_rows + 1}q", data, at)
        at += 8 * num_rows + 8
    assert at == len(data)
    segments = [(documents[i], list(ids[starts[i] : starts[i + 1]])) for i in range(num_segments)]
    rows = [segments[firsts[row] : firsts[row + 1]] for row in range(num_rows)]
    told = data[88:120].rstrip(b"\0").decode(), data[120:184].rstrip(b"\0").decode()
    return File(id_bytes, first_row, length, vocab_size, eos, bos, pad, *told, rows)


def megatron(path: Path) -> list[list[int]]:
    """The sequences of NAME.idx and NAME.bin; each must be a document."""
    index = path.with_suffix(".idx").read_bytes()
    magic, version, kind, count, ends = struct.unpack_from("<9sQBQQ", index)
    assert (magic, version, ends) == (b"MMIDIDX\0\0", 1, count + 1)
    lengths = struct.unpack_from(f"<{count}i", index, 34)
    pointers = struct.unpack_from(f"<{count}q", index, 34 + 4 * count)
    documents = struct.unpack_from(f"<{count + 1}q", index, 34 + 12 * count)
    assert documents == tuple(range(count + 1))
    assert len(index) == 34 + 12 * count + 8 * (count + 1)
    data, letter = path.with_suffix(".bin").read_bytes(), {8: "H", 4: "i"}[kind]
    return [
        list(struct.unpack_from(f"<{length}{letter}", data, at))
        for length, at in zip(lengths, pointers, strict=True)
    ]


def filled(row: Row, length: int, pad: int) -> Row:
    lacking = length - sum(len(ids) for _, ids in row)
    return [*row, (-1, [pad] * lacking)] if lacking else row


def cut(documents: Sequence[list[int]], length: int, pad: int) -> list[Row]:
    """All documents one behind the other, cut into rows."""
    rows: list[Row] = []
    room = 0
    for number, ids in enumerate(documents):
        at = 0
        while at < len(ids):
            if not room:
                rows.append([])
                room = length
            part = ids[at : at + room]
            rows[-1].append((number, part))
            room -= len(part)
            at += len(part)
    return [filled(row, length, pad) for row in rows]


def packed(
    documents: Sequence[list[int]], length: int, pad: int, window: tuple[int, int]
) -> list[Row]:
    """Best fit, the longest first, in windows that end with the document that brings them to so many
    ids or documents; of rows with equal room the one that came to it last."""
    rows: list[Row] = []
    of_window: list[Segment] = []
    num_ids = 0
    for number, ids in enumerate(documents):
        of_window.append((number, ids))
        num_ids += len(ids)
        if num_ids >= window[0] or len(of_window) >= window[1]:
            rows += _window(of_window, length, pad)
            of_window, num_ids = [], 0
    return rows + _window(of_window, length, pad)


def _window(documents: Sequence[Segment], length: int, pad: int) -> list[Row]:
    pieces = [
        (number, ids[at : at + length])
        for number, ids in documents
        for at in range(0, len(ids), length)
    ]
    rows: list[list[int]] = []  # places of pieces, the one that was filled last at the end
    for piece in sorted(range(len(pieces)), key=lambda i: -len(pieces[i][1])):
        rooms = [length - sum(len(pieces[i][1]) for i in row) for row in rows]
        fitting = [(room, -i) for i, room in enumerate(rooms) if room >= len(pieces[piece][1])]
        row = rows.pop(-min(fitting)[1]) if fitting else []
        rows.append([*row, piece])
    in_order = sorted(map(sorted, rows), key=lambda row: row[-1])
    return [filled([pieces[i] for i in row], length, pad) for row in in_order]


def key(seed: int, row: int) -> int:
    """What rows are shuffled by: SplitMix64's (row + 1)th number, from the seed's first as its state."""
    step = 0x9E3779B97F4A7C15

    def mixed(state: int) -> int:
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB % 2**64
        return state ^ (state >> 31)

    state = mixed((seed + step) % 2**64)
    return mixed((state + (row + 1) * step) % 2**64)
