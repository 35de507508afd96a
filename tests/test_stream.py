"""stream: zstd read straight into room gives what decoding piece by piece gives, damage and all; what
is cut from a stream is the stream; room is used again when nobody holds it, and not before.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from corpusmill.shards.reading import cuts
from corpusmill.shards.reading.decode import Damage, decompress
from corpusmill.shards.reading.rooms import Rooms
from corpusmill.shards.reading.stream import Stream, ZstdStream, stream
from corpusmill.shards.reading.zstd_heads import SKIPPABLE, Heads

BLOCK = 128 << 10  # that a block of zstd stands for at most


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A frame of any head, with blocks of any kind; or a skippable one."""
    if draw(st.integers(0, 4)) == 0:
        data = draw(st.binary(max_size=20))
        return draw(st.sampled_from(SKIPPABLE)) + len(data).to_bytes(4, "little") + data
    parameters = zstandard.ZstdCompressionParameters.from_level(
        draw(st.sampled_from([-5, 1, 3])),
        write_checksum=draw(st.booleans()),
        write_content_size=draw(st.booleans()),
        window_log=draw(st.sampled_from([10, 17, 19])),
    )
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    made = b""
    for text in draw(st.lists(st.binary(max_size=30), max_size=4)):
        made += compressor.compress(text * draw(st.sampled_from([1, 3, 40_000])))
        if draw(st.booleans()):
            made += compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return made + compressor.flush()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Some frames, perhaps with a bit flipped, cut off, or followed by what is none."""
    data = b"".join(draw(st.lists(frames(), max_size=4)))
    kind = draw(st.sampled_from(["whole", "whole", "flipped", "cut", "followed"]))
    at = draw(st.integers(0, max(0, len(data) - 1)))
    if kind == "flipped" and data:
        return data[:at] + bytes([data[at] ^ 1 << draw(st.integers(0, 7))]) + data[at + 1 :]
    if kind == "followed":
        return data + draw(st.binary(max_size=9))
    return data[:at] if kind == "cut" else data


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def by_pieces(data: bytes, size: int) -> tuple[bytes, str, list[tuple[int, int]]]:
    """All that comes of a file, what ends it, and where its frames begin."""
    begins: list[tuple[int, int]] = []
    found = b""
    try:
        for piece in decompress(
            pieces_of(data, size),
            lambda: pieces_of(data, size),
            "jsonl.zst",
            lambda *place: begins.append(place),
        ):
            found += piece
    except Damage as damage:
        return found, f"{damage.status}: {damage}", begins
    return found, "", begins


@given(damaged(), st.sampled_from([1, 3, 7, 100, 1 << 16]), st.sampled_from([1000, BLOCK, 1 << 22]))
def test_zstd_read_into_room_is_what_its_pieces_are(data, size, room_size):
    begins: list[tuple[int, int]] = []
    reading = stream(
        pieces_of(data, size),
        lambda: pieces_of(data, size),
        "jsonl.zst",
        lambda *place: begins.append(place),
    )
    found, room = b"", memoryview(bytearray(room_size))
    while more := reading.readinto(room):
        found += room[:more]
    expected, damage, places = by_pieces(data, size)
    assert found == expected
    assert reading.readinto(room) == 0
    assert (f"{reading.damage.status}: {reading.damage}" if reading.damage else "") == damage
    if not damage:
        assert begins == places
    assert set(places) <= set(begins)


@given(st.lists(frames(), min_size=1, max_size=4), st.sampled_from([1, 3, 1 << 16]))
def test_heads_tell_where_a_frame_ends(made, size):
    for frame in made:
        heads, before = Heads(), 0
        for piece in pieces_of(frame + b"(\xb5/\xfd", size):
            *places, end = heads.places(piece)
            assert places == sorted(places)
            before += end
        assert heads.begun
        assert heads.ended
        assert before == len(frame)


def test_what_a_sound_file_holds_is_decoded_once():
    """The slower way, which starts again from the first byte, is for damaged files alone."""
    data = zstandard.compress(bytes(1 << 20)) * 3

    def never() -> Iterator[bytes]:
        raise AssertionError("asked again")

    reading = ZstdStream(pieces_of(data, 1000), never, lambda *_: None)
    assert reading.fill(memoryview(bytearray(4 << 20))) == 3 << 20


def test_a_disk_that_fails_ends_the_stream_behind_all_that_it_gave():
    whole = zstandard.compress(b"".join(b"%d\n" % number for number in range(100_000)))

    def failing() -> Iterator[bytes]:
        yield from pieces_of(whole[:-1000], 999)
        raise Damage("unreadable", "Input/output error")

    reading = stream(failing(), failing, "jsonl.zst")
    found, room = b"", memoryview(bytearray(1000))
    while more := reading.readinto(room):
        found += room[:more]
    assert found == by_pieces(whole[:-1000], 999)[0]
    assert str(reading.damage) == "Input/output error"


lines = st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=9)


@given(lines, st.booleans(), st.tuples(*map(st.integers, (1, 1, 1), (30, 40, 50))), st.booleans())
@example([b"0" * 30] * 3, True, (7, 20, 5), False)  # grown beyond a block, and then too large
def test_what_is_cut_from_a_stream_is_the_stream(whole, ended, asked, damage):
    """Whole lines, in blocks that are longer than asked for only if a line is; those beyond `most`
    bytes are told and not read."""
    coming = b"\n".join(whole) + b"\n" * ended
    block, most, size = asked

    def pieces() -> Iterator[bytes]:
        yield from pieces_of(coming, size)
        if damage:
            raise Damage("truncated", "torn")

    large: list[None] = []
    sizes = cuts.Sizes(block, most, lambda: large.append(None))
    found: list[tuple[bytes, bool, int]] = []
    at, has_ended = 100, None
    try:
        for offset, part, torn, too_large in cuts.of_stream(Stream(pieces()), sizes, at):
            assert offset == at
            at += too_large + len(part)
            found.append((bytes(part), torn, too_large))
    except Damage as error:
        has_ended = str(error)
    assert has_ended == ("torn" if damage else None)
    *complete, rest = coming.split(b"\n")
    expected = [(line, b"\n") for line in complete] + [(rest, b"")] * bool(rest)
    assert b"".join(b"\0" * too_large + part for part, _, too_large in found) == b"".join(
        (b"\0" * len(line) if len(line) > most else line) + end for line, end in expected
    )
    assert not any(torn for _, torn, _ in found[:-1])
    if found:
        part, torn, too_large = found[-1]
        assert torn == (damage and not too_large and not part.endswith(b"\n"))
    for part, _, too_large in found:
        assert too_large or len(part) <= block or (part.count(b"\n") <= 1 and large)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), max_size=30))
def test_what_is_held_of_a_room_stays(asked):
    """By whatever way it is held, and however small a part of it."""
    rooms = Rooms(8)
    ways = [
        lambda room: room[1:],
        lambda room: np.frombuffer(room, np.uint8),
        lambda room: np.frombuffer(room[:1], np.uint8)[:1],
        pa.py_buffer,
    ]
    held: list[tuple[Any, bytes]] = []
    for number, (size, way) in enumerate(asked):
        room = rooms.room(size)
        assert len(room) == size
        room[:] = bytes([number]) * size
        if way < len(ways) and size:
            part = ways[way](room)
            held.append((part, bytes([number]) * len(memoryview(part))))
        elif held:
            del held[number % len(held)]
        del room
        assert all(bytes(memoryview(part)) == content for part, content in held)


def place_of(room: memoryview) -> int:
    """Where in memory it begins."""
    return np.frombuffer(room, np.uint8).ctypes.data


def test_a_room_that_nobody_holds_is_used_again():
    rooms = Rooms(100)
    places = set()
    for size in (100, 50, 1) * 5:
        room = rooms.room(size)
        places.add(place_of(room))
        del room
    assert len(places) == 1


def test_no_more_than_one_room_is_kept():
    rooms = Rooms(1 << 20)
    tracemalloc.start()
    held = [rooms.room(1 << 20) for _ in range(5)]
    del held
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 1 << 20 <= left < 2 << 20


def test_blocks_are_read_into_the_same_room(tmp_path):
    """As long as each is done with before the next is asked for."""
    data, sizes = (b"x" * 99 + b"\n") * 80, cuts.Sizes(1000, 1000)
    (tmp_path / "a").write_bytes(data)
    with (tmp_path / "a").open("rb") as file:
        for blocks in (
            cuts.of_file(file.fileno(), sizes, 0, lambda _: None),
            cuts.of_stream(Stream(pieces_of(data, 300)), sizes, 0),
        ):
            places = []
            while cut := next(blocks, None):
                places.append(place_of(cut[1]))
                cut = None
            assert len(places) == 8
            assert len(set(places)) == 1
