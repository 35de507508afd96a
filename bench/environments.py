"""The rivals' virtual environments under build/, made once: `python -m bench.environments`.

gaoya, rensa and datasketch share one; text-dedup, whose pins shut out newer libraries, has its own
and goes in without the Spark, ONNX and Sphinx it asks for and this job never touches; so does dolma, for pip
takes all versions of boto3 before it finds one that fits; tokenizers without the hub's client; datatrove needs an older xxhash. What cannot be had for this Python is left out, and every output says so.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_BUILD = _HERE.parent / "build"
_PATIENCE = 300  # seconds; pip may go on choosing versions for longer than a bench is worth


@dataclass(frozen=True)
class Environment:
    """A folder under build/, what goes in, and what of that goes in without its dependencies."""

    name: str
    alone: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return _BUILD / f"bench-{self.name}"

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def requirements(self) -> list[str]:
        lines = (_HERE / f"requirements-{self.name}.txt").read_text().splitlines()
        return [line for line in lines if line and not line.startswith("#")]


RIVALS = Environment("rivals")
DSIR = Environment("dsir")
TEXT_DEDUP = Environment("text-dedup", alone=("text-dedup",))
DATATROVE = Environment("datatrove")
TRAIN = Environment("train", alone=("tokenizers",))
DOLMA = Environment("dolma", alone=("dolma",))
TOKENIZERS = Environment("tokenizers")
SCORING = Environment("scoring")


def ensure(environment: Environment) -> list[str]:
    """Makes the environment unless it stands as asked; returns the requirements not to be had."""
    stamp = environment.folder / "installed.json"
    asked = [sys.version, *environment.requirements]
    key = hashlib.sha256("\n".join(asked).encode()).hexdigest()
    if stamp.exists():
        known = json.loads(stamp.read_text())
        if known["key"] == key:
            missing: list[str] = known["missing"]
            return missing
    print(f"making {environment.folder.name} ...", file=sys.stderr)
    venv.create(environment.folder, clear=True, with_pip=True)
    missing = _install(environment)
    stamp.write_text(json.dumps({"key": key, "missing": missing}) + "\n")
    return missing


def versions(environment: Environment) -> dict[str, str]:
    """Package versions, as the environment itself says."""
    code = (
        "import importlib.metadata as m, json, sys;"
        "print(json.dumps({d.name: d.version for d in m.distributions() if d.name in sys.argv}))"
    )
    names = [line.split("==")[0] for line in environment.requirements]
    words = [str(environment.python), "-c", code, *names]
    done = subprocess.run(words, check=True, capture_output=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def _install(environment: Environment) -> list[str]:
    try:
        return _installed_apart(environment)
    except subprocess.TimeoutExpired:
        print(f"pip found no answer in {_PATIENCE} s", file=sys.stderr)
        return environment.requirements


def _installed_apart(environment: Environment) -> list[str]:
    alone = [line for line in environment.requirements if line.split("==")[0] in environment.alone]
    rest = [line for line in environment.requirements if line not in alone]
    failed = [line for line in alone if not _pip(environment, "--no-deps", line)]
    if _pip(environment, *rest):
        return failed
    return failed + [line for line in rest if not _pip(environment, line)]


def _pip(environment: Environment, *words: str) -> bool:
    pip = [str(environment.python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
    done = subprocess.run(
        [*pip, *words], check=False, capture_output=True, text=True, timeout=_PATIENCE
    )
    if done.returncode:
        print(done.stderr.strip().rpartition("\n")[2], file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    for made in (RIVALS, DSIR, TEXT_DEDUP, DATATROVE, TRAIN, DOLMA, TOKENIZERS, SCORING):
        for requirement in ensure(made):
            print(f"{requirement}: not to be had for Python {sys.version.split()[0]}; left out")
