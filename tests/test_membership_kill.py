"""membership_kill: a filter of files that is killed while it is made, by SIGKILL, and made again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import documents

KILLER = """
import os, random, signal, sys, time
from pathlib import Path
from corpusmill.shards import build_filter
from corpusmill.shards.jobs.membership import build
from corpusmill.shards.reading import read
from corpusmill.shards.state import store

build.UNIT_SIZE, read.BLOCK_SIZE, store.SMALL_JOB = 40_000, 4_000, 0
folder, whole, path = map(Path, sys.argv[1:])
rng = random.Random(1)

def begin(to, threads):
    child = os.fork()
    if not child:
        build_filter(folder, to, threads=threads, items=500, n=3, allow_overfull=True)
        os._exit(0)
    return child

def ended(child):
    return os.waitpid(child, 0)[1]

began = time.perf_counter()
assert ended(begin(whole, 1)) == 0
full = time.perf_counter() - began
resumed = 0
for number in range(12):
    child = begin(path, 1 + number % 2)
    time.sleep(rng.uniform(0, full))
    os.kill(child, signal.SIGKILL)
    ended(child)
    resumed += (path.with_name("f.state") / "counted").exists()
    assert ended(begin(path, 1 + number % 2)) == 0
    assert path.read_bytes() == whole.read_bytes()
    assert not path.with_name("f.state").exists()
    path.unlink()
print(resumed)
"""


def test_a_build_killed_at_any_moment_ends_with_the_same_filter(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        lines = (json.dumps({"text": doc}) + "\n" for doc in documents.varied(600))
        (tmp_path / "in" / f"{name}.jsonl").write_text("".join(lines))
    command = [sys.executable, "-c", KILLER, tmp_path / "in", tmp_path / "whole", tmp_path / "f"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(done.stdout) >= 2
