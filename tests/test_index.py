"""index: queries equal brute force however an index was made; files are exact, checked and never
a crash."""

from __future__ import annotations

import contextlib
import pickle
import random
import struct
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles_dedup
from corpusmill import _core, _dedup_index_file, _dedup_segments
from corpusmill.dedup import Index

PAGE = 4096
AROUND = 128 << 10
GOLDEN = "7833862ba9f70af1a3b582de2cf00e4c"
OPTIONS = {"n": 2, "num_hashes": 24, "bands": 6, "rows": 3, "threshold": 0.5}
Docs = list[str | None]
in_tmp = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

families = st.integers(0, 10**6).map(
    lambda seed: [doc if i % 7 else None for i, doc in enumerate(documents.varied(40, seed))]
)


def index_of(docs: Docs, cuts: list[int], *, ask: bool = False, ids: bool = True) -> Index:
    """The documents added in pieces; `ask` has tables made after each."""
    index = Index(**OPTIONS)
    for begin, end in zip([0, *cuts], [*cuts, len(docs)], strict=True):
        names = [f"d{i}" if i % 5 else None for i in range(begin, end)]
        index.add(docs[begin:end], names if ids else None)
        if ask:
            index.query(["a"])
    return index


def plain(docs: Docs) -> list[list[int] | None]:
    rows: list[list[int] | None] = cm.dedup.signatures(docs, n=2, num_hashes=24).to_pylist()
    return rows


def triples(table: pa.Table) -> list[tuple[int, int, float]]:
    columns = (table[name].to_pylist() for name in ("query", "match", "similarity"))
    return list(zip(*columns, strict=True))


def made(kind: str, docs: Docs, cuts: list[int], folder: Path) -> Index:
    """The same entries by another way."""
    if kind == "added":
        return index_of(docs, cuts)
    if kind == "asked":
        return index_of(docs, cuts, ask=True)
    path = folder / "index"
    if kind == "loaded":
        index_of(docs[: cuts[0]], []).save(path)
        index = Index.load(path)
        index.add(docs[cuts[0] :], [f"d{i}" if i % 5 else None for i in range(cuts[0], len(docs))])
        return index
    parts = [index_of(docs, [])]
    if kind == "merged":
        index = Index(**OPTIONS)
        index.add(docs[: cuts[0]], [f"d{i}" if i % 5 else None for i in range(cuts[0])])
        rest = Index(**OPTIONS)
        names = [f"d{i}" if i % 5 else None for i in range(cuts[0], len(docs))]
        rest.add(docs[cuts[0] :], names)
        parts = [index, rest]
    return Index.merge(parts, path if kind == "saved" else None)


@in_tmp
@given(
    docs=families,
    cuts=st.lists(st.integers(0, 40), min_size=1, max_size=4).map(sorted),
    kind=st.sampled_from(["added", "asked", "loaded", "merged", "saved"]),
    matches=st.sampled_from(["first", "best", "all"]),
    least=st.sampled_from([None, 0.3, 0.9]),
    most=st.sampled_from([1, 2, 64]),
    threads=st.integers(1, 3),
)
def test_queries_equal_brute_force(
    tmp_path: Path,
    *,
    docs: Docs,
    cuts: list[int],
    kind: str,
    matches: str,
    least: float | None,
    most: int,
    threads: int,
) -> None:
    index = made(kind, docs, cuts, tmp_path)
    asked = [*reversed(docs), "no such words anywhere here", None]
    got = index.query(
        asked,
        threshold=least,
        verify="signature" if least else "none",
        matches=matches,
        max_comparisons=most,
        threads=threads,
    )
    expected = oracles_dedup.index_query(
        plain(docs), plain(asked), bands=6, rows=3, least=least, matches=matches, most=most
    )
    assert triples(got) == expected
    names = [f"d{i}" if i % 5 else None for i in range(len(docs))]
    assert got["match_id"].to_pylist() == [names[match] for _, match, _ in expected]
    assert got.schema.types == [pa.int64(), pa.int64(), pa.large_string(), pa.float64()]


