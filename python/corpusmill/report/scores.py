"""scores: the numbers that a score job gave its rows, read back from data/, with the texts at both ends.

Holds 8 bytes a row and field, as the job did. Draws nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusmill.report.gather import Finished, rejects_of
from corpusmill.shards import run_facts, shape
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.jobs.results import any_ledger_of, reading
from corpusmill.shards.jobs.score.choices import DIFFERENCE, WHOLE, Choices
from corpusmill.shards.jobs.why.sources import Row, good_rows
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.ours import DATA, LEDGER, shown
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.inputs import AnyPath, Input, find
from corpusmill.shards.reading.read import Shard

Doubles = npt.NDArray[np.float64]

FIRST_OF = ("bits_per_byte", "nll_mean", "perplexity")
"""The statistic of a model that stands for it: the first of these that rows have, or any."""

ENDS = 3
"""Documents shown at each end."""

LEAST_BYTES = 200
"""Of a text that is shown: shorter ones fill both ends of any corpus, and tell little."""


@dataclass(frozen=True)
class Shown:
    """A document at an end: where it is, its number, and its text."""

    file: str
    row: Row
    value: float


@dataclass(frozen=True)
class Texts:
    """The rows of a block, to be taken one by one."""

    file: str
    first: int
    found: Any

    @property
    def lengths(self) -> npt.NDArray[Any]:
        lengths: npt.NDArray[Any] = self.found.lengths
        return lengths

    def shown(self, row: int, value: float) -> Shown:
        chosen = np.arange(len(self.lengths)) == row
        return Shown(self.file, next(good_rows(self.first, self.found, chosen)), value)


@dataclass
class Ends:
    """The least and the greatest numbers of a field so far, each as (rank, order, document)."""

    least: list[tuple[float, int, Shown]] = field(default_factory=list)
    most: list[tuple[float, int, Shown]] = field(default_factory=list)

    def add(self, values: Doubles, texts: Texts, at: int) -> None:
        """at: rows before these. Of equal numbers the first are held."""
        for held, sign in ((self.least, 1.0), (self.most, -1.0)):
            ranks = np.where(texts.lengths >= LEAST_BYTES, sign * values, np.nan)
            first = np.argsort(ranks, kind="stable")[:ENDS]  # NaN lie behind all
            new = [
                (float(ranks[row]), at + row, texts.shown(row, float(values[row])))
                for row in first[~np.isnan(ranks[first])].tolist()
                if len(held) < ENDS or ranks[row] < held[-1][0]
            ]
            held[:] = heapq.nsmallest(ENDS, held + new, key=lambda one: one[:2])


@dataclass(frozen=True)
class Scored(Finished):
    """All that the report of a score job tells."""

    fields: dict[str, tuple[int, str]]  # of each its model and statistic
    columns: dict[str, Doubles]  # NaN where a row has no number
    files: list[tuple[str, slice]]  # of data/, and which rows are theirs
    ends: dict[str, Ends]

    @property
    def drawn(self) -> list[str]:
        """Of each model the field that stands for it, and all differences."""
        found = []
        for model in sorted({model for model, _ in self.fields.values()}):
            of_model = {name: field for field, (by, name) in self.fields.items() if by == model}
            names = [*FIRST_OF, *(name for name in of_model if name not in WHOLE)]
            found += [of_model[name] for name in names if name in of_model and name != DIFFERENCE][
                :1
            ]
            found += [of_model[DIFFERENCE]] if DIFFERENCE in of_model else []
        return found


def gather_scores(out: AnyPath) -> Scored:
    """Reads ledger.json, run.json, data/ and the heads of rejected/.

    Raises UsageError if no score job has finished in `out`, or data/ is not as it left it.
    """
    ledger = any_ledger_of(out)
    with reading(out, LEDGER):
        choices = _choices(ledger)
    fields = choices.fields()
    files: list[tuple[str, slice]] = []
    parts: dict[str, list[Doubles]] = {name: [] for name in fields}
    bare = Scored(ledger, {}, {}, fields, {}, [], {})
    ends = {name: Ends() for name in bare.drawn}
    first = 0
    for input_ in _data(out):
        at = first
        for block, texts in _blocks(out, input_, ledger.options["text"], list(fields)):
            for name, values in block.items():
                parts[name].append(values)
            for name, of_field in ends.items():
                of_field.add(block[name], texts, at)
            at += len(texts.lengths)
        files.append((input_.name, slice(first, at)))
        first = at
    if first != ledger.totals["kept"]:
        raise UsageError(
            f"{shown(out)!r}: {DATA}/ holds {first:,} rows, but the job left "
            f"{ledger.totals['kept']:,} there; run it again with --overwrite"
        )
    columns = {name: np.concatenate([np.empty(0), *of]) for name, of in parts.items()}
    return Scored(
        ledger, run_facts.load(out), rejects_of(out, ledger), fields, columns, files, ends
    )


def _choices(ledger: Ledger) -> Choices:
    """The options that name the fields."""
    listed: shape.Shape = {"models": [str], "stats": [str], "field_prefix": str, "text": str}
    shape.check(ledger.options, listed, "options")
    return Choices(**{name: ledger.options[name] for name in Choices.__dataclass_fields__})


def _data(out: AnyPath) -> list[Input]:
    """The files of data/."""
    if not Path(out, DATA).is_dir():
        raise UsageError(f"{shown(out)!r} has no {DATA}/, of which the report tells")
    return find(Path(out, DATA), Path(out, LEDGER))


def _blocks(
    out: AnyPath, input_: Input, text: str, names: list[str]
) -> Iterator[tuple[dict[str, Doubles], Texts]]:
    """The numbers of each block of a file, and its texts."""
    shard, first = Shard(input_), 0
    with reading(out, f"{DATA}/{input_.name}"):
        try:
            with closing(shard.first(lambda _: None, [text, "id", *names])) as blocks:
                for block in blocks:
                    texts = block.rows(Fields(text, "id", None))
                    numbers = {name: block.rows(Fields(text, None, name)).numbers for name in names}
                    yield numbers, Texts(input_.name, first, texts)
                    first += texts.rows.num_lines
        except JobError as error:
            raise ValueError(str(error)) from None
        if shard.status != "complete":
            raise ValueError(f"it is {shard.status}: {shard.error}")
