"""results: what a tokenize job leaves in OUT besides its ledger: documents.parquet and the token shards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa

from corpusmill import _arrow
from corpusmill.shards import ours
from corpusmill.shards.job import Job
from corpusmill.shards.jobs import tables
from corpusmill.shards.jobs.places import PLACE, Places
from corpusmill.shards.jobs.tokenize.choices import Choices
from corpusmill.shards.jobs.tokenize.encode_pass import (
    Account,
    Encoding,
    documents,
    lengths,
    spelled,
)
from corpusmill.shards.ours import DOCUMENTS, TOKENS
from corpusmill.shards.state.table import Table
from corpusmill.shards.tokens.batch import PADDING, TokenRows
from corpusmill.shards.tokens.file import SUFFIX, Form
from corpusmill.shards.tokens.layouts import Cut, Documents, Layout
from corpusmill.shards.tokens.megatron import MegatronShard
from corpusmill.shards.tokens.packing import Packed
from corpusmill.shards.tokens.shuffle import ROW_BYTES, SEGMENT_BYTES, Shuffle
from corpusmill.shards.tokens.write import OwnShard, Shard, Shards

SOFTWARE = {"corpusmill": version("corpusmill"), "pyarrow": version("pyarrow")}
"""What decides the answer besides options, the tokenizer and inputs."""

WRITING_BYTES = 64 << 20
"""What layouts and open shards hold: a window of documents thrice, and what is known of segments."""


def write(
    job: Job, table: Table, found: list[Account], choices: Choices, encoding: Encoding
) -> dict[str, Any]:
    """Writes the places of documents and all shards; findings for the ledger."""
    form, spellings = encoding.form, encoding.spellings
    by_place = sorted(spelled(table).items())
    job.at("write", 0)
    _write_places(job, table)
    account = Account.total(found)
    shards = Shards(_maker(job, choices, form), choices.tokens_per_shard)
    padding = 0
    for rows in _rows(job, table, account, choices, form):
        shards.add(rows)
        padding += int(rows.lengths[rows.documents == PADDING].sum())
    shards.end()
    job.stopwatch.lap("lay")
    num_ids = sum(shard.ids for shard in shards.written)
    tokens = {
        **account._asdict(),
        "spelled": {spellings[place]: count for place, count in by_place},
        "dtype": form.dtype.name,
        "tokenizer": form.fingerprint,
        "unicode_version": form.unicode_version,
        "rows": sum(shard.rows for shard in shards.written),
        "padding": padding,
        "padding_share": padding / num_ids if num_ids else 0.0,
    }
    return {"tokens": tokens, "shards": [shard.told() for shard in shards.written]}


def _write_places(job: Job, table: Table) -> None:
    """Of each document, in their order, where it stands and how many ids it has."""
    places = Places(job.shards, table)
    schema = pa.schema([*PLACE, ("tokens", pa.int64())])

    def parts() -> Iterator[pa.Table]:
        for first, counts in lengths(table):
            columns = places.of(np.arange(first, first + len(counts)))
            yield pa.table([*columns, _arrow.primitive(counts)], schema=schema)

    tables.write(job.out, DOCUMENTS, schema, parts())


def _maker(job: Job, choices: Choices, form: Form) -> Callable[[int, int], Shard]:
    def make(number: int, first_row: int) -> Shard:
        name = f"{TOKENS}/part-{number:05}"
        if choices.megatron:
            return MegatronShard(job.out, name, form.dtype)
        return OwnShard(job.out, name + SUFFIX, form, first_row)

    return make


def _rows(
    job: Job, table: Table, account: Account, choices: Choices, form: Form
) -> Iterator[TokenRows]:
    """All rows as they are to be written."""
    layout: Layout = Documents()
    if form.length:
        layout = (Packed if choices.pack else Cut)(form.length, form.pad)
    laid = _laid(job, table, layout, form)
    if choices.shuffle is None:
        yield from laid
        return
    folder, memory = job.room(0)
    num_rows = layout.most_rows(account.documents, account.tokens)
    num_ids = num_rows * form.length if form.length else account.tokens  # padding is shuffled, too
    num_bytes = num_ids * form.id_bytes + SEGMENT_BYTES * account.documents
    num_bytes += (SEGMENT_BYTES + ROW_BYTES) * num_rows
    writing = partial(job.out.writing, f"{ours.STATE}/{ours.SCRATCH}")
    with closing(Shuffle(choices.shuffle, folder, num_bytes, memory, writing)) as shuffle:
        for rows in laid:
            shuffle.add(rows)
        job.stopwatch.lap("lay")
        done = 0
        for rows in shuffle.shuffled(form.dtype):
            done += rows.num_rows
            job.at("shuffle", done)
            yield rows


def _laid(job: Job, table: Table, layout: Layout, form: Form) -> Iterator[TokenRows]:
    """All documents as rows, in their order."""
    for found in documents(table, form.dtype):
        job.at("lay", int(found.documents[-1]) + 1 if found.num_rows else 0)
        yield from layout.add(found)
    yield from layout.finish()
