"""damaged results: JSON in an output folder that is not what a job writes is told, never a traceback."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpusmill import report, shards
from corpusmill.shards import JobError, UsageError
from test_shards import SLACK, put, varied_rows

NONSENSE = [None, True, -1, 5, 1e300, "x", "", [], [5], ["x"], {}, {"x": 5}, 10**30]
GONE = object()
END = (UsageError, JobError)
"""What may come of it, each with a message for people."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*path, number))


def changed(value: Any, path: tuple[Any, ...], to: Any) -> Any:
    if not path:
        return to
    value = copy.deepcopy(value)
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    if to is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return value


def variants(content: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The content with one value after the other turned into nonsense."""
    rng = random.Random(7)
    for path in places(content):
        for to in rng.sample([*NONSENSE, GONE] if path else NONSENSE, 4):
            yield (*path, to), changed(content, path, to)


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """A job with all there is: an index, duplicates, rejected rows."""
    old, new = tmp_path / "old", tmp_path / "new"
    put(old / "a.jsonl", *varied_rows(30, seed=1))
    put(new / "a.jsonl", *varied_rows(40, seed=1), *varied_rows(20, seed=2), b"{broken")
    shards.dedup(old, tmp_path / "first", save_index=tmp_path / "index", **SLACK)
    options = {**SLACK, "against": tmp_path / "index"}
    shards.dedup(new, tmp_path / "out", save_index=tmp_path / "second", **options)
    return tmp_path / "out"


@pytest.mark.parametrize("name", ["ledger.json", "run.json"])
def test_results_that_are_damaged(finished, name):
    content = json.loads((finished / name).read_text())
    file = content["files"][0]["path"] if "files" in content else "a.jsonl"
    for what, nonsense in variants(content):
        (finished / name).write_text(json.dumps(nonsense))
        for ask in (
            lambda: shards.why(finished, (file, 0)),
            lambda: shards.why(finished, (file, 45)),
            lambda: report.write(finished),
            lambda: shards.dedup(finished.parent / "new", finished, **SLACK),
        ):
            try:
                ask()
            except END:
                continue
            except Exception as error:
                raise AssertionError(f"{name} {what}") from error


def test_a_status_that_there_is_not(finished):
    ledger = json.loads((finished / "ledger.json").read_text())
    ledger["files"][0]["status"] = "odd"
    (finished / "ledger.json").write_text(json.dumps(ledger))
    with pytest.raises(UsageError, match=r"the status of a\.jsonl is 'odd'"):
        report.write(finished)


@pytest.mark.parametrize("nonsense", [None, "one", [1], {}])
def test_rejected_rows_of_no_line(finished, nonsense):
    """They are told of no more than rows that are not there."""
    [path] = (finished / "rejected").iterdir()
    row = json.loads(path.read_text())
    assert shards.why(finished, ("a.jsonl", 60)).fates
    path.write_text(json.dumps({**row, "line": nonsense}) + "\n")
    with pytest.raises(UsageError, match=r"no row 'a\.jsonl:60'"):
        shards.why(finished, ("a.jsonl", 60))
    report.write(finished)


def test_a_state_that_is_damaged(tmp_path, monkeypatch):
    """Of a job that was stopped before its results were published."""
    from corpusmill.shards.state import store  # noqa: PLC0415

    monkeypatch.setattr(store, "SMALL_JOB", 0)
    put(tmp_path / "in/a.jsonl", *varied_rows(30, seed=1))
    out = tmp_path / "out"

    class Stop(Exception):
        pass

    def stop(news: shards.Progress) -> None:
        if news.stage == "write":
            raise Stop

    def begin() -> None:
        with pytest.raises(Stop):
            shards.dedup(tmp_path / "in", out, progress=stop, **SLACK)

    begin()
    note = out / ".state/job.json"
    content = json.loads(note.read_text())
    expected = shards.dedup(tmp_path / "in", tmp_path / "expected", **SLACK)
    for what, nonsense in variants(content):
        note.write_text(json.dumps(nonsense))
        try:
            found = shards.dedup(tmp_path / "in", out, overwrite=True, **SLACK)
            assert found == expected
        except END:
            pass
        except Exception as error:
            raise AssertionError(f"job.json {what}") from error
        begin_again = out / ".state"
        if not begin_again.exists():
            (out / "ledger.json").unlink()
            for path in sorted(out.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            begin()
