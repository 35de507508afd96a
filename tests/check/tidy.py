"""tidy: runs clang-tidy on our own translation units, two at a time. Usage: tidy.py BUILD TIDY."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

GENERATED = {"unicode_tables.cpp", "category_runs.cpp", "library_runs.cpp"}


def units(build: Path) -> list[str]:
    """Our sources, each once; generated tables and the levels above the baseline left out.

    Bindings too: they compute nothing, and reading pybind11's templates takes longer than all else.
    """
    entries = json.loads((build / "compile_commands.json").read_text())
    files = {Path(entry["file"]) for entry in entries}
    ours = (file for file in files if file.name not in GENERATED and file.parent.name != "bind")
    return sorted(map(str, ours))


def tidy(build: Path, program: str, file: str) -> str:
    done = subprocess.run(
        [program, "--quiet", "-p", str(build), file], check=False, capture_output=True, text=True
    )
    return done.stdout if done.returncode else ""


def main() -> int:
    build, program = Path(sys.argv[1]), sys.argv[2]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda file: tidy(build, program, file), units(build)))
    sys.stdout.write("".join(found))
    return 1 if any(found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
