"""benchmarks: files of benchmark items as texts of an index. Looks nothing up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from corpusmill import _arrays, _core
from corpusmill.ngram import ContaminationIndex, ContaminationRule
from corpusmill.shards.errors import UsageError
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.inputs import SUFFIXES, AnyPath, Input, find_for
from corpusmill.shards.reading.read import BLOCK_SIZE, Shard

_ALL = Fields(None, None, None)

Item = dict[str, Any]


def load(
    against: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    rule: ContaminationRule | str,
    fields: Sequence[str] | None,
) -> tuple[ContaminationIndex, str]:
    """An index over the items of files, and the hash of all that it was made of.

    Each file is a benchmark, called as the file without its ending. An item is called by its "id",
    else by its number. fields None: all that hold strings or lists of strings, but "id".
    UsageError if a file cannot be read whole, or has no text, or none in a field asked for.
    """
    index, digest = ContaminationIndex(rule), _core.core.StreamHash()
    for file in find_for("against", against, out):
        items = _items(file, digest)
        names = _fields(items) if fields is None else list(fields)
        if not names:
            raise UsageError(
                f"{shown(file.name)}: none of {len(items):,} items has a text, a string or a list of "
                "strings in a field other than id; leave the file out if it is no benchmark"
            )
        for name in names:
            texts = [_text(item.get(name)) for item in items]
            if not any(texts):
                raise UsageError(
                    f"{shown(file.name)}: no item has a text in the field {name!r}; "
                    f"there are {', '.join(_fields(items)) or 'none'}"
                )
            index.add(_called(file), name, _arrays.of_texts(texts), items=_ids(items))
    return index, digest.hexdigest()


def _items(file: Input, digest: _core.core.StreamHash) -> list[Item]:
    shard = Shard(file, block_size=BLOCK_SIZE, row_limit=1 << 30)
    items: list[Item] = []
    for block in shard.first(lambda _: None, None):
        rows = block.rows(_ALL).rows
        if rows.rejected_reason:
            where = f"line {int(rows.rejected_line[0]) + 1} of the block at {block.offset}"
            raise UsageError(f"{shown(file.path)}: {where}: {rows.rejected_reason[0]}")
        lines = bytes(block.lines(rows, np.arange(rows.num_rows)))
        digest.update(lines)
        items += map(json.loads, lines.splitlines())
    if shard.error:
        raise UsageError(f"{shown(file.path)} is {shard.status}: {shard.error}")
    digest.update(f"{shown(file.name)} {len(items)}\n".encode())
    return items


def _called(file: Input) -> str:
    suffix = next(suffix for suffix in SUFFIXES if file.name.endswith(suffix))
    return shown(file.name[: -len(suffix)])


def _fields(items: Sequence[Item]) -> list[str]:
    found = {name for item in items for name, value in item.items() if _text(value)}
    return sorted(found - {"id"})


def _ids(items: Sequence[Item]) -> list[str]:
    ids = [item.get("id") for item in items]
    return [str(number) if id is None else _named(id) for number, id in enumerate(ids)]


def _named(id: Any) -> str:
    return id if isinstance(id, str) else json.dumps(id, ensure_ascii=False)


def _text(value: Any) -> str | None:
    """Strings of a list are lines of one text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        return "\n".join(value)
    return None
