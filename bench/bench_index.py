"""Documents looked up in a saved index, beside making their signatures, which a look-up includes.

The index holds signatures of random shingles, so nothing is found: the usual case of a new crawl.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench import corpus, machine, ours
from bench.harness import Contenders, alternate
from bench.process import ROOT, timed
from bench.results import Goal, Measurement, Result, compare, figure

JOB = "signatures looked up in an index"
ENTRIES = 500_000
_WORDS = 100  # a document
_SHINGLES = _WORDS - 4
_DOCUMENTS = 100_000
_BATCH = 100_000
_SEED = 20260102


def run(found: corpus.Corpus, rounds: int, entries: int = ENTRIES) -> Result:
    """One thread, the index's file in the page cache; signatures alone are the measure."""
    result = Result("index", corpus.describe(found) | {"entries": entries})
    if reason := ours.missing():
        result.missing.append(reason)
        return result
    import corpusmill  # noqa: PLC0415  (may not be built yet when the rivals are benched)

    result.versions = machine.versions("corpusmill", "pyarrow", "numpy")
    docs = pa.array(_documents(found.folder / "english.jsonl"))
    path = _index(entries)
    index = corpusmill.dedup.Index.load(path)
    contenders: Contenders = {
        "signatures alone": timed(lambda: corpusmill.dedup.signatures(docs, threads=1)),
        "corpusmill": timed(lambda: index.query(docs, threads=1)),
    }
    runs = alternate(contenders, rounds)
    size = sum(len(doc.as_py().encode()) for doc in docs)
    measured = {name: Measurement(JOB, name, len(docs), size, done) for name, done in runs.items()}
    result.measurements = list(measured.values())
    job = f"{JOB} of {entries:,} ({figure(path.stat().st_size / entries)} bytes each)"
    pair = measured["corpusmill"], measured["signatures alone"]
    result.lines = [compare(job, *pair, Goal(0.7))]
    return result


def _documents(path: Path) -> list[str]:
    """The corpus cut into documents of a hundred words."""
    return [doc for doc, _ in zip(_cut(path), range(_DOCUMENTS), strict=False)]


def _cut(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            words = json.loads(line)["text"].split()
            for begin in range(0, len(words) - _WORDS + 1, _WORDS):
                yield " ".join(words[begin : begin + _WORDS])


def _index(entries: int) -> Path:
    """The saved index of so many entries, made unless it is there and can be read."""
    import corpusmill  # noqa: PLC0415

    path = ROOT / "build" / f"bench-{entries}.index"
    with suppress(FileNotFoundError, ValueError):  # the latter if it is of another format
        corpusmill.dedup.Index.load(path)
        return path
    rng = np.random.default_rng(_SEED)
    index = corpusmill.dedup.Index()
    for begin in range(0, entries, _BATCH):
        count = min(_BATCH, entries - begin)
        hashes = pa.array(rng.integers(0, 2**64, count * _SHINGLES, dtype=np.uint64))
        offsets = pa.array(np.arange(0, len(hashes) + 1, _SHINGLES))
        index.add(pa.LargeListArray.from_arrays(offsets, hashes))
    path.parent.mkdir(exist_ok=True)
    index.save(path)
    return path
