"""Hashed features beside DSIR's package: of texts in memory, each contender a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from sys import executable

from bench import corpus, environments, machine, ours
from bench.harness import alternate
from bench.process import Worker, environment
from bench.results import Clock, Goal, Measurement, Result, compare

JOB = "uni- and bigrams in 10,000 buckets"
RIVAL = "data-selection on 400 documents"
RIVAL_DOCUMENTS = 400

_WORK = (
    ("corpusmill", "features", 1),
    ("corpusmill, SHA-256", "published_features", 1),
    ("corpusmill, 2 threads", "features", 2),
    ("corpusmill, SHA-256, 2 threads", "published_features", 2),
)
_COMPARED: tuple[tuple[str, str, str, Goal, Clock], ...] = (
    (JOB, "corpusmill", RIVAL, Goal(250), "cpu_s"),
    (f"{JOB}, SHA-256", "corpusmill, SHA-256", RIVAL, Goal(40), "cpu_s"),
    (f"{JOB}, two threads", "corpusmill, 2 threads", "corpusmill", Goal(1.7), "wall_s"),
    (
        f"{JOB}, SHA-256, two threads",
        "corpusmill, SHA-256, 2 threads",
        "corpusmill, SHA-256",
        Goal(1.7),
        "wall_s",
    ),
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
    result.measurements = list(measured.values())
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
