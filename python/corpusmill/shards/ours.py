"""ours: which files of a folder a job left there, by the word of its ledger. Changes nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpusmill.shards import shape

LEDGER, DUPLICATES, RUN = "ledger.json", "duplicates.parquet", "run.json"
DOCUMENTS, BENCHMARKS = "documents.parquet", "benchmarks.parquet"
COUNTS, LEXICON, TERMS, PAIRS = (
    f"{name}.parquet" for name in ("counts", "lexicon", "terms", "pairs")
)
TERM_ROWS, PAIR_ROWS = "term_rows.parquet", "pair_rows.parquet"
TABLES = (DUPLICATES, DOCUMENTS, BENCHMARKS, COUNTS, LEXICON, TERMS, PAIRS, TERM_ROWS, PAIR_ROWS)
OF_A_JOB = (*TABLES, RUN, "report.html", LEDGER)
DATA, DROPPED, REJECTED, TOKENS = "data", "dropped", "rejected", "tokens"

STATE = ".state"
LOCK, NOTE, NEW_NOTE, FILES, ASIDE = "lock", "job.json", "job.json.new", "files", "old"
SIGNALS, DECIDED, WRITTEN, SCRATCH = "signals", "decided", "written", "scratch"
INDEX, LOST, TYPES = "index", "lost", "types"
COUNTED, SPILL, PARTS = "counted", "spill", "parts"
NEW = ".new"
"""How the name of a file ends that is not yet whole."""

RESULTS = {SIGNALS, COUNTED, SPILL}
"""What passes found out, which a later job may go on with: each says for what it is good."""

SAVED = {FILES, DECIDED, TYPES, WRITTEN, LOST, PARTS} | RESULTS
"""What a job that could not finish leaves for the next run of it."""

IN_STATE = {LOCK, NOTE, NEW_NOTE, ASIDE, SCRATCH, INDEX} | SAVED
IN_STATE |= {name + NEW for name in (DECIDED, TYPES, WRITTEN, LOST, COUNTED)}


def shown(name: str | os.PathLike[str]) -> str:
    r"""A file name as text that can be written down: bytes that are no UTF-8 become \xNN."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def holds_results(folder: Path) -> bool:
    """Whether a job finished here, or is running or was killed; not if that may not be seen."""
    return os.path.isfile(folder / STATE / NOTE) or _ledger(folder) is not None  # noqa: PTH113


def finished(folder: Path) -> set[str]:
    """The files that the ledger here names, as it writes them; none if there is no ledger of ours."""
    ledger = _ledger(folder)
    return set() if ledger is None else {*OF_A_JOB, *filter(_is_inside, _outputs(ledger))}


def only_state(folder: Path) -> bool:
    """Whether all there is here is what a job keeps while it runs."""
    state = folder / STATE
    names = {entry.name for entry in folder.iterdir()}
    return names <= {STATE} and (
        not names or (state.is_dir() and {entry.name for entry in state.iterdir()} <= IN_STATE)
    )


def lying(folder: Path, names: set[str]) -> list[str]:
    """The files here that a ledger would call so, by their own names, which may be no UTF-8."""
    found = [name for name in sorted(names) if os.path.lexists(folder / name)]
    if any("\\" in name for name in names):
        found += [name for name in _walk(folder) if shown(name) in names and shown(name) != name]
    return found


def note(folder: Path) -> dict[str, list[str]]:
    """What the last job here was publishing ("new") and putting aside ("old")."""
    try:
        content: Any = json.loads((folder / STATE / NOTE).read_text(encoding="ascii"))
        return {key: list(filter(_is_inside, content[key])) for key in ("new", "old")}
    except (OSError, ValueError, LookupError, TypeError):
        return {"new": [], "old": []}


def job(folder: Path) -> dict[str, Any]:
    """What the job that left its state here was; empty if none did."""
    try:
        content: Any = json.loads((folder / STATE / NOTE).read_text(encoding="ascii"))["job"]
        {tuple(of) for of in content.get("inputs", [])}  # else it is none of ours
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
    return dict(content)


def _walk(folder: Path) -> Iterator[str]:
    for part in (DATA, DROPPED, REJECTED):
        for base, _, names in os.walk(folder / part):
            yield from (str(Path(base, name).relative_to(folder)) for name in names)


_LEDGER = {"version": int, "command": str, "files": [{"outputs": [str]}]}
_SHARDS = [{"files": [str]}]


def _ledger(folder: Path) -> dict[str, Any] | None:
    try:
        content: Any = json.loads((folder / LEDGER).read_text(encoding="utf-8"))
        shape.check(content, _LEDGER, LEDGER)
        shape.check(content.get("shards", []), _SHARDS, "shards")
    except (OSError, ValueError, TypeError):
        return None
    return dict(content)


def _outputs(ledger: dict[str, Any]) -> list[str]:
    found = [name for entry in ledger["files"] for name in entry["outputs"]]
    return found + [name for entry in ledger.get("shards", ()) for name in entry["files"]]


def _is_inside(name: str) -> bool:
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts
