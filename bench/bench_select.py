"""`corpusmill select` beside what it cannot do without: three reads, two counts of n-grams, one write.

Each of these is measured alone, in the same rounds, with the library's own parts; of .zst, reading is
unpacking besides, and writing packing. The file is that of the other benches several times over, so
that the job is long beside its start-up, which is that of the same command on one row.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from sys import executable

from bench import codecs, corpus, machine, ours
from bench.harness import Contenders, Ratio, Runs, alternate
from bench.process import Run, command, environment, timed
from bench.results import Goal, Line, Measurement, Result, compare

JOB = "select a tenth of a JSONL file"
TIMES = 3  # the corpus in the file
TARGET_DOCUMENTS = 1000
READS, COUNTS = 3, 2  # to count n-grams, to weigh rows, and to write those that are taken

_BLOCK = 3 << 19  # bytes, as a job reads them


def run(found: corpus.Corpus, rounds: int) -> Result:
    """The whole and its parts, in turn."""
    result = Result("select", corpus.describe(found))
    result.versions = machine.versions("corpusmill", "pyarrow", "numpy", "zstandard")
    if reason := ours.missing():
        result.missing.append(reason)
        return result
    files = _files(found)
    budget = TIMES * found.documents // 10
    select = partial(_select, target=files["target"], budget=budget)
    select(files["rows"])  # what it takes is what is written alone
    runs = alternate(
        {
            "start": partial(select, files["one"]),
            "select": partial(select, files["rows"]),
            "select, 2 threads": partial(select, files["rows"], threads=2),
            "select, .zst": partial(select, files["packed"]),
            **_parts(files),
        },
        rounds,
    )
    measured = _measurements(found, runs)
    result.measurements = list(measured.values())
    result.lines = list(_lines(measured, runs))
    return result


def _files(found: corpus.Corpus) -> dict[str, Path]:
    """What is read, what is packed, and what a run from nothing takes of the rows."""
    import pyarrow as pa  # noqa: PLC0415

    folder = found.folder / "select"
    folder.mkdir(exist_ok=True)
    names = {"rows": "rows.jsonl", "packed": "rows.jsonl.zst", "target": "target.jsonl"}
    files = {key: folder / name for key, name in names.items()}
    source = found.folder / "english.jsonl"
    lines = source.read_bytes() * TIMES
    files["rows"].write_bytes(lines)
    files["packed"].write_bytes(pa.Codec("zstd", codecs.ZSTD_LEVEL).compress(lines, asbytes=True))
    with source.open("rb") as rows:
        files["target"].write_bytes(b"".join(islice(rows, TARGET_DOCUMENTS)))
    one, kept = found.folder / "one.jsonl", folder / "out-1" / "data" / "rows.jsonl"
    return files | {"one": one, "kept": kept}


def _select(source: Path, *, target: Path, budget: int, threads: int = 1) -> Run:
    """Of one row all are taken, and it has an output of its own."""
    out = target.parent / (f"out-{threads}" if source.suffix == ".jsonl" else "out-packed")
    if source.name == "one.jsonl":
        out = target.parent / "out-one"
    shutil.rmtree(out, ignore_errors=True)
    words: list[str | Path] = [executable, "-m", "corpusmill.cli", "select", source, "-o", out]
    words += ["--target", target, "--budget", str(budget), "--threads", str(threads)]
    return command(words, environment(threads))


def _parts(files: dict[str, Path]) -> Contenders:
    """What a selection cannot do without."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.json  # noqa: PLC0415

    from corpusmill import _core  # noqa: PLC0415
    from corpusmill._ngram_features import feature_options, feature_totals  # noqa: PLC0415

    options = feature_options((1, 2), 10_000, "word", "fast", "words")
    texts = pa.json.read_json(files["rows"])["text"]
    kept = files["kept"].read_bytes()
    copy = files["target"].with_name("copy.jsonl")

    def read() -> None:
        with files["rows"].open("rb") as file:
            while block := file.read(_BLOCK):
                _core.jsonl.scan(block, "text", None, None)

    return {
        "read": timed(read),
        "count": timed(lambda: feature_totals(texts, options, 1)),
        "write": timed(lambda: copy.write_bytes(kept)),
        "unpack": partial(codecs.decompress, files["packed"]),
        "pack": partial(codecs.compress, files["kept"], ".zst"),
    }


def _measurements(found: corpus.Corpus, runs: Runs) -> dict[str, Measurement]:
    start = runs["start"]
    startup = Run(median(run.cpu_s for run in start), median(run.wall_s for run in start))
    sizes = (TIMES * found.documents, TIMES * found.text_bytes)
    return {
        name: Measurement(
            JOB,
            name,
            *sizes,
            done,
            2 if "2 threads" in name else 1,
            startup if name.startswith("select") else Run(0.0, 0.0),
        )
        for name, done in runs.items()
    }


def _lines(measured: dict[str, Measurement], runs: Runs) -> Iterator[Line]:
    yield _beside_parts(JOB, measured["select"], runs, {"read": READS, "count": COUNTS, "write": 1})
    packed = {"unpack": READS, "pack": 1}
    parts = {"read": READS, "count": COUNTS, "write": 1} | packed
    yield _beside_parts(f"{JOB}, .zst in and out", measured["select, .zst"], runs, parts)
    two, one = measured["select, 2 threads"], measured["select"]
    yield compare(f"{JOB}, two threads", two, one, Goal(1.7), "wall_s")


def _beside_parts(job: str, whole: Measurement, runs: Runs, parts: dict[str, int]) -> Line:
    """The whole, less its start-up, over so many times each part."""
    took = [run.cpu_s - whole.startup.cpu_s for run in whole.runs]
    bound = [
        sum(times * runs[name][round_].cpu_s for name, times in parts.items())
        for round_ in range(len(took))
    ]
    each = [a / b for a, b in zip(took, bound, strict=True)]
    return Line(
        job,
        f"{median(took):.3g} s cpu",
        f"{' + '.join(f'{times} x {name}' for name, times in parts.items())}: "
        f"{median(bound):.3g} s cpu",
        Ratio(median(each), min(each), max(each)),
        Goal(1.2, at_most=True),
    )
