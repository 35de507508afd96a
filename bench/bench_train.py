"""Byte-level BPE vocabularies of 32,000 tokens learned from texts in memory, with two threads.

Every contender is a process of its own that loaded its documents first; only the learning is
measured, by the wall clock, for that is what threads are for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from sys import executable

from bench import corpus, environments, machine, ours
from bench.harness import alternate_workers
from bench.process import Worker, environment
from bench.results import Clock, Goal, Measurement, Result, compare

JOB = "32,000 tokens learned"
THREADS = 2

_COMPARED: tuple[tuple[str, str, str, Goal | None, Clock], ...] = (
    (f"{JOB}, two threads", "corpusmill", "gigatoken", Goal(1.0), "wall_s"),
    (f"{JOB}, two threads", "corpusmill", "tokenizers", Goal(3.0), "wall_s"),
    (f"{JOB}, two threads", "corpusmill", "corpusmill, one thread", None, "wall_s"),
    (f"{JOB}, an eighth across words", "corpusmill, superwords", "corpusmill", None, "wall_s"),
)


@dataclass(frozen=True)
class _Contender:
    name: str
    module: str
    python: Path
    threads: int = THREADS
    work: str = "signatures"

    def start(self, folder: Path) -> Worker:
        words = [self.module, str(folder / "english.jsonl"), str(self.threads), self.work]
        return Worker(self.python, words, environment(self.threads, None))


def run(found: corpus.Corpus, rounds: int) -> Result:
    """All contenders that can be had, in turn."""
    result = Result("train", corpus.describe(found))
    result.missing = environments.ensure(environments.TRAIN)
    result.versions = environments.versions(environments.TRAIN) | machine.versions(
        "corpusmill", "pyarrow", "numpy"
    )
    contenders = list(_contenders(result.missing))
    starts = {each.name: partial(each.start, found.folder) for each in contenders}
    runs = alternate_workers(starts, rounds)
    texts = corpus.texts_of(found)
    size = sum(len(text.encode()) for text in texts)
    for each in contenders:
        result.measurements.append(
            Measurement(JOB, each.name, len(texts), size, runs[each.name], each.threads)
        )
    measured = {each.contender: each for each in result.measurements}
    result.lines = [
        compare(job, measured[name], measured[beside], goal, clock)
        for job, name, beside, goal, clock in _COMPARED
        if name in measured and beside in measured
    ]
    return result


def _contenders(missing: list[str]) -> Iterator[_Contender]:
    for rival in ("tokenizers", "gigatoken"):
        if not any(line.startswith(rival) for line in missing):
            yield _Contender(rival, f"bench.rivals.train_{rival}", environments.TRAIN.python)
    if reason := ours.missing():
        missing.append(reason)
        return
    here = Path(executable)
    yield _Contender("corpusmill", "bench.ours_train", here)
    yield _Contender("corpusmill, one thread", "bench.ours_train", here, 1)
    yield _Contender("corpusmill, superwords", "bench.ours_train", here, work="superwords")
