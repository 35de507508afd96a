"""paragraphs_job: files come out as the column function says, whatever their format and the threads."""

from __future__ import annotations

import inspect
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import corpusmill as cm
from corpusmill import _core
from corpusmill.cli.paragraphs import paragraphs as command
from corpusmill.ngram import BloomFilter
from corpusmill.shards import JobError, Progress, UsageError, paragraphs
from corpusmill.shards.jobs.paragraphs.known import Known

SLACK = {"max_rejected": 1.0}

any_keep = pytest.mark.parametrize("keep", ["first", "none"])


def documents(count: int, seed: int) -> list[str]:
    """Of paragraphs of one to three lines, many of which repeat."""
    rng = random.Random(seed)
    lines = [f"line {i} é{'x' * (i % 40)}" for i in range(60)]
    out = []
    for _ in range(count):
        found = [
            "\n".join(rng.choices(lines, k=rng.randrange(1, 4))) for _ in range(rng.randrange(6))
        ]
        out.append("\n\n".join(found) + rng.choice(["", "\n", "\n\n\n"]))
    return out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files in their order: JSON lines with a bad one, packed ones, a table."""
    into = tmp_path / "in"
    into.mkdir()
    texts = documents(240, 1)
    rows = [json.dumps({"id": i, "text": text}) for i, text in enumerate(texts)]
    (into / "a.jsonl").write_text("\n".join([*rows[:40], "{broken", *rows[40:80]]) + "\n")
    with pa.CompressedOutputStream(str(into / "b.jsonl.gz"), "gzip") as file:
        file.write(("\n".join(rows[80:160]) + "\n").encode())
    table = pa.table({"text": texts[160:], "id": range(160, 240)})
    pq.write_table(table, into / "c.parquet", row_group_size=30)
    return into


def rows_of(out: Path) -> list[dict[str, object]]:
    """Of data/, in the order of files and rows."""
    found = []
    for path in sorted((out / "data").iterdir()):
        if path.suffix == ".parquet":
            found += pq.read_table(path).to_pylist()
        else:
            with pa.input_stream(str(path), compression="detect") as file:
                found += [json.loads(line) for line in file.read().splitlines()]
    return found


def tree(out: Path) -> dict[str, bytes]:
    paths = (path for path in out.rglob("*") if path.is_file() and path.name != "run.json")
    return {str(path.relative_to(out)): path.read_bytes() for path in paths}


@any_keep
@pytest.mark.parametrize("unit", ["line", "paragraph"])
@pytest.mark.parametrize("min_bytes", [1, 30])
def test_files_are_cut_as_a_column_is(
    folder: Path, tmp_path: Path, unit: str, min_bytes: int, keep: str
) -> None:
    texts = documents(240, 1)
    asked = {"unit": unit, "min_bytes": min_bytes, "keep": keep}
    spans = cm.dedup.paragraphs(texts, **asked)
    left = cm.text.cut(texts, spans).to_pylist()
    ledger = paragraphs(folder, tmp_path / "out", **asked, **SLACK)
    whole = [i for i, text in enumerate(texts) if text.strip() and not left[i].strip()]
    expected = {i: text for i, text in enumerate(left) if i not in whole}
    assert {row["id"]: row["text"] for row in rows_of(tmp_path / "out")} == expected
    assert ledger.totals["dropped"] == ({"repeated": len(whole)} if whole else {})
    assert sum(ledger.totals["rejected"].values()) == 1
    flat = spans.flatten()
    cut = sum(s["end"] - s["begin"] for s in flat.to_pylist())
    assert ledger.findings["pieces"]["repeated"] == len(flat)
    assert ledger.findings["pieces"]["repeated_bytes"] == cut


@any_keep
def test_tagged_rows_are_whole(folder: Path, tmp_path: Path, keep: str) -> None:
    texts, asked = documents(240, 1), {"unit": "line", "keep": keep}
    for offsets in ("bytes", "chars"):
        out, options = tmp_path / offsets, {"offsets": offsets, **asked, **SLACK}
        paragraphs(folder, out, action="tag", field="again", **options)
        found = rows_of(out)
        assert [row["text"] for row in found] == texts
        expected = cm.dedup.paragraphs(texts, offsets=offsets, **asked).to_pylist()
        assert [row["again"] for row in found] == expected


@any_keep
def test_rows_that_mostly_repeat_are_dropped(folder: Path, tmp_path: Path, keep: str) -> None:
    texts = documents(240, 1)
    spans = cm.dedup.paragraphs(texts, keep=keep).to_pylist()
    for share in (0.3, 1.0):
        out = tmp_path / f"out-{share}"
        ledger = paragraphs(folder, out, action="drop", share=share, keep=keep, **SLACK)
        repeated = [sum(s["end"] - s["begin"] for s in of) for of in spans]
        left = [
            i
            for i, text in enumerate(texts)
            if not repeated[i] or repeated[i] < share * len(text.encode())
        ]
        assert [row["id"] for row in rows_of(out)] == left
        assert ledger.totals["dropped"] == {"repeated": len(texts) - len(left)}


@any_keep
@pytest.mark.parametrize("method", ["exact", "bloom"])
def test_a_file_for_itself(folder: Path, tmp_path: Path, method: str, keep: str) -> None:
    options = {"scope": "file", "action": "tag", "method": method, "fp_rate": 1e-8, **SLACK}
    paragraphs(folder, tmp_path / "out", keep=keep, **options)
    texts = documents(240, 1)
    parts = [cm.dedup.paragraphs(texts[i : i + 80], keep=keep).to_pylist() for i in (0, 80, 160)]
    expected = [spans for part in parts for spans in part]
    assert [row["repeated"] for row in rows_of(tmp_path / "out")] == expected


@any_keep
def test_a_filter_is_as_large_as_the_pieces_ask(folder: Path, tmp_path: Path, keep: str) -> None:
    asked = {"unit": "line", "keep": keep, **SLACK}
    exactly = paragraphs(folder, tmp_path / "exact", **asked)
    bloom = paragraphs(folder, tmp_path / "bloom", method="bloom", fp_rate=1e-6, **asked)
    assert bloom.findings == exactly.findings


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """A saved filter of lines that some of the files' rows have."""
    made = BloomFilter(5000, 1e-8, unit="line")
    made.add(documents(30, 7))
    made.save(tmp_path / "known.filter")
    return tmp_path / "known.filter"


