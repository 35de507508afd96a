"""Starts one command from a small process and prints what it cost, as one line of JSON.

    python -I -S launch.py COMMAND ...

A child begins with the memory peak of whoever starts it, so the bench, which holds texts, does not
start commands itself. Standard library only; knows nothing of the bench.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time

_LAST = 4000  # bytes of each output that are handed on


def main() -> None:
    """Runs the command line's command; its exit code and the ends of its outputs are in the line."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        child = subprocess.Popen(sys.argv[1:], stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        tails = []
        for stream in (out, err):
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - _LAST))
            tails.append(stream.read().decode(errors="replace"))
    cost = {
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "wall_s": wall,
        "max_rss_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "code": child.returncode,
        "out": tails[0],
        "err": tails[1],
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
