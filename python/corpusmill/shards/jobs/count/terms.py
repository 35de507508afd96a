"""terms: terms and pairs of terms in files counted; and how lists of them are written in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from corpusmill import _arrow, _core
from corpusmill._ngram_terms import Counting, Pairs, Terms, term_counter
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import tables
from corpusmill.shards.jobs.asked import Asked, checks
from corpusmill.shards.jobs.count import listed
from corpusmill.shards.jobs.count.counting import Room, count_into
from corpusmill.shards.jobs.write_rows import NO_OUTPUTS
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.ours import PAIR_ROWS, PAIRS, TERM_ROWS, TERMS, shown
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.state.table import Table

TERM_BYTES, PAIR_BYTES, WINDOW_BYTES = 40, 16, 8
"""For each thread, while they are counted."""


def count_terms(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    terms: Terms,
    *,
    pairs: Pairs = (),
    windows: Sequence[int] = (),
    rows: bool = False,
    text: str = "text",
    id: str | None = None,
    threads: int = 0,
    max_rejected: float = 0.001,
    memory: int | str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
    notice: Listener | None = None,
) -> Ledger:
    """How often terms and pairs of terms occur in files of rows: OUT/terms.parquet, OUT/pairs.parquet.

    inputs, out     as `dedup` has them; out gets the tables, rejected/, ledger.json and run.json
    terms, pairs, windows: as `corpusmill.ngram.term_counts` has them, and so are the tables
    rows            whether to list the rows that hold each too: OUT/term_rows.parquet and
                    OUT/pair_rows.parquet, in the order of files and rows, where a row is its file, its
                    number in there, as ledgers count them, and its id
    text, id        fields of a row; id None: "id" if present; it is read where rows are listed
    others          as `dedup` has them: threads, max_rejected, memory, overwrite, progress, notice
    returns         the ledger, which also lies in out; read its `problems`. Its rows kept are those
                    counted; its options hold hashes of the terms and pairs

    All of out but run.json is the same for any threads, order of inputs and memory that holds the
    longest row; time is linear, in one pass over the text. The terms are in memory, and for each
    thread 40 bytes a term, 16 and 8 for each window a pair. What is listed of rows goes to files
    under out/.state when it does not fit, about 8 bytes for each row and term or pair, but for what
    a block of text holds. A job that was killed goes on from the counts it saved last, as it does
    after each 16 MiB of text, or eight times what the counts take if that is more.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (out is as it was,
    but for what is saved to go on with).
    Source: counts as in the papers that `corpusmill.ngram.term_counts` names.
    """
    with checks():
        asked = Asked(
            inputs, out, NO_OUTPUTS, threads, max_rejected, memory, overwrite, progress, notice
        )
        counting = term_counter(terms, pairs, windows, rows=rows, threads=1)
        if id is not None and not rows:
            raise ValueError(f"id: {id!r} is of listed rows; say rows=True")

    def make(room: Room) -> _TermCounter:
        pair_bytes = PAIR_BYTES + WINDOW_BYTES * len(counting.windows)
        needed = room.threads * (TERM_BYTES * len(terms) + pair_bytes * len(counting.pairs))
        if needed > room.memory:
            raise JobError(
                f"memory: counts of {len(terms):,} terms and {len(counting.pairs):,} pairs by "
                f"{room.threads} threads take {needed / 1e6:,.0f} MB, and there are "
                f"{room.memory / 1e6:,.0f} MB for them; allow more, or use fewer threads"
            )
        return _TermCounter(counting.anew(room.threads))

    options = {
        "unit": terms.unit,
        "cased": terms.cased,
        "terms": [len(terms), terms.xxh3_128],
        "pairs": [len(counting.pairs), _hash(counting.pairs)],
        "windows": counting.windows,
        "rows": rows,
        "id": id,
    }
    return count_into(
        asked,
        text,
        "count_terms",
        options,
        [TERMS, PAIRS, *([TERM_ROWS, PAIR_ROWS] if rows else [])],
        scratch_share=0,
        row_bytes=listed.LISTED_BYTES if rows else 0,
        id=id,
        make=make,
        write=_write,
    )


def read_terms(path: AnyPath) -> dict[str, list[str]]:
    """Terms from a file: a line each, a name and its forms, by tabs; alone, the name is the form."""
    found: dict[str, list[str]] = {}
    for number, line in _lines("terms", path):
        name, *forms = line.split("\t")
        if name in found:
            _wrong("terms", path, number, f"{name!r} came before")
        found[name] = forms or [name]
    return found


def read_pairs(path: AnyPath) -> list[tuple[str, str]]:
    """Pairs of names from a file: a line each, two names by a tab."""
    found = []
    for number, line in _lines("pairs", path):
        names = line.split("\t")
        if len(names) != 2:
            _wrong("pairs", path, number, f"expected two names by a tab, got {len(names)}")
        found.append((names[0], names[1]))
    return found


def _lines(what: str, path: AnyPath) -> list[tuple[int, str]]:
    """Numbered lines that are not empty."""
    try:
        content = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{what}: {shown(path)!r} cannot be read: {error}") from None
    lines = content.removesuffix("\n").split("\n")
    return [(i, line.removesuffix("\r")) for i, line in enumerate(lines, 1) if line.strip()]


def _wrong(what: str, path: AnyPath, number: int, said: str) -> NoReturn:
    raise UsageError(f"{what}: {shown(path)!r}, line {number}: {said}")


def _hash(numbers: npt.NDArray[np.uint32]) -> str:
    hashed = _core.core.StreamHash()
    hashed.update(numbers.tobytes())
    return hashed.hexdigest()


class _TermCounter:
    """A counter of terms that many threads add to, each by itself."""

    def __init__(self, counting: Counting) -> None:
        self.counting = counting
        self.saved_after = 8 * sum(sums.nbytes for sums in counting.sums())

    def add(self, texts: _arrow.Capsules) -> npt.NDArray[np.uint8] | None:
        found = self.counting.counter.add(texts, 1)
        return listed.packed(found) if self.counting.rows else None

    def save(self) -> list[npt.NDArray[np.int64]]:
        return self.counting.sums()

    def sync(self) -> None:
        """Nothing lies elsewhere."""

    def begin_with(self, saved: Sequence[npt.NDArray[np.int64]]) -> bool:
        self.counting = self.counting._replace(before=saved)
        return True


def _write(job: Job, counter: _TermCounter, table: Table) -> Mapping[str, Any]:
    job.at("write", 0)
    found = counter.counting.tables()
    rows = {}
    for name, counts in ((TERMS, found.terms), (PAIRS, found.pairs)):
        rows[name] = tables.write(job.out, name, counts.schema, [counts])
    if counter.counting.rows:
        rows |= listed.write(job, table, counter.counting)
    return {"tables": rows}
