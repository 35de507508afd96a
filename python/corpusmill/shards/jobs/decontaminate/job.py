"""job: benchmarks found in files of rows; those rows dropped, cut, or tagged with what was found.

    scan        every row once: its place, and whether a text of a benchmark is found in it
    match       those rows again: which texts, how much of each, and where in the row
    schema      where lines become tables: the types of their fields
    write       the rows that are kept

What is found is what corpusmill.ngram.ContaminationIndex finds; this file feeds it and accounts for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from corpusmill.ngram import ContaminationIndex, ContaminationRule
from corpusmill.shards.entries import entries
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.jobs.asked import Asked, checks
from corpusmill.shards.jobs.decontaminate import account, benchmarks
from corpusmill.shards.jobs.decontaminate.choices import FLAG_BYTES, SOFTWARE, Action, Choices
from corpusmill.shards.jobs.decontaminate.scan import Found, MatchPass, ScanPass
from corpusmill.shards.jobs.write_rows import write_rows
from corpusmill.shards.ledger import Counts, Ledger
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading import fields as reading_fields
from corpusmill.shards.reading.inputs import AnyPath, as_given
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.added import RowLists, RowSpans
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.joined import check_joined
from corpusmill.shards.writing.target import OutputFormat, Target
from corpusmill.shards.writing.write import WritePass

CONTAMINATED, EMPTIED = "contaminated", "emptied"
"""Why a row is dropped: a text is found in it; no word would be left of it."""


def decontaminate(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    against: AnyPath | Sequence[AnyPath],
    rule: ContaminationRule | str = "coverage",
    action: Action = "drop",
    fields: Sequence[str] | None = None,
    text: str = "text",
    id: str | None = None,
    tag: str = "contamination",
    threads: int = 0,
    max_rejected: float = 0.001,
    format: OutputFormat | None = None,
    codec: str | None = None,
    rows_per_file: int | None = None,
    join: bool = False,
    write_dropped: bool = False,
    gzip_level: int = 2,
    zstd_level: int = 3,
    memory: int | str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
    notice: Listener | None = None,
) -> Ledger:
    """Finds the texts of benchmarks in files of rows, and drops, cuts or tags the rows that hold any.

    inputs, out     as `dedup` has them; out also gets documents.parquet, a line for each row in which a
                    text is found, and benchmarks.parquet, a line for each text
    against         files of benchmark items, in the same formats: each file is a benchmark, called as
                    the file is without its ending; an item is called by its "id", else by its number
    fields          of items, those that are texts, each by itself; None: all that hold strings, or
                    lists of strings, but "id"
    rule            when a text is found: the name of one of `ngram.CONTAMINATION_RULES`, or a
                    `ngram.ContaminationRule`
    action          "drop": rows in which a text is found are dropped, as "contaminated"; "cut": what was
                    found is cut out of them, with the rule's margin, and rows of which no word is left
                    are dropped as "emptied", those with too many spans as "contaminated"; "tag": all
                    rows are kept, with two more fields
    text, id        fields of a row; id None: "id" if present
    tag             the field that tagged rows get: a list of the texts found, each with benchmark, item,
                    field and share; and TAG_spans, a list of where they are, as {begin, end} in bytes
    others          as `dedup` has them: threads, max_rejected, format, codec, rows_per_file, join,
                    write_dropped, gzip_level, zstd_level, memory, overwrite, progress, notice
    returns         the ledger, which also lies in out; its findings count items per benchmark

    All of out but run.json is the same for any threads, memory and order of inputs; time is linear, in
    two passes over the rows and one over those found. The budget counts the index over the benchmarks,
    which is made first: about 30 bytes for each of their words, 50 while it is made; but not what is found:
    for each row found its spans and texts. docs/contamination.md says what each rule misses.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (out is as it was,
    but for what is saved to go on with).
    """
    with checks():
        target = Target(format, codec, rows_per_file, gzip_level, zstd_level, join)
        asked = Asked(
            inputs, out, target, threads, max_rejected, memory, overwrite, progress, notice
        )
        choices = Choices.checked(
            rule,
            fields,
            action,
            text=text,
            id=id,
            tag=tag,
            max_rejected=max_rejected,
            write_dropped=write_dropped,
        )
    asked = asked.found()
    target = asked.target
    index, digest = benchmarks.load(against, out, choices.rule_is, choices.fields)
    job = asked.job(choices.about(target, digest), FLAG_BYTES)
    reading_fields.check(job.shards, "text", choices.text)
    if choices.id is not None:
        reading_fields.check(job.shards, "id", choices.id)
    check_joined(job.shards, target, Change())
    with job.claimed(asked.outputs()):
        table, decided, written = late_damage.without_lost_rows(
            job, lambda: _results(job, index, choices, digest, target)
        )
        sums = account.write(job, table, index, decided.found, decided.became)
        ledger = Ledger(
            command="decontaminate",
            software=SOFTWARE,
            inputs=asked.names,
            options=choices.options(target, digest)
            | {"against": [shown(name) for name in as_given(against)]},
            files=entries(job.shards, table, _dropped(table, decided), written),
            findings=sums,
        )
        job.finish(ledger)
    return ledger


class Decided(NamedTuple):
    """What is done with the rows found: "contaminated" or "emptied": dropped; "cut"; "tagged"."""

    found: Found
    became: list[str]

    def dropped(self, *reasons: str) -> npt.NDArray[np.int64]:
        """The rows that are dropped for these reasons."""
        return self.found.rows[np.isin(self.became, reasons)]


def _results(
    job: Job, index: ContaminationIndex, choices: Choices, digest: str, target: Target
) -> tuple[Table, Decided, WritePass]:
    id_field = "id" if choices.id is None else choices.id
    about = choices.about(target, digest)["options"]
    deciding = {name: about[name] for name in ("rule_is", "benchmarks", "text")}
    store = job.store({"command": "decontaminate", "id": id_field, **deciding})
    job.run(ScanPass(job.shards, store, index, text=choices.text, id_field=id_field))
    store.seal()
    table = store.table()
    match = MatchPass(job.shards, table, index, table.preference(np.uint8), text=choices.text)
    job.run(match)
    found = match.found()
    decided = Decided(found, _became(found, choices.action))
    return table, decided, _write(job, table, decided, choices, target)


def _became(found: Found, action: Action) -> list[str]:
    if action != "cut":
        return [CONTAMINATED if action == "drop" else "tagged"] * len(found.rows)
    cuttable = found.cuts.is_valid().to_pylist()
    return [
        CONTAMINATED if not cut else EMPTIED if emptied else "cut"
        for cut, emptied in zip(cuttable, found.emptied.tolist(), strict=True)
    ]


def _write(job: Job, table: Table, decided: Decided, choices: Choices, target: Target) -> WritePass:
    found, change = decided.found, Change()
    if choices.action == "cut":
        change = Change(cut=(choices.text, RowSpans.of_column(found.rows, found.cuts)))
    elif choices.action == "tag":
        lists, spans = (found.table.column(name).combine_chunks() for name in ("found", "spans"))
        change = Change(
            added={
                choices.tag: RowLists(found.rows, lists),
                f"{choices.tag}_spans": RowLists(found.rows, spans),
            }
        )
    keep = np.ones(table.num_rows, np.bool_)
    keep[decided.dropped(CONTAMINATED, EMPTIED)] = False
    return write_rows(
        job,
        table,
        keep,
        target,
        text=choices.text,
        write_dropped=choices.write_dropped,
        change=change,
    )


def _dropped(table: Table, decided: Decided) -> list[Counts]:
    """Per file, the dropped rows by reason."""
    out: list[Counts] = [{} for _ in range(table.num_shards)]
    for reason in (CONTAMINATED, EMPTIED):
        files = table.shard_of(decided.dropped(reason))
        for file, count in enumerate(np.bincount(files, minlength=table.num_shards).tolist()):
            if count:
                out[file][reason] = count
    return out
