"""job: benchmarks found in files of rows; those rows dropped, cut, or tagged with what was found.

    count       the texts once, by rules that leave out n-grams of too many rows: in how many each lies
    scan        every row once: its place, and which texts of benchmarks are found in it, how much of
                each, and where
    schema      where lines become tables: the types of their fields
    write       the rows that are kept

What is found is what corpusmill.ngram.ContaminationIndex finds; this file feeds it and accounts for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill._offsets import Offsets
from corpusmill.ngram import ContaminationIndex, ContaminationRule
from corpusmill.shards.entries import entries
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.jobs.asked import Asked, checks
from corpusmill.shards.jobs.decontaminate import account, benchmarks
from corpusmill.shards.jobs.decontaminate.choices import FOUND_BYTES, SOFTWARE, Action, Choices
from corpusmill.shards.jobs.decontaminate.found import (
    CONTAMINATED,
    EMPTIED,
    FOUND,
    SPANS,
    FoundCuts,
    FoundField,
    FoundRows,
)
from corpusmill.shards.jobs.decontaminate.scan import CountPass, ScanPass
from corpusmill.shards.jobs.write_rows import write_rows
from corpusmill.shards.ledger import Counts, Ledger
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading import fields as reading_fields
from corpusmill.shards.reading.inputs import AnyPath, as_given
from corpusmill.shards.reading.tables import LateDamage
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.added import RowLists
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.joined import check_joined
from corpusmill.shards.writing.target import OutputFormat, Target
from corpusmill.shards.writing.write import WritePass


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
    cuts_field: str | None = None,
    offsets: Offsets = "bytes",
    threads: int = 0,
    max_rejected: float = 0.001,
    format: OutputFormat | None = None,
    codec: str | None = None,
    rows_per_file: int | None = None,
    join: bool = False,
    write_dropped: bool = False,
    gzip_level: int = 1,
    zstd_level: int = 3,
    memory: int | str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
    notice: Listener | None = None,
) -> Ledger:
    """Finds the texts of benchmarks in files of rows, and drops, cuts or tags the rows that hold any.

    inputs, out     as `dedup` has them; out also gets documents.parquet, a line for each row in which a
                    text is found, and benchmarks.parquet, a line for each text: its largest share in
                    any row, whether it is found, in which rows
    against         files of benchmark items, in the same formats: each file is a benchmark, called as
                    the file is without its ending; an item is called by its "id", else by its number
    fields          of items, those that are texts, each by itself; None: all that hold strings, or
                    lists of strings, but "id"
    rule            when a text is found: the name of one of `ngram.CONTAMINATION_RULES`, or a
                    `ngram.ContaminationRule`
    action          "drop": rows in which a text is found are dropped, as "contaminated"; "cut": what was
                    found is cut out of them, with the rule's margin and pieces that are too short, and rows
                    of which no word is left are dropped as "emptied", those that fall into too many
                    pieces or have too many hits as "contaminated"; "tag": all rows are kept, with two
                    more fields
    text, id        fields of a row; id None: "id" if present
    tag             the field that tagged rows get: a list of the texts found, each with benchmark, item,
                    field and share; and TAG_spans, a list of where they are, as {begin, end}
    cuts_field      "cut": a field that rows get, a list of {begin, end} of all that was cut out of their
                    text, margins and pieces too: with the input it rebuilds the row, and with
                    `corpusmill.text.moved` it moves attributes along
    offsets         what the spans of these fields and of documents.parquet count: "bytes" of the text's
                    UTF-8 as it was, or "chars", characters
    others          as `dedup` has them: threads, max_rejected, format, codec, rows_per_file, join,
                    write_dropped, gzip_level, zstd_level, memory, overwrite, progress, notice
    returns         the ledger, which also lies in out; its findings count items per benchmark

    All of out but run.json is the same for any threads, order of inputs and memory that holds the
    longest row; time is linear, in two passes over the rows; three by a rule with `max_documents`,
    for which rows are documents, and which is why a job that was killed counts again. The budget
    counts the index over the benchmarks, which is made first: about 30 bytes for each of their
    words, 50 while it is made; and what is found, which goes to files under out/.state when it does
    not fit. docs/contamination.md says what each rule misses.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (out is as it was,
    but for what is saved to go on with).
    Source: of each rule, `corpusmill.ngram.CONTAMINATION_RULES` names it.
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
            cuts_field=cuts_field,
            offsets=offsets,
            max_rejected=max_rejected,
            write_dropped=write_dropped,
        )
    asked = asked.found()
    target = asked.target
    asked_for = choices.rule_is, choices.fields
    index, digest = benchmarks.load(against, out, *asked_for)
    job = asked.job(choices.about(target, digest), FOUND_BYTES)
    reading_fields.check(job.shards, "text", choices.text)
    if choices.id is not None:
        reading_fields.check(job.shards, "id", choices.id)
    no_rows = np.empty(0, np.int64)
    added = {
        name: RowLists(no_rows, pa.nulls(0, kind)) for name, (_, kind) in _fields(choices).items()
    }
    check_joined(job.shards, target, Change(added=added), write_dropped=choices.write_dropped)
    with job.claimed(asked.outputs()):
        loaded = [index]
        del index

        def results() -> Results:
            # What another attempt has counted is of rows that are lost now.
            index = loaded.pop() if loaded else benchmarks.load(against, out, *asked_for)[0]
            return _results(job, index, choices, digest, target)

        made = late_damage.without_lost_rows(job, results)
        sums = account.write(job, made.table, made.texts, made.found)
        ledger = Ledger(
            command="decontaminate",
            software=SOFTWARE,
            inputs=asked.names,
            options=choices.options(target, digest)
            | {"against": [shown(name) for name in as_given(against)]},
            files=entries(job.shards, made.table, made.dropped, made.written),
            findings=sums,
        )
        job.finish(ledger)
    return ledger


