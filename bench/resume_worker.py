"""A job in a process of its own, killed if asked: `python -m bench.resume_worker dedup IN OUT '{}' BYTES`.

It dies by SIGKILL just before the write that would bring its outputs beyond so many bytes, so that all
of that write is lost; 0: it lives. Prints how many bytes of outputs it has written, and what it took over.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from corpusmill import shards
from corpusmill.shards.reading.pieces import Bytes
from corpusmill.shards.writing import sink


def main(command: str, source: str, out: str, options: str, most: int) -> None:
    """Counts what goes to files, whatever their format."""
    written, write = 0, sink.Sink.write

    def counted(to: sink.Sink, data: Bytes) -> int:
        nonlocal written
        written += len(data)
        if 0 < most < written:
            os.kill(os.getpid(), signal.SIGKILL)
        return write(to, data)

    sink.Sink.write = counted  # type: ignore[assignment,method-assign]
    getattr(shards, command)(source, out, threads=1, **json.loads(options))
    facts = json.loads((Path(out) / "run.json").read_text())
    taken = {name: facts[name] for name in ("resumed_bytes", "stages_wall_s", "startup_cpu_s")}
    print(json.dumps({"written": written, **taken}))


if __name__ == "__main__":
    command, source, out, options, most = sys.argv[1:]
    main(command, source, out, options, int(most))
