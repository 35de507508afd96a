"""What a number must carry: the processor, its instruction levels, versions, commit and date.

Names no host, user or path."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

_LEVELS = {
    "v3": {"avx2", "bmi1", "bmi2", "fma", "movbe", "f16c"},
    "v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
}


def machine() -> dict[str, object]:
    """Processor model, cores this process may use, memory, x86-64 levels beyond the baseline."""
    model, flags = _cpu()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": model,
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_gb": round(pages / 1e9),
        "simd": ["baseline", *(level for level, needs in _LEVELS.items() if needs <= flags)],
        "system": platform.system(),
        "python": platform.python_version(),
    }


def _cpu() -> tuple[str, set[str]]:
    model, flags = platform.processor() or platform.machine(), set[str]()
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else []:
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            model = value.strip()
        elif name.strip() == "flags":
            flags = set(value.split())
    return model, flags


def versions(*packages: str) -> dict[str, str]:
    """Versions of packages in this interpreter; one that is not here is left out."""
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """The checkout's commit, with a plus where files differ from it; empty outside a checkout."""
    words = ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    here = Path(__file__).parent
    done = subprocess.run(words, cwd=here, check=False, capture_output=True, text=True)
    return done.stdout.strip()


def load() -> float:
    """How many processes wanted a core in the last minute: what else the machine was doing."""
    return round(os.getloadavg()[0], 1)


def today() -> str:
    """The date, in UTC."""
    return dt.datetime.now(dt.timezone.utc).date().isoformat()
