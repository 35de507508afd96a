"""The end-to-end jobs as commands: JSON lines in, near-duplicates out at 0.8, JSON lines out.

Each job writes into a fresh folder, is run with a single row to know what starting up costs, and
says which of the planted pairs it found. Knows no ratios and no goals.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from bench import environments, files, ours
from bench.process import Run, command, environment

_identity = re.compile(rb'"id": ?"(\w+)"').search

FACTS = ("threads", "wall_s", "cpu_s", "startup_cpu_s", "max_rss_bytes", "stages_wall_s", "simd")
"""What is kept of a job's run.json: no place, no machine's name."""


@dataclass(frozen=True)
class Job:
    """A contender, the file or folder it reads, its threads; how ours verifies, and if it reports."""

    name: str
    file: str = "english.jsonl"
    threads: int = 1
    verify: str = "signature"
    rival: str = ""
    report: bool = False

    def run(self, folder: Path, *, file: str | None = None) -> Run:
        """One run from nothing; of another file, if named.

        Wall time of ours is by the job's own clock: of a process that starts up for twice as long as it
        works, what is left when that is taken off would be noise.
        """
        source = folder / (file or self.file)
        target = self.output(folder)
        shutil.rmtree(target, ignore_errors=True)
        variables = environment(self.threads)
        if not self.rival:
            words = ours.dedup(source, target=target, verify=self.verify, threads=self.threads)
            done = command([*words, "--report" if self.report else "--no-report"], variables)
            facts = json.loads((target / "run.json").read_text())
            said = {key: facts[key] for key in FACTS}
            return replace(done, wall_s=facts["wall_s"], said=said)
        target.mkdir(parents=True)
        module = f"bench.rivals.{self.rival.replace('-', '_')}"
        words = [_python(self.rival), "-m", module, source, target / "kept.jsonl"]
        return command(words, variables)

    def output(self, folder: Path) -> Path:
        """The folder it writes to; a run leaves its output there."""
        return folder / "out" / re.sub(r"\W+", "-", self.name)


def kept(job: Job, folder: Path) -> set[str]:
    """The ids of the rows a plain job kept."""
    out = job.output(folder)
    return set().union(
        *(_ids(path) for path in out.rglob("*.jsonl") if "rejected" not in path.parts)
    )


def found(job: Job, folder: Path, threshold: float) -> float:
    """Of planted pairs at least that similar, both in the input, the share with a row dropped."""
    before, after = _ids(folder / job.file), kept(job, folder)
    pairs = [(p.copy, p.original) for p in files.planted(folder) if p.jaccard >= threshold]
    pairs = [pair for pair in pairs if before.issuperset(pair)]
    return sum(not after.issuperset(pair) for pair in pairs) / max(1, len(pairs))


def _ids(path: Path) -> set[str]:
    with path.open("rb") as lines:
        return {match[1].decode() for line in lines if (match := _identity(line))}


def _python(rival: str) -> Path:
    own = rival == "text-dedup"
    return (environments.TEXT_DEDUP if own else environments.RIVALS).python
