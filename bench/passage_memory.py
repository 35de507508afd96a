"""What `corpusmill.dedup.passages` takes of memory beyond the text, at its peak: one line of JSON.

    python -m bench.passage_memory FILE.jsonl

Linux alone tells a process's peak since a moment.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa


def main(path: str) -> None:
    """Loads the texts, forgets the peak of that, and finds their passages with one thread."""
    import corpusmill  # noqa: PLC0415

    with open(path, encoding="utf-8") as lines:  # noqa: PTH123
        docs = pa.array((json.loads(line)["text"] for line in lines), pa.large_string())
    corpusmill.dedup.passages(["a" * 300], threads=1)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _kilobytes("VmRSS")
    corpusmill.dedup.passages(docs, threads=1)
    beyond = (_kilobytes("VmHWM") - before) * 1024
    print(json.dumps({"bytes_per_byte": beyond / docs.nbytes}))


def _kilobytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main(sys.argv[1])
