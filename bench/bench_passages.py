"""Repeated passages of at least 200 bytes in a column of texts: ours beside a suffix array of all of them.

Every contender is a process of its own that loaded its documents first. Suffix and LCP arrays find the same windows
where no passage is kept; that both find the same bytes is checked in each run. The slow rival gets a part of the
documents, and ours that part too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median
from sys import executable

from bench import corpus, environments, machine, ours
from bench.harness import Ratio, alternate_workers
from bench.process import Worker, command, environment
from bench.results import Goal, Line, Measurement, Result, compare, figure

JOB = "passages of 200 bytes or more"
RIVAL = "pydivsufsort"
OURS_ON_PART = "corpusmill on a part"

_GOAL_RATE, _GOAL_MEMORY, _GOAL_THREADS = 100, 0.5, 1.7
_TRIMMED = 0.001  # of the bytes found: parts of characters, which ours leaves


def run(found: corpus.Corpus, rounds: int) -> Result:
    """Ours with one thread and with two, and the rival if it can be had, in turn."""
    result = Result("passages", corpus.describe(found))
    result.missing = environments.ensure(environments.RIVALS)
    result.versions = environments.versions(environments.RIVALS) | machine.versions(
        "corpusmill", "pyarrow", "numpy"
    )
    if reason := ours.missing():
        result.missing.append(reason)
        return result
    whole, part = str(found.folder / "english.jsonl"), str(found.folder / "part.jsonl")
    here = Path(executable)
    contenders = {
        "corpusmill": (here, "bench.ours", whole, 1),
        "corpusmill, 2 threads": (here, "bench.ours", whole, 2),
        OURS_ON_PART: (here, "bench.ours", part, 1),
    }
    if not any(line.startswith(RIVAL) for line in result.missing):
        contenders[RIVAL] = (environments.RIVALS.python, "bench.rivals.suffix_array", part, 1)
    starts = {
        name: partial(
            Worker, python, [module, file, str(threads), "passages"], environment(threads)
        )
        for name, (python, module, file, threads) in contenders.items()
    }
    runs = alternate_workers(starts, rounds)
    sizes = {
        whole: (found.documents, found.text_bytes),
        part: (found.part_documents, found.part_bytes),
    }
    result.measurements = [
        Measurement(JOB, name, *sizes[file], runs[name], threads)
        for name, (_, _, file, threads) in contenders.items()
    ]
    measured = {each.contender: each for each in result.measurements}
    result.lines = [*_lines(measured), _memory(whole)]
    on_part = [name for name in runs if contenders[name][2] == part]
    found_bytes = [(runs[name][-1].said or {})["repeated_bytes"] for name in on_part]
    if max(found_bytes) - min(found_bytes) > _TRIMMED * max(found_bytes):
        result.missing.append(f"contenders found different passages: {found_bytes} bytes")
    return result


def _lines(measured: dict[str, Measurement]) -> Iterator[Line]:
    one, two = measured["corpusmill"], measured["corpusmill, 2 threads"]
    rates = one.rates("cpu_s")
    rate = Ratio(median(rates), min(rates), max(rates))
    yield Line(f"{JOB}, MB/s", one.said("cpu_s"), "", rate, Goal(_GOAL_RATE))
    if RIVAL in measured:
        yield compare(JOB, measured[OURS_ON_PART], measured[RIVAL], None)
    yield compare(f"{JOB}, two threads", two, one, Goal(_GOAL_THREADS), "wall_s")


def _memory(file: str) -> Line:
    words = [executable, "-m", "bench.peak_memory", "passages", file]
    said = command(words, environment(1)).said or {}
    share = float(said["beyond_bytes"] / said["text_bytes"])
    ratio = Ratio(share, share, share)
    goal = Goal(_GOAL_MEMORY, at_most=True)
    return Line(f"{JOB}, memory beyond the text, bytes a byte", figure(share), "", ratio, goal)
