"""membership_job: rows get what the column functions say, and a filter of files is that of a column."""

from __future__ import annotations

import errno
import gzip
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import corpusmill as cm
import documents
from corpusmill.cli.membership import membership as command
from corpusmill.ngram import BloomFilter
from corpusmill.shards import JobError, Progress, UsageError, build_filter, membership
from corpusmill.shards.jobs.membership.build import Built
from test_paragraphs_job import SLACK, folder, rows_of, tree

__all__ = ["folder"]

OPTIONS = {"items": 20_000, "n": 3, "unit": "word"}


@pytest.fixture
def bloom(tmp_path: Path) -> Path:
    """A saved filter of some words of the files' texts."""
    made = BloomFilter(20_000, n=3)
    made.add(["line 1 éx line 2 éxx line 3 éxxx", *documents.varied(50)])
    made.save(tmp_path / "some.filter")
    return tmp_path / "some.filter"


def test_a_filter_of_files_is_that_of_their_texts(folder: Path, tmp_path: Path) -> None:
    texts = [row["text"] for row in rows_of_folder(folder)]
    expected = BloomFilter(**OPTIONS)
    expected.add(texts)
    expected.save(tmp_path / "expected")
    for threads in (1, 3):
        path = tmp_path / f"by-{threads}"
        built = build_filter(folder, path, threads=threads, max_rejected=1.0, **OPTIONS)
        assert path.read_bytes() == (tmp_path / "expected").read_bytes()
        assert (built.rows, built.rejected) == (240, {"invalid_json": 1})
        assert (built.items, built.rate) == (expected.added, expected.rate)
    assert build_filter(folder, path, max_rejected=0.0, **OPTIONS).problems


class Killed(BaseException):
    """Ends a job in its midst."""


