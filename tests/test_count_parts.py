"""The second phase of a count: parts that were counted are not counted again, and the bytes are the same."""

from __future__ import annotations

import itertools
import json
from functools import partial

import pytest

import documents
from corpusmill import _ngram_counting as grams
from corpusmill import shards
from corpusmill.shards.jobs import tables
from corpusmill.shards.jobs.count.counted_parts import CountedParts
from corpusmill.shards.memory import Budget
from corpusmill.shards.state import stages
from test_count_job import GRAM_JOBS, Killed, files_of

ROWS = ("all", "bytes")
"""Of the jobs those whose table is gone on with, row group after row group."""

pytestmark = pytest.mark.usefixtures("small_units", "many_parts")


@pytest.fixture
def many_parts(monkeypatch):
    """N-grams in some dozens of parts, and tables of as many row groups."""
    monkeypatch.setattr(Budget, "for_decision", lambda *_, **__: 128_000_000)
    monkeypatch.setattr(tables, "GROUP_SIZE", 3_000)
    counter = grams.gram_counter
    monkeypatch.setattr(
        grams, "gram_counter", lambda *of, **to: counter(*of, **{**to, "expected_bytes": 1 << 22})
    )


@pytest.fixture
def inputs(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    docs = documents.varied(450)
    for number in range(3):
        lines = [json.dumps({"text": doc}) for doc in docs[number::3]]
        (folder / f"{number}.jsonl").write_text("\n".join([*lines, "{broken", ""]))
    return folder


@pytest.fixture
def counted(monkeypatch):
    """Parts as they are counted, each with the name of what is looked for, and their rows."""
    found, keep = {}, CountedParts.keep

    def listed(self, of, first, end, arrays):
        for part in range(first, end):
            assert (of, part) not in found
            found[of, part] = int(arrays[0][0]) if of == "rows" else 0
        keep(self, of, first, end, arrays)

    monkeypatch.setattr(CountedParts, "keep", listed)
    return found


def stopped(run, most):
    """Runs a job that is stopped behind so many results of parts."""
    number, keep = itertools.count(1), CountedParts.keep

    def stop(self, *arguments):
        keep(self, *arguments)
        if next(number) == most:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CountedParts, "keep", stop)
        with pytest.raises(Killed):
            run()


@pytest.mark.parametrize("kind", GRAM_JOBS)
@pytest.mark.parametrize("threads", [(1, 3), (3, 1)])
def test_parts_that_were_counted_are_not_counted_again(tmp_path, inputs, counted, kind, threads):
    """Nor is any text read; of rows those parts are of which some were not yet written."""
    command, options = GRAM_JOBS[kind]
    run = partial(getattr(shards, command), inputs, max_rejected=1.0, **options)
    run(tmp_path / "whole", threads=1)
    expected, out = files_of(tmp_path / "whole"), tmp_path / "out"
    counted.clear()
    for most in (1, 3, 4, 4):
        stopped(partial(run, out, threads=threads[0]), most)
        if kind in ROWS:
            written, ends = rows_written(out), itertools.accumulate(counted.values())
            for part in [part for part, end in zip(counted, ends, strict=True) if end > written]:
                del counted[part]
    run(out, threads=threads[1])
    assert files_of(out) == expected
    assert json.loads((out / "run.json").read_text())["scanned_bytes"] == 0
    assert len(counted) >= 16


@pytest.mark.parametrize(
    ("kind", "harm"),
    [
        *(("all", harm) for harm in ("record", "cut", "index", "gone", "table", "spill")),
        *(("lexicon", harm) for harm in ("record", "spill")),
    ],
)
def test_what_is_not_there_as_it_was_is_counted_again(tmp_path, inputs, kind, harm):
    command, options = GRAM_JOBS[kind]
    run = partial(getattr(shards, command), inputs, max_rejected=1.0, **options)
    run(tmp_path / "whole", threads=1)
    out, said = tmp_path / "out", []
    for _ in range(2):  # the file of the first run has an end then
        stopped(partial(run, out, threads=1), 6)
    file = {"table": ".state/files/counts.parquet", "spill": ".state/spill"}
    path = out / file.get(harm, ".state/parts/000001")
    data = bytearray(path.read_bytes())
    if harm == "record":
        with path.open("rb") as records:
            records.seek(stages.HEAD_SIZE)
            data[list(stages.records(records))[2]["at"]] ^= 1
    elif harm == "cut":
        del data[len(data) // 2 :]
    else:
        data[-9 if harm == "index" else len(data) // 2] ^= 1
    path.write_bytes(data)
    if harm == "gone":
        path.unlink()
    run(out, threads=1, notice=lambda news: said.append(news.message))
    assert files_of(out) == files_of(tmp_path / "whole")
    assert harm in ("gone", "spill") or any("damaged" in message for message in said)


def rows_written(out):
    """Rows of the table under way that are noted; of rejected ones there are few."""
    lines = (out / ".state/written").read_text().splitlines()
    return max(json.loads(line.partition(" ")[2])["num_rows"] for line in lines)
