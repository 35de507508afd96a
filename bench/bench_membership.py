"""Lines that came before, by a Bloom filter: over a column beside hashing its bytes, over .jsonl.gz
beside unpacking it.

The column is English text; the filter is as large as its lines ask at a rate of 0.01, made anew each time.
"""

from __future__ import annotations

import gzip
import json
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa

from bench import codecs, corpus, machine, ours
from bench.harness import Contenders, alternate
from bench.process import timed
from bench.results import Goal, Line, Measurement, Result, compare

RATE = 0.01
_XXH3_GB_S = 17  # the goal of 1.5 GB/s was set where XXH3 streams so many
_COLUMN = "lines that came before, by a filter"
_GZIP = "lines of .jsonl.gz into a filter"
_JOB = "lines of .jsonl.gz that came before cut out, .jsonl.gz out"


def run(found: corpus.Corpus, rounds: int) -> Result:
    """All contenders in this process."""
    result = Result("membership", corpus.describe(found))
    if reason := ours.missing():
        result.missing.append(reason)
    if find_spec("xxhash") is None:
        result.missing.append("xxhash is not installed")
    if result.missing:
        return result
    result.versions = machine.versions("corpusmill", "pyarrow", "xxhash", "isal")
    source = found.folder / "english.jsonl"
    with source.open(encoding="utf-8") as rows:
        docs = pa.array((json.loads(row)["text"] for row in rows), pa.large_string())
    num_lines = sum(len(doc.as_py().split("\n")) for doc in docs)
    _column(result, docs, num_lines, rounds)
    _files(result, found, source, num_lines, rounds)
    return result


def _column(result: Result, docs: pa.Array, num_lines: int, rounds: int) -> None:
    import xxhash  # noqa: PLC0415  (not needed where others are benched)

    data = memoryview(docs.buffers()[2])
    contenders: Contenders = {
        "XXH3": timed(lambda: [xxhash.xxh3_64_intdigest(data) for _ in range(10)]),
        "corpusmill": timed(partial(_seen, docs, num_lines, 1)),
        "corpusmill, two threads": timed(partial(_seen, docs, num_lines, 2)),
    }
    measured = {
        name: Measurement(_COLUMN, name, len(docs), len(data) * (10 if name == "XXH3" else 1), runs)
        for name, runs in alternate(contenders, rounds).items()
    }
    one, two = measured["corpusmill"], measured["corpusmill, two threads"]
    result.measurements += measured.values()
    result.lines += [
        compare(_COLUMN, one, measured["XXH3"], Goal(1.5 / _XXH3_GB_S)),
        compare(f"{_COLUMN}, two threads", two, one, Goal(1.7), "wall_s"),
    ]


def _files(result: Result, found: corpus.Corpus, source: Path, num_lines: int, rounds: int) -> None:
    folder = found.folder / "membership"
    folder.mkdir(exist_ok=True)
    packed = folder / "english.jsonl.gz"
    packed.write_bytes(gzip.compress(source.read_bytes(), 6))
    contenders: Contenders = {
        "unpacking": lambda: codecs.decompress(packed),
        "corpusmill, built": timed(partial(_built, packed, folder / "filter", num_lines)),
        "corpusmill, job": timed(partial(_job, packed, folder / "out")),
    }
    measured = {
        name: Measurement(_GZIP, name, found.documents, found.text_bytes, runs)
        for name, runs in alternate(contenders, rounds).items()
    }
    result.measurements += measured.values()
    beside = measured["unpacking"]
    lines: list[Line] = [
        compare(_GZIP, measured["corpusmill, built"], beside, Goal(0.8)),
        compare(_JOB, measured["corpusmill, job"], beside, None),
    ]
    result.lines += lines


def _seen(docs: pa.Array, num_lines: int, threads: int) -> None:
    import corpusmill  # noqa: PLC0415  (may not be built yet when the rivals are benched)

    bloom = corpusmill.ngram.BloomFilter(num_lines, RATE, unit="line")
    corpusmill.dedup.paragraphs(docs, unit="line", filter=bloom, threads=threads)


def _built(source: Path, path: Path, num_lines: int) -> None:
    import corpusmill  # noqa: PLC0415

    corpusmill.shards.build_filter(
        source, path, items=num_lines, fp_rate=RATE, unit="line", threads=1
    )


def _job(source: Path, out: Path) -> None:
    import corpusmill  # noqa: PLC0415

    corpusmill.shards.paragraphs(
        source, out, unit="line", method="bloom", fp_rate=RATE, threads=1, overwrite=True
    )
