"""dedup_job: near-duplicate removal on files: passes over the text and a decision.

    signals     every line once: place, id, preference, signature, hash
    verify      the candidates' texts again, for their shingle sets
    schema      where lines become tables: the types of their fields
    write       kept rows out

The decision is that of corpusmill.dedup; this file feeds it and accounts for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from corpusmill import _check, _core, ngram
from corpusmill._dedup_options import DecideOptions, Method, Verify, preference_order
from corpusmill.shards import duplicates, fields
from corpusmill.shards.candidates import CandidatePass
from corpusmill.shards.dedup_choices import SOFTWARE, Choices
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.inputs import AnyPath, as_given, find
from corpusmill.shards.job import Job
from corpusmill.shards.json_schema import SchemaPass
from corpusmill.shards.ledger import Counts, Ledger
from corpusmill.shards.ours import shown
from corpusmill.shards.out import OutFolder
from corpusmill.shards.progress import Report
from corpusmill.shards.rows import Ints, Table
from corpusmill.shards.run_facts import Stopwatch
from corpusmill.shards.signals import SignalPass
from corpusmill.shards.target import OutputFormat, Target
from corpusmill.shards.write import WritePass

REASONS = ("similar", "equal")
"""Why a row is dropped; "equal": same shingle set (or same bytes, for method="exact")."""

MAX_ROWS = 2**32 - 2
CAPPED_SHOWN = 20


@dataclass(frozen=True)
class _Decided:
    """The decisions, and what max_comparisons cut short."""

    decisions: duplicates.Decisions
    num_capped: int
    capped: list[tuple[int, int, int, int]]


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
    write_dropped: bool = False,
    gzip_level: int = 2,
    zstd_level: int = 3,
    overwrite: bool = False,
    progress: Report | None = None,
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
    write_dropped   dropped rows too, to dropped/
    gzip_level      of .gz, 0 to 3; zstd_level of all that is zstd, 1 to 22
    overwrite       replace the results of an earlier job in out; nothing else is ever deleted
    progress        called from this thread with a `Progress`, a few times a second
    others          as `corpusmill.dedup.decide` has them
    returns         the ledger, which also lies in out; read its `problems`

    All of out but run.json is the same for any threads, SIMD level and order of inputs. Memory is
    about 4 * num_hashes + 150 bytes a row and its id, and a few blocks of 2 MiB a thread; time is
    linear. A line that is no strict JSON object with a string text, and a row of a table without a
    text, is rejected alone; a damaged file gives the rows before the damage. docs/shards.md says the rest.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (what was written
    is gone again).
    """
    stopwatch = Stopwatch()
    try:
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
        choices = Choices(text, id, keep, max_rejected, write_dropped)
        target = Target(format, codec, rows_per_file, gzip_level, zstd_level)
        threads = _check.threads(threads)
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from None
    files = find(inputs, out)
    target.check(files)
    folder = OutFolder(out, overwrite=overwrite)
    fields.check(files, "text", text)
    if id is not None:
        fields.check(files, "id", id)
    if keep not in ("first", "longest"):
        fields.check(files, "keep", keep)
        fields.check_numbers(files, "keep", keep, text=text)
    job = Job(files, folder, threads=threads, report=progress, stopwatch=stopwatch)
    with job.claimed(target.all_names(files, folder.path)):
        table = _signals(job, options, choices)
        decided = _decide(job, table, options, choices)
        written = _write(job, table, decided, choices, target)
        ledger = Ledger(
            command="dedup",
            software=SOFTWARE,
            inputs=[shown(name) for name in as_given(inputs)],
            options=asdict(choices) | asdict(target) | asdict(options),
            files=job.entries(table, _dropped(table, decided), written),
            findings=_report(job, table, decided),
        )
        job.finish(ledger)
    return ledger


def _signals(job: Job, options: DecideOptions, choices: Choices) -> Table:
    id_field = "id" if choices.id is None else choices.id
    signals = SignalPass(
        job.shards, options, text=choices.text, id_field=id_field, keep=choices.keep
    )
    job.run(signals)
    table = signals.table()
    if table.num_rows > MAX_ROWS:
        raise JobError(f"{table.num_rows:,} rows are more than {MAX_ROWS:,}; split the job")
    return table


def _decide(job: Job, table: Table, options: DecideOptions, choices: Choices) -> _Decided:
    job.at("decide", table.num_rows)
    order = None
    if choices.keep != "first":
        kind = np.int64 if choices.keep == "longest" else np.float64
        order = preference_order(np.arange(table.num_rows), table.gather("preference", kind))
    decider = options.decider(table.num_rows, order)
    for rows in table.blocks():
        decider.add_rows(rows.hashes, rows.slots)
    candidates = decider.find_candidates(job.threads)
    if options.verify != "exact":
        _add_signatures(table, decider, candidates, options)
    to_verify = decider.rows_to_verify()
    job.stopwatch.lap("decide")
    if len(to_verify):
        verify = CandidatePass(
            job.shards, table, decider, to_verify, text=choices.text, shingles=options.shingles
        )
        job.run(verify)
    dropped = decider.decide()
    num_capped, capped = decider.capped()
    job.stopwatch.lap("decide")
    decisions = duplicates.Decisions(*dropped, options.verify)
    return _Decided(decisions, num_capped, capped[:CAPPED_SHOWN])


def _add_signatures(
    table: Table, decider: _core.dedup.Decider, candidates: Ints, options: DecideOptions
) -> None:
    chosen = np.zeros(table.num_rows, np.bool_)
    chosen[candidates] = True
    for rows in table.blocks():
        some = np.flatnonzero(rows.of(chosen))
        if len(some):
            decider.add_signatures(rows.first_row + some, options.chosen(rows.slots, some))


def _write(
    job: Job, table: Table, decided: _Decided, choices: Choices, target: Target
) -> WritePass:
    keep = np.ones(table.num_rows, np.bool_)
    keep[decided.decisions.dropped] = False
    schema = None
    if any(map(target.makes_tables_of, job.shards)):
        written = np.ones_like(keep) if choices.write_dropped else keep
        finding = SchemaPass(job.shards, table, written, text=choices.text)
        job.run(finding)
        schema = finding.schema()
    writing = WritePass(
        job.shards,
        table,
        keep,
        out=job.out,
        to=target,
        write_dropped=choices.write_dropped,
        schema=schema,
        stop=job.stop,
    )
    with closing(writing):
        job.run(writing)
    return writing


def _dropped(table: Table, decided: _Decided) -> list[Counts]:
    """Per file, the dropped rows by reason."""
    files = table.shard_of(decided.decisions.dropped)
    counts = np.zeros((len(table.shards), len(REASONS)), np.int64)
    np.add.at(counts, (files, decided.decisions.equal), 1)
    return [
        {reason: count for reason, count in sorted(zip(REASONS, of_file, strict=True)) if count}
        for of_file in counts.tolist()
    ]


def _report(job: Job, table: Table, decided: _Decided) -> dict[str, Any]:
    """Writes duplicates.parquet; what max_comparisons cut short, for the ledger."""
    places = duplicates.Places(job.shards, table)
    duplicates.write(job.out, decided.decisions, places)
    rows = np.array([row for _, row, _, _ in decided.capped], np.int64)
    where = zip(places.files(rows).to_pylist(), places.lines(rows).tolist(), strict=True)
    buckets = [
        {"band": band, "units": units, "kept": kept, "file": file, "row": line}
        for (band, _, units, kept), (file, line) in zip(decided.capped, where, strict=True)
    ]
    return {"capped": {"units": decided.num_capped, "buckets": buckets}}
