"""other_jobs: what the outputs of jobs without duplicates tell of a row: rejected rows, benchmarks found.

Reads no inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from corpusmill.shards.errors import UsageError
from corpusmill.shards.jobs import results
from corpusmill.shards.jobs.fate import Fate, Place
from corpusmill.shards.jobs.why.naming import id_of
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.ours import DATA, DOCUMENTS, DROPPED, LEDGER, shown
from corpusmill.shards.reading.inputs import AnyPath

MOST_ROWS = 100


def fates(out: AnyPath, ledger: Ledger, asked: str, place: Place | None) -> list[Fate]:
    """What became of the row at a place, or of those with an id; UsageError if nothing tells of it."""

    def meant(of: Place) -> bool:
        return (of.file, of.row) == (place.file, place.row) if place else of.id == asked

    found = list(islice((of for of in _told(out, ledger) if meant(of.place)), MOST_ROWS))
    if not found:
        reasons = ", ".join(f"{count:,} {why}" for why, count in ledger.totals["dropped"].items())
        look = f"{LEDGER} there counts what was dropped by reason ({reasons or 'nothing was'})"
        if ledger.command == "score":
            look = (
                f"It drops nothing: every row that was not rejected is in {DATA}/, with its losses"
            )
        elif ledger.options.get("write_dropped"):
            look += f", and {DROPPED}/ holds those rows"
        elif "write_dropped" in ledger.options:
            look += f"; with write_dropped (--write-dropped) {DROPPED}/ holds those rows"
        raise UsageError(
            f"{shown(out)!r} holds the results of {ledger.command!r}, in which no rejected row "
            f"{'and no benchmark ' if ledger.command == 'decontaminate' else ''}is found for "
            f"{asked!r}, and it names no other rows. {look}"
        )
    return found


def _told(out: AnyPath, ledger: Ledger) -> Iterator[Fate]:
    id_field = ledger.options.get("id") or "id"
    for file in ledger.files:
        for rejection in results.rejections(out, file):
            place = Place(file.path, rejection.line - 1, id_of(rejection.raw, str(id_field)))
            yield Fate(place, "rejected", rejection=rejection)
    if ledger.command == "decontaminate":
        yield from _contaminated(out, ledger)


def _contaminated(out: AnyPath, ledger: Ledger) -> Iterator[Fate]:
    from pyarrow import parquet  # noqa: PLC0415  takes long to import, and only this needs it

    dropped = ledger.totals["dropped"].keys()
    with results.reading(out, DOCUMENTS):
        for batch in parquet.ParquetFile(Path(out) / DOCUMENTS).iter_batches():
            for line in batch.to_pylist():
                place = Place(line["file"], line["row"], line["id"])
                because = [line["became"], *map(_benchmark, line["found"])]
                went = line["became"] in dropped
                yield Fate(place, "dropped" if went else "kept", because=because)


def _benchmark(found: dict[str, Any]) -> str:
    name = f"{found['benchmark']}, item {found['item']}, {found['field']}"
    return f"{name}: {found['share']:.0%} of its words"
