"""What `corpusmill.dedup.passages` takes of memory beyond the text, at its peak: one line of JSON.

    python -m bench.passage_memory FILE.jsonl

The texts come from a process that has read them, so that none of the memory that reading took is there to
be used again. Linux alone tells a process's peak since a moment.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa


def main(path: str) -> None:
    """Loads the texts, forgets the peak of that, and finds their passages with one thread."""
    import corpusmill  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        file = Path(folder, "texts.arrow")
        subprocess.run([sys.executable, "-m", "bench.passage_memory", path, file], check=True)
        docs = pa.ipc.open_file(file.read_bytes()).read_all()["text"]
    corpusmill.dedup.passages(["a" * 300], threads=1)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _kilobytes("VmRSS")
    corpusmill.dedup.passages(docs, threads=1)
    beyond = (_kilobytes("VmHWM") - before) * 1024
    print(json.dumps({"bytes_per_byte": beyond / docs.nbytes}))


def write(path: str, file: str) -> None:
    """The texts of the rows as an Arrow file."""
    with open(path, encoding="utf-8") as lines:  # noqa: PTH123
        docs = pa.array((json.loads(line)["text"] for line in lines), pa.large_string())
    with pa.ipc.new_file(file, pa.schema({"text": docs.type})) as writer:
        writer.write_table(pa.table({"text": docs}))


def _kilobytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main(sys.argv[1]) if len(sys.argv) == 2 else write(sys.argv[1], sys.argv[2])
