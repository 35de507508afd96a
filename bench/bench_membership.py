"""Lines that came before, by a Bloom filter: over a column beside hashing its bytes, over .jsonl.gz
beside dolma and beside unpacking it.

The column is English text; the filter is as large as its lines (or paragraphs) ask at a rate of 0.01, made anew
each time. Of what dolma does, "built" leaves out the spans of each document, which dolma writes; the job writes
them and, as dolma does not, all rows again, packed.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Literal

import pyarrow as pa

from bench import codecs, corpus, environments, machine, ours
from bench.harness import Contenders, alternate
from bench.process import Worker, environment, timed
from bench.results import Goal, Measurement, Result, compare

Piece = Literal["line", "paragraph"]

RATE = 0.01
_XXH3_GB_S = 17  # the goal of 1.5 GB/s was set where XXH3 streams so many
_PASSES = (
    10  # over the column, each with a filter of its own: one takes a few thousandths of a second
)
_BY_TWO = "XXH3, two threads"  # how much faster two threads here go over the same memory
_UNITS: tuple[Piece, ...] = ("line", "paragraph")
_COLUMN = {unit: f"{unit}s that came before, by a filter" for unit in _UNITS}
_GZIP = "lines of .jsonl.gz into a filter"
_GZIP_PARAGRAPHS = "paragraphs of .jsonl.gz into a filter"
_EIGHT, _EIGHT_BY_TWO = "corpusmill, built of 8 files", "corpusmill, built of 8 files, two threads"
_JOB = "lines of .jsonl.gz that came before as a field, .jsonl.gz out"


def run(found: corpus.Corpus, rounds: int) -> Result:
    """All contenders in this process."""
    result = Result("membership", corpus.describe(found))
    if reason := ours.missing():
        result.missing.append(reason)
    if find_spec("xxhash") is None:
        result.missing.append("xxhash is not installed")
    if result.missing:
        return result
    result.missing = environments.ensure(environments.DOLMA)
    result.versions = environments.versions(environments.DOLMA)
    result.versions |= machine.versions("corpusmill", "pyarrow", "xxhash", "isal", "deflate")
    source = found.folder / "english.jsonl"
    with source.open(encoding="utf-8") as rows:
        docs = pa.array((json.loads(row)["text"] for row in rows), pa.large_string())
    nums: dict[Piece, int] = dict.fromkeys(_UNITS, 0)
    for doc in docs:
        nums["line"] += sum(1 for line in doc.as_py().split("\n") if line.strip())
        nums["paragraph"] += doc.as_py().count("\n\n") + 1
    _column(result, docs, nums, rounds)
    _files(result, found, nums, rounds)
    return result


def _column(result: Result, docs: pa.Array, nums: Mapping[Piece, int], rounds: int) -> None:
    data = memoryview(docs.buffers()[2])
    contenders = {
        "XXH3": timed(partial(_hashed, data)),
        _BY_TWO: timed(partial(_hashed_by_two, data)),
    }
    for unit, num in nums.items():
        contenders[unit] = timed(partial(_seen, docs, unit, num, 1))
        contenders[f"{unit}, two threads"] = timed(partial(_seen, docs, unit, num, 2))
    runs = alternate(contenders, rounds)
    size = (_PASSES * len(docs), _PASSES * len(data))
    stream = Measurement(_COLUMN["line"], "XXH3", *size, runs["XXH3"])
    both = Measurement("the column's bytes hashed, two threads", _BY_TWO, *size, runs[_BY_TWO], 2)
    result.measurements += stream, both
    result.lines.append(compare(both.job, both, stream, None, "wall_s"))
    for unit, job in _COLUMN.items():
        one = Measurement(job, "corpusmill", *size, runs[unit])
        two = Measurement(job, "corpusmill, two threads", *size, runs[f"{unit}, two threads"], 2)
        result.measurements += one, two
        result.lines += [
            compare(job, one, stream, Goal(1.5 / _XXH3_GB_S)),
            compare(f"{job}, two threads", two, one, Goal(1.7), "wall_s"),
        ]


def _files(result: Result, found: corpus.Corpus, nums: Mapping[Piece, int], rounds: int) -> None:
    folder, num_lines = found.folder / "membership", nums["line"]
    packed = folder / "documents" / "english.jsonl.gz"
    _pack(found.folder / "english.jsonl", packed)
    for shard in (found.folder / "english-8").iterdir():
        _pack(shard, folder / "shards" / f"{shard.name}.gz")
    built = partial(_built, path=folder / "filter", nums=nums)
    contenders: Contenders = {
        "unpacking": lambda: codecs.decompress(packed),
        "corpusmill, built": timed(partial(built, packed)),
        "corpusmill, paragraphs built": timed(partial(built, packed, unit="paragraph")),
        _EIGHT: timed(partial(built, folder / "shards")),
        _EIGHT_BY_TWO: timed(partial(built, folder / "shards", threads=2)),
        "corpusmill, job": timed(partial(_job, packed, folder / "out")),
    }
    with ExitStack() as stack:
        if not any(line.startswith("dolma") for line in result.missing):
            words = [str(folder), str(num_lines), str(RATE)]
            worker = Worker(
                environments.DOLMA.python,
                words,
                environment(1) | {"RUST_LOG": "off"},
                "bench.membership_worker",
            )
            contenders = {**contenders, "dolma": stack.enter_context(closing(worker)).run}
        runs = alternate(contenders, rounds)
    measured = {
        name: Measurement(
            _GZIP_PARAGRAPHS if "paragraphs" in name else _GZIP,
            name,
            found.documents,
            found.text_bytes,
            done,
            2 if name == _EIGHT_BY_TWO else 1,
        )
        for name, done in runs.items()
    }
    result.measurements += measured.values()
    for job, ours_here in (
        (_GZIP, "corpusmill, built"),
        (_GZIP_PARAGRAPHS, "corpusmill, paragraphs built"),
        (_JOB, "corpusmill, job"),
    ):
        one = measured[ours_here]
        if "dolma" in measured and job != _GZIP_PARAGRAPHS:
            goal = Goal(3) if job is _GZIP else None
            result.lines.append(compare(f"{job}, beside dolma", one, measured["dolma"], goal))
        result.lines.append(compare(f"{job}, beside unpacking", one, measured["unpacking"], None))
    job = f"{_GZIP}, two threads, 8 files"
    pair = measured[_EIGHT_BY_TWO], measured[_EIGHT]
    result.lines.append(compare(job, *pair, Goal(1.7), "wall_s"))


def _pack(source: Path, packed: Path) -> None:
    packed.parent.mkdir(parents=True, exist_ok=True)
    packed.write_bytes(gzip.compress(source.read_bytes(), 6))


def _hashed(data: memoryview) -> None:
    import xxhash  # noqa: PLC0415  (not needed where others are benched)

    for _ in range(_PASSES):
        xxhash.xxh3_64_intdigest(data)


def _hashed_by_two(data: memoryview) -> None:
    half = len(data) // 2
    other = Thread(target=_hashed, args=(data[:half],))
    other.start()
    _hashed(data[half:])
    other.join()


def _seen(docs: pa.Array, unit: Piece, num: int, threads: int) -> None:
    import corpusmill  # noqa: PLC0415  (may not be built yet when the rivals are benched)

    for _ in range(_PASSES):
        bloom = corpusmill.ngram.BloomFilter(num, RATE, unit=unit)
        corpusmill.dedup.paragraphs(docs, unit=unit, filter=bloom, threads=threads)


def _built(
    source: Path, path: Path, nums: Mapping[Piece, int], unit: Piece = "line", threads: int = 1
) -> None:
    import corpusmill  # noqa: PLC0415

    corpusmill.shards.build_filter(
        source, path, items=nums[unit], fp_rate=RATE, unit=unit, threads=threads
    )


def _job(source: Path, out: Path) -> None:
    import corpusmill  # noqa: PLC0415

    corpusmill.shards.paragraphs(
        source,
        out,
        unit="line",
        method="bloom",
        fp_rate=RATE,
        action="tag",
        threads=1,
        overwrite=True,
    )