class Results(NamedTuple):
    """All of a job but its account and its end."""

    table: Table
    texts: ContaminationIndex
    found: FoundRows
    dropped: list[Counts]
    written: WritePass


def _results(
    job: Job, index: ContaminationIndex, choices: Choices, digest: str, target: Target
) -> Results:
    id_field = "id" if choices.id is None else choices.id
    about = choices.about(target, digest)["options"]
    deciding = {
        name: about[name] for name in ("rule_is", "benchmarks", "text", "action", "offsets")
    }
    if choices.rule_is.max_documents is not None:
        _count(job, index, choices)
    frequent = index.frequent.tobytes().hex()
    kept = ["found", "slots", "hashes"]  # of a block, without which it is looked up again
    store = job.store(
        {"command": "decontaminate", "id": id_field, "frequent": frequent, "kept": kept, **deciding}
    )
    job.run(ScanPass(job.shards, store, index, choices, id_field))
    store.seal()
    table = store.table()
    found = FoundRows(table, index)
    keep, dropped = _decided(table, found)
    written = write_rows(
        job,
        table,
        keep,
        target,
        text=choices.text,
        write_dropped=choices.write_dropped,
        change=_change(choices, found),
    )
    return Results(table, index, found, dropped, written)


def _count(job: Job, index: ContaminationIndex, choices: Choices) -> None:
    shards = [shard.anew(shard.lost) for shard in job.shards]
    job.run(CountPass(shards, index, choices.text))
    if any(shard.damaged for shard in shards):
        raise LateDamage


def _decided(table: Table, found: FoundRows) -> tuple[npt.NDArray[np.bool_], list[Counts]]:
    """Which rows are kept, and per file the dropped ones by reason."""
    keep = np.ones(table.num_rows, np.bool_)
    dropped: list[Counts] = [{} for _ in range(table.num_shards)]
    for block, some in found.all():
        became = np.array(some.became)
        of_file = dropped[int(table.shard_of(np.array([block.first_row]))[0])]
        for reason in (CONTAMINATED, EMPTIED):
            rows = block.first_row + some.rows[became == reason]
            keep[rows] = False
            if len(rows):
                of_file[reason] = of_file.get(reason, 0) + len(rows)
    return keep, [dict(sorted(of_file.items())) for of_file in dropped]


def _fields(choices: Choices) -> dict[str, tuple[str, pa.DataType]]:
    """What rows get: a field of `Some`, and its type."""
    if choices.action == "tag":
        return {choices.tag: ("found", FOUND), f"{choices.tag}_spans": ("spans", SPANS)}
    return {choices.cuts_field: ("cuts", SPANS)} if choices.cuts_field else {}


def _change(choices: Choices, found: FoundRows) -> Change:
    added = {name: FoundField(found, *of) for name, of in _fields(choices).items()}
    if choices.action != "cut":
        return Change(added=added)  # of which spans are in characters already
    characters = choices.text if choices.offsets == "chars" else None
    return Change(cut=(choices.text, FoundCuts(found)), added=added, characters=characters)
