"""Hashed features beside DSIR's package, and the whole selection beside what it cannot do without.

Features are made of texts in memory, each contender a process of its own. The selection is a command
on a JSONL file; it is held against three reads of that file, two counts of its n-grams and one write of
what is taken, each measured alone in the same rounds.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from sys import executable

from bench import corpus, environments, machine, ours
from bench.harness import Contenders, Ratio, alternate
from bench.process import Run, Worker, command, environment, timed
from bench.results import Clock, Goal, Line, Measurement, Result, compare

JOB = "uni- and bigrams in 10,000 buckets"
SELECT = "select a tenth of a JSONL file"
RIVAL = "data-selection on 400 documents"
RIVAL_DOCUMENTS = 400
TARGET_DOCUMENTS = 1000

_WORK = (
    ("corpusmill", "features", 1),
    ("corpusmill, SHA-256", "published_features", 1),
    ("corpusmill, 2 threads", "features", 2),
)
_COMPARED: tuple[tuple[str, str, str, Goal, Clock], ...] = (
    (JOB, "corpusmill", RIVAL, Goal(250), "cpu_s"),
    (f"{JOB}, SHA-256", "corpusmill, SHA-256", RIVAL, Goal(40), "cpu_s"),
    (f"{JOB}, two threads", "corpusmill, 2 threads", "corpusmill", Goal(1.7), "wall_s"),
)


def run(found: corpus.Corpus, rounds: int) -> Result:
    """All contenders that can be had, in turn."""
    result = Result("features", corpus.describe(found))
    result.versions = machine.versions("corpusmill", "pyarrow", "numpy")
    if reason := ours.missing():
        result.missing.append(reason)
        return result
    result.missing += environments.ensure(environments.DSIR)
    result.versions = {**result.versions, **environments.versions(environments.DSIR)}
    head = _head(found.folder / "english.jsonl", RIVAL_DOCUMENTS)
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(closing(worker))
            for name, worker in _workers(found.folder, head, result.missing)
        }
        runs = alternate({name: worker.run for name, worker in workers.items()}, rounds)
    measured = {
        name: Measurement(
            JOB,
            name,
            RIVAL_DOCUMENTS if name == RIVAL else found.documents,
            _text_bytes(head) if name == RIVAL else found.text_bytes,
            done,
            2 if "2 threads" in name else 1,
        )
        for name, done in runs.items()
    }
    result.lines = [
        compare(job, measured[name], measured[beside], goal, clock)
        for job, name, beside, goal, clock in _COMPARED
        if name in measured and beside in measured
    ]
    selected = _selected(found, rounds)
    result.measurements = [*measured.values(), *selected.values()]
    result.lines += _select_lines(selected)
    return result


def _workers(folder: Path, head: Path, missing: list[str]) -> Iterator[tuple[str, Worker]]:
    source = str(folder / "english.jsonl")
    for name, work, threads in _WORK:
        words = ["bench.ours", source, str(threads), work]
        yield name, Worker(Path(executable), words, environment(threads))
    if not any(line.startswith("data-selection") for line in missing):
        words = ["bench.rivals.data_selection", str(head), "1", "features"]
        yield RIVAL, Worker(environments.DSIR.python, words, environment(1))


def _head(path: Path, count: int) -> Path:
    """The first rows of a file, beside it."""
    head = path.with_name(f"head-{count}.jsonl")
    with path.open("rb") as lines:
        head.write_bytes(b"".join(islice(lines, count)))
    return head


def _text_bytes(path: Path) -> int:
    import pyarrow.json  # noqa: PLC0415

    return sum(len(text.as_py().encode()) for text in pyarrow.json.read_json(path)["text"])


# --- the whole selection --------------------------------------------------------------------------


def _selected(found: corpus.Corpus, rounds: int) -> dict[str, Measurement]:
    source = found.folder / "english.jsonl"
    target = _head(source, TARGET_DOCUMENTS)
    contenders: Contenders = {
        "start": partial(_select, _head(source, 1), target, 1, 1),
        "select": partial(_select, source, target, found.documents // 10, 1),
        "select, 2 threads": partial(_select, source, target, found.documents // 10, 2),
        **_parts(source, found.documents // 10),
    }
    runs = alternate(contenders, rounds)
    start = runs.pop("start")
    startup = Run(median(run.cpu_s for run in start), median(run.wall_s for run in start))
    return {
        name: Measurement(
            SELECT,
            name,
            found.documents,
            found.text_bytes,
            done,
            2 if "2 threads" in name else 1,
            startup if name.startswith("select") else Run(0.0, 0.0),
        )
        for name, done in runs.items()
    }


def _select(source: Path, target: Path, budget: int, threads: int) -> Run:
    out = source.parent / "out" / "select"
    shutil.rmtree(out, ignore_errors=True)
    words: list[str | Path] = [executable, "-m", "corpusmill.cli", "select", source, "-o", out]
    words += ["--target", target, "--budget", str(budget), "--threads", str(threads)]
    return command(words, environment(threads))


def _parts(source: Path, budget: int) -> Contenders:
    """What a selection cannot do without: each alone, with the library's own parts."""
    import pyarrow as pa  # noqa: PLC0415

    from corpusmill import _core  # noqa: PLC0415
    from corpusmill._ngram_features import feature_options, feature_totals  # noqa: PLC0415

    options = feature_options((1, 2), 10_000, "word", "fast", "words")
    lines = source.read_bytes()
    scanned = _core.jsonl.scan(lines, "text", None, None)
    text = pa.Array.from_buffers(
        pa.large_string(),
        len(scanned["text_offsets"]) - 1,
        [None, pa.py_buffer(scanned["text_offsets"]), pa.py_buffer(scanned["text_data"])],
    )
    kept = b"".join(lines.splitlines(keepends=True)[:budget])
    copy = source.with_name("copy.jsonl")

    def read() -> None:
        with source.open("rb") as file:
            while block := file.read(3 << 19):
                _core.jsonl.scan(block, "text", None, None)

    return {
        "read": timed(read),
        "count": timed(lambda: feature_totals(text, options, 1)),
        "write": timed(lambda: copy.write_bytes(kept)),
    }


def _select_lines(measured: dict[str, Measurement]) -> Iterator[Line]:
    whole = measured["select"]
    took = [run.cpu_s - whole.startup.cpu_s for run in whole.runs]
    parts = zip(*(measured[name].runs for name in ("read", "count", "write")), strict=True)
    bound = [3 * read.cpu_s + 2 * count.cpu_s + write.cpu_s for read, count, write in parts]
    each = [a / b for a, b in zip(took, bound, strict=True)]
    yield Line(
        SELECT,
        f"{median(took):.3g} s cpu",
        f"3 x reading + 2 x counting + writing: {median(bound):.3g} s cpu",
        Ratio(median(each), min(each), max(each)),
        Goal(1.2, at_most=True),
    )
    yield compare(
        f"{SELECT}, two threads", measured["select, 2 threads"], whole, Goal(1.7), "wall_s"
    )
