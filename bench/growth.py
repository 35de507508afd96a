"""growth: how wall time, CPU time and memory grow with the number of documents.

    python -m bench.growth FOLDER --documents 100000 1000000 5000000

Each number of documents is deduplicated with a small budget of memory and with all that there is; the
documents (bench/synthetic.py) and outputs lie in FOLDER, about 2 KB a document.
Writes results/growth.json and prints its table.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from bench import machine, ours
from bench.process import Run, command, environment
from bench.results import CLOCKS, Line, Measurement, Result, figure
from bench.synthetic import CHUNK, Documents

JOB = "near-dedup of {:,} documents"
HELD, SPILLED = "all held", "{} budget"
_FACTS = ("threads", "wall_s", "cpu_s", "system_cpu_s", "spilled", "stages_wall_s", "memory_bytes")


def main() -> None:
    """Makes the documents, runs every size and mode in turn, saves and prints."""
    options = _options()
    data, out = options.folder / "growth", options.folder / "growth-out"
    files = Documents().write(data, max(options.documents))
    modes = {SPILLED.format(options.memory): options.memory, HELD: options.held}
    one = data / "one.jsonl"
    one.write_bytes(files[0].read_bytes().partition(b"\n")[0] + b"\n")
    startup = _run([one], out, options.held, options)
    result = Result("growth")
    result.versions = machine.versions("corpusmill", "numpy", "pyarrow")
    for documents in sorted(options.documents):
        chosen = files[: -(-documents // CHUNK)]
        runs: dict[str, list[Run]] = {mode: [] for mode in modes}
        for _ in range(options.rounds):
            for mode, memory in modes.items():
                if mode != HELD or documents <= options.most_held:
                    runs[mode].append(_run(chosen, out, memory, options))
        size = sum(file.stat().st_size for file in chosen)
        result.measurements += [
            Measurement(JOB.format(documents), mode, documents, size, of, options.threads, startup)
            for mode, of in runs.items()
            if of
        ]
    result.lines = [_line(each) for each in result.measurements]
    result.save()
    print(table(result.lines))


def _run(files: Sequence[Path], out: Path, memory: str, options: argparse.Namespace) -> Run:
    """One job in a process of its own, and what its run.json says."""
    shutil.rmtree(out, ignore_errors=True)
    words = ours.dedup(*files, target=out, verify=options.verify, threads=options.threads)
    done = command([*words, "--memory", memory], environment(options.threads))
    facts = json.loads((out / "run.json").read_text())
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    shutil.rmtree(out)
    print(f"  {len(files)} files, {memory}: {done.wall_s:.1f} s", file=sys.stderr)
    return replace(done, said={**{key: facts[key] for key in _FACTS}, "output_bytes": size})


def _line(each: Measurement) -> Line:
    """What a document costs, start-up subtracted; of memory both, as a budget counts both."""
    cpu, wall = (
        (median(getattr(run, clock) for run in each.runs) - getattr(each.startup, clock))
        / each.documents
        for clock in CLOCKS
    )
    peak, bare = (max(run.max_rss_bytes or 0 for run in of) for of in (each.runs, [each.startup]))
    spilled = each.runs[-1].said and each.runs[-1].said["spilled"]
    system = median(_system(run) for run in each.runs) - _system(each.startup)
    time = f"{figure(cpu * 1e6)} us CPU, {figure(system / each.documents * 1e6)} of them in the "
    time += f"system, {figure(wall * 1e6)} us wall a document"
    memory = f"peak {peak / 1e6:,.0f} MB: {bare / 1e6:,.0f} MB for a job of one document"
    memory += f" and {(peak - bare) / each.documents:,.0f} bytes a document"
    job = f"{each.job}, {each.contender}{', spilled' if spilled else ''}"
    return Line(job, time, memory)


def _system(run: Run) -> float:
    """Seconds of CPU in the kernel: pages of memory and of files."""
    return float(run.said["system_cpu_s"]) if run.said else 0.0


def table(lines: Sequence[Line]) -> str:
    """Markdown."""
    rows = [("job", "time", "memory"), ("---",) * 3]
    rows += [(line.job, line.ours, line.beside) for line in lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--documents", type=int, nargs="+", default=[100_000, 1_000_000, 5_000_000], metavar="N"
    )
    parser.add_argument("--memory", default="512MB", help="the small budget")
    parser.add_argument("--held", default="16GB", help="the budget in which all is held")
    parser.add_argument("--most-held", type=int, default=10**12, metavar="N")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--verify", default="exact", choices=["exact", "signature", "none"])
    options = parser.parse_args()
    if any(number % CHUNK for number in options.documents):
        parser.error(f"--documents: multiples of {CHUNK:,}, of which files are made")
    return options


if __name__ == "__main__":
    main()