@in_tmp
@given(
    docs=families,
    cuts=st.lists(st.integers(0, 40), max_size=4).map(sorted),
    threads=st.integers(1, 4),
    ask=st.booleans(),
    ids=st.booleans(),
)
def test_saved_bytes_depend_on_the_entries_alone(
    tmp_path: Path, *, docs: Docs, cuts: list[int], threads: int, ask: bool, ids: bool
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    index_of(docs, [], ids=ids).save(one, threads=1)
    index = index_of(docs, cuts, ask=ask, ids=ids)
    index.save(other, memory="64MB", threads=threads)
    assert one.read_bytes() == other.read_bytes()
    Index.merge([Index(**OPTIONS), Index.load(other), Index(**OPTIONS)], one)
    assert one.read_bytes() == other.read_bytes()
    assert sorted(tmp_path.iterdir()) == [one, other]


@in_tmp
@given(st.integers(0, 700), st.integers(1, 5), st.integers(1, 40_000), st.integers(1, 3))
def test_tables_do_not_depend_on_the_budget(
    tmp_path: Path, num_docs: int, values: int, memory: int, threads: int
) -> None:
    """Few values to a slot: buckets of all sizes; little memory: several ranges of keys, on disk."""
    rng = np.random.default_rng(num_docs)
    slots = rng.integers(0, values, num_docs * 8, dtype=np.uint32)
    whole = _core.dedup.index_tables(slots, 8, 3, 2, 1)
    path = tmp_path / "index"
    writer = _core.dedup.IndexWriter(bytes(path), 5, _core.ngram.Unit.word, 8, 0, 0.8, 3, 2)
    cut = num_docs // 3 * 8
    for run in (slots[:cut], slots[cut:]):
        writer.append(_core.dedup.IndexSection.signatures, run.view(np.uint8))
    writer.append_tables(bytes(tmp_path), memory, threads)
    sizes = np.ones(num_docs, np.uint32).view(np.uint8)
    writer.append(_core.dedup.IndexSection.cluster_sizes, sizes)
    writer.finish(threads)
    file = _core.dedup.IndexFile(bytes(path))
    file.verify(threads)
    assert bytes(file.section(_core.dedup.IndexSection.tables)) == bytes(whole)


def test_matches_do_not_depend_on_what_is_let_go_of(tmp_path: Path) -> None:
    """Checksums and copies leave no more of the file in memory than what lies about its header."""
    docs = [doc for seed in range(50) for doc in documents.varied(40, seed)]
    index_of(docs, []).save(tmp_path / "a")
    options, segment, _ = _dedup_index_file.read(tmp_path / "a", True, 2)
    assert mapped_bytes(tmp_path / "a") <= AROUND < len((tmp_path / "a").read_bytes())
    how = {"threshold": 0.5, "verify": True, "matches": "all", "max_comparisons": 8}
    slots = segment.slots[: 100 * options.num_hashes].copy()
    for threads in (1, 3):
        found = [
            _dedup_segments.found_in(
                [segment], slots, options, **how, threads=threads, resident=most
            )
            for most in (None, 0, 3 << 20)
        ]
        for one in found[1:]:
            assert all(map(np.array_equal, one, found[0]))
    assert sum(map(len, segment.slot_blocks())) == len(segment.slots)
    assert mapped_bytes(tmp_path / "a") <= AROUND


def mapped_bytes(path: Path) -> int:
    """Of a file, in the memory of this process."""
    if not Path("/proc/self/smaps").exists():
        pytest.skip("what is mapped is read from Linux's /proc")
    of_file, found = False, 0
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if not line.partition(" ")[0].endswith(":"):
            of_file = line.endswith(f" {path}")
        elif of_file and line.startswith("Rss:"):
            found += int(line.split()[1]) * 1024
    return found


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    docs = documents.varied(300)
    index = index_of([*docs, None], [17, 100])
    index.count([3, 3, 299])
    index.count(pa.array([5]), sizes=[2**40])
    index.save(tmp_path / "index")
    again = Index.load(tmp_path / "index", verify=True)
    assert len(again) == len(index) == 301
    assert again.options == index.options
    assert again.cluster_sizes.equals(index.cluster_sizes)
    assert again.cluster_sizes.to_pylist()[:6] == [1, 1, 1, 3, 1, 2**32 - 1]
    assert again.signatures().equals(index.signatures())
    assert index.signatures().equals(cm.dedup.signatures([*docs, None], n=2, num_hashes=24))
    assert again.signatures([300, 2]).to_pylist() == [None, index.signatures([2])[0].as_py()]
    again.count([300])
    assert again.cluster_sizes[300].as_py() == 2
    assert Index.load(tmp_path / "index").cluster_sizes[300].as_py() == 1


def test_golden_file(tmp_path: Path) -> None:
    """Format 2. A change here makes every saved index unreadable: make it 3."""
    index = Index(n=2, num_hashes=12, threshold=0.7)
    index.add(["It was the best of times", None, "it was the worst of times"], ids=[7, None, 9])
    index.save(tmp_path / "index")
    assert xxhash.xxh3_128_hexdigest((tmp_path / "index").read_bytes()) == GOLDEN


def test_a_million_equal_entries_cost_a_query_little() -> None:
    """Each lookup ends in a bucket of a million; looking at all would take hours."""
    slots = np.tile(cm.dedup.signatures(["a b c d e f"]).values.to_numpy(), 1_000_000)
    index = Index()
    index.add(pa.FixedSizeListArray.from_arrays(pa.array(slots), 112))
    got = index.query(["a b c d e f"] * 20_000)
    assert got["match"].to_pylist() == [0] * 20_000
    assert index.query(["a b c d e f"], matches="all", max_comparisons=3).num_rows == 3


def test_signatures_go_in_as_text_does() -> None:
    docs: Docs = [*documents.varied(50), None]
    index, other = Index(**OPTIONS), Index(**OPTIONS)
    index.add(docs)
    signatures = cm.dedup.signatures(docs, n=2, num_hashes=24)
    assert other.add(signatures) == range(51)
    expected = index.query(docs, matches="all")
    assert other.query(signatures, matches="all").equals(expected)
    assert other.query(cm.ngram.hashes(docs, n=2), matches="all").equals(expected)
    assert other.query(pa.chunked_array([signatures[:7], signatures[7:]]), matches="all").equals(
        expected
    )
    assert expected["match_id"].null_count == expected.num_rows


def test_an_empty_index(tmp_path: Path) -> None:
    index = Index()
    assert len(index) == 0
    assert index.add([]) == range(0)
    assert index.query(["a", None]).num_rows == 0
    index.save(tmp_path / "index")
    again = Index.load(tmp_path / "index", verify=True)
    assert again.query(["a"]).num_rows == 0
    assert again.cluster_sizes.to_pylist() == again.signatures().to_pylist() == []
    again.add(["a"])
    assert again.query(["a"])["match"].to_pylist() == [0]


def test_ids_of_every_kind(tmp_path: Path) -> None:
    index = Index()
    index.add(["a"])
    index.add(["b"], ids=[2**63 - 1])
    index.add(["c", "d"], ids=pa.chunked_array([["Œ"], [None]]))
    index.add(["e"], ids=pa.array(["x", "y"])[1:])
    index.save(tmp_path / "index")
    for each in (index, Index.load(tmp_path / "index"), Index.merge([index])):
        got = each.query(["e", "d", "c", "b", "a"])["match_id"].to_pylist()
        assert got == ["y", None, "Œ", str(2**63 - 1), None]


def test_a_loaded_index_is_pickled_by_path(tmp_path: Path) -> None:
    path = tmp_path / "index"
    index_of(documents.varied(20), []).save(path)
    loaded = Index.load(path)
    data = pickle.dumps(loaded)
    assert len(data) < 1000
    assert pickle.loads(data).signatures().equals(loaded.signatures())
    index_of(documents.varied(21), []).save(path)
    assert len(loaded) == 20  # the file it mapped lives on
    with pytest.raises(ValueError, match="another index than the one that was pickled"):
        pickle.loads(data)
    loaded.add(["a"])
    with pytest.raises(TypeError, match=r"save it, pickle Index\.load"):
        pickle.dumps(loaded)


def _asked(path: Path, docs: Docs) -> pa.Table:
    return Index.load(path).query(docs, matches="all", threads=1)


def test_processes_share_a_saved_index(tmp_path: Path) -> None:
    docs: Docs = [*documents.varied(60)]
    whole = index_of(docs[:40], [13])
    whole.save(tmp_path / "index")
    parts = [docs[i::4] for i in range(4)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(partial(_asked, tmp_path / "index"), parts))
    for part, got in zip(parts, found, strict=True):
        assert got.equals(whole.query(part, matches="all"))
    assert sum(got.num_rows for got in found) >= 40


def test_set_against_set() -> None:
    docs: Docs = [*documents.varied(60)]
    old, new = index_of(docs[:40], []), index_of(docs[20:], [])
    assert old.query(new.signatures(), matches="all").equals(old.query(docs[20:], matches="all"))


def test_wrong_arguments(tmp_path: Path) -> None:
    index = Index(**OPTIONS)
    index.add(["a", "b"])
    with pytest.raises(TypeError, match="expected a string column, got int64"):
        index.add(pa.array([1]))
    with pytest.raises(ValueError, match="ids: expected 2, one per document, got 1"):
        index.add(["a", "b"], ids=["x"])
    with pytest.raises(TypeError, match="ids: expected strings or whole numbers, got double"):
        index.add(["a"], ids=[1.5])
    with pytest.raises(ValueError, match="make them with num_hashes=24"):
        index.query(cm.dedup.signatures(["a"]))
    with pytest.raises(ValueError, match="matches: expected one of first, best, all, got 'some'"):
        index.query(["a"], matches="some")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="verify: expected one of signature, none, got 'exact'"):
        index.query(["a"], verify="exact")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="entries: 0 to 2 are not within the 2 entries"):
        index.count([0, 2])
    with pytest.raises(TypeError, match="entries: expected a column of whole numbers"):
        index.count([0.5])
    with pytest.raises(ValueError, match="sizes: expected whole numbers"):
        index.count([0], sizes=-1)
    with pytest.raises(ValueError, match="memory: '1MB' is too little; at least 64MB"):
        index.save(tmp_path / "index", memory="1MB")
    with pytest.raises(ValueError, match="memory: expected bytes or a size like '4GB'"):
        index.save(tmp_path / "index", memory="much")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        index.save(tmp_path / "nowhere" / "index")
    with pytest.raises(IsADirectoryError):
        Index.load(tmp_path)
    assert len(index) == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "value"), [("seed", 1), ("n", 3), ("threshold", 0.6), ("rows", 2), ("unit", "char")]
)
def test_only_equal_options_merge(name: str, value: object) -> None:
    other = Index(**(OPTIONS | {name: value}))
    with pytest.raises(ValueError, match=rf"indexes\[1\]: {name} is {value!r}, and .* in indexes"):
        Index.merge([Index(**OPTIONS), other])
    with pytest.raises(ValueError, match="at least one"):
        Index.merge([])


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "index"
    index_of([*documents.varied(40), None], []).save(path)
    return path


