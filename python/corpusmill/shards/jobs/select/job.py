"""job: rows of files that look like a target: importance resampling.

    target      the target's texts: their n-grams, counted
    fit         the inputs' texts: theirs
    weigh       every row again: its place and its weight
    schema      where lines become tables: the types of their fields
    write       the rows that are taken

The weights and the choice are those of corpusmill.select.dsir; this file feeds it and accounts for it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from corpusmill._ngram_features import Hash, Tokenizer, feature_options
from corpusmill.select.dsir import Model, model_of
from corpusmill.select.plan import BudgetUnit
from corpusmill.shards.entries import entries
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.jobs.asked import Asked, checks
from corpusmill.shards.jobs.select.choices import SOFTWARE, Choices
from corpusmill.shards.jobs.select.counted import Counted
from corpusmill.shards.jobs.select.decide import Chosen, choose, dropped
from corpusmill.shards.jobs.select.passes import CountPass, Ints, WeighPass
from corpusmill.shards.jobs.select.targets import Targets
from corpusmill.shards.jobs.write_rows import write_rows
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.reading.tables import LateDamage
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing.added import Numbers
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.joined import check_joined
from corpusmill.shards.writing.target import OutputFormat, Target
from corpusmill.shards.writing.write import WritePass


def select(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    target: AnyPath | Sequence[AnyPath],
    budget: int,
    budget_unit: BudgetUnit = "rows",
    method: Literal["dsir"] = "dsir",
    text: str = "text",
    n: int | Sequence[int] = (1, 2),
    buckets: int = 10_000,
    hash: Hash = "fast",
    tokenizer: Tokenizer = "words",
    smoothing: float = 0.0,
    top: bool = False,
    min_length: int = 100,
    separate: bool = False,
    proportions: Sequence[float] | None = None,
    seed: int = 0,
    weight: str | None = None,
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
    """Takes the rows of files that look like a target's; every row is accounted for.

    inputs, out     as `dedup` has them; without duplicates.parquet
    target          files, folders and globs, in the formats of inputs, with the same text field.
                    All of them are one target, unless `separate`
    budget          how much to take; all rows that are long enough if there is no more of those
    budget_unit     of what: "rows", "units" (words) or "bytes" of text, as `select.dsir.select` has it
    text            the field that holds a row's text, of inputs and targets
    n, buckets, hash, tokenizer, smoothing
                    as `select.dsir.fit` has them; the published method is hash="sha256",
                    tokenizer="wordpunct"
    top, min_length, seed
                    as `select.dsir.select` has them. Rows dropped for their length have the reason
                    "too_short", all others "not_selected"
    separate        each of `target` as given is a target for itself, served in order
    proportions     with those, the share of the budget of each; None: that of their n-grams
    weight          a field that kept rows get: a row's weight, a double
    others          as `dedup` has them: threads, max_rejected, format, codec, rows_per_file, join,
                    write_dropped, gzip_level, zstd_level, memory, overwrite, progress, notice
    returns         the ledger, which also lies in out; read its `problems`

    Texts of inputs are read twice, and rows a third time to be written. All of out but run.json is
    the same for any threads, SIMD level, order of inputs and memory that holds the longest row.
    Beside the blocks in hand 24 * `buckets` bytes a thread and about 80 a row are held. A job that
    was interrupted goes on with the counts of whole files, and with the weights and rows, that it
    saved. docs/select.md says the rest.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (out is as it was,
    but for what is saved to go on with).
    Source: Xie et al. 2023, "Data Selection for Language Models via Importance Resampling".
    """
    with checks():
        to = Target(format, codec, rows_per_file, gzip_level, zstd_level, join)
        asked = Asked(inputs, out, to, threads, max_rejected, memory, overwrite, progress, notice)
        targets = [target] if isinstance(target, (str, os.PathLike)) else list(target)
        choices = Choices.checked(
            num_targets=len(targets),
            method=method,
            text=text,
            features=feature_options(n, buckets, "word", hash, tokenizer),
            smoothing=smoothing,
            budget=budget,
            budget_unit=budget_unit,
            top=top,
            min_length=min_length,
            separate=separate,
            proportions=proportions,
            seed=seed,
            weight=weight,
            max_rejected=max_rejected,
            write_dropped=write_dropped,
        )
    asked = asked.found()
    to = asked.target
    row_bytes = choices.row_bytes(len(targets))
    choices.check_memory(asked.budget(row_bytes).total, asked.threads, len(targets))
    wanted = Targets(targets, out, choices, asked.threads, progress)
    job = asked.job(choices.about(to, wanted.identity), row_bytes)
    fields.check(job.shards, "text", choices.text)
    check_joined(job.shards, to, _change(choices, np.empty(0)), write_dropped=choices.write_dropped)
    with job.claimed(asked.outputs()):

        def results() -> tuple[Table, Chosen, WritePass]:
            model = _fit(job, wanted, choices)
            table = _weighed(job, model, choices)
            chosen = choose(job, table, model, choices)
            return table, chosen, _write(job, table, chosen, choices, to)

        table, chosen, written = late_damage.without_lost_rows(job, results)
        ledger = Ledger(
            command="select",
            software=SOFTWARE,
            inputs=asked.names,
            options=choices.options(to),
            files=entries(job.shards, table, dropped(table, chosen), written),
            findings={"targets": wanted.findings()},
        )
        job.finish(ledger)
    return ledger


def _fit(job: Job, targets: Targets, choices: Choices) -> Model:
    counted = Counted(job, choices)
    shards = [shard.anew(shard.lost) for shard in job.shards]
    left = counted.take_over(shards)
    shards = [shards[number] for number in left]

    def ended(number: int, totals: Ints) -> None:
        counted.add(shards[number], totals)

    if left:
        counting = CountPass("fit", shards, choices.features, choices.text, ended)
        job.run(counting, len(left), left.__getitem__)
    if any(shard.damaged for shard in shards):
        raise LateDamage
    counted.save()
    return model_of(counted.totals, targets.totals, choices.features, choices.smoothing)


def _weighed(job: Job, model: Model, choices: Choices) -> Table:
    store = job.store({"text": choices.text, "ratios": model.log_ratios.tobytes().hex()})
    job.run(WeighPass(job.shards, store, model, choices.text))
    store.seal()
    return store.table()


def _write(job: Job, table: Table, chosen: Chosen, choices: Choices, to: Target) -> WritePass:
    return write_rows(
        job,
        table,
        chosen.keep,
        to,
        text=choices.text,
        write_dropped=choices.write_dropped,
        change=_change(choices, chosen.weights[:, 0]),
    )


def _change(choices: Choices, weights: npt.NDArray[np.float64]) -> Change:
    if choices.weight is None:
        return Change()
    return Change(added={choices.weight: Numbers(np.ascontiguousarray(weights))})
