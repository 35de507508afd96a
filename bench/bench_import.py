"""All areas of corpusmill imported in a fresh process: seconds until that is done, memory over pyarrow."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from bench import corpus, environments, machine, ours
from bench.harness import Contenders, Ratio, Runs, alternate
from bench.process import Run, command, environment
from bench.results import Goal, Line, Measurement, Result

JOB = "import in a fresh process"

_AREAS = ("dedup", "ngram", "report", "select", "shards", "text")
_MODULES = {"corpusmill": ", ".join(f"corpusmill.{area}" for area in _AREAS)}
"""What is imported, where that is not the name: `import corpusmill` alone imports no area."""

_CODE = """
import json, time
began = time.perf_counter(), time.process_time()
import {name}
wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
import resource
rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps(dict(cpu_s=cpu, wall_s=wall, max_rss_bytes=rss)))
"""


def run(found: corpus.Corpus, rounds: int) -> Result:
    """Ours, pyarrow that it stands on, and the rivals; text plays no part."""
    del found
    result = Result("import", versions=machine.versions("corpusmill", "pyarrow"))
    result.missing = environments.ensure(environments.RIVALS)
    here = Path(sys.executable)
    contenders = {"pyarrow": here}
    if reason := ours.missing():
        result.missing.append(reason)
    else:
        contenders["corpusmill"] = here
    contenders |= dict.fromkeys(("gaoya", "rensa", "datasketch"), environments.RIVALS.python)
    imports: Contenders = {
        name: partial(_import, name, python)
        for name, python in contenders.items()
        if not any(line.startswith(name) for line in result.missing)
    }
    runs = alternate(imports, rounds)
    result.measurements = [Measurement(JOB, name, 0, 0, done) for name, done in runs.items()]
    result.lines = list(_lines(runs))
    return result


def _import(name: str, python: Path) -> Run:
    done = command([python, "-c", _CODE.format(name=_MODULES.get(name, name))], environment(1))
    return Run(**(done.said or {}))


def _lines(runs: Runs) -> Iterator[Line]:
    seconds = {name: _spread([run.wall_s for run in done]) for name, done in runs.items()}
    memory = {name: [(run.max_rss_bytes or 0) / 1e6 for run in done] for name, done in runs.items()}
    others = ", ".join(
        f"{name}: {s.middle:.3f} s" for name, s in seconds.items() if name != "corpusmill"
    )
    if "corpusmill" not in runs:
        yield Line(JOB, "", others)
        return
    took = seconds["corpusmill"]
    yield Line(f"{JOB}, seconds", f"{took.middle:.3f} s", others, took, Goal(0.3, at_most=True))
    over = _spread([a - b for a, b in zip(memory["corpusmill"], memory["pyarrow"], strict=True)])
    beside = f"pyarrow: {median(memory['pyarrow']):.0f} MB"
    total = f"{median(memory['corpusmill']):.0f} MB"
    yield Line(f"{JOB}, MB over pyarrow", total, beside, over, Goal(60, at_most=True))


def _spread(values: list[float]) -> Ratio:
    return Ratio(median(values), min(values), max(values))
