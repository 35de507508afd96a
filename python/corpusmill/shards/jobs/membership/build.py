"""build: a filter of the items of files, in one pass over their text. Has no output folder."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from corpusmill import _check, _core
from corpusmill.ngram import BloomFilter
from corpusmill.shards import passes
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.gate import Gate
from corpusmill.shards.jobs.membership.saved_build import UNIT_SIZE, SavedBuild
from corpusmill.shards.jobs.saved_filter import check_unit
from corpusmill.shards.ledger import Counts, problems
from corpusmill.shards.need import EXPANSION
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Meter, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.inputs import AnyPath, check_no_input, find
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.state import stages, store

SOFTWARE = {"corpusmill": version("corpusmill"), "filter_version": 1}
"""What decides the filter besides options and inputs."""


@dataclass(frozen=True)
class Built:
    """What went into a filter."""

    rows: int
    rejected: Counts  # rows, by reason
    items: int  # added, repeats included
    distinct: float  # about how many different ones
    rate: float  # of false positives, as the filter is
    bytes: int  # of the filter
    problems: list[str]  # what a user must know before using it; empty if all is well


def build_filter(
    inputs: AnyPath | Sequence[AnyPath],
    path: AnyPath,
    *,
    items: int,
    text: str = "text",
    threads: int = 0,
    max_rejected: float = 0.001,
    progress: Report | None = None,
    **options: Any,
) -> Built:
    """Makes a `corpusmill.ngram.BloomFilter` of the texts of files, and saves it.

    inputs          files, folders and globs, as `dedup` takes them
    path            the filter's file, which takes its name when it is whole; a filter that was there
                    stays until then, and any other file stays
    items           how many different items are expected; see `BloomFilter`, as for all options:
                    fp_rate, n, unit, stride, squeeze, allow_overfull
    text            the field that holds a row's text; rows without one are left out and counted
    max_rejected    share of rows that may be left out before `Built.problems` says so
    progress        called from this thread with a `Progress`, a few times a second
    returns         what went in; read its `problems`

    One pass, linear time; memory for the filter and a few blocks of 1.5 MiB a thread. The file is the
    same, byte for byte, for any threads and order of inputs. Of more than 128 MiB of text the filter so
    far is saved in a folder `path`.state, after each 16 MiB and as many bytes as it has, and a job that was
    killed goes on from there.

    Raises UsageError (a ValueError) for wrong options, no input, or a text field that none of the
    first 1,000 rows has; JobError if an input changes meanwhile, or the filter is overfull.
    """
    try:
        bloom = BloomFilter(items, **options)
        check_unit(bloom, "")
        threads = _core.core.resolve_threads(_check.threads(threads))
        if not 0 <= max_rejected <= 1:
            raise ValueError(f"max_rejected: expected 0 to 1, got {max_rejected!r}")
        if not Path(path).absolute().parent.is_dir():
            raise ValueError(f"{shown(path)!r}: lies in no folder that is there")
        _check_no_other(path)
    except (TypeError, ValueError, MemoryError) as error:
        raise UsageError(str(error)) from None
    found = find(inputs, path)
    check_no_input("path", path, inputs, found)
    shards = [Shard(file) for file in found]
    fields.check(shards, "text", text)
    long = sum(file.size * EXPANSION[file.format] for file in found) > store.SMALL_JOB
    key = stages.key_of(SOFTWARE, bloom.options, bloom.allow_overfull, text)
    saved = SavedBuild(Path(path), shards, key) if long else None
    report = progress or (lambda _: None)
    with saved.held() if saved else nullcontext():
        adding = _AddPass(shards, bloom, text, saved)
        try:
            passes.run(adding, len(shards), threads=threads, stop=adding.stop, report=report)
            adding.bloom.bits()  # overfull: a ValueError
        except ValueError as error:
            if saved:
                saved.done()
            raise JobError(str(error)) from None
        bloom = adding.bloom
        _save(bloom, path)
        if saved:
            saved.done()
    files = [_File(shown(shard.input.name), shard.status, shard.error) for shard in shards]
    rejected = adding.rejected
    return Built(
        rows=adding.rows,
        rejected=dict(sorted(rejected.items())),
        items=bloom.added,
        distinct=bloom.distinct,
        rate=bloom.rate,
        bytes=bloom.nbytes,
        problems=problems(files, rejected.total(), adding.rows + rejected.total(), max_rejected),
    )


def _save(bloom: BloomFilter, path: AnyPath) -> None:
    try:
        bloom.save(path)
    except OSError as error:
        raise JobError(
            f"cannot write {shown(path)}: {error.strerror}; make room there or name another file, "
            "and run again"
        ) from None


def _check_no_other(path: AnyPath) -> None:
    """ValueError if what is there is no filter: a mistaken name takes nobody's file away."""
    try:
        BloomFilter.load(Path(path), allow_overfull=True)
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{shown(path)!r} is there and is no filter ({error}); name another file"
        ) from None


@dataclass(frozen=True)
class _File:
    path: str
    status: str
    error: str | None


class _AddPass:
    """Adds the texts of all blocks, in any order."""

    def __init__(
        self, shards: Sequence[Shard], bloom: BloomFilter, text: str, saved: SavedBuild | None
    ) -> None:
        self._shards = shards
        self._fields = Fields(text, None, None)
        self._lock = threading.Lock()
        self._saved = saved
        self._ended: set[int] = set()
        self.bloom, self.rows, self.rejected = bloom, 0, Counter[str]()
        every = None
        if saved:
            for shard in shards:
                shard.look()
            self.bloom, self.rows, self.rejected = saved.take_over(bloom)
            every = UNIT_SIZE + bloom.nbytes
        self.stop = threading.Event()
        self._gate = Gate(self.stop, every, self._save)
        self.meter = Meter("build", sum(shard.input.size for shard in shards))

    def _save(self) -> None:
        assert self._saved
        self._saved.save(self.bloom, self._ended.__contains__, self.rows, self.rejected)

    def blocks(self, shard: int) -> Blocks:
        blocks = self._shards[shard].first(self.meter.add_bytes, self._fields.names())
        return self._gate.through(blocks)

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        for chunk in found.texts:
            self.bloom.add(chunk, threads=1)
        with self._lock:
            self.rows += found.rows.num_rows
            self.rejected.update(found.rows.rejected_reason)
        self.meter.add_rows(found.rows.num_rows + len(found.rows.rejected_reason))
        self._gate.done(self._shards[shard].size_of([block.index]))

    def finish(self, shard: int) -> None:
        self._ended.add(shard)
