"""Scoring on a CPU beside PyTorch, with two threads: of hidden states through a head, of logits at hand, of
documents under a small model (bench.scoring_documents).

Contenders of a group are processes of their own on the same drawn numbers and run in turn. Every statistic that
the other does not give is one more of ours: `all` is ten columns on both sides, `nll` the loss alone. The
bench of the kernels for GPUs is bench.scoring_gpu.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from sys import executable

from bench import corpus, environments, machine, ours, scoring_documents
from bench.harness import Runs, alternate, ratio
from bench.process import Worker, environment
from bench.results import Goal, Line, Measurement, Result, figure
from bench.scoring_input import D, V

TOKENS = 4096  # through a head; a quarter as many rows of logits
THREADS = 2
ALONE = "our products alone"

_TORCH = "bench.rivals.torch_scoring"
_HEAD = {
    "all": ("bench.ours_scoring", "all"),
    ALONE: ("bench.ours_scoring", "products"),
    "compiled torch, nll": (_TORCH, "compiled nll"),
    "compiled torch in chunks, all": (_TORCH, "compiled all"),
    "eager torch in chunks, all": (_TORCH, "eager all"),
}
_LOGITS = {
    "nll": ("bench.ours_scoring", "nll"),
    "all": ("bench.ours_scoring", "all"),
    "compiled torch, nll": (_TORCH, "compiled nll"),
    "eager torch, nll": (_TORCH, "eager nll"),
    "compiled torch, all": (_TORCH, "compiled all"),
    "eager torch, all": (_TORCH, "eager all"),
}


@dataclass(frozen=True)
class Group:
    """Contenders on one input; which of ours is held against which, and what is to be reached."""

    entry: str
    dtype: str
    contenders: dict[str, tuple[str, str]]
    compared: tuple[tuple[str, str, Goal | None], ...]

    @property
    def job(self) -> str:
        """What it works on."""
        return f"{'a head' if self.entry == 'hidden' else 'logits'}, {self.dtype}"


def _head(dtype: str, nll: float, every: float) -> Group:
    return Group(
        "hidden",
        dtype,
        _HEAD,
        (
            ("all", ALONE, Goal(1 / 1.08)),
            ("all", "compiled torch, nll", Goal(nll)),
            ("all", "compiled torch in chunks, all", Goal(every)),
            ("all", "eager torch in chunks, all", Goal(2.7)),
        ),
    )


def _logits(dtype: str, nll: float, eager: tuple[Goal | None, Goal | None]) -> Group:
    return Group(
        "logits",
        dtype,
        _LOGITS,
        (
            ("nll", "compiled torch, nll", Goal(nll)),
            ("nll", "eager torch, nll", eager[0]),
            ("all", "compiled torch, all", Goal(6)),
            ("all", "eager torch, all", eager[1]),
        ),
    )


GROUPS = (
    _head("float32", 1.4, 1.6),
    _head("bfloat16", 1.15, 1.5),
    _logits("float32", 1.5, (Goal(6), Goal(40))),
    _logits("bfloat16", 1.2, (None, None)),
)


def run(found: corpus.Corpus, rounds: int, tokens: int = TOKENS) -> Result:
    """Group after group, and the documents."""
    result = Result("scoring", corpus.describe(found), machine.versions("corpusmill", "numpy"))
    if reason := ours.missing():
        result.missing.append(reason)
        return result
    result.missing += environments.ensure(environments.SCORING)
    result.versions = {**result.versions, **environments.versions(environments.SCORING)}
    for group in GROUPS:
        count = tokens if group.entry == "hidden" else tokens // 4
        runs = _runs(group, count, rounds, bool(result.missing))
        result.measurements += [
            Measurement(f"{group.job}, {count} tokens", name, count, 0, done, THREADS)
            for name, done in runs.items()
        ]
        result.lines += _lines(group, count, runs)
    if reason := scoring_documents.missing():
        result.missing.append(reason)
        return result
    result.versions = {**machine.versions("torch", "transformers"), **result.versions}
    for measurement, line in scoring_documents.measured(found, rounds, THREADS):
        result.measurements.append(measurement)
        result.lines += [line] if line else []
    return result


def _runs(group: Group, tokens: int, rounds: int, only_ours: bool) -> Runs:
    with ExitStack() as stack:
        workers = {}
        for name, (module, work) in group.contenders.items():
            rival = module == _TORCH
            if rival and only_ours:
                continue
            python = environments.SCORING.python if rival else Path(executable)
            words = [module, work, group.entry, group.dtype, str(tokens), str(THREADS)]
            worker = Worker(python, words, environment(THREADS), "bench.scoring_worker")
            workers[name] = stack.enter_context(closing(worker))
        return alternate({name: worker.run for name, worker in workers.items()}, rounds)


def _lines(group: Group, tokens: int, runs: Runs) -> Iterator[Line]:
    rates = {name: [tokens / run.wall_s for run in done] for name, done in runs.items()}
    said = {name: f"{figure(median(of))} tokens/s" for name, of in rates.items()}
    for name, beside, goal in group.compared:
        job = f"scoring of {group.job}: {name}"
        if beside not in rates:
            yield Line(job, said[name], f"{beside}: not measured", None, goal)
            continue
        each = ratio(rates[name], rates[beside])
        yield Line(job, said[name], f"{beside}: {said[beside]}", each, goal)
    if group.entry == "hidden":
        yield _memory(group, tokens, runs)


def _memory(group: Group, tokens: int, runs: Runs) -> Line:
    """MB at the peak of a pass beside its input; logits would be 4 bytes a token and word besides."""
    extra = {name: [(run.max_rss_bytes or 0) / 1e6 for run in done] for name, done in runs.items()}
    others = [f"{name}: {figure(median(of))} MB" for name, of in extra.items() if "torch" in name]
    job = f"scoring of {group.job}: MB beside the input, {tokens:,} tokens, D {D}, V {V:,}"
    mine = extra["all"]
    spread = ratio(mine, [1.0] * len(mine))
    beside = ", ".join(others) or "not measured"
    return Line(job, f"{figure(median(mine))} MB", beside, spread, Goal(64, at_most=True))
