"""token_pass: every token of documents predicted once, batch after batch. Reduces nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from corpusmill.scoring.models import Model
from corpusmill.scoring.packing import Batch, batches
from corpusmill.scoring.statistics import INTEGERS
from corpusmill.scoring.texts import Encoded
from corpusmill.scoring.windows import Ints, Windows, windows

Columns: TypeAlias = dict[str, npt.NDArray[Any]]
Progress: TypeAlias = Callable[[int, int], None]
"""Called after each batch with how many inputs the model has read, and how many it will in all."""


@dataclass(frozen=True)
class Sequences:
    """Documents as a model reads them: each with its prefix before it, if there is one.

    flat        all of them, one behind the other; document i is flat[starts[i]:starts[i + 1]]
    """

    flat: Ints
    starts: Ints
    prefix: int | None

    @classmethod
    def of(cls, docs: Encoded, prefix: int | None) -> Sequences:
        if prefix is None:
            return cls(docs.ids, docs.offsets, None)
        flat = np.insert(docs.ids, docs.offsets[:-1], prefix)
        return cls(flat, docs.offsets + np.arange(len(docs.offsets)), prefix)

    @property
    def scored(self) -> Ints:
        """How many tokens of each are predicted: all but its first."""
        found: Ints = np.maximum(np.diff(self.starts) - 1, 0)
        return found

    def predicting(self) -> npt.NDArray[np.bool_]:
        """Which places of `flat` predict the next one: all but the last of each."""
        found = np.ones(len(self.flat), np.bool_)
        found[(self.starts[1:] - 1)[np.diff(self.starts) > 0]] = False
        return found


@dataclass(frozen=True)
class Sweep:
    """How documents are read.

    stride          tokens that each further window of a long document predicts
    repeat_prefix   whether each window begins with the prefix, in place of the token there
    batch_tokens    inputs of a batch; one window may be longer
    threads         of PyTorch and of the head, on a CPU; 0: as many as they take
    """

    stride: int
    repeat_prefix: bool
    batch_tokens: int
    threads: int

    def columns(
        self,
        model: Model,
        sequences: Sequences,
        statistics: Collection[str],
        progress: Progress | None = None,
    ) -> Columns:
        """Statistics of all tokens that are predicted, in order of documents and in them.

        O(tokens) in memory, besides what the model takes for a batch. ValueError for an id that the
        model has not.
        """
        _check_ids(sequences, model.vocab_size)
        found = windows(sequences.scored, model.context, self.stride)
        total, done = int(found.lengths.sum()), 0
        columns: Columns = {}
        shared, alone = model.layout != "rows", model.alone
        with torch.inference_mode(), torch_threads(self.threads):
            for batch in batches(found.lengths, self.batch_tokens, shared=shared, alone=alone):
                inputs = _Inputs.of(batch, found, sequences, repeat_prefix=self.repeat_prefix)
                for name, values in self._scored(model, inputs, statistics).items():
                    column = columns.setdefault(name, np.empty(len(sequences.flat), values.dtype))
                    column[inputs.predicting] = values
                done += int(found.lengths[batch.windows].sum())
                if progress is not None:
                    progress(done, total)
        if not columns:
            return dict.fromkeys(statistics, np.empty(0, np.float32))
        kept = sequences.predicting()
        return {name: column[kept] for name, column in columns.items()}

    def try_batches(self, model: Model, statistics: Collection[str], most: int) -> None:
        """Reads made-up ids in batches that take as much memory as those of `most` inputs in all, if
        no window is longer than batch_tokens: one of long rows, one whose rows hold several windows,
        and one of windows that are not so long as to be alone.
        """
        inputs = max(1, min(self.batch_tokens, most))
        longest = model.context if model.alone is None else min(model.alone, model.context)
        for rows, limit in dict.fromkeys([(1, model.context), (2, model.context), (2, longest)]):
            size = max(1, min(limit, inputs // rows))
            pairs = [size - 1, 1] * (max(rows, inputs // size) - 1)
            lengths = np.array([size, *filter(None, pairs)])
            starts = np.concatenate([[0], np.cumsum(lengths + 1)])
            ids = np.arange(starts[-1]) % model.vocab_size
            self.columns(model, Sequences(ids, starts, None), statistics)

    def _scored(self, model: Model, inputs: _Inputs, statistics: Collection[str]) -> Columns:
        ids, positions = (
            torch.from_numpy(of).to(model.device) for of in (inputs.ids, inputs.positions)
        )
        hidden = model.states(ids, positions, shared=inputs.shared).flatten(0, 1)
        rows = hidden[torch.from_numpy(inputs.rows).to(model.device)]
        targets = torch.from_numpy(inputs.targets).to(model.device)
        return model.head.statistics(rows, targets, statistics, self.threads)


@dataclass(frozen=True)
class _Inputs:
    """What a model reads of a batch, [rows, size], and which of it is scored.

    rows, targets, predicting   of each token that is scored: the input that predicts it, counted
                through all rows; its id; and the place of the input among all sequences
    """

    ids: Ints
    positions: Ints
    shared: bool
    rows: Ints
    targets: Ints
    predicting: Ints

    @classmethod
    def of(
        cls, batch: Batch, found: Windows, sequences: Sequences, *, repeat_prefix: bool
    ) -> _Inputs:
        chosen = batch.windows
        lengths = found.lengths[chosen]
        ends = np.cumsum(lengths)
        inner = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)
        at = np.repeat(batch.places, lengths) + inner
        begin = sequences.starts[found.doc[chosen]] + found.begin[chosen]
        source = np.repeat(begin, lengths) + inner
        ids, positions = np.zeros((2, batch.rows * batch.size), np.int64)
        ids[at] = sequences.flat[source]
        positions[at] = inner
        if repeat_prefix and sequences.prefix is not None:
            ids[batch.places] = sequences.prefix
        scored = inner >= np.repeat(found.first[chosen] - found.begin[chosen], lengths)
        predicting = source[scored]
        return cls(
            ids.reshape(batch.rows, batch.size),
            positions.reshape(batch.rows, batch.size),
            batch.shared,
            at[scored],
            sequences.flat[predicting + 1],
            predicting,
        )


def scored_by_all(columns: Sequence[Columns]) -> None:
    """Of several models over the same tokens: a token without an nll under one has none under any."""
    lacking = np.any([np.isnan(of["nll"]) for of in columns], axis=0)
    for of in columns if lacking.any() else ():
        for name, column in of.items():
            column[lacking] = -1 if name in INTEGERS else np.nan


def _check_ids(sequences: Sequences, vocab_size: int) -> None:
    wrong = np.flatnonzero((sequences.flat < 0) | (sequences.flat >= vocab_size))
    if len(wrong):
        doc = int(np.searchsorted(sequences.starts, wrong[0], side="right")) - 1
        raise ValueError(
            f"docs[{doc}]: id {sequences.flat[wrong[0]]} is none of the model, which has "
            f"{vocab_size:,}; pass ids of its own tokenizer"
        )


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """So many of PyTorch while this lasts; 0: as many as it has."""
    before = torch.get_num_threads()
    if threads:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
