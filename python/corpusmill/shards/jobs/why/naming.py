"""naming: how a row is asked for, by its id or its place, and what the id of a rejected line is."""

from __future__ import annotations

import json
import re
from typing import TypeAlias

from corpusmill.shards.errors import UsageError
from corpusmill.shards.jobs.fate import Place
from corpusmill.shards.ledger import Ledger

Asked: TypeAlias = "str | tuple[str, int]"


def place_of(row: Asked, ledger: Ledger) -> Place | None:
    """The place that is meant; None if it is an id."""
    files = {file.path for file in ledger.files}
    if isinstance(row, tuple):
        if row[0] not in files:
            raise UsageError(f"no file {row[0]!r} in this job; its files are named in ledger.json")
        return Place(*row)
    named = re.fullmatch(r"(.*):(\d{1,18})", row, re.DOTALL)
    return Place(named[1], int(named[2])) if named and named[1] in files else None


def id_of(raw: bytes, field: str) -> str | None:
    """The id of a line that was rejected for another reason than being no object."""
    try:
        value = json.loads(raw, parse_int=str, parse_float=str)[field]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None
