"""Text in memory to 112-slot signatures: ours by level, script and threads, beside the rivals.

Every contender is a process of its own that loaded its documents first; only the work counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from sys import executable

from bench import corpus, environments, machine, ours
from bench.harness import alternate_workers
from bench.process import Run, Worker, environment
from bench.results import Clock, Goal, Line, Measurement, Result, compare

JOB = "text to 112-slot signatures"

_COMPARED: tuple[tuple[str, str, str, Goal | None, Clock], ...] = (
    (JOB, "corpusmill", "gaoya", Goal(12), "cpu_s"),
    (JOB, "corpusmill", "rensa", None, "cpu_s"),
    (JOB, "corpusmill", "datasketch", None, "cpu_s"),
    (f"{JOB}, AVX2 forced", "corpusmill, AVX2", "gaoya", Goal(6), "cpu_s"),
    (f"{JOB}, non-ASCII text", "corpusmill, non-ASCII", "corpusmill", Goal(0.24), "cpu_s"),
    (f"{JOB}, two threads", "corpusmill, 2 threads", "corpusmill", Goal(1.8), "wall_s"),
)


@dataclass(frozen=True)
class _Contender:
    name: str
    module: str
    python: Path
    file: str = "english.jsonl"
    threads: int = 1
    simd: str | None = None

    def start(self, folder: Path) -> Worker:
        words = [self.module, str(folder / self.file), str(self.threads)]
        return Worker(self.python, words, environment(self.threads, self.simd))


def run(found: corpus.Corpus, rounds: int) -> Result:
    """All contenders that can be had, in turn."""
    result = Result("signatures", corpus.describe(found))
    result.missing = environments.ensure(environments.RIVALS)
    result.versions = environments.versions(environments.RIVALS) | machine.versions(
        "corpusmill", "pyarrow", "numpy"
    )
    contenders = [*_rivals(result.missing), *_ours(result.missing)]
    starts = {each.name: partial(each.start, found.folder) for each in contenders}
    runs = alternate_workers(starts, rounds)
    result.measurements = [_measurement(each, found, runs[each.name]) for each in contenders]
    result.lines = list(_lines({each.contender: each for each in result.measurements}))
    return result


def _rivals(missing: list[str]) -> Iterator[_Contender]:
    for name in ("gaoya", "rensa", "datasketch"):
        if not any(line.startswith(name) for line in missing):
            yield _Contender(name, f"bench.rivals.{name}", environments.RIVALS.python)


def _ours(missing: list[str]) -> list[_Contender]:
    if reason := ours.missing():
        missing.append(reason)
        return []
    python = Path(executable)
    found = [
        _Contender("corpusmill", "bench.ours", python),
        _Contender("corpusmill, non-ASCII", "bench.ours", python, "non_ascii.jsonl"),
        _Contender("corpusmill, 2 threads", "bench.ours", python, threads=2),
    ]
    if "v3" in str(machine.machine()["simd"]):
        found.append(_Contender("corpusmill, AVX2", "bench.ours", python, simd="v3"))
    return found


def _measurement(each: _Contender, found: corpus.Corpus, runs: list[Run]) -> Measurement:
    foreign = each.file == "non_ascii.jsonl"
    documents = found.non_ascii_documents if foreign else found.documents
    size = found.non_ascii_bytes if foreign else found.text_bytes
    return Measurement(JOB, each.name, documents, size, runs, each.threads)


def _lines(measured: dict[str, Measurement]) -> Iterator[Line]:
    if "corpusmill" not in measured:
        yield from (Line(JOB, "", f"{m.contender}: {m.said('cpu_s')}") for m in measured.values())
    for job, name, beside, goal, clock in _COMPARED:
        if name in measured and beside in measured:
            yield compare(job, measured[name], measured[beside], goal, clock)
