"""fields: whether the inputs hold a field that is asked for, seen before work begins."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill.shards.block import Block
from corpusmill.shards.errors import UsageError
from corpusmill.shards.read import Shard

FIRST_ROWS = 1000

_GOOD = -1
_MISSING = _core.jsonl.reasons.index("text_missing")
_PRESENT = [_GOOD, *map(_core.jsonl.reasons.index, ("text_null", "text_not_a_string"))]


def check(inputs: Sequence[Shard], option: str, name: str) -> None:
    """Raises UsageError if none of the first 1,000 rows has the field `name`.

    Rows that are no objects have no fields to be mistaken about: they are left to the job.
    """
    left, objects = FIRST_ROWS, 0
    names: Counter[str] = Counter()
    for block in _blocks(inputs):
        lines, codes = _first_lines(block, name, left)
        if np.isin(codes, _PRESENT).any():
            return
        without = [line for line, code in zip(lines, codes, strict=True) if code == _MISSING]
        objects += len(without)
        names.update(key for line in without for key in _keys(line))
        left -= len(codes)
        if left <= 0:
            break
    if objects:
        raise UsageError(_message(option, name, names))


def check_numbers(inputs: Sequence[Shard], option: str, name: str, *, text: str) -> None:
    """Raises UsageError if the field `name` of none of the first 1,000 rows holds a number."""
    seen = 0
    for block in _blocks(inputs):
        numbers = _core.jsonl.scan(block.data, text, None, name)["order"][: FIRST_ROWS - seen]
        if not np.isnan(numbers).all():
            return
        seen += len(numbers)
        if seen >= FIRST_ROWS:
            break
    if seen:  # else no row is good, which is for the job to say
        raise UsageError(
            f"{option}: field {name!r} holds no number in the first {FIRST_ROWS:,} rows"
        )


def _blocks(inputs: Sequence[Shard]) -> Iterator[Block]:
    for shard in inputs:
        again = Shard(shard.input, block_size=shard.block_size, row_limit=shard.row_limit)
        yield from again.first(lambda _: None)


def _first_lines(block: Block, name: str, limit: int) -> tuple[list[bytes], npt.NDArray[np.int64]]:
    """The first lines of a block that are not blank, and what became of the field in each."""
    found = _core.jsonl.scan(block.data, name, None, None)
    index, offset, length = (
        np.concatenate([found[f"line_{what}"], found[f"rejected_{what}"]])  # type: ignore[literal-required]
        for what in ("index", "offset", "length")
    )
    codes = np.full(len(index), _GOOD, np.int64)
    codes[len(found["line_index"]) :] = found["rejected_reason"]
    first = np.argsort(index)[:limit]
    places = zip(offset[first].tolist(), length[first].tolist(), strict=True)
    return [bytes(block.data[start : start + size]) for start, size in places], codes[first]


def _keys(line: bytes) -> Iterator[str]:
    try:
        yield from json.loads(line)
    except (ValueError, RecursionError):  # nested too deep for Python, though not for us
        return


def _message(option: str, name: str, names: Counter[str]) -> str:
    rows = f"the first {FIRST_ROWS:,} rows"
    if not names:
        return f"{option}: no field {name!r} in {rows}; they hold no fields"
    by_count = sorted(names, key=lambda key: (-names[key], key))
    near = difflib.get_close_matches(name, by_count, n=1, cutoff=0.5)
    held = ", ".join(map(repr, by_count[:20]))
    return f"{option}: no field {name!r} in {rows}; they hold {held}" + (
        f"; did you mean {near[0]!r}?" if near else ""
    )
