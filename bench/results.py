"""What a bench leaves: measurements, the lines of the table, what could not be run. JSON on disk.

`results/<bench>.json` holds every round's seconds, so other statistics can be taken from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

from bench import machine
from bench.harness import Ratio, ratio
from bench.process import Run

FOLDER = Path(__file__).parent / "results"

Clock = Literal["cpu_s", "wall_s"]
CLOCKS: tuple[Clock, ...] = ("cpu_s", "wall_s")
NO_STARTUP = Run(0.0, 0.0)
LEAST_SECONDS = 0.01


def figure(value: float) -> str:
    """Three figures, never an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


@dataclass(frozen=True)
class Goal:
    """The ratio to reach: at least `value`, or at most it where `at_most`."""

    value: float
    at_most: bool = False

    def met(self, measured: float) -> bool:
        """Whether a measured ratio reaches it."""
        return measured <= self.value if self.at_most else measured >= self.value


@dataclass(frozen=True)
class Line:
    """One line of the table: a job, our number, the number beside it, their ratio and its goal."""

    job: str
    ours: str
    beside: str
    ratio: Ratio | None = None
    goal: Goal | None = None


@dataclass(frozen=True)
class Measurement:
    """One contender at one job: what it worked on, each round's seconds, and its start-up's."""

    job: str
    contender: str
    documents: int
    text_bytes: int
    runs: list[Run]
    threads: int = 1
    startup: Run = NO_STARTUP
    found: float | None = None  # share of the planted pairs that a dedup job found

    def rates(self, clock: Clock) -> list[float]:
        """Megabytes of text per second of each round, start-up subtracted."""
        return [self.text_bytes / 1e6 / max(1e-9, spent) for spent in self._spent(clock)]

    def long_enough(self, clock: Clock) -> bool:
        """Whether so much is left of each round after start-up that a rate means something."""
        return min(self._spent(clock)) >= LEAST_SECONDS

    def _spent(self, clock: Clock) -> list[float]:
        start = getattr(self.startup, clock)
        return [getattr(run, clock) - start for run in self.runs]

    def said(self, clock: Clock) -> str:
        """Its rate, and what it found, as the table says it."""
        rate = f"{figure(median(self.rates(clock)))} MB/s"
        if clock == "wall_s":
            return f"{rate} wall"
        return rate if self.found is None else f"{rate}, finds {self.found:.1%}"

    def record(self) -> dict[str, object]:
        """As it stands in the JSON."""
        rates = {f"mb_per_{clock}": round(median(self.rates(clock)), 2) for clock in CLOCKS}
        return {**asdict(self), **rates}


def compare(
    job: str, ours: Measurement, beside: Measurement, goal: Goal | None, clock: Clock = "cpu_s"
) -> Line:
    """The table's line for two measurements: how many times the rate of the other ours is."""
    if not (ours.long_enough(clock) and beside.long_enough(clock)):
        return Line(job, "too short to measure", "give more --megabytes", None, goal)
    each = ratio(ours.rates(clock), beside.rates(clock))
    other = f"{beside.contender}: {beside.said(clock)}"
    return Line(job, ours.said(clock), other, each, goal)


@dataclass
class Result:
    """A whole bench; `missing` says in plain words what could not be run and why."""

    bench: str
    corpus: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    measurements: list[Measurement] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    load: float = field(default_factory=machine.load)

    def save(self, folder: Path = FOLDER) -> Path:
        """Writes results/<bench>.json."""
        record = {
            "bench": self.bench,
            "date": machine.today(),
            "commit": machine.commit(),
            "machine": machine.machine(),
            "load_before": self.load,
            "corpus": self.corpus,
            "versions": self.versions,
            "lines": [_line(line) for line in self.lines],
            "missing": self.missing,
            "measurements": [each.record() for each in self.measurements],
        }
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.bench}.json"
        path.write_text(json.dumps(record, indent=1) + "\n")
        return path


def _line(line: Line) -> dict[str, object]:
    met = line.goal.met(line.ratio.middle) if line.goal and line.ratio else None
    return {**asdict(line), "met": met}