@any_keep
@pytest.mark.usefixtures("small_units")
def test_what_a_filter_has_came_before(
    folder: Path, known: Path, tmp_path: Path, keep: str
) -> None:
    """The column function with the filter says what; stopped anywhere, the job goes on to it."""
    texts, bloom = documents(240, 1), BloomFilter.load(known)
    asked = {"unit": "line", "keep": keep}
    expected = cm.dedup.paragraphs(texts, filter=bloom, **asked).to_pylist()
    bloom.save(tmp_path / "expected")
    options = {"method": "bloom", "action": "tag", "against": known, **asked, **SLACK}
    grown = tmp_path / "grown"
    ledger = paragraphs(folder, tmp_path / "out", save_filter=grown, **options)
    assert [row["repeated"] for row in rows_of(tmp_path / "out")] == expected
    assert grown.read_bytes() == (tmp_path / "expected").read_bytes()
    assert ledger.findings["against"]["added"] == BloomFilter.load(known).added
    for stage in ("hashes", "decide", "write"):
        out = tmp_path / stage
        grown.unlink()

        def stop(news: Progress, stage: str = stage) -> None:
            if news.stage == stage:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            paragraphs(folder, out, progress=stop, save_filter=grown, **options)
        paragraphs(folder, out, save_filter=grown, **options)
        assert tree(out) == tree(tmp_path / "out")
        assert grown.read_bytes() == (tmp_path / "expected").read_bytes()


def test_the_next_files_are_looked_up_in_what_the_last_left(folder: Path, tmp_path: Path) -> None:
    """File by file, each against the filter that the one before saved, is all at once."""
    names = ("a.jsonl", "b.jsonl.gz", "c.parquet")
    BloomFilter(5000, 1e-8, unit="paragraph").save(tmp_path / "0")
    paragraphs(folder, tmp_path / "all", action="tag", **SLACK)
    for number, name in enumerate(names):
        paragraphs(
            folder / name,
            tmp_path / "parts" / name,
            method="bloom",
            action="tag",
            against=tmp_path / str(number),
            save_filter=tmp_path / str(number + 1),
            **SLACK,
        )
    parts = [row for name in names for row in rows_of(tmp_path / "parts" / name)]
    assert [row["repeated"] for row in parts] == [
        row["repeated"] for row in rows_of(tmp_path / "all")
    ]


def test_a_filter_that_others_would_be_found_in_is_refused(folder: Path, tmp_path: Path) -> None:
    BloomFilter(3, 0.01, unit="line").save(tmp_path / "small")
    options = {"unit": "line", "method": "bloom", "against": tmp_path / "small", **SLACK}
    with pytest.raises(JobError, match="against: filter: overfull: sized for 3 items"):
        paragraphs(folder, tmp_path / "out", save_filter=tmp_path / "more", **options)
    assert not (tmp_path / "more").exists()


