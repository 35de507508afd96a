"""A job in a process of its own, killed if asked: `python -m bench.resume_worker dedup IN OUT '{}' WHEN`.

It dies by SIGKILL. WHEN is a number of bytes: just before the write that would bring its outputs beyond
so many, so that all of that write is lost; or a share below 1: when so much of its first pass is read;
or 0: it lives. Prints how many bytes of outputs it has written, and what it took over.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from corpusmill import shards
from corpusmill.shards import progress
from corpusmill.shards.reading.pieces import Bytes
from corpusmill.shards.writing import sink


def main(command: str, source: str, out: str, options: str, when: float) -> None:
    """Counts what goes to files, whatever their format."""
    written, write = 0, sink.Sink.write
    if 0 < when < 1:
        _die_in_the_first_pass(when)

    def counted(to: sink.Sink, data: Bytes) -> int:
        nonlocal written
        written += len(data)
        if 1 <= when < written:
            os.kill(os.getpid(), signal.SIGKILL)
        return write(to, data)

    sink.Sink.write = counted  # type: ignore[assignment,method-assign]
    getattr(shards, command)(source, out, threads=1, **json.loads(options))
    facts = json.loads((Path(out) / "run.json").read_text())
    taken = {name: facts[name] for name in ("resumed_bytes", "stages_wall_s", "startup_cpu_s")}
    print(json.dumps({"written": written, **taken}))


def _die_in_the_first_pass(share: float) -> None:
    """Whatever the job reads first is its first pass."""
    add_bytes = progress.Meter.add_bytes

    def counted(meter: progress.Meter, count: int) -> None:
        add_bytes(meter, count)
        now = meter.read()
        if now.done_bytes >= share * now.total_bytes:
            os.kill(os.getpid(), signal.SIGKILL)

    progress.Meter.add_bytes = counted  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    command, source, out, options, when = sys.argv[1:]
    main(command, source, out, options, float(when))
