"""job: near-duplicate removal on files: passes over the text and a decision.

    signals     every line once: place, id, preference, signature, hash
    verify      where similarity is exact, the candidates' texts again, for their shingle sets
    schema      where lines become tables: the types of their fields
    write       kept rows out

The decision is that of corpusmill.dedup; this file feeds it and accounts for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from corpusmill import ngram
from corpusmill._dedup_options import DecideOptions, Method, Verify
from corpusmill.shards.entries import entries
from corpusmill.shards.errors import JobError
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.jobs.asked import Asked, checks
from corpusmill.shards.jobs.dedup import account, decide, index
from corpusmill.shards.jobs.dedup.choices import SOFTWARE, Choices, about, row_bytes, scratch_bytes
from corpusmill.shards.jobs.dedup.decide import Decided
from corpusmill.shards.jobs.dedup.duplicates import Decisions
from corpusmill.shards.jobs.dedup.signals import SignalPass
from corpusmill.shards.jobs.write_rows import write_rows
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.added import Numbers
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.joined import check_joined
from corpusmill.shards.writing.target import OutputFormat, Target
from corpusmill.shards.writing.write import WritePass

MAX_ROWS = 2**32 - 2


def dedup(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    text: str = "text",
    id: str | None = None,
    method: Method = "near",
    threshold: float = 0.8,
    verify: Verify = "exact",
    keep: str = "first",
    n: int = 5,
    unit: ngram.Unit = "word",
    num_hashes: int = 112,
    seed: int = 0,
    bands: int | None = None,
    rows: int | None = None,
    max_comparisons: int = 64,
    threads: int = 0,
    max_rejected: float = 0.001,
    format: OutputFormat | None = None,
    codec: str | None = None,
    rows_per_file: int | None = None,
    join: bool = False,
    write_dropped: bool = False,
    against: AnyPath | None = None,
    update: bool = False,
    save_index: AnyPath | None = None,
    cluster_size: str | None = None,
    gzip_level: int = 1,
    zstd_level: int = 3,
    memory: int | str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
    notice: Listener | None = None,
) -> Ledger:
    """Removes near-duplicates from files of rows; every row is accounted for.

    inputs          files, folders and globs: *.jsonl, plain, .gz, .zst, .bz2 or .xz, *.parquet,
                    *.arrow. A row is (file, line) or (file, row); files follow in the order of the
                    bytes of their paths relative to the inputs' common root, whatever the order
                    given here
    out             a new or empty folder. It gets data/ (one output per input: same relative path,
                    format and codec, unless asked otherwise), rejected/, duplicates.parquet,
                    ledger.json and run.json
    text, id        fields of a row; id None: "id" if present. An id may be any JSON scalar
    keep            "first" row, "longest" text in UTF-8 bytes, or the name of a field of numbers,
                    the largest first
    max_rejected    share of rows that may be no good rows before `Ledger.problems` says so
    format, codec   of outputs: "jsonl" (codec none, gz, zst, bz2, xz), "parquet" (none, snappy, gzip,
                    zstd, lz4, brotli) or "arrow" (none, lz4, zstd); None: as the input has it
    rows_per_file   kept rows of an output; an input's are then called name-00000, name-00001, ...
    join            the rows of all inputs go to the same outputs, part-00000, part-00001, ..., in order;
                    their format and codec are those of the first input unless asked otherwise
    write_dropped   dropped rows too, to dropped/
    against         a saved `corpusmill.dedup.Index` of the same options: rows that it has an entry
                    for, by estimated similarity, are dropped first, with reason "in_index"
    update          add the rows kept to that index, and the rows dropped to its cluster sizes
    save_index      a file that does not exist: the index of the rows kept, after those of `against`
    cluster_size    a field that kept rows get: a whole number, the rows of their cluster in this job
    gzip_level      of .gz, 1 to 12; zstd_level of all that is zstd, 1 to 22
    memory          a budget for the whole process: bytes, or a size like "4GB" or "512MiB"; None:
                    half of what the machine or cgroup allows. Results that do not fit are kept in
                    files under out/.state; a line of more than a
                    sixteenth of it, less 7 MB, is rejected
    overwrite       replace the results of an earlier job in out; nothing else is ever deleted
    progress        called from this thread with a `Progress`, a few times a second
    notice          called with a `Notice` of what the job needs, takes over, and warns of
    others          as `corpusmill.dedup.decide` has them
    returns         the ledger, which also lies in out; read its `problems`

    All of out but run.json is the same for any threads, SIMD level, order of inputs and memory that
    holds the longest row; time is linear. A line that is no strict JSON object with a string text,
    and a row of a table without a text, is rejected alone; a damaged file gives the rows before the
    damage. A job that was killed, interrupted or failed is gone on with when it is run again.
    docs/shards.md says the rest.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (out is as it was,
    but for what is saved to go on with).
    """
    with checks():
        target = Target(format, codec, rows_per_file, gzip_level, zstd_level, join)
        asked = Asked(
            inputs, out, target, threads, max_rejected, memory, overwrite, progress, notice
        )
        options = DecideOptions.checked(
            method=method,
            threshold=threshold,
            verify=verify,
            n=n,
            unit=unit,
            num_hashes=num_hashes,
            seed=seed,
            bands=bands,
            rows=rows,
            max_comparisons=max_comparisons,
        )
        choices = Choices.checked(
            options,
            text=text,
            id=id,
            keep=keep,
            max_rejected=max_rejected,
            write_dropped=write_dropped,
            against=against,
            update=update,
            save_index=save_index,
            cluster_size=cluster_size,
        )
    asked = asked.found()
    target = asked.target
    chosen = asdict(choices) | asdict(target) | asdict(options)
    done = index.settled(out, asked.names, chosen, asked.files, overwrite=overwrite, notice=notice)
    if done:
        return done
    index.check_place(choices, inputs, asked.files, out)
    asked.budget(row_bytes(options, choices))  # too little is said before an index is opened
    with index.opened(choices, options, asked.files, out, asked.threads) as indexes:
        job = asked.job(
            about(options, choices, target, indexes.checksum),
            row_bytes(options, choices),
            scratch_bytes=scratch_bytes(options),
        )
        _check_fields(job, choices)
        no_sizes = _change(choices, np.empty(0, np.int64))
        check_joined(job.shards, target, no_sizes, write_dropped=choices.write_dropped)
        with job.claimed(asked.outputs()):

            def written_rows() -> tuple[Table, Decided, WritePass]:
                table = _signals(job, options, choices)
                decided = decide.decide(job, table, options, choices, indexes.old)
                return table, decided, _write(job, table, decided.decisions, choices, target)

            table, decided, written = late_damage.without_lost_rows(job, written_rows)
            saved = indexes.save(job, table, decided.decisions, options)
            ledger = Ledger(
                command="dedup",
                software=SOFTWARE,
                inputs=asked.names,
                options=chosen,
                files=entries(job.shards, table, account.dropped(table, decided), written),
                findings=account.report(job, table, decided, indexes.old) | saved,
            )
            indexes.note(job.out, ledger)
            job.finish(ledger, indexes.publish)
    return ledger


def _check_fields(job: Job, choices: Choices) -> None:
    """UsageError if the files have no such fields."""
    fields.check(job.shards, "text", choices.text)
    if choices.id is not None:
        fields.check(job.shards, "id", choices.id)
    if choices.keep not in ("first", "longest"):
        fields.check(job.shards, "keep", choices.keep)
        fields.check_numbers(job.shards, "keep", choices.keep, text=choices.text)


def _signals(job: Job, options: DecideOptions, choices: Choices) -> Table:
    id_field = "id" if choices.id is None else choices.id
    fields_read = {"text": choices.text, "id": id_field, "keep": choices.keep}
    sketch = ["method", "n", "unit", "num_hashes", "seed", "same"]
    buckets = choices.buckets_suffice(options)
    if buckets:
        sketch += ["bands", "rows"]
    store = job.store(fields_read | {name: getattr(options, name) for name in sketch})
    signals = SignalPass(
        job.shards,
        store,
        options.sketch_buckets if buckets else options.sketch,
        text=choices.text,
        id_field=id_field,
        keep=choices.keep,
    )
    job.run(signals)
    store.seal()
    table = store.table()
    if table.num_rows > MAX_ROWS:
        raise JobError(f"{table.num_rows:,} rows are more than {MAX_ROWS:,}; split the job")
    return table


def _write(
    job: Job, table: Table, decisions: Decisions, choices: Choices, target: Target
) -> WritePass:
    sizes = decisions.cluster_sizes(table.num_rows) if choices.cluster_size else None
    return write_rows(
        job,
        table,
        decisions.keep(table.num_rows),
        target,
        text=choices.text,
        write_dropped=choices.write_dropped,
        change=_change(choices, sizes),
    )


def _change(choices: Choices, sizes: npt.NDArray[np.int64] | None) -> Change:
    if choices.cluster_size is None or sizes is None:
        return Change()
    return Change(added={choices.cluster_size: Numbers(sizes)})
