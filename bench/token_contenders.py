"""Who encodes texts, and the turns they take at a part of them: each is a process that has loaded its own.

Knows no vocabulary and sets no goal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from sys import executable

from bench import environments
from bench.harness import Runs, alternate_workers
from bench.process import Worker, environment
from bench.results import Measurement
from bench.token_parts import Part


@dataclass(frozen=True)
class Contender:
    """A module with the face of `rivals/tiktoken.py`, and which of its works."""

    name: str
    module: str
    work: str = "flat"
    threads: int = 1
    simd: str | None = None
    call_bytes: int = 0  # of the texts of a call, about; 0: all

    @property
    def python(self) -> Path:
        """The interpreter that has it."""
        ours = self.module == "bench.ours_tokens"
        return Path(executable) if ours else environments.TOKENIZERS.python

    def start(self, part: Part, vocabulary: Path) -> Worker:
        """The process, which has loaded the texts."""
        files = [str(part.warm), str(part.unseen)]
        words = [self.module, str(vocabulary), self.work, *files, str(self.call_bytes)]
        variables = environment(self.threads, self.simd)
        return Worker(self.python, words, variables, "bench.tokenize_worker")


def runs(contenders: Sequence[Contender], part: Part, vocabulary: Path, rounds: int) -> Runs:
    """Of each by its name; once a round, for each run has a new tokenizer warmed."""
    starts = {each.name: partial(each.start, part, vocabulary) for each in contenders}
    return alternate_workers(starts, rounds, 1)


def measure(
    job: str, contenders: Sequence[Contender], part: Part, vocabulary: Path, rounds: int
) -> dict[str, Measurement]:
    """Each by its name, at the part's unseen texts."""
    done = runs(contenders, part, vocabulary, rounds)
    size = part.unseen_documents, part.unseen_bytes
    return {
        each.name: Measurement(job, each.name, *size, done[each.name], each.threads)
        for each in contenders
    }


def best(measured: Sequence[Measurement]) -> Measurement:
    """The one of the highest rate."""
    return max(measured, key=lambda each: median(each.rates("cpu_s")))
