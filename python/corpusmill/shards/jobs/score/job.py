"""job: files of rows, each with the losses of its text under language models.

    score       every row once: its statistics under each model
    schema      where lines become tables: the types of their fields
    write       all rows, with more fields

What the statistics mean, corpusmill.scoring says; this file feeds it and accounts for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from corpusmill.shards.entries import entries
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import late_damage
from corpusmill.shards.jobs.asked import Asked, checks
from corpusmill.shards.jobs.score.choices import TOKEN_DIFFERENCE, WHOLE, Choices, runs_models
from corpusmill.shards.jobs.score.corpus import of_corpus
from corpusmill.shards.jobs.score.score_pass import ScorePass
from corpusmill.shards.jobs.score.token_lists import TokenLists
from corpusmill.shards.jobs.write_rows import write_rows
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.memory import LARGEST_BLOCK
from corpusmill.shards.memory import beyond as memory_beyond
from corpusmill.shards.progress import Listener, Report
from corpusmill.shards.reading import fields
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.rows import MEAN_ROW
from corpusmill.shards.state.table import Table
from corpusmill.shards.writing import encode
from corpusmill.shards.writing.added import Numbers, Shares
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.joined import check_joined
from corpusmill.shards.writing.target import OutputFormat, Target
from corpusmill.shards.writing.write import WritePass

SOFTWARE = {"corpusmill": version("corpusmill"), "scoring_version": 1}
"""What decides the answer besides options and inputs, and, to the last digits, what runs models."""

STATS = ("tokens", "bytes", "nll_mean", "bits_per_byte")


def score(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    model: AnyPath | Sequence[AnyPath],
    tokenizer: AnyPath | None = None,
    stats: Sequence[str] = STATS,
    prefix: str | int | None = "default",
    context: int | None = None,
    stride: int | None = None,
    repeat_prefix: bool = False,
    k: float = 0.2,
    batch_tokens: int = 4096,
    device: str | None = None,
    dtype: str | None = None,
    field_prefix: str = "",
    tokens: Literal["float16", "float32"] | None = None,
    text: str = "text",
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
    """Gives each row of files the losses of its text under one language model or several.

    inputs, out     as `dedup` has them
    model           the folder of a Hugging Face causal model: config.json, safetensors; or several,
                    of one tokenizer. All are in memory at once
    tokenizer       a file that `corpusmill.tokenizer.Tokenizer.load` reads, or a folder; None: that of
                    the models' folders: tokenizer.json, or what transformers reads there
    stats           what rows get, as `corpusmill.scoring.score` names it. Of several models the
                    fields are called nll_mean_1, nll_mean_2, and so on, and there is difference_2:
                    nll_mean_1 less nll_mean_2, and so on; tokens and bytes are the same for all
    field_prefix    what the names of the fields begin with; a field of such a name that a row has
                    is replaced
    tokens          the type of numbers of token_nll, a list of the nll of each scored token, which rows
                    get too; None: they do not. Of several models
                    token_nll_1, token_nll_2, token_difference_2: the first less the second, ...
    dtype           float32, bfloat16 or float16; None: as `scoring.Model.load` has it
    prefix, context, stride, repeat_prefix, k, batch_tokens, device     as `scoring.score` and
                    `scoring.Model.load` have them; a prefix in digits is an id
    text            the field of a row that is scored
    others          as `dedup` has them: threads, max_rejected, format, codec, rows_per_file,
                    join, gzip_level, zstd_level, memory, overwrite, progress, notice
    returns         the ledger, which also lies in out; findings["corpus"] has, of each model, what the
                    fields make of all texts: perplexity, token weighted and document averaged, and
                    bits_per_byte

    Rows of a block, up to 1.5 MB of text, share batches, and one block is scored at a time; numbers
    depend on those beside a row, and so on `memory`, threads and device, by rounding alone. A job
    that was killed goes on behind the last blocks it had scored. `memory` counts models
    and what they take for a batch, which is tried out; not what a window takes that is longer than
    batch_tokens. Besides, 8 bytes a row and field. Losses of tokens wait in memory or,
    when there are too many, in files under out/.state.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (out is as it was,
    but for what is saved to go on with).
    """
    with checks():
        target = Target(format, codec, rows_per_file, gzip_level, zstd_level, join)
        asked = Asked(
            inputs, out, target, threads, max_rejected, memory, overwrite, progress, notice
        )
        choices = Choices.checked(
            model,
            tokenizer,
            stats=stats,
            prefix=prefix,
            context=context,
            stride=stride,
            repeat_prefix=repeat_prefix,
            k=k,
            batch_tokens=batch_tokens,
            device=device,
            dtype=dtype,
            field_prefix=field_prefix,
            tokens=tokens,
        )
        if text in [*choices.fields(), *choices.token_fields()]:
            raise ValueError(f"field_prefix: a field called {text!r} would replace the text")
    asked = asked.found()
    target = asked.target
    digest = choices.digests()
    deciding = {**choices.options(), "models": digest, "tokenizer": None, "device": None}
    software = SOFTWARE | runs_models()
    options = {"text": text, "max_rejected": max_rejected, **choices.options(), **asdict(target)}

    def made(dtypes: Sequence[str] = (), held: int = 0) -> Job:
        return asked.job(
            {"command": "score", "software": software | encode.versions()}
            | {"options": options | deciding, "dtypes": dtypes},
            8 * len(choices.fields())
            + 4 * MEAN_ROW // 2 * len(choices.models) * bool(choices.tokens),
            held=held,
        )

    first = made()
    fields.check(first.shards, "text", text)
    check_joined(first.shards, target, _change(choices, Table([]), _values(choices, Table([]))))
    scorer = choices.scorer(asked.threads)
    dtypes = [str(model.head.weight.dtype).removeprefix("torch.") for model in scorer.models]
    most = min(first.text_bytes, LARGEST_BLOCK)
    for_a_batch = memory_beyond(lambda: scorer.try_batches(most))
    job = made(dtypes, for_a_batch)  # its budget begins at what is held now: the models

    def results() -> tuple[Table, WritePass, list[dict[str, Any]]]:
        depends = {"command": "score", "text": text, "dtypes": dtypes, **deciding}
        store = job.store(depends, dear=True)
        job.run(ScorePass(job.shards, store, scorer, choices, text, stopped=job.stop.is_set))
        store.seal()
        table = store.table()
        values = _values(choices, table)
        change = _change(choices, table, values)
        every = np.ones(table.num_rows, np.bool_)
        written = write_rows(
            job, table, every, target, text=text, write_dropped=False, change=change
        )
        return table, written, of_corpus(choices.fields(), values, len(choices.models))

    with job.claimed(asked.outputs()):
        table, written, corpus = late_damage.without_lost_rows(job, results)
        ledger = Ledger(
            command="score",
            software=software,
            inputs=asked.names,
            options=options,
            files=entries(job.shards, table, [{} for _ in range(table.num_shards)], written),
            findings={"models": digest, "dtypes": dtypes, "corpus": corpus},
        )
        job.finish(ledger)
    return ledger


def _values(choices: Choices, table: Table) -> dict[str, npt.NDArray[np.float64]]:
    """The number of each field and row, NaN for none."""
    fields = list(choices.fields())
    values = np.empty((len(fields), table.num_rows))
    for block in table.blocks(let_go=not choices.tokens):
        numbers = block.hashes.view(np.float64).reshape(-1, len(fields))
        values[:, block.first_row : block.first_row + block.num_rows] = numbers.T
    return dict(zip(fields, values, strict=True))


def _change(
    choices: Choices, table: Table, values: Mapping[str, npt.NDArray[np.float64]]
) -> Change:
    """The fields that all rows get."""
    added: dict[str, Numbers | Shares | TokenLists] = {}
    for field, (_, name) in choices.fields().items():
        held = values[field]
        added[field] = Numbers(held.astype(np.int64)) if name in WHOLE else Shares(held)
    for field, (number, name) in choices.token_fields().items():
        less = name == TOKEN_DIFFERENCE
        added[field] = TokenLists(table, number, len(choices.models), less, str(choices.tokens))
    return Change(added=added)
