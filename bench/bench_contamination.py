"""Documents looked up in an index over ten benchmarks, beside datatrove's filter; memory of the index;
and the job on files, which makes that index, reads the rows and writes them without those it finds.

The benchmarks are drawn words, as many as ten usual ones have; none of it is in the documents, which is the
usual case. The corpus is looked up so often that it comes to 200 MB; datatrove is slow enough to get the
first documents only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa

from bench import corpus, environments, machine, ours
from bench.harness import Contenders, Ratio, alternate
from bench.process import Worker, environment, timed
from bench.results import Goal, Line, Measurement, Result, compare, figure

JOB = "documents looked up in ten benchmarks"
BENCHMARKS, ITEMS, WORDS = 10, 8000, 50  # items of a benchmark, words of an item
BYTES = 200_000_000  # of text that is looked up, at least
PART = 200  # documents that datatrove gets

_ON_FILES = "corpusmill, job"
_GOAL_RATE, _GOAL_RIVAL, _GOAL_THREADS, _GOAL_INDEX = 150, 50, 1.7, 200
_SEED = 20260104


def run(found: corpus.Corpus, rounds: int) -> Result:
    """One thread and two; documents and index are in memory."""
    result = Result("contamination", corpus.describe(found) | {"items": BENCHMARKS * ITEMS})
    result.missing = environments.ensure(environments.DATATROVE)
    result.versions = environments.versions(environments.DATATROVE)
    if reason := ours.missing():
        result.missing.append(reason)
        return result
    from corpusmill.ngram import ContaminationIndex  # noqa: PLC0415  (may not be built yet)

    result.versions = {**result.versions, **machine.versions("corpusmill", "pyarrow", "numpy")}
    texts = _texts(found.folder / "english.jsonl")
    items = _items()
    index = ContaminationIndex()
    for number in range(BENCHMARKS):
        index.add(f"bench{number}", "text", items[number * ITEMS : (number + 1) * ITEMS])
    size, part = _bytes(texts), texts[:PART]
    times = -(-BYTES // size)
    docs, size = pa.chunked_array([pa.array(texts, pa.large_string())] * times), times * size
    index.find(docs.slice(0, 1))
    job = _job(found.folder, items, times)
    contenders: Contenders = {
        "corpusmill": timed(lambda: index.find(docs, threads=1)),
        "corpusmill, 2 threads": timed(lambda: index.find(docs, threads=2)),
        _ON_FILES: timed(lambda: job(threads=1)),
    }
    sizes = dict.fromkeys(contenders, (docs, size))
    with ExitStack() as stack:
        if not any(line.startswith("datatrove") for line in result.missing):
            worker = stack.enter_context(closing(_datatrove(found.folder, part, items)))
            contenders = {**contenders, "datatrove": worker.run}
            sizes["datatrove"] = (part, _bytes(part))
        runs = alternate(contenders, rounds)
    result.measurements = [
        Measurement(JOB, name, len(sizes[name][0]), sizes[name][1], done, 2 if "2" in name else 1)
        for name, done in runs.items()
    ]
    result.lines = list(_lines({each.contender: each for each in result.measurements}))
    result.lines.append(_index(index.num_bytes / 1e6))
    return result


def _lines(measured: dict[str, Measurement]) -> Iterator[Line]:
    one, two = measured["corpusmill"], measured["corpusmill, 2 threads"]
    rates = one.rates("cpu_s")
    rate = Ratio(median(rates), min(rates), max(rates))
    yield Line(f"{JOB}, MB/s", one.said("cpu_s"), "", rate, Goal(_GOAL_RATE))
    if "datatrove" in measured:
        yield compare(JOB, one, measured["datatrove"], Goal(_GOAL_RIVAL))
    yield compare(f"{JOB}, two threads", two, one, Goal(_GOAL_THREADS), "wall_s")
    yield compare(f"{JOB}: the job, JSONL to JSONL", measured[_ON_FILES], one, None)


def _index(megabytes: float) -> Line:
    words = BENCHMARKS * ITEMS * WORDS
    ratio, goal = Ratio(megabytes, megabytes, megabytes), Goal(_GOAL_INDEX, at_most=True)
    return Line(f"{JOB}: index, MB", figure(megabytes), f"of {words:,} words", ratio, goal)


def _job(folder: Path, items: list[str], times: int) -> Callable[..., object]:
    """`shards.decontaminate` of the corpus, as often as it is looked up, against ten files."""
    import corpusmill  # noqa: PLC0415

    place = folder / "contamination"
    place.mkdir(exist_ok=True)
    rows, against = place / "documents.jsonl", []
    rows.write_bytes((folder / "english.jsonl").read_bytes() * times)
    for number in range(BENCHMARKS):
        against.append(place / f"bench{number}.jsonl")
        _write(against[-1], items[number * ITEMS : (number + 1) * ITEMS])
    return partial(
        corpusmill.shards.decontaminate, rows, place / "out", against=against, overwrite=True
    )


def _datatrove(folder: Path, part: list[str], items: list[str]) -> Worker:
    """It gets the first documents only, and the same items."""
    place = folder / "datatrove"
    place.mkdir(exist_ok=True)
    for name, texts in (("documents.jsonl", part), ("benchmark.jsonl", items)):
        _write(place / name, texts)
    python, words = environments.DATATROVE.python, [str(place / "documents.jsonl")]
    return Worker(python, words, environment(1), module="bench.contamination_worker")


def _write(path: Path, texts: list[str]) -> None:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")


def _texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def _items() -> list[str]:
    """Words of letters drawn as often as words of a language are."""
    rng = np.random.default_rng(_SEED)
    known = ["".join(map(chr, rng.integers(97, 123, size))) for size in rng.integers(2, 10, 50_000)]
    drawn = iter((rng.zipf(1.3, BENCHMARKS * ITEMS * WORDS) % len(known)).tolist())
    return [" ".join(known[i] for i in islice(drawn, WORDS)) for _ in range(BENCHMARKS * ITEMS)]


def _bytes(texts: list[str]) -> int:
    return sum(len(text.encode()) for text in texts)
