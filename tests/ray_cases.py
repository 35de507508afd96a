"""ray_cases: on a local Ray, started and ended here, the answers of one machine; also when workers die.

test_ray runs these in a process of their own: one Ray is enough, and what it does to a process stays there.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import ray
from pyarrow import parquet

import corpusmill as cm
from corpusmill import _dedup_parts, _ray_files
from corpusmill.shards.reading import numbered
from documents import varied

OPTIONS = {"threshold": 0.6, "n": 2, "num_hashes": 64, "max_comparisons": 4}

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray warns of its own code


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """Two cores, and 100 MB for objects."""
    try:
        start()
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray").setLevel(logging.ERROR)
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        yield
    finally:
        ray.shutdown()


def start() -> None:
    """Ray gives itself 30 s, in which a machine that does much else may not start it: twice."""
    for last in (False, True):
        try:
            ray.init(
                num_cpus=2,
                object_store_memory=100_000_000,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="ERROR",
            )
        except Exception as error:  # noqa: BLE001  it has no type of its own for that
            ray.shutdown()
            if last:
                pytest.skip(f"Ray does not start on this machine: {error}")
        else:
            return


def documents() -> pa.Table:
    """Texts with nulls and repeats, ids that ascend with gaps, numbers with nulls."""
    docs = [*varied(400), None, "", "", None, *varied(30)]
    ids = np.cumsum(np.random.default_rng(1).integers(1, 1 << 40, len(docs)))
    scores = pa.array([float(i % 7) if i % 5 else None for i in range(len(docs))])
    return pa.table({"text": docs, "doc_id": ids, "score": scores})


def in_blocks(table: pa.Table, rows: int = 60) -> ray.data.Dataset:
    """The rows in blocks, the last first, each in chunks of all widths."""
    blocks = [table.slice(start, rows) for start in range(0, table.num_rows, rows)][::-1]
    return ray.data.from_arrow([in_chunks(block) for block in blocks])


def in_chunks(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table.slice(0, 7), table.slice(7, 0), table.slice(7)])


def rows_of(ds: ray.data.Dataset) -> pa.Table:
    """All rows, ordered by their ids."""
    return pa.concat_tables(ray.get(ds.to_arrow_refs())).sort_by("doc_id")


def locally(table: pa.Table, **options: object) -> pa.Table:
    """What one machine decides, with ids for rows."""
    found = cm.dedup.decide(table["text"], **options)
    named = {name: table["doc_id"].take(found[name]) for name in ("dropped", "kept", "cluster")}
    return pa.table({name: named.get(name, found[name]) for name in found.column_names})


def killing(ds: ray.data.Dataset, folder: Path, *calls: int) -> ray.data.Dataset:
    """The same, but reading it kills the worker at these calls, counted over all workers."""
    folder.mkdir()

    def die(table: pa.Table) -> pa.Table:
        for call in range(10**6):
            try:
                (folder / str(call)).touch(exist_ok=False)
            except FileExistsError:
                continue
            if call in calls:
                os.kill(os.getpid(), signal.SIGKILL)
            return table
        raise AssertionError

    return ds.map_batches(die, batch_size=None, batch_format="pyarrow")


def dying_once(function: Callable[..., object], mark: Path) -> Callable[..., object]:
    """The same, but its first call kills the worker."""

    def die(*arguments: object) -> object:
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            return function(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    return die


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (cm.text.normalize, {"form": "NFKC", "casefold": True}),
        (cm.dedup.signatures, {"num_hashes": 8}),
    ],
    ids=["normalize", "signatures"],
)
def test_a_signal_is_that_of_one_machine(function: Callable[..., pa.Array], options: dict) -> None:
    table = documents()
    out = rows_of(cm.ray.apply(in_blocks(table), function, into="signal", **options))
    expected = function(table["text"], **options)
    assert out["signal"].to_pylist() == expected.to_pylist()
    assert out.select(table.column_names).equals(table)


def test_text_is_handed_over_as_it_lies() -> None:
    """In the chunks that Ray has, not in one."""
    chunks = lambda text: [text.num_chunks] * len(text)
    ds = ray.data.from_arrow(in_chunks(documents()))
    out = rows_of(cm.ray.apply(ds, chunks, into="text"))
    assert min(out["text"].to_pylist()) > 1


@pytest.mark.parametrize("keep", ["first", "longest", "score"])
@pytest.mark.parametrize("method", ["near", "exact"])
def test_decisions_are_those_of_one_machine(
    keep: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cm.ray, "SHARE_BYTES", 30_000)
    monkeypatch.setattr(cm.ray, "BLOCKS_PER_SPLIT", 2)
    table, options = documents(), {**OPTIONS, "method": method}
    of_rows = table["score"] if keep == "score" else keep
    expected = locally(table, keep=of_rows, **options)
    assert cm.ray.decide(in_blocks(table), keep=keep, **options).equals(expected)
    assert expected.num_rows > 50


def test_estimates_and_scratch_change_nothing(tmp_path: Path) -> None:
    table, options = documents(), {**OPTIONS, "verify": "signature"}
    found = cm.ray.decide(in_blocks(table), scratch=tmp_path, memory=20_000, **options)
    assert found.equals(locally(table, **options))


def test_killed_workers_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some die in each pass over the dataset and in each half of the exchange between two of them."""
    monkeypatch.setattr(cm.ray, "SHARE_BYTES", 30_000)
    monkeypatch.setattr(cm.ray, "_split", dying_once(cm.ray._split, tmp_path / "split"))
    shared = dying_once(_dedup_parts.shared, tmp_path / "shared")
    monkeypatch.setattr(_dedup_parts, "shared", shared)
    table = documents()
    blocks = in_blocks(table)
    ds = killing(blocks, tmp_path / "dedup", 1, 10, 20, 30)
    out = rows_of(cm.ray.dedup(ds, **OPTIONS))
    assert len(list((tmp_path / "dedup").iterdir())) > 30
    assert (tmp_path / "split").exists()
    assert (tmp_path / "shared").exists()
    dropped = locally(table, **OPTIONS)["dropped"].to_pylist()
    kept = [row for row in table.to_pylist() if row["doc_id"] not in dropped]
    assert out.to_pylist() == kept

    ds = killing(blocks, tmp_path / "apply", 2)
    out = rows_of(cm.ray.apply(ds, cm.text.words, into="words"))
    assert out["words"].to_pylist() == cm.text.words(table["text"]).to_pylist()