@pytest.mark.usefixtures("small_units")
@pytest.mark.parametrize("threads", [1, 3])
def test_a_build_goes_on_from_the_filter_saved_last(
    tmp_path: Path, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is stopped; but not if an input has changed."""
    folder, docs = tmp_path / "many", documents.varied(300)
    folder.mkdir()
    lines = "".join(json.dumps({"text": doc}) + "\n" for doc in docs)
    (folder / "a.jsonl").write_text("{broken\n" + lines)
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    pq.write_table(pa.table({"text": docs}), folder / "c.parquet", row_group_size=50)
    add, path = BloomFilter.add, tmp_path / "f"
    called: list[int] = []

    def built(most: int = 2**62, to: Path = path) -> Built:
        """Stopped once so many columns are added and a filter is saved."""
        called.clear()

        def stopped(self: BloomFilter, docs: pa.Array, *, threads: int = 0) -> int:
            called.append(len(docs))
            if len(called) > most and (tmp_path / "f.state" / "counted").exists():
                raise Killed
            return add(self, docs, threads=threads)

        with monkeypatch.context() as patch:
            patch.setattr(BloomFilter, "add", stopped)
            options = {"items": 500, "n": 3, "allow_overfull": True}
            return build_filter(folder, to, threads=threads, max_rejected=1.0, **options)

    whole = built(to=tmp_path / "whole")
    for most in (9, 14):
        for _ in range(3):
            with pytest.raises(Killed):
                built(most)
            assert (tmp_path / "f.state").is_dir()
        assert built() == whole
        assert sum(called) < whole.rows
        assert path.read_bytes() == (tmp_path / "whole").read_bytes()
        assert not (tmp_path / "f.state").exists()
    with pytest.raises(Killed):
        built(8)
    (folder / "z.jsonl").write_text('{"text": "one more of four words"}\n')
    assert built() == built(to=tmp_path / "whole")
    assert path.read_bytes() == (tmp_path / "whole").read_bytes()
    with pytest.raises(Killed):
        built(8)
    (folder / "z.jsonl").unlink()
    assert built() == whole


def rows_of_folder(folder: Path) -> list[dict[str, object]]:
    cm.shards.convert(folder, folder.parent / "plain", format="jsonl", codec="none", **SLACK)
    return rows_of(folder.parent / "plain")


def test_rows_get_what_the_columns_say(folder: Path, bloom: Path, tmp_path: Path) -> None:
    given = rows_of_folder(folder)
    texts = [row["text"] for row in given]
    loaded = BloomFilter.load(bloom)
    ledger = membership(folder, tmp_path / "out", filter=bloom, **SLACK)
    found = rows_of(tmp_path / "out")
    assert [row["text"] for row in found] == texts
    assert [row["quip"] for row in found] == cm.ngram.quip(texts, loaded).to_pylist()
    spans = cm.ngram.longest_span(texts, loaded).to_pylist()
    assert [row["longest_span"] for row in found] == spans
    assert any(spans)
    membership(folder, tmp_path / "chars", filter=bloom, offsets="chars", **SLACK)
    in_chars = cm.text.char_spans(texts, spans).to_pylist()
    assert [row["longest_span"] for row in rows_of(tmp_path / "chars")] == in_chars != spans
    assert ledger.findings["filter"]["items"] == 20_000
    assert ledger.totals["kept"] == 240


@pytest.mark.usefixtures("small_units")
def test_the_answer_depends_on_no_threads_and_no_stops(
    folder: Path, bloom: Path, tmp_path: Path, tight_memory: int
) -> None:
    options = {"filter": bloom, **SLACK}
    membership(folder, tmp_path / "one", threads=1, **options)
    membership(folder, tmp_path / "three", threads=3, memory=tight_memory, **options)
    assert tree(tmp_path / "one") == tree(tmp_path / "three")
    for stage in ("look", "write"):
        out = tmp_path / stage

        def stop(news: Progress, stage: str = stage) -> None:
            if news.stage == stage:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            membership(folder, out, progress=stop, **options)
        membership(folder, out, **options)
        assert tree(out) == tree(tmp_path / "one")


def test_a_filter_that_cannot_be_written_says_what_to_do(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "f.partial-0")

    monkeypatch.setattr(BloomFilter, "save", full)
    message = "cannot write .*/f: No space left on device; make room there or name another file"
    with pytest.raises(JobError, match=message):
        build_filter(folder, tmp_path / "f", max_rejected=1.0, **OPTIONS)


def test_filters_of_token_ids_are_for_columns(folder: Path, tmp_path: Path) -> None:
    message = "unit: 'token' is for columns of token ids in Python"
    with pytest.raises(UsageError, match=message):
        build_filter(folder, tmp_path / "f", items=9, n=2, unit="token")
    BloomFilter(9, n=2, unit="token").save(tmp_path / "f")
    with pytest.raises(UsageError, match=message):
        membership(folder, tmp_path / "out", filter=tmp_path / "f")


def test_an_overfull_filter_is_refused(folder: Path, tmp_path: Path) -> None:
    small = {"items": 10, "n": 2}
    with pytest.raises(JobError, match="overfull: sized for 10 items"):
        build_filter(folder, tmp_path / "f", max_rejected=1.0, **small)
    assert not (tmp_path / "f").exists()
    build_filter(folder, tmp_path / "f", max_rejected=1.0, allow_overfull=True, **small)
    with pytest.raises(UsageError, match="overfull: sized for 10 items"):
        membership(folder, tmp_path / "out", filter=tmp_path / "f", **SLACK)
    assert not (tmp_path / "out").exists()


def test_wrong_options_write_nothing(folder: Path, bloom: Path, tmp_path: Path) -> None:
    for options, message in [
        ({"filter": tmp_path / "none"}, "No such file"),
        ({"filter": folder / "a.jsonl"}, "not a filter of corpusmill"),
        ({"share_field": "text"}, "the names of two fields that are not text"),
        ({"span_field": "quip"}, "the names of two fields that are not text"),
        ({"offsets": "words"}, "offsets: expected 'bytes' or 'chars', got 'words'"),
    ]:
        with pytest.raises(UsageError, match=message):
            membership(folder, tmp_path / "out", **{"filter": bloom, **options})
        assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match="lies in no folder that is there"):
        build_filter(folder, tmp_path / "none" / "f", items=9, n=1)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for mistaken, message in [
        (folder / "a.jsonl", "is there and is no filter"),
        (folder, "is there and is no filter"),
        (folder / "new.jsonl", "is, or lies in, the input"),
    ]:
        with pytest.raises(UsageError, match=message):
            build_filter(folder, mistaken, items=9, n=1, max_rejected=1.0)
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_command_builds_and_looks_up(folder: Path, tmp_path: Path) -> None:
    def run(*words: object) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "corpusmill.cli", "membership", folder, *words]
        return subprocess.run(list(map(str, line)), check=False, capture_output=True, text=True)

    path, out = tmp_path / "f", tmp_path / "out"
    slack = ("--max-rejected", 1)
    done = run("--build", path, "--items", 5000, "--n", 2, "--json", *slack)
    assert (done.returncode, json.loads(done.stdout)["rows"]) == (0, 240)
    assert run("--filter", path, "-o", out, "-q", *slack).returncode == 0
    assert {row["quip"] for row in rows_of(out)} <= {1.0, None}
    for wrong in ((), ("--build", path), ("--filter", path), ("--build", path, "--filter", path)):
        assert run(*wrong).returncode == 2


def test_the_command_takes_the_options_of_the_functions() -> None:
    ours = inspect.signature(command).parameters
    for function in (membership, build_filter):
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.default is not parameter.empty and name not in ("progress", "notice"):
                assert ours[name].default == parameter.default, name
    for name, parameter in inspect.signature(BloomFilter).parameters.items():
        if name != "items":
            assert ours[name].default == parameter.default, name
