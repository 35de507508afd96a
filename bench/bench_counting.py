"""Terms and 5-grams of text in memory counted: ours, by threads, beside pyahocorasick.

Every contender is a process of its own that loaded its documents and terms first; only the counting
is measured. Terms are names, as a user has them, and harsh ones (`terms.py`). pyahocorasick gets the
same terms and a share of the texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from sys import executable

import pyarrow.compute as pc

from bench import corpus, environments, machine, ours, ours_grams, terms
from bench.harness import Ratio, alternate_workers
from bench.process import Worker, command, environment
from bench.results import Clock, Goal, Line, Measurement, Result, compare, figure

TERMS = f"{terms.TERMS:,} names counted"
HARSH = f"{terms.TERMS:,} harsh terms counted, of which nearly every word begins one"
GRAMS = (
    f"{ours_grams.N}-grams counted, at least {ours_grams.MIN_COUNT}, {ours_grams.MEMORY} of memory"
)

_GOAL_TERMS, _GOAL_GRAMS = 200, 20  # MB/s, M n-grams/s

_COMPARED: tuple[tuple[str, str, str, Goal | None, Clock], ...] = (
    (TERMS, "corpusmill, terms", "pyahocorasick", None, "cpu_s"),
    (HARSH, "corpusmill, harsh terms", "pyahocorasick, harsh terms", None, "cpu_s"),
    (
        f"{TERMS}, two threads",
        "corpusmill, terms, 2 threads",
        "corpusmill, terms",
        Goal(1.7),
        "wall_s",
    ),
    (
        f"{GRAMS}, two threads",
        "corpusmill, n-grams, 2 threads",
        "corpusmill, n-grams",
        Goal(1.7),
        "wall_s",
    ),
)


@dataclass(frozen=True)
class _Contender:
    name: str
    job: str
    module: str
    python: Path
    threads: int = 1
    made_by: str = "column"
    share: int = 1  # one text in so many is counted

    def start(self, folder: Path) -> Worker:
        words = [self.module, str(folder / "english.jsonl"), str(self.threads)]
        words += ["signatures", self.made_by]
        return Worker(self.python, words, environment(self.threads, None))


def run(found: corpus.Corpus, rounds: int) -> Result:
    """All contenders that can be had, in turn."""
    result = Result("counting", corpus.describe(found))
    result.missing = environments.ensure(environments.RIVALS)
    result.versions = environments.versions(environments.RIVALS) | machine.versions(
        "corpusmill", "pyarrow", "numpy"
    )
    contenders = list(_contenders(result.missing))
    starts = {each.name: partial(each.start, found.folder) for each in contenders}
    runs = alternate_workers(starts, rounds)
    texts = corpus.texts_of(found)
    for each in contenders:
        counted = texts[:: each.share]
        size = sum(len(text.encode()) for text in counted)
        result.measurements.append(
            Measurement(each.job, each.name, len(counted), size, runs[each.name], each.threads)
        )
    result.lines = list(_lines(texts, {each.contender: each for each in result.measurements}))
    if not ours.missing():
        result.lines.append(_memory(str(found.folder / "english.jsonl")))
    return result


def _contenders(missing: list[str]) -> Iterator[_Contender]:
    if not any(line.startswith("pyahocorasick") for line in missing):
        python = environments.RIVALS.python
        rival = "bench.rivals.pyahocorasick"
        for name, job, made_by in (
            ("pyahocorasick", TERMS, "column"),
            ("pyahocorasick, harsh terms", HARSH, "harsh"),
        ):
            yield _Contender(name, job, rival, python, made_by=made_by, share=terms.SHARE)
    if reason := ours.missing():
        missing.append(reason)
        return
    for what, job, module in (
        ("terms", TERMS, "bench.ours_terms"),
        ("n-grams", GRAMS, "bench.ours_grams"),
    ):
        yield _Contender(f"corpusmill, {what}", job, module, Path(executable))
        yield _Contender(f"corpusmill, {what}, 2 threads", job, module, Path(executable), 2)
    yield _Contender(
        "corpusmill, harsh terms", HARSH, "bench.ours_terms", Path(executable), made_by="harsh"
    )


def _lines(texts: list[str], measured: dict[str, Measurement]) -> Iterator[Line]:
    if "corpusmill, terms" in measured:
        one = measured["corpusmill, terms"]
        spread = _spread(one.rates("cpu_s"))
        yield Line(f"{TERMS}, MB/s", one.said("cpu_s"), "", spread, Goal(_GOAL_TERMS))
    if "corpusmill, n-grams" in measured:
        one, millions = measured["corpusmill, n-grams"], _num_grams(texts) / 1e6
        spread = _spread([millions / run.cpu_s for run in one.runs])
        said = f"{figure(spread.middle)} M n-grams/s, {one.said('cpu_s')}"
        yield Line(f"{GRAMS}, M n-grams/s", said, "", spread, Goal(_GOAL_GRAMS))
    for job, name, beside, goal, clock in _COMPARED:
        if name in measured and beside in measured:
            yield compare(job, measured[name], measured[beside], goal, clock)


def _spread(rates: list[float]) -> Ratio:
    return Ratio(median(rates), min(rates), max(rates))


def _memory(file: str) -> Line:
    """What counting n-grams takes at its peak, beside what it was given and what it gives."""
    words = [executable, "-m", "bench.peak_memory", "grams", file]
    said = command(words, environment(1)).said or {}
    beyond, result = (said[name] / 1e6 for name in ("beyond_bytes", "result_bytes"))
    goal = Goal(ours_grams.MEMORY_MB + result, at_most=True)
    return Line(
        f"{GRAMS}: memory beyond the text, MB",
        figure(beyond),
        f"{ours_grams.MEMORY} and the result's {figure(result)} MB",
        _spread([beyond]),
        goal,
    )


def _num_grams(texts: list[str]) -> int:
    """How many n-grams the documents have."""
    import corpusmill  # noqa: PLC0415  (may not be built yet when the rivals are benched)

    counts = pc.list_value_length(corpusmill.text.words(texts)).to_pylist()
    return sum(max(0, count - ours_grams.N + 1) for count in counts)
