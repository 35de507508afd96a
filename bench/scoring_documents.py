"""Documents scored under a model of two layers: packed, beside the usual loop of batches with padding. CPU.

All must give the same losses, or there is no line. What they are is in bench.scoring_loops.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from sys import executable

from bench import corpus
from bench.harness import Runs, alternate_workers, ratio
from bench.process import Run, Worker, environment
from bench.results import Goal, Line, Measurement, figure

TEXT_BYTES = 1_000_000
TOLERANCE = 1e-5  # of a document's loss

JOB = "scoring of documents, two layers"
OURS = "packed"
_LOOPS = {
    "batches of 16, padded": ("padded", Goal(2)),
    "the same, longest first": ("sorted_padded", None),
}


def missing() -> str | None:
    """Why it cannot be run; None where it can."""
    absent = [name for name in ("torch", "transformers") if not importlib.util.find_spec(name)]
    return f"{JOB}: no {' and '.join(absent)}; pip install 'corpusmill[score]'" if absent else None


def measured(
    found: corpus.Corpus, rounds: int, threads: int
) -> Iterator[tuple[Measurement, Line | None]]:
    """Each contender, and of all but ours its line. ValueError if losses differ."""
    texts = found.folder / "scored.jsonl"
    _first(found.folder / "english.jsonl", texts)
    works = {OURS: "packed"} | {name: work for name, (work, _) in _LOOPS.items()}
    words = {
        name: ["bench.scoring_loops", str(texts), str(threads), work, "given"]
        for name, work in works.items()
    }
    starts = {
        name: partial(Worker, Path(executable), of, environment(threads))
        for name, of in words.items()
    }
    runs = alternate_workers(starts, rounds)
    differ = _differ(runs)
    rates = {name: [_tokens(run) / run.wall_s for run in done] for name, done in runs.items()}
    said = {name: f"{figure(median(of))} tokens/s" for name, of in rates.items()}
    for name, done in runs.items():
        documents = [len(run.said["nll"]) for run in done if run.said]
        kept = [replace(run, said={"tokens": _tokens(run)}) for run in done]
        of = Measurement(JOB, name, documents[0], 0, kept, threads)
        if name == OURS:
            yield of, None
            continue
        job = f"{JOB}: packed; losses differ by {differ:.0e} at most"
        each = ratio(rates[OURS], rates[name])
        yield of, Line(job, said[OURS], f"{name}: {said[name]}", each, _LOOPS[name][1])


def _first(source: Path, to: Path) -> None:
    """The first documents, up to TEXT_BYTES of text."""
    size = 0
    with source.open(encoding="utf-8") as rows, to.open("w", encoding="utf-8") as kept:
        for row in rows:
            kept.write(row)
            size += len(json.loads(row)["text"].encode())
            if size >= TEXT_BYTES:
                return


def _tokens(run: Run) -> int:
    assert run.said
    return int(run.said["tokens"])


def _differ(runs: Runs) -> float:
    """The most by which a document's losses differ, of what they are."""
    losses = [run.said["nll"] for done in runs.values() for run in done if run.said]
    pairs = (pair for of in losses for pair in zip(losses[0], of, strict=False))
    worst: float = max(abs(left - right) / max(1, abs(left)) for left, right in pairs)
    if not worst <= TOLERANCE:
        raise ValueError(f"losses of documents differ by {worst:.1g} of what they are")
    return worst
