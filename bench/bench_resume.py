"""Jobs killed when 90 % of their outputs are written and run again, beside whole runs: one thread.

Others are killed when 90 % of their first pass is read: of dedup and of counts of n-grams that pass
alone is compared, of jobs that have no other the whole. Those of the best n-grams, which write a
table at the very end, are also killed when they had 90 % of a whole run's CPU time. All by the job's own
clock, less what the job takes on one row. The bytes of both outcomes are compared. Knows
nothing of what a job saves.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from bench import corpus, files, machine, ours, settle
from bench.harness import ratio
from bench.process import ROOT, Run, command, environment
from bench.results import CLOCKS, Clock, Goal, Line, Measurement, Result, figure

MEGABYTES = 170
SHARE = 0.9
GOAL = Goal(0.2, at_most=True)
_MOST_ROUNDS = 3
_FORMS: dict[str, dict[str, Any]] = {
    "JSONL": {},
    "JSONL.zst": {"codec": "zst"},
    "JSONL.gz": {"codec": "gz"},
    "Parquet": {"format": "parquet"},
    "Arrow": {"format": "arrow"},
}
_OPTIONS: dict[str, dict[str, Any]] = {
    "build_filter": {"items": 8_000_000, "n": 50, "unit": "char", "stride": 50},
    "count": {"n": 5, "top": 1000, "memory": "300MB"},
    "count all": {"n": 2},
    "lexicon": {"memory": "300MB"},
}
_RANKED = ("count", "lexicon")
_GRAMS = (*_RANKED, "count all")
_OTHER_PASSES = ("dedup", "convert", *_GRAMS)
_KILLS = 5  # tried, of a run that may be faster than the whole one was


@dataclass(frozen=True)
class Case:
    """A job on inputs of one form, in one file or some, to outputs of the same or another.

    first       it is killed in its first pass
    """

    job: str
    form: str
    num_files: int = 1
    to: str = ""
    first: bool = False

    @property
    def name(self) -> str:
        cut = f", {self.num_files} files" if self.num_files > 1 else ""
        if self.first or self.job in _RANKED:
            return f"{self.group}, {self.form}{cut}"
        return f"{self.job}, {self.form} to {self.to or self.form}{cut}"

    @property
    def group(self) -> str:
        """Of cases the worst of which stands in the table."""
        return f"{self.job}, first pass" if self.part == "pass" else self.job

    @property
    def part(self) -> str:
        """What is measured: where there are other passes, the first or all."""
        return "pass" if self.first and self.job in _OTHER_PASSES else "all"

    @property
    def words(self) -> tuple[str, str]:
        """What the worker is told: the job and its options."""
        options = _OPTIONS.get(self.job) or (_FORMS[self.to] if self.to else {})
        return self.job.partition(" ")[0], json.dumps(options)


COPIES = {"JSONL": (2, 6), "Arrow": (6,)}
"""Of one file, for jobs that are over too soon to be told from their start-up."""

CASES = [
    *(Case("dedup", form) for form in _FORMS),
    *(Case("convert", form, 6 if form in COPIES else 1) for form in _FORMS),
    Case("dedup", "JSONL", to="Parquet"),
    Case("dedup", "Parquet", files.SHARDS),
    *(Case("dedup", form, first=True) for form in _FORMS),
    *(Case(job, "JSONL", 2, first=True) for job in ("count_terms", "build_filter", *_GRAMS)),
    *(Case(job, "JSONL", 2) for job in _GRAMS),
]


def run(found: corpus.Corpus, rounds: int) -> Result:
    """Of each job the worst case stands in the table, all of them in the JSON."""
    result = Result("resume", corpus.describe(found))
    if reason := ours.missing():
        result.missing.append(reason)
        return result
    result.versions = machine.versions("corpusmill", "pyarrow", "isal", "deflate", "zstandard")
    folder = found.folder / "resume"
    documents, size = _inputs(found, folder)
    pairs: dict[Case, tuple[Measurement, Measurement]] = {}
    for case in CASES:
        whole, again, start = _measured(case, folder, min(rounds, _MOST_ROUNDS))
        both = {"whole": whole, "gone on with": again}
        full, rest = (
            Measurement(case.name, name, documents, size, runs, startup=start)
            for name, runs in both.items()
        )
        result.measurements += [full, rest]
        pairs[case] = full, rest
    for group in dict.fromkeys(case.group for case in CASES):
        of_group = {case: pair for case, pair in pairs.items() if case.group == group}
        result.lines += [_worst(of_group, clock) for clock in CLOCKS]
    return result


def _worst(pairs: dict[Case, tuple[Measurement, Measurement]], clock: Clock) -> Line:
    ratios = {case: ratio(a.rates(clock), b.rates(clock)) for case, (a, b) in pairs.items()}
    case = max(ratios, key=lambda case: ratios[case].middle)
    full, again = (
        figure(pair.text_bytes / 1e6 / median(pair.rates(clock))) for pair in pairs[case]
    )
    job = f"{case.name}: killed at {SHARE:.0%}, gone on with"
    job += f", the worst of {len(pairs)}" if len(pairs) > 1 else ""
    unit = "s" if clock == "cpu_s" else "s wall"
    return Line(job, f"{again} {unit}", f"whole: {full} {unit}", ratios[case], GOAL)


def _measured(case: Case, folder: Path, rounds: int) -> tuple[list[Run], list[Run], Run]:
    """Whole runs, runs that go on where one was killed, and the costs of starting up."""
    source, one = folder / f"{case.form}-{case.num_files}", folder / f"{case.form}-one"
    whole, killed, out = (folder / "out" / name for name in ("whole", "killed", "again"))
    fulls, agains, starts = [], [], []
    for number in range(rounds):
        fulls.append(_run(case, source, whole))
        starts.append(_run(case, one, folder / "out" / "one"))
        if not number:
            _kill(case, source, killed, _moment(case, fulls[0], starts[0]))
        _remove(out)
        for path in killed.parent.glob(f"{killed.name}*"):  # a filter's state lies beside it
            shutil.copytree(path, path.with_name(path.name.replace(killed.name, out.name)))
        agains.append(_run(case, source, out, anew=False))
    if case.part == "all" and _tree(whole) != _tree(out):
        raise RuntimeError(f"{case.name}: what was gone on with is not what a whole run gives")
    start = Run(median(run.cpu_s for run in starts), median(run.wall_s for run in starts))
    print(
        f"  {case.name}: {[round(a.cpu_s - start.cpu_s, 3) for a in agains]} of "
        f"{[round(f.cpu_s - start.cpu_s, 3) for f in fulls]} s",
        file=sys.stderr,
    )
    return fulls, agains, start


def _moment(case: Case, whole: Run, start: Run) -> str:
    """When it is killed, as the worker is told."""
    if case.first:
        return f"read {SHARE}"
    if case.job in _RANKED:
        return f"cpu {start.cpu_s + SHARE * (whole.cpu_s - start.cpu_s)}"
    return f"written {int(SHARE * (whole.said or {})['written'])}"


def _remove(out: Path) -> None:
    """Also what a filter leaves beside it."""
    for path in out.parent.glob(f"{out.name}*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _run(case: Case, source: Path, out: Path, *, anew: bool = True) -> Run:
    out.parent.mkdir(exist_ok=True)
    if anew:
        _remove(out)
    os.sync()  # what was copied must not be written in the run's time
    settle.memory()
    done = command(_worker(case, source, out, "never", case.part), environment(1))
    assert done.said
    return replace(done, cpu_s=done.said["cpu_s"], wall_s=done.said["wall_s"])


def _kill(case: Case, source: Path, out: Path, when: str) -> None:
    for _ in range(_KILLS):
        _remove(out)
        done = subprocess.run(
            _worker(case, source, out, when, "all"), env=environment(1), cwd=ROOT, check=False
        )
        if done.returncode in (-signal.SIGKILL, -signal.SIGPROF):
            return
    raise RuntimeError(f"{case.name}: ended with {done.returncode} and was to be killed")


def _worker(case: Case, source: Path, out: Path, when: str, end: str) -> list[str]:
    job, options = case.words
    return [
        sys.executable,
        "-m",
        "bench.resume_worker",
        job,
        str(source),
        str(out),
        options,
        when,
        end,
    ]


def _tree(out: Path) -> dict[str, bytes]:
    """All results but what the run took."""
    if out.is_file():
        return {"": out.read_bytes()}
    paths = (path for path in out.rglob("*") if path.is_file() and path.name != "run.json")
    return {str(path.relative_to(out)): path.read_bytes() for path in paths}


def _inputs(found: corpus.Corpus, folder: Path) -> tuple[int, int]:
    """The same rows in every form, in one file and in eight, and one row; how many and how large."""
    import corpusmill  # noqa: PLC0415  (may not be built yet when others are benched)

    shutil.rmtree(folder, ignore_errors=True)
    (folder / "8").mkdir(parents=True)
    documents = size = 0
    lines = [
        json.dumps(row, ensure_ascii=False).encode() + b"\n"
        for row in _rows(found.folder / "english.jsonl")
    ]
    for name, some in (("1", lines), ("one", lines[:1])):
        (folder / name).mkdir()
        (folder / name / "rows.jsonl").write_bytes(b"".join(some))
    for number in range(files.SHARDS):
        part = lines[
            number * len(lines) // files.SHARDS : (number + 1) * len(lines) // files.SHARDS
        ]
        (folder / "8" / f"{number}.jsonl").write_bytes(b"".join(part))
    documents, size = len(lines), sum(map(len, lines))
    for name in ("1", "8", "one"):
        for form, options in _FORMS.items():
            corpusmill.shards.convert(folder / name, folder / "made", **options)
            (folder / "made/data").rename(folder / f"{form}-{name}")
            shutil.rmtree(folder / "made")
    for form, numbers in COPIES.items():
        source = next((folder / f"{form}-1").iterdir())
        for copies in numbers:
            (folder / f"{form}-{copies}").mkdir()
            for number in range(copies):
                path = folder / f"{form}-{copies}/{number}{source.suffix}"
                path.hardlink_to(source)
    return documents, size


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The corpus over and over, each time with its words in another order, up to MEGABYTES."""
    left, step = MEGABYTES * 1_000_000, 0
    while True:
        step += 1
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if step > 1:
                    words = row["text"].split()
                    row["text"] = " ".join(word for at in range(step) for word in words[at::step])
                    row["id"] += f"-{step}"
                left -= len(row["text"].encode())
                yield row
                if left < 0:
                    return
