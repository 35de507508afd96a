"""job: files of rows, each with what of its text is in a filter: a pass over the text, the outputs.

    look        every row once: the share of its items that are members, its longest span
    schema      where lines become tables: the types of their fields
    write       all rows, with two more fields

What these mean, corpusmill.ngram says (quip, longest_span); this file feeds it and accounts for it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

from corpusmill._offsets import Offsets, in_characters
from corpusmill.shards.entries import entries
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.jobs.asked import Asked, checks
from corpusmill.shards.jobs.membership.look_pass import ROW_BYTES, LookPass
from corpusmill.shards.jobs.saved_filter import SavedFilter
from corpusmill.shards.jobs.write_rows import write_rows
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.ours import shown
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing import encode
from corpusmill.shards.writing.added import RowSpans, Shares
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.joined import check_joined
from corpusmill.shards.writing.target import OutputFormat, Target
from corpusmill.shards.writing.write import WritePass

SOFTWARE = {"corpusmill": version("corpusmill"), "filter_version": 1}
"""What decides the answer besides options and inputs."""


def membership(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    filter: AnyPath,
    text: str = "text",
    share_field: str = "quip",
    span_field: str = "longest_span",
    offsets: Offsets = "bytes",
    allow_overfull: bool = False,
    threads: int = 0,
    max_rejected: float = 0.001,
    format: OutputFormat | None = None,
    codec: str | None = None,
    rows_per_file: int | None = None,
    join: bool = False,
    gzip_level: int = 1,
    zstd_level: int = 3,
    memory: int | str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
    notice: Listener | None = None,
) -> Ledger:
    """Gives each row of files the share of its items that a filter has, and its longest quotation.

    inputs, out     as `dedup` has them
    filter          the file of a `corpusmill.ngram.BloomFilter`; all of it is read for its checksum,
                    and its pages are not counted in `memory`
    share_field     a field that rows get: as `ngram.quip` gives it, null for a text without items
    span_field      another: as `ngram.longest_span` gives it, a list of one {begin, end} or none
    offsets         what it counts: "bytes" of the text's UTF-8, or "chars", characters
    allow_overfull  whether the filter may have more false positives than it was made for
    others          as `dedup` has them: text, threads, max_rejected, format, codec, rows_per_file,
                    join, gzip_level, zstd_level, memory, overwrite, progress, notice
    returns         the ledger, which also lies in out

    All of out but run.json is the same for any threads, order of inputs and memory that holds the
    longest row; time is linear, in two passes over the rows (three where lines become tables).
    Memory: 24 bytes a row besides blocks. What the first pass found out is saved, and a job that
    was killed goes on from there.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (out is as it was,
    but for what is saved to go on with).
    Source: QUIP-Score, Weller et al., "According to ...", EACL 2024; chains of Data Portraits, Marone and
    Van Durme, NeurIPS 2023, but for their gaps.
    """
    options = {
        "filter": shown(os.fspath(filter)),
        "text": text,
        "share_field": share_field,
        "span_field": span_field,
        "offsets": offsets,
        "allow_overfull": bool(allow_overfull),
        "max_rejected": max_rejected,
    }
    with checks((TypeError, ValueError, OSError)):
        target = Target(format, codec, rows_per_file, gzip_level, zstd_level, join)
        asked = Asked(
            inputs, out, target, threads, max_rejected, memory, overwrite, progress, notice
        )
        _check_options(options)
        saved = SavedFilter.opened(filter, allow_overfull=allow_overfull)
        in_characters(offsets, saved.bloom.options["unit"])
    asked = asked.found()
    target = asked.target
    job = asked.job(
        {
            "command": "membership",
            "software": SOFTWARE | encode.versions(),
            "options": options | asdict(target) | {"filter": saved.checksum},
        },
        ROW_BYTES,
    )
    fields.check(job.shards, "text", text)
    empty = np.zeros(0, np.int64)
    no_change = _change(options, empty.astype(np.float64), RowSpans(empty, empty, empty, empty))
    check_joined(job.shards, target, no_change)

    def results() -> tuple[Table, WritePass]:
        store = job.store({"command": "membership", "text": text, "filter": saved.checksum})
        job.run(LookPass(job.shards, store, saved.bloom, text))
        store.seal()
        table = store.table()
        spans = _spans(table)
        return table, write_rows(
            job,
            table,
            np.ones(table.num_rows, np.bool_),
            target,
            text=text,
            write_dropped=False,
            change=_change(options, table.preference(np.float64), spans),
        )

    with job.claimed(asked.outputs()):
        table, written = late_damage.without_lost_rows(job, results)
        ledger = Ledger(
            command="membership",
            software=SOFTWARE,
            inputs=asked.names,
            options=options | asdict(target),
            files=entries(job.shards, table, [{} for _ in range(table.num_shards)], written),
            findings={"filter": saved.findings()},
        )
        job.finish(ledger)
    return ledger


def _check_options(options: dict[str, Any]) -> None:
    names = [options[name] for name in ("text", "share_field", "span_field")]
    if len(set(names)) < len(names) or "" in names:
        raise ValueError(
            "share_field, span_field: expected the names of two fields that are not text, got "
            f"{names[1]!r} and {names[2]!r}"
        )


def _spans(table: Table) -> RowSpans:
    """The spans of all rows that have one."""
    rows, ends = [np.empty(0, np.int64)], [np.empty((0, 2), np.int64)]
    for block in table.blocks(let_go=True):
        spans = block.hashes.reshape(-1, 2).astype(np.int64)
        having = np.flatnonzero(spans[:, 0] < spans[:, 1])
        rows.append(having + block.first_row)
        ends.append(spans[having])
    begin, end = np.concatenate(ends).T.copy()
    return RowSpans(np.concatenate(rows), np.arange(len(begin) + 1), begin, end)


def _change(options: dict[str, Any], shares: Any, spans: RowSpans) -> Change:
    return Change(
        added={options["share_field"]: Shares(shares), options["span_field"]: spans},
        characters=options["text"] if options["offsets"] == "chars" else None,
    )
