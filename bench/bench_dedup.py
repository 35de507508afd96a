"""The whole job, JSON lines to JSON lines: ours in both modes, codecs and threads, and the rivals.

Every contender is a command started anew; its CPU seconds come from the kernel, less those of the
same command on a single row. text-dedup is slow enough to get the first quarter of the text only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from bench import codecs, corpus, environments, jobs, machine, ours
from bench.harness import Contenders, Ratio, Runs, alternate
from bench.jobs import Job
from bench.process import Run, timed
from bench.results import Clock, Goal, Line, Measurement, Result, compare

JOB = "near-dedup, JSONL to JSONL"
THRESHOLD = 0.8
READS = 2  # for signatures, and to write the kept rows

PLAIN = Job("corpusmill")
OURS = (
    PLAIN,
    Job("corpusmill, exact", verify="exact"),
    Job("corpusmill, report", report=True),
    Job("corpusmill, .zst", "english.jsonl.zst"),
    Job("corpusmill, .gz", "english.jsonl.gz"),
    Job("corpusmill, .parquet", "english.parquet"),
    Job("corpusmill, 2 threads", threads=2),
    Job("corpusmill, 8 files", "english-8"),
    Job("corpusmill, 8 files, 2 threads", "english-8", threads=2),
)
RIVALS = (
    Job("gaoya", rival="gaoya"),
    Job("rensa", rival="rensa"),
    Job("datasketch", rival="datasketch"),
    Job("text-dedup on a quarter", "part.jsonl", rival="text-dedup"),
)
_COMPARED: tuple[tuple[str, str, str, Goal | None, Clock], ...] = (
    (JOB, "corpusmill", "gaoya", Goal(10), "cpu_s"),
    (JOB, "corpusmill", "rensa", Goal(16), "cpu_s"),
    (JOB, "corpusmill", "datasketch", Goal(40), "cpu_s"),
    (JOB, "corpusmill", "text-dedup on a quarter", None, "cpu_s"),
    (f"{JOB}, pairs verified exactly", "corpusmill, exact", "gaoya", None, "cpu_s"),
    (f"{JOB}, with its report.html", "corpusmill, report", "corpusmill", None, "cpu_s"),
    (f"{JOB}, two threads, one file", "corpusmill, 2 threads", "corpusmill", Goal(1.5), "wall_s"),
    (
        f"{JOB}, two threads, 8 files",
        "corpusmill, 8 files, 2 threads",
        "corpusmill, 8 files",
        Goal(1.5),
        "wall_s",
    ),
)


def run(found: corpus.Corpus, rounds: int) -> Result:
    """All contenders that can be had, in turn; start-up first."""
    result = Result("dedup", corpus.describe(found))
    contenders = list(_available(result))
    starts = alternate(
        {job.name: partial(job.run, found.folder, file="one.jsonl") for job in contenders}, rounds
    )
    runs = alternate(_all(contenders, found.folder), rounds)
    for job in contenders:
        result.measurements.append(_measurement(job, found, runs[job.name], starts[job.name]))
    measured = {each.contender: each for each in result.measurements}
    result.lines = [*_lines(measured), *_codec_lines(measured, runs)]
    return result


def _available(result: Result) -> Iterator[Job]:
    for place in (environments.RIVALS, environments.TEXT_DEDUP):
        result.missing += environments.ensure(place)
        result.versions = {**result.versions, **environments.versions(place)}
    result.versions = {
        **result.versions,
        **machine.versions("corpusmill", "pyarrow", "isal", "deflate", "zstandard"),
    }
    if reason := ours.missing():
        result.missing.append(reason)
    else:
        yield from OURS
    for job in RIVALS:
        if not any(line.startswith(job.rival) for line in result.missing):
            yield job


def _all(contenders: list[Job], folder: Path) -> Contenders:
    calls: dict[str, Callable[[], Run]] = {job.name: partial(job.run, folder) for job in contenders}
    if PLAIN in contenders:
        kept = PLAIN.output(folder) / "data" / PLAIN.file
        for suffix in (".zst", ".gz"):
            packed = folder / (PLAIN.file + suffix)
            calls[f"decompress {suffix}"] = partial(codecs.decompress, packed)
            calls[f"compress {suffix}"] = partial(codecs.compress, kept, suffix)
        again = partial(
            codecs.rewrite_parquet, folder / "english.parquet", folder / "out/a.parquet"
        )
        calls["rewrite .parquet"] = timed(again)
    return calls


def _measurement(job: Job, found: corpus.Corpus, runs: list[Run], starts: list[Run]) -> Measurement:
    part = job.file == "part.jsonl"
    plain = job.file in ("part.jsonl", "english.jsonl")
    return Measurement(
        JOB,
        job.name,
        found.part_documents if part else found.documents,
        found.part_bytes if part else found.text_bytes,
        runs,
        job.threads,
        Run(median(run.cpu_s for run in starts), median(run.wall_s for run in starts)),
        jobs.found(job, found.folder, THRESHOLD) if plain else None,
    )


def _lines(measured: dict[str, Measurement]) -> Iterator[Line]:
    if "corpusmill" not in measured:
        yield from (Line(JOB, "", f"{m.contender}: {m.said('cpu_s')}") for m in measured.values())
    for job, name, beside, goal, clock in _COMPARED:
        if name in measured and beside in measured:
            yield compare(job, measured[name], measured[beside], goal, clock)


def _codec_lines(measured: dict[str, Measurement], runs: Runs) -> Iterator[Line]:
    """The packed job over the plain one plus what reading and writing the codec costs alone."""
    for suffix in (".zst", ".gz"):
        if f"decompress {suffix}" in runs:
            both = zip(runs[f"decompress {suffix}"], runs[f"compress {suffix}"], strict=True)
            alone = [READS * read.cpu_s + write.cpu_s for read, write in both]
            what = f"{READS} x decompressing + compressing"
            yield _packed(suffix, alone, what, measured, Goal(1.15, at_most=True))
    if "rewrite .parquet" in runs:
        alone = [run.cpu_s for run in runs["rewrite .parquet"]]
        what = "pyarrow reading and writing it"
        yield _packed(".parquet", alone, what, measured, Goal(1.2, at_most=True))


def _packed(
    suffix: str, alone: list[float], what: str, measured: dict[str, Measurement], goal: Goal
) -> Line:
    packed, plain = measured[f"corpusmill, {suffix}"], measured["corpusmill"]
    started, own = packed.startup.cpu_s, plain.startup.cpu_s
    bound = [run.cpu_s - own + more for run, more in zip(plain.runs, alone, strict=True)]
    took = [run.cpu_s - started for run in packed.runs]
    each = [a / b for a, b in zip(took, bound, strict=True)]
    return Line(
        f"near-dedup, {suffix} in and out",
        f"{median(took):.3g} s cpu",
        f"plain job + {what}: {median(bound):.3g} s cpu",
        Ratio(median(each), min(each), max(each)),
        goal,
    )
