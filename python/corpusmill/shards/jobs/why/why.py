"""why: what became of a row of a finished job, and why: its twin, their likeness, its cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from itertools import islice

import numpy as np

from corpusmill import _arrow, _core
from corpusmill._dedup_options import DecideOptions
from corpusmill.shards.errors import UsageError
from corpusmill.shards.jobs import results
from corpusmill.shards.jobs.fate import Comparison, Fate, Place, Why
from corpusmill.shards.jobs.results import (
    Line,
    dropped_place,
    duplicates_where,
    entry,
    kept_place,
    member,
)
from corpusmill.shards.jobs.why import other_jobs
from corpusmill.shards.jobs.why.naming import Asked, id_of, place_of
from corpusmill.shards.jobs.why.sources import Sources
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.reading.inputs import AnyPath

MOST_ROWS = 100
MOST_OTHERS = 20


def why(out: AnyPath, row: Asked, *, inputs: AnyPath | Sequence[AnyPath] | None = None) -> Why:
    """What became of a row of the job that wrote `out`.

    row         its id, or "file:row" or (file, row) as duplicates.parquet has them: the file's name
                in the ledger and the line from 0. An id means every row that has it, up to 100.
    inputs      where the inputs are now, if they are no longer where they were
    returns     per row: dropped, with the kept row, both texts, the bands in which they meet and
                the cluster, or with the entry of the index that it is in; kept, with what was dropped for it; or rejected, with the line

    What the output folder knows is told even if the inputs are gone or have changed; `notes` say so.
    A plain input is read to the rows that are needed, a compressed one decompressed as far; one
    that was touched since the job is read whole, to see that its hash is the ledger's. An id of
    which the output folder knows nothing is looked for in all inputs.

    Of other jobs than `dedup`: a rejected row, and one in which a benchmark was found, with their
    reasons, as far as their outputs name rows.

    Raises UsageError (a ValueError) if there is no finished job or no such row, or if the outputs do
    not tell of it; it says what to look at.
    """
    ledger = results.any_ledger_of(out)
    place = place_of(row, ledger)
    asked = row if isinstance(row, str) else f"{row[0]}:{row[1]}"
    if ledger.command != "dedup":
        return Why(asked, other_jobs.fates(out, ledger, asked, place))
    results.check_in(out, ledger)
    job = _Job(out, ledger, Sources(out, ledger, inputs))
    fates, more = job.at(place) if place else job.with_id(asked)
    if not fates:
        notes = "".join(f"; {note}" for note in job.notes)
        example = f", as in '{ledger.files[0].path}:0'" if ledger.files else ""
        raise UsageError(
            f"no row {asked!r} in this job{notes}; name one by its id, or by a file of ledger.json "
            f"and its row{example}"
        )
    return Why(asked, fates, more)


@dataclass
class _Job:
    out: AnyPath
    ledger: Ledger
    sources: Sources

    def __post_init__(self) -> None:
        self.notes: list[str] = []
        names = signature(DecideOptions.checked).parameters
        options = {name: self.ledger.options[name] for name in names}
        if options["method"] == "exact":
            options |= {"bands": None, "rows": None}
        self._options = DecideOptions.checked(**options)

    def at(self, place: Place) -> tuple[list[Fate], bool]:
        lines, _ = self._where(1, dropped_file=place.file, dropped_row=place.row)
        if lines:
            return [self._dropped(lines[0])], False
        lines, count = self._where(MOST_OTHERS, kept_file=place.file, kept_row=place.row)
        if lines:
            return [_kept(lines, count)], False
        wanted = (place.file, place.row)
        rejected = (f for f in self._rejected() if (f.place.file, f.place.row) == wanted)
        return list(islice(rejected, 1)) or self._single(place), False

    def with_id(self, id: str) -> tuple[list[Fate], bool]:
        lines, num_dropped = self._where(MOST_ROWS, dropped_id=id)
        fates = [self._dropped(line) for line in lines]
        clusters, num_lines = self._where(MOST_ROWS, kept_id=id)
        of_rows = (line["cluster"] for line in clusters if line["kept_entry"] is None)
        for cluster in dict.fromkeys(of_rows):
            fates.append(_kept(*self._where(MOST_OTHERS, cluster=cluster)))
        self.notes += _of_entries([line for line in clusters if line["kept_entry"] is not None])
        fates += islice((fate for fate in self._rejected() if fate.place.id == id), MOST_ROWS)
        if not fates:
            fates = list(islice(self._singles(id), MOST_ROWS + 1))
        more = max(num_dropped, num_lines, len(fates)) > MOST_ROWS
        return fates[:MOST_ROWS], more

    def _where(self, most: int, **equal: str | int) -> tuple[list[Line], int]:
        return duplicates_where(self.out, most, **equal)

    def _dropped(self, line: Line) -> Fate:
        dropped, kept = dropped_place(line), kept_place(line)
        comparison, notes = self._compared(dropped, kept) if kept else (None, [])
        others, _ = self._where(MOST_OTHERS + 1, cluster=line["cluster"])
        members = [member(other) for other in others]
        return Fate(
            place=dropped,
            fate="dropped",
            dropped_as=member(line),
            kept=kept,
            in_index=entry(line),
            comparison=comparison,
            cluster_size=line["size"],
            others=[other for other in members if other.place != dropped][:MOST_OTHERS],
            notes=notes,
        )

    def _compared(self, dropped: Place, kept: Place) -> tuple[Comparison | None, list[str]]:
        lines: dict[str, set[int]] = {}
        for place in (dropped, kept):
            lines.setdefault(place.file, set()).add(place.row)
        found = {file: self.sources.rows(file, rows) for file, rows in lines.items()}
        notes = [rows.note for rows in found.values() if rows.note]
        texts = [
            found[place.file].rows[place.row].text
            for place in (dropped, kept)
            if place.row in found[place.file].rows
        ]
        if len(texts) < 2:
            return None, notes or ["the rows are no longer in the inputs"]
        return compare(texts[0], texts[1], self._options), notes

    def _rejected(self) -> Iterator[Fate]:
        id_field = "id" if self.ledger.options["id"] is None else self.ledger.options["id"]
        for file in self.ledger.files:
            for rejection in results.rejections(self.out, file):
                id_ = id_of(rejection.raw, id_field)
                place = Place(file.path, rejection.line - 1, id_)
                yield Fate(place, "rejected", rejection=rejection)

    def _single(self, place: Place) -> list[Fate]:
        """A row of which the output folder knows nothing: kept, and alone in its cluster."""
        found = self.sources.rows(place.file, [place.row])
        if found.note:
            self.notes.append(found.note)
        return [Fate(Place(place.file, row.line, row.id), "kept") for row in found.rows.values()]

    def _singles(self, id: str) -> Iterator[Fate]:
        for file in self.ledger.files:
            found = self.sources.rows_with_id(file.path, id, MOST_ROWS + 1)
            if found.note:
                self.notes.append(found.note)
            for row in found.rows.values():
                yield Fate(Place(file.path, row.line, row.id), "kept")


def _of_entries(lines: list[Line]) -> Iterator[str]:
    """Of an id that entries of the index have: which, and a row that was dropped for each."""
    for number in dict.fromkeys(line["kept_entry"] for line in lines):
        of_entry = [line for line in lines if line["kept_entry"] == number]
        place = dropped_place(of_entry[0])
        more = f" and {len(of_entry) - 1} others" if len(of_entry) > 1 else ""
        yield (
            f"it is the id of entry {number:,} of the index, for which {place.file}:{place.row}"
            f"{more} went"
        )


def _kept(lines: list[Line], count: int) -> Fate:
    place = kept_place(lines[0])
    assert place is not None
    return Fate(
        place,
        "kept",
        cluster_size=count + 1,
        others=[member(line) for line in lines],
    )


def compare(dropped: str, kept: str, options: DecideOptions) -> Comparison:
    """Two texts as a job with these options sees them. O(bytes)."""
    if options.method == "exact":
        return Comparison(dropped, kept, None, [], 0)
    column = _arrow.strings([dropped, kept])
    slots, _ = options.sketch(column.capsules, 1)
    used = slots.reshape(2, -1)[:, : options.bands * options.rows]
    equal = (used[0] == used[1]).reshape(options.bands, options.rows).all(axis=1)
    pair = np.array([0]), np.array([1])
    jaccard = _core.dedup.jaccard(column.capsules, *pair, options.shingles, 1)[0]
    shared = np.flatnonzero(equal).tolist()
    return Comparison(dropped, kept, float(jaccard), shared, options.bands)
