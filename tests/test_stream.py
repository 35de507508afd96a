"""stream: zstd read straight into room gives what decoding piece by piece gives, damage and all; what
is cut from a stream is the stream.
"""

from __future__ import annotations

from collections.abc import Iterator

import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from corpusmill.shards.reading import cuts
from corpusmill.shards.reading.decode import Damage, decompress
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