def test_files_are_read_with_ids_that_order_them_as_a_job_does(tmp_path: Path) -> None:
    rows = documents().drop_columns(["doc_id"]).filter(documents()["text"].is_valid())
    (tmp_path / "in").mkdir()
    for number in range(3):
        part = rows.slice(number * 150, 150)
        parquet.write_table(part, tmp_path / f"in/{number}.parquet", row_group_size=40)
    ds = cm.ray.read_parquet(tmp_path / "in")
    out = rows_of(cm.ray.dedup(ds, **OPTIONS))
    assert ds.count() == rows.num_rows
    cm.shards.dedup(tmp_path / "in", tmp_path / "out", **OPTIONS)
    assert out.drop_columns(["doc_id"]).equals(parquet.read_table(tmp_path / "out/data"))
    assert {id >> 40 for id in out["doc_id"].to_pylist()} == {0, 1, 2}
    cm.shards.convert(tmp_path / "in", tmp_path / "lines", format="jsonl")
    with pytest.raises(cm.shards.UsageError, match="not Parquet; read JSON lines with read_json"):
        cm.ray.read_parquet(tmp_path / "lines/data")
    with pytest.raises(cm.shards.UsageError, match="has a column 'text' already"):
        cm.ray.read_parquet(tmp_path / "in", id="text")
    with pytest.raises(cm.shards.UsageError, match="no column 'txt' in"):
        cm.ray.read_parquet(tmp_path / "in", columns=["txt"])
    assert cm.ray.read_parquet(tmp_path / "in", columns=["text"]).schema().names == [
        "text",
        "doc_id",
    ]


