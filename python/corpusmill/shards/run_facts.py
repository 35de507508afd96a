"""run_facts: what a run took, on which machine: OUT/run.json. The one file that reads the clock.

Outside every promise of equality; nothing here decides anything.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from corpusmill import _core
from corpusmill.shards import shape
from corpusmill.shards.ours import RUN, shown
from corpusmill.shards.reading.inputs import AnyPath, Input


class Stopwatch:
    """Started with the job; stages are told apart by `lap`."""

    def __init__(self) -> None:
        self._startup_cpu = time.process_time()
        self._start = self._lap = time.perf_counter()
        self._began = datetime.now(timezone.utc)
        self._stages: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._stages[stage] = self._stages.get(stage, 0.0) + now - self._lap
        self._lap = now

    def facts(self) -> dict[str, Any]:
        """Times in seconds; CPU seconds are the process's, from its birth."""
        return {
            "began": self._began.isoformat(),
            "wall_s": time.perf_counter() - self._start,
            "stages_wall_s": self._stages,
            "cpu_s": time.process_time(),
            "system_cpu_s": resource.getrusage(resource.RUSAGE_SELF).ru_stime,
            "startup_cpu_s": self._startup_cpu,
        }


def to_json(
    stopwatch: Stopwatch, inputs: Sequence[Input], threads: int, more: Mapping[str, Any]
) -> str:
    facts = stopwatch.facts() | {
        "threads": threads,
        **more,
        "max_rss_bytes": _max_rss(),
        "simd": _core.core.simd_level(),
        "versions": {"python": platform.python_version()}
        | {
            name: version(name)
            for name in ("corpusmill", "numpy", "pyarrow", "isal", "deflate", "zstandard")
        },
        "machine": _machine(),
        "inputs": [shown(file.path) for file in inputs],
    }
    return json.dumps(facts, indent=1, ensure_ascii=False) + "\n"


_SHAPES: shape.Shape = dict.fromkeys(
    ("wall_s", "cpu_s", "system_cpu_s", "startup_cpu_s"), shape.NUMBER
)
_SHAPES |= {"stages_wall_s": {str: shape.NUMBER}, "versions": {str: str}, "inputs": [str]}
_SHAPES |= {"began": str, "machine": str, "simd": str, "threads": int, "max_rss_bytes": int}


def load(out: AnyPath) -> dict[str, Any]:
    """What run.json in a job's output folder says; nothing if there is none that can be read."""
    try:
        facts: Any = json.loads((Path(out) / RUN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return shape.fitting(facts, _SHAPES) if isinstance(facts, dict) else {}


def began_ns(facts: Mapping[str, Any]) -> int:
    """When the run began, in nanoseconds since 1970; 0 if the facts do not say."""
    try:
        return int(datetime.fromisoformat(facts["began"]).timestamp() * 1e9)
    except (KeyError, TypeError, ValueError):
        return 0


def _machine() -> str:
    """platform.platform() starts a process, which would hold the lock on OUT if this one were killed then."""
    system = os.uname()
    return f"{system.sysname}-{system.release}-{system.machine}"


def _max_rss() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