def damage(path: Path, at: int, byte: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(byte)


def test_every_byte_of_the_header_counts(saved: Path) -> None:
    good = saved.read_bytes()
    for at in [*range(300), *range(300, PAGE - 16, 97), *range(PAGE - 16, PAGE)]:
        damage(saved, at, bytes([good[at] ^ 1 << at % 8]))
        with pytest.raises(ValueError, match=r"index: (not an|an index of format|its header)"):
            Index.load(saved)
        damage(saved, at, good[at : at + 1])
    assert len(Index.load(saved, verify=True)) == 41


def test_a_header_that_contradicts_itself_is_refused(saved: Path) -> None:
    """Wrong numbers under a right checksum: no index of ours, and still no crash."""
    good = saved.read_bytes()
    fields = [("<I", at) for at in (12, 24, 28, 32, 36, 40, 44)] + [("<Q", 16), ("<d", 56)]
    fields += [("<Q", at + field) for at in range(64, 256, 32) for field in (0, 8)]
    sensible = {(24, 1), (24, 3), (24, 2**31), (24, 2**32 - 1), (28, 1), (40, 1), (56, 1)}
    for kind, at in fields:
        for value in (0, 1, 3, 2**31, 2**32 - 1):
            header = bytearray(good[: PAGE - 16])
            if struct.unpack_from(kind, header, at)[0] == value or (at, value) in sensible:
                continue
            struct.pack_into(kind, header, at, value)
            digest = xxhash.xxh3_128_intdigest(bytes(header))
            checksum = struct.pack("<2Q", digest & 2**64 - 1, digest >> 64)
            saved.write_bytes(bytes(header) + checksum + good[PAGE:])
            with pytest.raises(ValueError, match="index: "):
                Index.load(saved)


def test_foreign_newer_and_truncated_files_are_told_apart(saved: Path) -> None:
    good = saved.read_bytes()
    for foreign in (b"", b"P", b"PAR1" * 2000):
        saved.write_bytes(foreign)
        with pytest.raises(ValueError, match=r"not an index of corpusmill; Index\.save makes one"):
            Index.load(saved)
    saved.write_bytes(good[:8] + struct.pack("<I", 3) + good[12:])
    with pytest.raises(ValueError, match="an index of format 3, and this version reads 2; use"):
        Index.load(saved)
    for size in [*range(8, len(good), 509), *range(PAGE, len(good), PAGE), len(good) - 1]:
        saved.write_bytes(good[:size])
        with pytest.raises(ValueError, match=r"truncated.*restore the file"):
            Index.load(saved)
    saved.write_bytes(good + b"\0")
    with pytest.raises(ValueError, match="has 1 bytes after its end"):
        Index.load(saved)


def test_every_flipped_bit_is_seen_with_verify(saved: Path) -> None:
    good = saved.read_bytes()
    rng = random.Random(1)
    for at in [PAGE, len(good) - 1, *(rng.randrange(PAGE, len(good)) for _ in range(300))]:
        damage(saved, at, bytes([good[at] ^ 1 << rng.randrange(8)]))
        with pytest.raises(ValueError, match=r"its \w+ are damaged \(the checksum differs\)"):
            Index.load(saved, verify=True)
        damage(saved, at, good[at : at + 1])
    Index.load(saved, verify=True)


def test_damage_that_nobody_looked_for_is_no_crash(saved: Path) -> None:
    docs = documents.varied(40)
    good = saved.read_bytes()
    rng = random.Random(2)
    for _ in range(150):
        bad = bytearray(good)
        begin = rng.randrange(PAGE, len(good))
        for at in range(begin, min(len(good), begin + rng.choice([1, 64, 5000]))):
            bad[at] = rng.choice([0, 255, rng.randrange(256)])
        saved.write_bytes(bad)
        with contextlib.suppress(ValueError):
            index = Index.load(saved)
            index.query(docs, matches="all", verify="none")["match_id"].to_pylist()