def test_lines_are_read_with_ids_that_order_them_as_a_job_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain files in parts, packed ones whole; also if workers die while types are found and after."""
    monkeypatch.setattr(numbered, "PART_SIZE", 20_000)
    dying = dying_once(_ray_files.fields_of, tmp_path / "fields")
    monkeypatch.setattr(_ray_files, "fields_of", dying)
    rows = documents().drop_columns(["doc_id"]).filter(documents()["text"].is_valid()).to_pylist()
    (tmp_path / "in").mkdir()
    for number, start in enumerate(range(0, len(rows), 150)):
        lines = "".join(json.dumps(row) + "\n\n" for row in rows[start : start + 150]).encode()
        name, pack = (("a.jsonl", bytes), ("b.jsonl.gz", gzip.compress), ("c.jsonl", bytes))[number]
        (tmp_path / "in" / name).write_bytes(b"\xef\xbb\xbf" * (number == 2) + pack(lines))
    assert len(numbered.line_parts(tmp_path / "in")) > 5
    ds = killing(cm.ray.read_json(tmp_path / "in"), tmp_path / "calls", 1, 9)
    out = rows_of(cm.ray.dedup(ds, **OPTIONS))
    assert (tmp_path / "fields").exists()
    assert {id >> 40 for id in out["doc_id"].to_pylist()} == {0, 1, 2}
    cm.shards.dedup(tmp_path / "in", tmp_path / "out", format="parquet", **OPTIONS)
    assert out.drop_columns(["doc_id"]).equals(parquet.read_table(tmp_path / "out/data"))


def test_lines_that_cannot_be_columns_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a", "n": 1}\n{"text": "b", "n": "x", "m": 2}\n')
    with pytest.raises(cm.shards.JobError, match=r"a.jsonl: line 2.*number to string"):
        cm.ray.read_json(tmp_path)
    found = cm.ray.read_json(tmp_path, columns=["m", "text"])
    assert rows_of(found).to_pylist() == [
        {"m": None, "text": "a", "doc_id": 0},
        {"m": 2, "text": "b", "doc_id": 22},
    ]
    with pytest.raises(cm.shards.UsageError, match="id: there is a field 'text' already"):
        cm.ray.read_json(tmp_path, columns=["text"], id="text")
    with pytest.raises(cm.shards.UsageError, match="columns: no field 'txt'"):
        cm.ray.read_json(tmp_path, columns=["txt"])
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\nno\n')
    with pytest.raises(cm.shards.JobError, match=r"a.jsonl: the line at byte 14 is no row"):
        cm.ray.read_json(tmp_path)
    parquet.write_table(documents(), tmp_path / "b.parquet")
    with pytest.raises(cm.shards.UsageError, match="not JSON lines; see read_parquet"):
        cm.ray.read_json(tmp_path)


def test_files_without_rows_give_none(tmp_path: Path) -> None:
    none = documents().slice(0, 0).drop_columns(["doc_id"])
    parquet.write_table(none, tmp_path / "none.parquet")
    ds = cm.ray.read_parquet(tmp_path)
    assert ds.count() == 0
    assert cm.ray.dedup(ds).count() == 0


def test_nothing_is_dropped_of_nothing() -> None:
    alone = pa.table({"text": ["one text alone", None], "doc_id": [1, 2]})
    assert cm.ray.decide(in_blocks(alone)).equals(locally(alone))
    assert rows_of(cm.ray.dedup(in_blocks(alone))).equals(alone)


def test_documents_are_scored_as_on_one_machine(tmp_path: Path) -> None:
    """In other blocks a document has other neighbours, which is rounding."""
    pytest.importorskip("transformers", reason="needs torch and transformers")
    texts = documents()["text"].slice(0, 60)
    small = cm.scoring.tiny(texts, steps=2, width=16, context=32)
    small.save(tmp_path / "model")
    table = pa.table({"text": texts, "doc_id": range(60), "nll_mean": ["gives way"] * 60})
    ds = cm.ray.score(in_blocks(table, 25), tmp_path / "model", tokens="float32", workers=1)
    out = rows_of(ds)
    stats = ["tokens", "bytes", "nll_mean", "bits_per_byte"]
    alone = cm.scoring.score(small.model, small.tokenizer, texts, stats=stats, tokens="float32")
    assert out.column_names == ["text", "doc_id", *stats, "token_nll"]
    for name in ("tokens", "bytes"):
        assert out[name].to_pylist() == alone[name].to_pylist()
    for name in ("nll_mean", "bits_per_byte", "token_nll"):
        assert out[name].to_pylist() == [
            None if of is None else pytest.approx(of, rel=1e-4, abs=1e-4)
            for of in alone[name].to_pylist()
        ]


def test_what_is_wrong_is_named() -> None:
    table = documents()
    ds = in_blocks(table)
    with pytest.raises(ValueError, match=r"no column 'txt'.*did you mean 'text'"):
        cm.ray.dedup(ds, text="txt")
    with pytest.raises(ValueError, match="threshold: expected 0 < threshold <= 1, got 2"):
        cm.ray.dedup(ds, threshold=2)
    with pytest.raises(
        ValueError, match=r"duplicates looks beyond a row.*use corpusmill.ray.dedup"
    ):
        cm.ray.apply(ds, cm.dedup.duplicates, into="drop")
    with pytest.raises(
        ValueError, match=r"passages looks beyond a row.*corpusmill.shards.passages"
    ):
        cm.ray.apply(ds, partial(cm.dedup.passages, min_bytes=50), into="repeated")
    with pytest.raises(ValueError, match="stats: expected some of"):
        cm.ray.score(ds, "model", stats=["loss"])
    twice = in_blocks(pa.concat_tables([table, table.slice(3, 1)]))
    with pytest.raises(ValueError, match="names more than one row; ids must be unique"):
        cm.ray.dedup(twice)
    with pytest.raises(ray.exceptions.RayError, match="number the rows when they are read"):
        cm.ray.dedup(in_blocks(table), id="text")
    with pytest.raises(ray.exceptions.RayError, match="gave 1 values"):
        cm.ray.apply(ds, lambda text: pa.array(["all"]), into="one").materialize()  # noqa: ARG005
