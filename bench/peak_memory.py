"""What a job on texts takes of memory beyond them, at its peak: one line of JSON.

    python -m bench.peak_memory JOB FILE.jsonl      passages: `corpusmill.dedup.passages`
                                                    grams: n-grams as bench.ours_grams counts them

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


def main(job: str, path: str) -> None:
    """Loads the texts, forgets the peak of that, and does the job with one thread."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "texts.arrow")
        subprocess.run([sys.executable, "-m", "bench.peak_memory", "write", path, file], check=True)
        docs = pa.ipc.open_file(file.read_bytes()).read_all()["text"]
    work = {"passages": _passages, "grams": _grams}[job]
    work(pa.array(["a " * 300]))
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _kilobytes("VmRSS")
    result = work(docs)
    beyond = (_kilobytes("VmHWM") - before) * 1024
    said = {"beyond_bytes": beyond, "text_bytes": docs.nbytes, "result_bytes": result.nbytes}
    print(json.dumps(said))


def write(path: str, file: str) -> None:
    """The texts of the rows as an Arrow file."""
    with open(path, encoding="utf-8") as lines:  # noqa: PTH123
        docs = pa.array((json.loads(line)["text"] for line in lines), pa.large_string())
    with pa.ipc.new_file(file, pa.schema({"text": docs.type})) as writer:
        writer.write_table(pa.table({"text": docs}))


def _passages(docs: pa.Array | pa.ChunkedArray) -> pa.Array:
    import corpusmill  # noqa: PLC0415

    return corpusmill.dedup.passages(docs, threads=1)


def _grams(docs: pa.Array | pa.ChunkedArray) -> pa.Table:
    from bench import ours_grams  # noqa: PLC0415

    return ours_grams.signatures(docs, 1)


def _kilobytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    write(*sys.argv[2:]) if sys.argv[1] == "write" else main(*sys.argv[1:])
