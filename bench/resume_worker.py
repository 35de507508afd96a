"""A job in a process of its own, killed if asked: `python -m bench.resume_worker dedup IN OUT '{}' WHEN END`.

It dies by a signal that nobody handles. WHEN is "written BYTES": just before the write that would bring
its outputs beyond so many, so that all of that write is lost; "read SHARE": when so much of its first pass
is read; "cpu SECONDS": when it has had so much CPU time, whatever it is at; or "never". END is "pass" if
it ends behind its first pass. Prints how many bytes of outputs it has written, and what the job took
by its own clock: that of the process runs while Python starts, which takes longer than some jobs.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any

from corpusmill import ngram, shards
from corpusmill.shards import passes, progress
from corpusmill.shards.reading.pieces import Bytes
from corpusmill.shards.writing import sink

_TERMS = ["New York", "university", "the United States", "machine learning", "fish", "of course"]


def main(job: Sequence[str], when: str, end: str) -> None:
    """Counts what goes to files, whatever their format."""
    command, source, out, options = job
    written, write = 0, sink.Sink.write
    dies, _, amount = when.partition(" ")
    most = int(amount) if dies == "written" else sys.maxsize
    if dies == "read":
        _die_in_the_first_pass(float(amount))
    elif dies == "cpu":
        signal.setitimer(signal.ITIMER_PROF, float(amount))

    def counted(to: sink.Sink, data: Bytes) -> int:
        nonlocal written
        written += len(data)
        if written > most:
            os.kill(os.getpid(), signal.SIGKILL)
        return write(to, data)

    sink.Sink.write = counted  # type: ignore[assignment,method-assign]
    clock = _Clock()
    if end == "pass":
        _end_behind_the_first_pass(clock)
    if command == "count_terms":
        found = shards.count_terms(source, out, ngram.Terms(_TERMS), threads=1)
    else:
        found = getattr(shards, command)(source, out, threads=1, **json.loads(options))
    clock.say(written)
    del found


class _Clock:
    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def say(self, written: int) -> None:
        cpu, wall = time.process_time() - self._cpu, time.perf_counter() - self._wall
        print(json.dumps({"written": written, "cpu_s": cpu, "wall_s": wall}), flush=True)


def _end_behind_the_first_pass(clock: _Clock) -> None:
    run = passes.run

    def only(*arguments: Any, **options: Any) -> None:
        run(*arguments, **options)
        clock.say(0)
        os._exit(0)

    passes.run = only


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
    main(sys.argv[1:5], *sys.argv[5:])
