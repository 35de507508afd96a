"""job: repeated lines and paragraphs on files: a pass over the text, a decision, the outputs.

    hashes      every row once: its pieces as hashes and spans
    schema      where lines become tables: the types of their fields
    write       rows cut, tagged, or without those that are dropped

What repeats is said by corpusmill.dedup.paragraphs; this file feeds it and accounts for it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict

from corpusmill._check import KeepCopies
from corpusmill._dedup_pieces import Piece
from corpusmill._offsets import Offsets
from corpusmill.shards.entries import entries
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.jobs.asked import Asked, checks
from corpusmill.shards.jobs.paragraphs.choices import (
    ROW_BYTES,
    SOFTWARE,
    Action,
    Choices,
    Method,
    Scope,
)
from corpusmill.shards.jobs.paragraphs.decide import Decisions, decide
from corpusmill.shards.jobs.paragraphs.hash_pass import HashPass
from corpusmill.shards.jobs.write_rows import write_rows
from corpusmill.shards.ledger import Counts, Ledger
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.added import NO_SPANS, RowSpans
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.joined import check_joined
from corpusmill.shards.writing.target import OutputFormat, Target
from corpusmill.shards.writing.write import WritePass

REASON = "repeated"
"""Why a row is dropped."""


def paragraphs(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    text: str = "text",
    unit: Piece = "paragraph",
    method: Method = "exact",
    fp_rate: float = 0.001,
    min_bytes: int = 1,
    keep: KeepCopies = "first",
    scope: Scope = "corpus",
    action: Action = "cut",
    share: float = 0.5,
    field: str = "repeated",
    cuts_field: str | None = None,
    offsets: Offsets = "bytes",
    against: AnyPath | None = None,
    save_filter: AnyPath | None = None,
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
    """Removes paragraphs or lines that repeat, in files of rows: all but the first of each, or all.

    inputs, out     as `dedup` has them
    unit            "paragraph" or "line", with `min_bytes` as in `corpusmill.dedup.paragraphs`
    method          "exact": by 128-bit hashes, 22 to 43 bytes of memory for each different piece;
                    "bloom": by a filter sized for all pieces, `fp_rate` of which, at the end, are
                    taken for repeated and are not; 2.1 bytes a piece at 0.001
    keep            "first": the first of equal pieces stays, in the order of files and rows; "none":
                    none does. It takes as much memory again: "exact", for each different piece of
                    which there are several; "bloom", for all, and `fp_rate` holds as before
    scope           repeats in the "corpus" or in the same "file"; files come in the order of their
                    paths
    action          "cut": out of the text; a row of which nothing is left is dropped. "drop": rows
                    of whose bytes at least `share` repeat, whole; their pieces count all the same.
                    "tag": rows get a `field` with the spans, a list of {begin, end}
    cuts_field      "cut": a field that rows get besides, a list of {begin, end} of what was cut out of
                    their text: with the input it rebuilds the row, and with `corpusmill.text.moved`
                    it moves attributes along
    offsets         what these fields count: "bytes" of the text's UTF-8 as it was, or "chars",
                    characters
    against         "bloom": the file of a `corpusmill.ngram.BloomFilter` of this unit. What it holds
                    came before, and pieces are added to a copy of it in memory, so that its own rate
                    counts, not `fp_rate`; JobError if it becomes overfull
    save_filter     a file for that copy, to be the next job's `against`; not that of this one
    others          as `dedup` has them: text, threads, max_rejected, format, codec, rows_per_file,
                    join, write_dropped, gzip_level, zstd_level, memory, overwrite, progress, notice
    returns         the ledger, which also lies in out; rows are dropped as "repeated"; `findings` has
                    under "pieces" how many took part, how many repeated, and the bytes of these

    All of out but run.json is the same for any threads, order of inputs and memory that holds the
    longest row; time is linear, in two passes over the rows (three where lines become tables).
    Results of the first pass, 32 bytes a piece, and of the decision are saved, and a job that was
    killed goes on from there.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (out is as it was,
    but for what is saved to go on with).
    Source: the paragraph rule of Dolma (Soldaini et al., ACL 2024), without its blank lines.
    """
    with checks((TypeError, ValueError, OSError)):
        target = Target(format, codec, rows_per_file, gzip_level, zstd_level, join)
        asked = Asked(
            inputs, out, target, threads, max_rejected, memory, overwrite, progress, notice
        )
        choices = Choices.checked(
            text=text,
            unit=unit,
            method=method,
            fp_rate=fp_rate,
            min_bytes=min_bytes,
            keep=keep,
            scope=scope,
            action=action,
            share=share,
            field=field,
            cuts_field=cuts_field,
            offsets=offsets,
            against=None if against is None else shown(os.fspath(against)),
            save_filter=None if save_filter is None else shown(os.fspath(save_filter)),
            max_rejected=max_rejected,
            write_dropped=write_dropped,
        )
        known = choices.known()
    asked = asked.found()
    target = asked.target
    job = asked.job(choices.about(target, known), ROW_BYTES)
    fields.check(job.shards, "text", choices.text)
    check_joined(
        job.shards, target, _change(choices, NO_SPANS), write_dropped=choices.write_dropped
    )
    with job.claimed(asked.outputs()):
        table, decisions, written = late_damage.without_lost_rows(
            job, lambda: _results(job, choices, target)
        )
        ledger = Ledger(
            command="paragraphs",
            software=SOFTWARE,
            inputs=asked.names,
            options=asdict(choices) | asdict(target),
            files=entries(job.shards, table, _dropped(table, decisions), written),
            findings={
                "pieces": {
                    "all": decisions.num_pieces,
                    "repeated": decisions.num_repeated,
                    "repeated_bytes": decisions.repeated_bytes,
                }
            }
            | ({"against": known.findings()} if known else {}),
        )
        job.finish(ledger)
    return ledger


def _results(job: Job, choices: Choices, target: Target) -> tuple[Table, Decisions, WritePass]:
    store = job.store(
        {"command": "paragraphs", "text": choices.text, "unit": choices.unit}
        | {"min_bytes": choices.min_bytes, "method": choices.method}
    )
    job.run(HashPass(job.shards, store, choices))
    store.seal()
    table = store.table()
    decisions = decide(job, table, choices)
    written = write_rows(
        job,
        table,
        decisions.keep,
        target,
        text=choices.text,
        write_dropped=choices.write_dropped,
        change=_change(choices, decisions.spans),
    )
    return table, decisions, written


def _change(choices: Choices, spans: RowSpans) -> Change:
    characters = choices.text if choices.offsets == "chars" else None
    if choices.action == "tag":
        return Change(added={choices.field: spans}, characters=characters)
    if choices.action == "drop":
        return Change()
    added = {choices.cuts_field: spans} if choices.cuts_field else {}
    return Change(cut=(choices.text, spans), added=added, characters=characters)


def _dropped(table: Table, decisions: Decisions) -> list[Counts]:
    """Per file, the dropped rows by reason."""
    files = (decisions.keep[table.rows_of(number)] for number in range(table.num_shards))
    counts = [int((~keep).sum()) for keep in files]
    return [{REASON: count} if count else {} for count in counts]
