"""job: passages that stand in several places of files of rows: cut out, or shown.

    lengths     every row once: its place, and the bytes of its text
    walk 1-4    the texts again, for the finder of corpusmill._core.dedup, until it has all
    words       if asked for: texts with passages, for the words in those
    schema      where lines become tables: the types of their fields
    write       rows without their passages, or with a field that says where those are

What a passage is says corpusmill.dedup.passages; this file feeds the finder and accounts for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from corpusmill._check import KeepCopies
from corpusmill._offsets import Offsets
from corpusmill.shards.entries import entries
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.jobs.asked import Asked, checks
from corpusmill.shards.jobs.passages.choices import LENGTH_BYTES, SOFTWARE, Choices
from corpusmill.shards.jobs.passages.find import find, repeated_bytes
from corpusmill.shards.jobs.passages.walk import LengthPass
from corpusmill.shards.jobs.write_rows import write_rows
from corpusmill.shards.ledger import Counts, Ledger
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.added import NO_SPANS, RowSpans
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.joined import check_joined
from corpusmill.shards.writing.target import OutputFormat, Target
from corpusmill.shards.writing.write import WritePass

REPEATED = "repeated"
"""Why a row is dropped: all of its text lies in passages, so that nothing is left."""


def passages(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    text: str = "text",
    min_bytes: int | None = None,
    min_words: int = 0,
    keep: KeepCopies = "first",
    tag: str | None = None,
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
    """Cuts passages of at least `min_bytes` bytes, or `min_words` words, that stand elsewhere too out of
    files of rows.

    inputs, out     as `dedup` has them
    text            the field that holds a row's text
    min_bytes       the shortest passage, from 16 to 8192 bytes; None: 200, or as `min_words` needs
    min_words       words that a passage holds at least; 0: bytes alone decide
    keep            "first": the first of equal passages stays, in the order of files and rows;
                    "none": none does. `corpusmill.dedup.passages` says what exactly goes
    tag             a field that rows get instead, a list of {begin, end}; nothing is cut or dropped
                    then
    cuts_field      a field that rows get besides, a list of {begin, end} of what was cut out of their
                    text: with the input it rebuilds the row, and with `corpusmill.text.moved` it
                    moves attributes along
    offsets         what these fields count: "bytes" of the text's UTF-8 as it was, or "chars",
                    characters
    others          as `dedup` has them: threads, max_rejected, format, codec, rows_per_file, join,
                    write_dropped, gzip_level, zstd_level, memory, overwrite, progress, notice
    returns         the ledger, which also lies in out; read its `problems`

    A row of whose text nothing is left is dropped as "repeated"; it stays whole in dropped/. All of
    out but run.json is the same for any threads, order of inputs and memory that holds the longest
    row; time is linear, in three passes over the text where nothing repeats, and up to six where
    much does (one more where lines become tables), of which the later ones leave out blocks that
    nothing is asked of, and one more for min_words. Memory is that of the budget; what does not
    fit, and all passages, go to files under out/.state.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (out is as it was,
    but for what is saved to go on with).
    Source: Deduplicating Training Data Makes Language Models Better, Lee et al., ACL 2022.
    """
    with checks():
        target = Target(format, codec, rows_per_file, gzip_level, zstd_level, join)
        asked = Asked(
            inputs, out, target, threads, max_rejected, memory, overwrite, progress, notice
        )
        choices = Choices.checked(
            text=text,
            min_bytes=min_bytes,
            min_words=min_words,
            keep=keep,
            tag=tag,
            cuts_field=cuts_field,
            offsets=offsets,
            max_rejected=max_rejected,
            write_dropped=write_dropped,
        )
    asked = asked.found()
    target = asked.target
    job = asked.job(choices.about(target), LENGTH_BYTES)
    fields.check(job.shards, "text", choices.text)
    check_joined(
        job.shards, target, _change(choices, NO_SPANS), write_dropped=choices.write_dropped
    )
    with job.claimed(asked.outputs()):
        made = late_damage.without_lost_rows(job, lambda: _results(job, choices, target))
        ledger = Ledger(
            command="passages",
            software=SOFTWARE,
            inputs=asked.names,
            options=asdict(choices) | asdict(target),
            files=entries(job.shards, made.table, _dropped(made), made.written),
            findings=made.findings,
        )
        job.finish(ledger)
    return ledger


class Results(NamedTuple):
    """All of a job but its end."""

    table: Table
    keep: npt.NDArray[np.bool_]
    written: WritePass
    findings: dict[str, Any]


def _results(job: Job, choices: Choices, target: Target) -> Results:
    store = job.store({"command": "passages", "text": choices.text})
    job.run(LengthPass(job.shards, store, text=choices.text))
    store.seal()
    table = store.table()
    lengths = table.preference(np.int64)
    spans = find(job, table, lengths, choices)
    repeated = repeated_bytes(spans, table.num_rows)
    keep = np.full(table.num_rows, True)
    if choices.tag is None:
        keep = (repeated < lengths) | (lengths == 0)
    findings = {
        "text_bytes": int(lengths.sum()),
        "passages": len(spans.begin),
        "passage_bytes": int(repeated.sum()),
        "rows_with_passages": len(spans.rows),
    }
    written = write_rows(
        job,
        table,
        keep,
        target,
        text=choices.text,
        write_dropped=choices.write_dropped,
        change=_change(choices, spans),
    )
    return Results(table, keep, written, findings)


def _change(choices: Choices, spans: RowSpans) -> Change:
    characters = choices.text if choices.offsets == "chars" else None
    if choices.tag is not None:
        return Change(added={choices.tag: spans}, characters=characters)
    added = {choices.cuts_field: spans} if choices.cuts_field else {}
    return Change(cut=(choices.text, spans), added=added, characters=characters)


def _dropped(made: Results) -> list[Counts]:
    """Per file, the dropped rows by reason."""
    of_files = [made.table.rows_of(number) for number in range(made.table.num_shards)]
    counts = [int((~made.keep[rows]).sum()) for rows in of_files]
    return [{REPEATED: count} if count else {} for count in counts]