def test_wrong_filters_write_nothing(folder: Path, known: Path, tmp_path: Path) -> None:
    bloom = {"method": "bloom", "unit": "line"}
    for options, message in [
        ({"against": known}, 'against: a filter is looked up by method="bloom"'),
        ({**bloom, "against": known, "scope": "file"}, "against: .* got .*scope='file'"),
        ({**bloom, "save_filter": "x"}, "save_filter: is what against becomes"),
        ({**bloom, "against": known, "save_filter": known}, "save_filter: is the file of against"),
        ({**bloom, "against": known, "save_filter": tmp_path / "no" / "x"}, "lies in no folder"),
        ({"method": "bloom", "against": known}, "against: is of unit 'line'"),
        ({**bloom, "against": folder / "a.jsonl"}, "not a filter of corpusmill"),
        ({**bloom, "against": tmp_path / "none"}, "No such file"),
    ]:
        with pytest.raises(UsageError, match=message):
            paragraphs(folder, tmp_path / "out", **options)
        assert not (tmp_path / "out").exists()


@any_keep
@pytest.mark.parametrize("method", ["exact", "bloom"])
@pytest.mark.usefixtures("small_units")
def test_the_answer_depends_on_no_threads_and_no_stops(
    folder: Path, tmp_path: Path, method: str, tight_memory: int, keep: str
) -> None:
    options = {"method": method, "action": "cut", "keep": keep, **SLACK}
    paragraphs(folder, tmp_path / "one", threads=1, **options)
    paragraphs(folder, tmp_path / "three", threads=3, memory=tight_memory, **options)
    assert tree(tmp_path / "one") == tree(tmp_path / "three")
    for stage in ("hashes", "decide", "write"):
        out = tmp_path / stage

        def stop(news: Progress, stage: str = stage) -> None:
            if news.stage == stage:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            paragraphs(folder, out, progress=stop, **options)
        assert not (out / "ledger.json").exists()
        paragraphs(folder, out, **options)
        assert tree(out) == tree(tmp_path / "one")


def test_wrong_options_write_nothing(folder: Path, tmp_path: Path) -> None:
    for options, message in [
        ({"unit": "word"}, "unit: expected one of 'line', 'paragraph', got 'word'"),
        ({"method": "fuzzy"}, "method: expected one of 'exact', 'bloom'"),
        ({"keep": "last"}, "keep: expected 'first' or 'none', got 'last'"),
        ({"share": 0}, "share: expected 0 < share <= 1"),
        ({"fp_rate": 0.7}, "fp_rate: expected 1e-8 to 0.5"),
        ({"field": "text"}, "field: expected the name of a field that is not text"),
        ({"offsets": "words"}, "offsets: expected 'bytes' or 'chars', got 'words'"),
        ({"text": "body"}, "text: no field 'body'"),
    ]:
        with pytest.raises(UsageError, match=message):
            paragraphs(folder, tmp_path / "out", **options)
        assert not (tmp_path / "out").exists()


@any_keep
def test_too_little_memory_says_so(
    folder: Path, known: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: str
) -> None:
    """Of room for one filter, a job that keeps none says that it needs two; else more is held."""
    asked = {"unit": "line", "keep": keep, "overwrite": True, **SLACK}
    bloom = {"method": "bloom", "against": known, **asked}
    one = BloomFilter.load(known).nbytes
    twice = ", twice, is needed" if keep == "none" else " is needed"
    too_few = " is needed for 5,000 items" if keep == "none" else "MB are too few"
    for room, options, message in [
        (9999, asked, 'or use method="bloom", and run again to resume'),
        (999, {"method": "bloom", **asked}, f"{twice} for 1,155 pieces; allow more, or a higher"),
        (one, bloom, too_few),
    ]:
        monkeypatch.setattr("corpusmill.shards.job.Job.room", lambda *_, room=room: ("", room))
        with pytest.raises(JobError, match=message):
            paragraphs(folder, tmp_path / "out", **options)


def test_the_command_takes_the_options_of_the_function() -> None:
    ours = inspect.signature(command).parameters
    for name, parameter in inspect.signature(paragraphs).parameters.items():
        if name not in ("progress", "notice"):
            assert ours[name].default == parameter.default, name


def test_memory_counts_filters_as_long_as_they_are_held() -> None:
    """That of a file is saved at the end, so it is held to then."""
    of_file = BloomFilter(10_000, unit="line")
    other = lambda: _core.ngram.Bloom(of_file.nbytes // 32)
    for seen, held in ((of_file, 2), (other(), 1)):
        known = Known(seen, other())
        assert known.nbytes == 2 * of_file.nbytes
        known.all_noted()
        assert known.nbytes == held * of_file.nbytes
