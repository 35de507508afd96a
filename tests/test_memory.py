"""memory: half a million documents of a hundred words: what a process takes of them, at its peak."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import corpusmill as cm
from corpusmill.shards import JobError, decoding, disk, need, rows
from corpusmill.shards.memory import Budget, parse
from corpusmill.shards.reading import cuts, line_blocks, pieces, read
from corpusmill.shards.reading.inputs import find
from corpusmill.shards.state import store
from corpusmill.shards.writing import row_groups

DOCUMENTS, CHUNK, WORDS = 500_000, 10_000, 100
BUDGET, THREADS = 250_000_000, 2
INDEX_BUDGET = 200_000_000

JOB = """
import json, sys
import corpusmill.shards.jobs.dedup.job, pyarrow.parquet
def kilobytes(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))
imported = kilobytes("VmRSS")
source, out, options = sys.argv[1:]
corpusmill.shards.dedup(source, out, **json.loads(options))
with open(f"{out}/run.json") as facts:
    spilled = json.load(facts)["spilled"]
print(json.dumps({"imported": imported, "peak": kilobytes("VmHWM"), "spilled": spilled}))
"""


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One in ten is one of the others with a word replaced."""
    rng = np.random.default_rng(5)
    words = np.array([f"{word:06x} " for word in rng.permutation(1 << 24)[:100_000]], "S7")
    path = tmp_path_factory.mktemp("documents") / "a.jsonl"
    size = 7 * WORDS
    with path.open("wb") as file:
        for _ in range(DOCUMENTS // CHUNK):
            text = words[rng.integers(0, len(words), CHUNK * WORDS)].tobytes()
            docs = [text[at : at + size] for at in range(0, len(text), size)]
            for copy in range(9, CHUNK, 10):
                docs[copy] = docs[copy - 7][:350] + b"another" + docs[copy - 7][357:]
            file.writelines(b'{"id": "x", "text": "%b"}\n' % doc for doc in docs)
    return path


def cost(documents: Path, out: Path, **options: object) -> dict[str, int]:
    """In bytes."""
    if not Path("/proc/self/status").exists():
        pytest.skip("peaks are read from Linux's /proc")
    options = {"threads": THREADS} | options
    words = [sys.executable, "-c", JOB, documents, out, json.dumps(options)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return found | {name: found[name] * 1024 for name in ("imported", "peak")}


@pytest.mark.parametrize("verify", ["exact", "signature"])
def test_a_budget_is_kept_and_the_rest_is_little(
    documents: Path, tmp_path: Path, verify: str
) -> None:
    tight = cost(documents, tmp_path / "tight", verify=verify, memory=BUDGET)
    assert tight["spilled"]
    assert tight["peak"] <= BUDGET
    held = cost(documents, tmp_path / "held", verify=verify, memory="4GB")
    assert not held["spilled"]
    most = (64 << 20) + THREADS * (32 << 20) + 800 * DOCUMENTS
    assert held["peak"] - held["imported"] <= most
    tables = [(tmp_path / name / "duplicates.parquet").read_bytes() for name in ("tight", "held")]
    assert tables[0] == tables[1]
    dropped = cm.shards.Ledger.load(tmp_path / "held").totals["dropped"]
    assert 0.99 * DOCUMENTS / 10 <= sum(dropped.values()) <= DOCUMENTS / 10


def test_a_budget_holds_for_indexes_too(documents: Path, tmp_path: Path) -> None:
    """One that is asked, and one that is written, though they would not fit into it beside the rest."""
    with documents.open("rb") as lines:
        for name, num_lines in (("old.jsonl", 150_000), ("new.jsonl", 100_000)):
            lines.seek(0)
            (tmp_path / name).write_bytes(b"".join(itertools.islice(lines, num_lines)))
            lines.seek(0)
        more = itertools.islice(lines, 200_000, 250_000)
        with (tmp_path / "new.jsonl").open("ab") as new:
            new.writelines(more)
    index = tmp_path / "index"
    cm.shards.dedup(tmp_path / "old.jsonl", tmp_path / "old", save_index=index)
    assert index.stat().st_size > 80_000_000
    options = {"against": str(index), "memory": INDEX_BUDGET}
    asked = cost(tmp_path / "new.jsonl", tmp_path / "asked", **options)
    assert asked["peak"] <= INDEX_BUDGET
    dropped = cm.shards.Ledger.load(tmp_path / "asked").totals["dropped"]
    assert dropped["in_index"] >= 99_000
    updated = cost(tmp_path / "new.jsonl", tmp_path / "updated", **options, update=True)
    assert updated["peak"] <= INDEX_BUDGET
    assert len(cm.dedup.Index.load(index)) == 180_000


def test_a_budget_holds_whatever_shingles_texts_have(tmp_path: Path) -> None:
    """Every byte begins a shingle of eight bytes, all sets are asked for, and more threads than the
    budget has sets for look at one text each."""
    rng = np.random.default_rng(7)
    with (tmp_path / "a.jsonl").open("wb") as file:
        for document in range(36):
            if document % 2 == 0:
                text = rng.integers(ord("a"), ord("z") + 1, 250_000).astype(np.uint8)
            text[rng.integers(0, len(text), 50)] = ord("-")
            file.write(b'{"text": "%b"}\n' % text.tobytes())
    options = {"unit": "char", "threads": 24, "memory": 300_000_000}
    assert cost(tmp_path / "a.jsonl", tmp_path / "out", **options)["peak"] <= 300_000_000
    assert cm.shards.Ledger.load(tmp_path / "out").totals["dropped"] == {"similar": 18}


def test_a_block_holds_no_more_rows_than_its_size_allows(tmp_path: Path) -> None:
    """Short lines, of which a block would have many, are cut into several; longer ones are not."""
    line = b'{"text": "a"}\n'
    (tmp_path / "short.jsonl").write_bytes(line * 10_000)
    (tmp_path / "long.jsonl").write_bytes(b'{"text": "%b"}\n' % (b"a" * 100) * 1000)
    blocks = {}
    for name in ("short", "long"):
        with (tmp_path / f"{name}.jsonl").open("rb") as file:
            lines = line_blocks.LineFile(
                file.fileno(), "jsonl", cuts.Sizes(6400, 10**6), lambda _: iter(()), parts=[]
            )
            blocks[name] = [bytes(block.data) for block in lines.first(lambda _: None, [])]
        assert b"".join(blocks[name]) == (tmp_path / f"{name}.jsonl").read_bytes()
    most = 6400 // rows.MEAN_ROW
    assert max(block.count(b"\n") for block in blocks["short"]) == most
    assert min(map(len, blocks["long"][:-1])) > 6400 - 120


@pytest.mark.parametrize("most", [1, 2, 3, 7])
def test_cutting_by_lines_loses_nothing(most: int) -> None:
    for data in (b"", b"\n", b"a\n", b"a", b"a\nb\nc\nd\ne\n", b"a\n\n\n\nbc\nd"):
        parts = [bytes(part) for part in pieces.by_lines(data, most)]
        assert b"".join(parts) == data
        assert all(part.count(b"\n") <= most for part in parts)
        assert all(part.endswith(b"\n") for part in parts[:-1])


def test_packed_rows_come_back_as_they_were() -> None:
    given = rows.BlockRows(
        num_lines=9,
        line=np.array([0, 2, 3, 8]),
        offset=np.array([0, 70, 300, 70_000]),
        length=np.array([60, 200, 69_000, 2**33]),
        rejected_line=np.array([1, 4]),
        rejected_offset=np.array([61, 69_500]),
        rejected_length=np.array([3, 0]),
        rejected_reason=["invalid_json", "text_null"],
        id_length=np.array([1, 0, 2, 0]),
        id_data=np.frombuffer(b"abc", np.uint8),
        id_valid=np.array([True, False, True, True]),
        hashes=np.arange(8, dtype=np.uint64),
        slots=np.arange(12, dtype=np.uint32),
    )
    packed = given.packed()
    assert packed.arrays["line"].nbytes == packed.num_rows
    packed.move(100, 1000)
    found = packed.rows()
    assert found.first_row == 100
    assert found.line.tolist() == [1000, 1002, 1003, 1008]
    assert found.rejected_line.tolist() == [1001, 1004]
    for name in ("offset", "length", "rejected_offset", "rejected_length", "id_length"):
        assert getattr(found, name).tolist() == getattr(given, name).tolist()
        assert getattr(found, name).dtype == np.int64
    assert found.rejected_reason == given.rejected_reason
    assert packed.signals().slots.tolist() == list(range(12))
    packed.let_go("hashes", "slots")
    assert set(packed.arrays) == set(rows.PLACES)


def test_signals_lie_together_and_pieces_go_with_their_last_array(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "PIECE", 100)
    pieces_of_memory = store._Pieces()
    given = [np.arange(n, dtype=np.uint64) for n in (3, 5, 9, 200, 0, 1)]
    laid = [pieces_of_memory.laid(array) for array in given]
    assert [array.tolist() for array in laid] == [array.tolist() for array in given]
    assert laid[0].base is laid[1].base is not laid[2].base


def test_the_room_that_a_job_says_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With results in stage files, the scratch file of the decision counts, or outputs if they are more."""
    monkeypatch.setattr(store, "SMALL_JOB", 0)
    lines = [b'{"text": "%06d %s"}\n' % (number, b"some words " * 9) for number in range(20_000)]
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines))
    said: dict[str, int] = {}
    for memory in ("4GB", "1MB"):
        budget = Budget(parse(memory), 0, 1 << 20, parse(memory) // 4, 0)
        shards = [read.Shard(file) for file in find(tmp_path / "a.jsonl", tmp_path / "out")]
        for shard in shards:
            shard.look()
        said[memory] = need.of(shards, budget, row_bytes=464, scratch_bytes=342).total
    outputs = (tmp_path / "a.jsonl").stat().st_size
    results = said["4GB"] - outputs
    assert 464 * 20_000 <= results <= 600 * 20_000
    assert said["1MB"] == pytest.approx(results + 342 * 20_000, rel=0.01)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_a_batch_of_our_own_files_is_kept_when_freed_and_no_more_than_is_leased(
    threads: int,
) -> None:
    batch = row_groups.batch_size(pa.schema([("text", pa.string())]))
    of = {"threads": threads, "row_bytes": 0, "frame_size": 0, "formats": ["arrow"]}
    budget = Budget.of("16GB", **of)
    assert budget.freed > 1.1 * batch  # and its offsets
    for memory in ("2GB", "4GB", "16GB"):
        budget = Budget.of(memory, **of)
        assert 2 * threads * budget.freed <= budget.total - 2 * budget.rows


def test_columns_that_do_not_fit_are_told() -> None:
    budget = Budget(10**9, 0, 1 << 20, 4 * 10**8, 0)
    assert budget.beside(10**8, 3, rows_held=True) == 10**8
    with pytest.raises(JobError, match=r"too few .* 200,000,000 rows; allow 1,200 MB"):
        budget.beside(2 * 10**8, 3, rows_held=True)


@pytest.mark.skipif(sys.platform != "linux", reason="the system is told so on Linux alone")
@pytest.mark.parametrize(
    ("kind", "codec"), [("jsonl", "none"), ("jsonl", "zst"), ("parquet", "none")]
)
def test_inputs_of_more_than_stays_in_memory_leave_it_behind_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, codec: str
) -> None:
    rng = np.random.default_rng(3)
    made = tmp_path / "a.jsonl"
    texts = [" ".join(f"{word:x}" for word in rng.integers(0, 1 << 40, 100)) for _ in range(2_000)]
    texts += [f"{text} again" for text in texts[::10]]
    made.write_text("".join(f'{{"text": "{text}"}}\n' for text in texts), encoding="ascii")
    given = tmp_path / "given"
    cm.shards.convert(made, given, format=kind, codec=codec)
    (path,) = (given / "data").iterdir()
    left: list[tuple[int, int]] = []
    let_go = disk.let_go

    def noted(file: int, begin: int = 0, size: int = 0) -> None:
        if Path(f"/proc/self/fd/{file}").samefile(path):
            left.append((begin, size))
        let_go(file, begin, size)

    monkeypatch.setattr(disk, "let_go", noted)
    monkeypatch.setattr(disk.Behind, "STRETCH", 1 << 18)
    monkeypatch.setattr(read, "BLOCK_SIZE", 1 << 16)
    cm.shards.dedup(path, tmp_path / "stays", threads=1)
    assert not left
    monkeypatch.setattr(decoding, "stays", lambda size: size < path.stat().st_size)
    cm.shards.dedup(path, tmp_path / "passes", threads=1)
    readings = [list(group) for whole, group in itertools.groupby(left, (0, 0).__eq__) if not whole]
    assert len(readings) >= 2
    assert left[-1] == (0, 0)
    for stretches in readings:
        begins = list(itertools.accumulate((size for _, size in stretches), initial=0))
        assert [begin for begin, _ in stretches] == begins[:-1]
        assert begins[-1] > path.stat().st_size / 2
    for name in (f"data/{path.name}", "duplicates.parquet", "ledger.json"):
        found, expected = (tmp_path / out / name for out in ("passes", "stays"))
        assert found.read_bytes() == expected.read_bytes()
