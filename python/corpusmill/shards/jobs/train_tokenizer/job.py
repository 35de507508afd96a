"""job: a tokenizer learned from the texts of files, in one pass over them. Has no output folder."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusmill import _check, _core
from corpusmill._tokenizer_train import Learner, Learning
from corpusmill.shards import passes
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.ledger import Counts, problems
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Meter, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.inputs import AnyPath, check_no_input, find
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.tokenizer import Tokenizer


@dataclass(frozen=True)
class Trained:
    """What a tokenizer was learned from."""

    rows: int
    rejected: Counts  # rows, by reason
    vocab_size: int
    problems: list[str]  # what a user must know before using it; empty if all is well


def train_tokenizer(
    inputs: AnyPath | Sequence[AnyPath],
    path: AnyPath,
    *,
    vocab_size: int,
    pattern: str = "cl100k",
    special_tokens: Sequence[str] = (),
    superwords: int = 0,
    min_count: int = 2,
    max_token_bytes: int = 256,
    text: str = "text",
    threads: int = 0,
    max_rejected: float = 0.001,
    memory: int | str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
) -> Trained:
    """Trains a `corpusmill.tokenizer.Tokenizer` on the texts of files, and saves it.

    inputs          files, folders and globs, as `dedup` takes them
    path            the tokenizer's file: a tokenizer.json, or ranks if it ends in .tiktoken. One that
                    is there is replaced if `overwrite`
    text            the field that holds a row's text; rows without one are left out and counted
    max_rejected    share of rows that may be left out before `Trained.problems` says so
    memory          of the different pieces of the texts: more is refused. A few blocks of 1.5 MiB a
                    thread come on top
    progress        called from this thread with a `Progress`, a few times a second
    returns         what went in; read its `problems`

    The rest as for `Tokenizer.train`. One pass; the file is the same, byte for byte, for any threads
    and order of inputs. A job that was killed begins anew.

    Raises UsageError (a ValueError) for wrong options, no input, or a text field that none of the
    first 1,000 rows has; JobError if an input changes meanwhile, or the texts do not fit in `memory`.
    """
    try:
        threads = _core.core.resolve_threads(_check.threads(threads))
        how = Learning.of(
            min_count=min_count,
            max_token_bytes=max_token_bytes,
            memory=memory,
            threads=threads,
            cache_bytes=0,
        )
        learner = Learner(
            vocab_size,
            pattern=pattern,
            special_tokens=special_tokens,
            superwords=superwords,
            how=how,
        )
        if not 0 <= max_rejected <= 1:
            raise ValueError(f"max_rejected: expected 0 to 1, got {max_rejected!r}")
        _check_path(Path(path), overwrite=overwrite)
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from None
    found = find(inputs, path)
    check_no_input("path", path, inputs, found)
    shards = [Shard(file) for file in found]
    fields.check(shards, "text", text)
    learning = _LearnPass(shards, learner, text)
    report = progress or (lambda _: None)
    try:
        passes.run(learning, len(shards), threads=threads, stop=threading.Event(), report=report)
        tokenizer = Tokenizer(learner.learned())
        tokenizer.save(path)
    except ValueError as error:
        raise JobError(str(error)) from None
    except OSError as error:
        raise JobError(f"cannot write {shown(path)}: {error.strerror}; run again") from None
    files = [_File(shown(shard.input.name), shard.status, shard.error) for shard in shards]
    lost = learning.rejected
    return Trained(
        rows=learning.rows,
        rejected=dict(sorted(lost.items())),
        vocab_size=tokenizer.vocab_size,
        problems=problems(files, lost.total(), learning.rows + lost.total(), max_rejected),
    )


def _check_path(path: Path, *, overwrite: bool) -> None:
    if not path.absolute().parent.is_dir():
        raise ValueError(f"{shown(path)!r}: lies in no folder that is there")
    if path.is_dir() or (path.exists() and not overwrite):
        raise ValueError(f"{shown(path)!r} is there; pass overwrite=True or name another file")


@dataclass(frozen=True)
class _File:
    path: str
    status: str
    error: str | None


class _LearnPass:
    """Shows all blocks to the learner, in any order."""

    def __init__(self, shards: Sequence[Shard], learner: Learner, text: str) -> None:
        self._shards, self._learner = shards, learner
        self._fields = Fields(text, None, None)
        self._lock = threading.Lock()
        self.rows, self.rejected = 0, Counter[str]()
        self.meter = Meter("learn", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:  # noqa: ARG002  (they are all alike)
        found: Any = block.rows(self._fields)
        for chunk in found.texts:
            self._learner.add(chunk, 1)
        with self._lock:
            self.rows += found.rows.num_rows
            self.rejected.update(found.rows.rejected_reason)
        self.meter.add_rows(found.rows.num_rows + len(found.rows.rejected_reason))

    def finish(self, shard: int) -> None:
        """Nothing is left to do."""
