"""fields: whether the inputs hold a field that is asked for, seen before work begins."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from corpusmill.shards.errors import UsageError
from corpusmill.shards.memory import arrow_gives_back
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.inputs import Input
from corpusmill.shards.reading.read import Block, Shard

FIRST_ROWS = 1000


@arrow_gives_back()
def check(inputs: Sequence[Shard], option: str, name: str) -> None:
    """Raises UsageError if none of the first 1,000 rows has the field `name`.

    Rows that are no objects have no fields to be mistaken about: they are left to the job. So are
    later rows, which are rejected if they have no text; but a text column that can hold none, seen
    here, is an error too.
    """
    left, lacking = FIRST_ROWS, 0
    names: Counter[str] = Counter()
    for file, block in _blocks(inputs, [name]):
        seen = block.seen(name, left)
        if seen.wrong and option == "text":
            raise UsageError(
                f"text: column {name!r} of {shown(file.name)!r} is {seen.wrong}, expected strings; "
                + _held("", seen.names)
            )
        if seen.present:
            return
        lacking += seen.lacking
        names += seen.names
        left -= seen.rows
        if left <= 0:
            break
    if lacking:
        rows = f"the first {FIRST_ROWS:,} rows"
        raise UsageError(f"{option}: no field {name!r} in {rows}; {_held(name, names)}")


def check_columns(inputs: Sequence[Shard], option: str, names: Sequence[str]) -> None:
    """Raises UsageError if a table lacks one of these columns, or `check` does.

    What a table holds is known from its schema; one that cannot be opened is left to the job.
    """
    for shard in inputs:
        held = Counter(shard.facts().schema.names if shard.is_table and shard.stamp else ())
        for name in names if held else ():
            if name not in held:
                raise UsageError(
                    f"{option}: no column {name!r} in {shown(shard.input.name)!r}; "
                    + _held(name, held)
                )
    for name in names:
        check(inputs, option, name)


@arrow_gives_back()
def check_numbers(inputs: Sequence[Shard], option: str, name: str, *, text: str) -> None:
    """Raises UsageError if the field `name` of none of the first 1,000 rows holds a number."""
    seen = 0
    fields = Fields(text, None, name)
    for _, block in _blocks(inputs, fields.names()):
        numbers = block.rows(fields).numbers[: FIRST_ROWS - seen]
        if not np.isnan(numbers).all():
            return
        seen += len(numbers)
        if seen >= FIRST_ROWS:
            break
    if seen:  # else no row is good, which is for the job to say
        raise UsageError(
            f"{option}: field {name!r} holds no number in the first {FIRST_ROWS:,} rows"
        )


def _blocks(inputs: Sequence[Shard], columns: Sequence[str]) -> Iterator[tuple[Input, Block]]:
    for shard in inputs:
        again = shard.apart()
        for block in again.first(lambda _: None, columns):
            yield shard.input, block


def _held(name: str, names: Counter[str]) -> str:
    """What there is instead, most frequent first, and what may have been meant."""
    if not names:
        return "they hold no fields"
    by_count = sorted(names, key=lambda key: (-names[key], key))
    near = difflib.get_close_matches(name, by_count, n=1, cutoff=0.5)
    held = ", ".join(map(repr, by_count[:20]))
    return f"they hold {held}" + (f"; did you mean {near[0]!r}?" if near else "")
