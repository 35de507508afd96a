"""growth: how CPU time, wall time and memory grow with the number of documents.

    python -m bench.growth FOLDER
    python -m bench.growth FOLDER --documents 100000 20000000 --memory 2GB --rounds 1 \\
        --name growth-20m

Each number of documents is deduplicated with a small budget of memory and with all that there is, in
turn; the documents (bench/synthetic.py) and outputs lie in FOLDER, at most 2.5 KB a document. Writes
results/NAME.json and prints its tables; bench/growth_table.py puts what is saved into docs/scale.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median

from bench import growth_table, machine, ours
from bench.harness import Ratio, ratio
from bench.process import Run, command, environment
from bench.results import Clock, Goal, Line, Measurement, Result
from bench.synthetic import CHUNK, Documents

FLAT, OUT_OF_CORE = Goal(1.25, at_most=True), Goal(1.35, at_most=True)
SHORT = 1_000_000
"""Jobs of fewer documents take no time, and are measured three times as often."""

_FACTS = ("threads", "wall_s", "cpu_s", "system_cpu_s", "spilled", "stages_wall_s", "memory_bytes")


def main() -> None:
    """Makes the documents, runs every size and budget in turn, saves and prints."""
    options = _options()
    files = Documents().write(options.folder / "growth", max(options.documents))
    result = Result(options.name)
    result.versions = machine.versions("corpusmill", "numpy", "pyarrow")
    startup = _startup(files[0], options)
    for documents in sorted(options.documents):
        result.measurements += _measured(files[: documents // CHUNK], startup, options)
    result.lines = list(_lines(result.measurements))
    result.save()
    print(growth_table.render([growth_table.load(options.name)]))


def _startup(file: Path, options: argparse.Namespace) -> Run:
    """The middle one of a few jobs of one document."""
    one = file.with_name("one.jsonl")
    one.write_bytes(file.read_bytes().partition(b"\n")[0] + b"\n")
    runs = [_run([one], options.held, options) for _ in range(5)]
    times = {clock: median(getattr(run, clock) for run in runs) for clock in ("cpu_s", "wall_s")}
    return replace(runs[-1], **times)


def _measured(
    files: Sequence[Path], startup: Run, options: argparse.Namespace
) -> list[Measurement]:
    """The jobs on these files, with the small budget and with the other."""
    documents = len(files) * CHUNK
    runs: dict[str, list[Run]] = {options.memory: [], options.held: []}
    for _ in range(options.rounds * (3 if documents < SHORT else 1)):
        for memory, done in runs.items():
            done.append(_run(files, memory, options))
    job = f"near-dedup of {documents:,} documents"
    size = sum(file.stat().st_size for file in files)
    return [
        Measurement(job, memory, documents, size, done, options.threads, startup)
        for memory, done in runs.items()
    ]


def _run(files: Sequence[Path], memory: str, options: argparse.Namespace) -> Run:
    """One job in a process of its own, and what its run.json says."""
    out = options.folder / "growth-out"
    shutil.rmtree(out, ignore_errors=True)
    words = ours.dedup(*files, target=out, verify=options.verify, threads=options.threads)
    done = command([*words, "--memory", memory], environment(options.threads))
    facts = json.loads((out / "run.json").read_text())
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    shutil.rmtree(out)
    print(f"  {len(files)} files, {memory}: {done.wall_s:.1f} s", file=sys.stderr)
    return replace(done, said={**{key: facts[key] for key in _FACTS}, "output_bytes": size})


def _lines(measured: Sequence[Measurement]) -> Iterable[Line]:
    """What a document costs beside what it costs in the smallest job; of the budgets, beside each other."""
    for small, held in zip(measured[::2], measured[1::2], strict=True):
        for each, least in ((small, measured[0]), (held, measured[1])):
            if each is not least:
                job, beside = f"{each.job}, {each.contender}", f"{least.documents:,} documents"
                yield Line(f"{job}: CPU a document", "", beside, _grown(each, least, "cpu_s"), FLAT)
                yield Line(
                    f"{job}: wall a document", "", beside, _grown(each, least, "wall_s"), FLAT
                )
        if growth_table.spilled(asdict(small)):
            walls = [[run.wall_s for run in each.runs] for each in (small, held)]
            job = f"{small.job}, {small.contender}: wall"
            yield Line(job, "", f"{held.contender}", ratio(*walls), OUT_OF_CORE)


def _grown(each: Measurement, least: Measurement, clock: Clock) -> Ratio:
    """Of the medians; the lowest and highest that the rounds allow."""
    over, under = (
        sorted((getattr(run, clock) - getattr(of.startup, clock)) / of.documents for run in of.runs)
        for of in (each, least)
    )
    return Ratio(median(over) / median(under), over[0] / under[-1], over[-1] / under[0])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--documents", type=int, nargs="+", default=[100_000, 1_000_000, 5_000_000], metavar="N"
    )
    parser.add_argument("--memory", default="512MB", help="the small budget")
    parser.add_argument("--held", default="16GB", help="the budget in which all is held")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--verify", default="exact", choices=["exact", "signature", "none"])
    parser.add_argument("--name", default="growth", help="of the file of results")
    options = parser.parse_args()
    if any(number % CHUNK for number in options.documents):
        parser.error(f"--documents: multiples of {CHUNK:,}, of which files are made")
    return options


if __name__ == "__main__":
    main()
