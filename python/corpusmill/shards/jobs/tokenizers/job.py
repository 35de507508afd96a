"""job: what tokenizers make of a corpus, in one pass over its text. Writes nothing and drops nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from corpusmill import _arrays, _arrow, _check, _core
from corpusmill._tokenizer_signals import Counting, signals
from corpusmill._tokenizer_sums import Tally, keys
from corpusmill.shards import passes
from corpusmill.shards.errors import UsageError
from corpusmill.shards.ledger import problems
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Meter, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.inputs import AnyPath, find
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.reading.values import Value


@dataclass(frozen=True)
class TokenizerReport:
    """`table` is that of `corpusmill.tokenizer.report`."""

    table: pa.Table
    problems: list[str]  # what a user must know before using these numbers; empty if all is well


def tokenizers(
    inputs: AnyPath | Sequence[AnyPath],
    tokenizers: Mapping[str, Counting],
    *,
    text: str = "text",
    by: str | None = None,
    parallel: str | None = None,
    baseline: str | None = None,
    threads: int = 0,
    max_rejected: float = 0.001,
    progress: Report | None = None,
) -> TokenizerReport:
    """What tokenizers make of the rows of shards, by language, source or whatever groups them.

    inputs          files, folders and globs, as `dedup` takes them
    tokenizers      by the names that the report gives them
    text            the field that holds a row's text
    by              the field that holds its group, strings or whole numbers; rows that have none are
                    in the line of all documents alone
    parallel        the field whose equal values pair rows of different groups that say the same
    baseline        the group that the others are compared with, if rows are parallel
    threads         0: as many as this process may use; the answer does not depend on it
    max_rejected    share of rows that may be no good rows before `problems` says so
    progress        called from this thread with a `Progress`, a few times a second

    One pass, linear time for each tokenizer. Memory is a few blocks of 1.5 MiB a thread with their
    words, what tokenizers remember, and 16 bytes and 8 for each tokenizer of every parallel row.

    Raises UsageError (a ValueError) for wrong options, no input, or a field that none of the first 1,000
    rows has; JobError if an input changes meanwhile.
    """
    try:
        threads = _core.core.resolve_threads(_check.threads(threads))
        if not 0 <= max_rejected <= 1:
            raise ValueError(f"max_rejected: expected 0 to 1, got {max_rejected!r}")
        if not tokenizers:
            raise ValueError("tokenizers: expected at least one")
        if (parallel is None) != (baseline is None) or (parallel is not None and by is None):
            raise ValueError("parallel and baseline: pass both and `by`, or neither")
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from None
    shards = [Shard(file) for file in find(inputs, os.devnull)]  # no output: nothing lies inside it
    for option, name in (("text", text), ("by", by), ("parallel", parallel)):
        if name is not None:
            fields.check(shards, option, name)
    counting = TokenizersPass(shards, _Asked(Fields(text, None, None), by, parallel), tokenizers)
    passes.run(
        counting,
        len(shards),
        threads=threads,
        stop=threading.Event(),
        report=progress or (lambda _: None),
    )
    table = counting.tally.table(baseline)
    if baseline is not None and baseline not in table["group"].to_pylist():
        raise UsageError(f"baseline: no row has {baseline!r} in its field {by!r}")
    read = [_Read(shown(shard.input.name), shard.status, shard.error) for shard in shards]
    return TokenizerReport(
        table, problems(read, counting.rejected, counting.num_rows, max_rejected)
    )


class _Read(NamedTuple):
    """What became of an input file."""

    path: str
    status: str
    error: str | None


class _Asked(NamedTuple):
    """The fields of a row that are read."""

    fields: Fields
    by: str | None
    parallel: str | None

    @property
    def others(self) -> list[str]:
        return [name for name in (self.by, self.parallel) if name is not None]


class TokenizersPass:
    """Takes the signals of all blocks and sums them."""

    def __init__(
        self, shards: Sequence[Shard], asked: _Asked, tokenizers: Mapping[str, Counting]
    ) -> None:
        self._shards, self._asked = shards, asked
        self._tokenizers = list(tokenizers.values())
        self._lock = threading.Lock()
        self.tally = Tally(tokenizers)
        self.rejected = self.num_rows = 0
        self.meter = Meter("tokenizers", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        names = [*self._asked.fields.names(), *self._asked.others]
        return self._shards[shard].first(self.meter.add_bytes, names)

    def work(self, _: int, block: Block) -> None:
        found = block.rows(self._asked.fields)
        texts = _arrow.Strings(*_arrow.imported(found.texts))
        counted = signals(texts, self._tokenizers, 1)
        values = block.values(found.rows, [(name,) for name in self._asked.others])
        of = {
            name: _texts(value, len(counted))
            for name, value in zip(self._asked.others, values, strict=True)
        }
        groups = [None] * len(counted) if self._asked.by is None else of[self._asked.by]
        of_keys = None
        if self._asked.parallel is not None:
            of_keys = keys(_arrow.strings(_arrays.of_texts(of[self._asked.parallel])))
        rejected = len(found.rows.rejected_reason)
        with self._lock:
            try:
                self.tally.add(counted, groups, of_keys)
            except ValueError as error:
                raise UsageError(str(error)) from None
            self.rejected += rejected
            self.num_rows += len(counted) + rejected
        self.meter.add_rows(len(counted) + rejected)

    def finish(self, shard: int) -> None:
        """Nothing is left to do for a shard alone."""


def _texts(value: Value, num_rows: int) -> list[str | None]:
    """Of strings and whole numbers; None for anything else."""
    found: list[str | None] = [None] * num_rows
    for kind in ("string", "whole"):
        if kind not in value:
            continue
        entries, valid = value[kind]
        every: list[Any] = entries.to_pylist() if kind == "string" else entries.tolist()
        for row in np.flatnonzero(np.broadcast_to(valid, num_rows)).tolist():
            found[row] = str(every[row])
    return found
