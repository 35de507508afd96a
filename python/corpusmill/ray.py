"""ray: columns and decisions over a Ray dataset (extra `ray`).

    apply           a signal of each document, as a new column
    decide          which documents are near-duplicates, and of which: corpusmill.dedup.decide
    dedup           the dataset without them
    score           the losses of each document under language models, as new columns
    read_parquet, read_json
                    files as a dataset whose rows are numbered, as `decide` wants them

Answers are those of the functions on one machine, row for row, whatever the blocks, the workers and
their deaths. Text stays where Ray has it and is read in place; it is never shuffled. What moves
between workers is 16 bytes for each band of a document, through tasks, which Ray runs again if a
worker dies, never through actors, which would take the job with them; models alone live in actors,
which Ray starts anew. Ray is not started here.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from corpusmill import _arrow, _check, _dedup_parts
from corpusmill._across_rows import check_rowwise
from corpusmill._dedup_options import DecideOptions, Method, Verify
from corpusmill._dedup_parts import Ids, Part
from corpusmill.ngram import Unit
from corpusmill.shards.reading.inputs import AnyPath

try:
    import ray
    import ray.data

    from corpusmill._ray_files import read_json, read_parquet
    from corpusmill._ray_scoring import score
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'corpusmill.ray needs Ray Data: pip install "corpusmill[ray]"', name=error.name
    ) from error

__all__ = ["apply", "decide", "dedup", "read_json", "read_parquet", "score"]

Dataset: TypeAlias = "ray.data.Dataset"
Step: TypeAlias = Callable[[Part], pa.Table]

SHARE_BYTES = 256 << 20
"""Of records that one task sorts."""

BLOCKS_PER_SPLIT = 16

_IN_PLACE = {"batch_size": None, "batch_format": "pyarrow", "zero_copy_batch": True}


def apply(
    ds: Dataset,
    function: Callable[..., Any],
    *,
    into: str,
    text: str = "text",
    threads: int = 1,
    **options: Any,
) -> Dataset:
    """A dataset with one more column: a function of the texts, block by block; lazy.

    function    takes a column of N strings and options, gives a column of N values, each of which
                depends on its own string alone: `corpusmill.text.normalize`, `ngram.hashes`,
                `dedup.signatures`, one of your own
    into        the new column; one of that name gives way
    text        the column that it is given: chunks of Arrow strings as Ray has them in shared memory
    threads     cores of a task; handed on to a function that takes `threads`
    options     of the function

    Raises ValueError for a function of corpusmill that looks beyond a row, such as `dedup.passages` or
    `ngram.counts` (docs/ray.md lists them), also as a `functools.partial`, and for a column that there
    is not; the job fails if the function gives another number of rows.
    """
    check_rowwise(function, options)
    _dedup_parts.check_columns(ds.schema(), text=text)
    threads = _check.whole("threads", threads, 1, _check.MAX_THREADS)
    if "threads" in inspect.signature(function).parameters:
        options = {"threads": threads, **options}
    kwargs = {"function": partial(function, **options), "text": text, "into": into}
    return ds.map_batches(_applied, fn_kwargs=kwargs, num_cpus=threads, **_IN_PLACE)


def decide(
    ds: Dataset,
    *,
    text: str = "text",
    id: str = "doc_id",
    method: Method = "near",
    threshold: float = 0.8,
    verify: Verify = "exact",
    keep: str = "first",
    n: int = 5,
    unit: Unit = "word",
    num_hashes: int = 112,
    seed: int = 0,
    bands: int | None = None,
    rows: int | None = None,
    max_comparisons: int = 64,
    threads: int = 0,
    scratch: AnyPath | None = None,
    memory: int | str | None = None,
) -> pa.Table:
    """Which documents to drop, and for which: `corpusmill.dedup.decide` with ids for rows. Runs now.

    text        the column of documents; a null takes no part
    id          a column of whole numbers, unique, given to rows when they are read: their order is the
                order of rows, as Ray keeps none
    keep        "first" by id, "longest" in UTF-8 bytes, or the name of a column of numbers, the
                largest first
    threads     for the decision, on this machine
    scratch     a folder on this machine for what exceeds `memory` (bytes, or a size like "4GB") in the
                decision; None: nothing does
    others      as `corpusmill.dedup.decide` has them
    returns     table dropped, kept, similarity, verified, cluster, size; dropped, kept and cluster
                are ids

    The dataset is read three times: for buckets, for signatures of documents that share one, and, if
    `verify` is "exact", for the texts of these, which come to this machine. Read again it must give the
    same rows. Here 1 kB is held for each document that shares a bucket, and its shingles, 8 bytes each.

    Raises TypeError or ValueError if an option is wrong or ids are not unique.
    """
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
    named = {} if keep in ("first", "longest") else {"keep": keep}
    _dedup_parts.check_columns(ds.schema(), text=text, id=id, **named)
    if (scratch is None) != (memory is None):
        raise ValueError("scratch and memory: give both, or neither")
    columns = {"text": text, "id": id, "keep": keep}
    wanted = _sharing(ds, options, columns)
    return _dedup_parts.decide(
        wanted,
        list(_batches(ds, partial(_dedup_parts.sketches, options=options), wanted, columns)),
        lambda ids: _batches(ds, _dedup_parts.texts, ids, columns),
        options,
        folder="" if scratch is None else os.fspath(scratch),
        memory=None if memory is None else _check.memory(memory),
        threads=_check.threads(threads),
    )


def dedup(ds: Dataset, *, id: str = "doc_id", **options: Any) -> Dataset:
    """The dataset without near-duplicates. Decides now; rows are left out when it is read.

    id, options     those of `decide`
    returns         rows as they were, with their ids; in the order in which Ray hands out blocks
    """
    dropped = decide(ds, id=id, **options)["dropped"]
    unwanted = ray.put(_arrow.numbers(dropped))
    return ds.map_batches(_kept, fn_kwargs={"id": id, "unwanted": unwanted}, **_IN_PLACE)


# What runs in workers. A table comes as Ray has it: in shared memory, in any number of chunks.


def _applied(table: pa.Table, function: Callable[..., Any], text: str, into: str) -> pa.Table:
    values = function(table[text])
    if not isinstance(values, (pa.Array, pa.ChunkedArray)):
        values = pa.array(values)
    if len(values) != table.num_rows:
        raise ValueError(
            f"function: gave {len(values)} values for {table.num_rows} documents; "
            "a signal gives one for each"
        )
    if into in table.column_names:
        table = table.drop_columns([into])
    return table.append_column(into, values)


def _records(table: pa.Table, options: DecideOptions, columns: dict[str, str]) -> pa.Table:
    return _dedup_parts.records(Part(table, **columns), options)


def _split(num_shares: int, *tables: pa.Table) -> Any:
    shares = _dedup_parts.split(tables, num_shares)
    return shares if num_shares > 1 else shares[0]


def _of_wanted(
    table: pa.Table, function: Step, wanted: ray.ObjectRef, columns: dict[str, str]
) -> pa.Table:
    return function(Part(table, **columns).of(ray.get(wanted)))


def _kept(table: pa.Table, id: str, unwanted: ray.ObjectRef) -> pa.Table:
    return Part(table, text="", id=id, keep="first").without(ray.get(unwanted)).table


# What runs here.


def _sharing(ds: Dataset, options: DecideOptions, columns: dict[str, str]) -> Ids:
    """The ids of the documents that share a bucket; ascending."""
    kwargs = {"options": options, "columns": columns}
    found = ds.map_batches(_records, fn_kwargs=kwargs, **_IN_PLACE).materialize()
    tables = found.to_arrow_refs()
    num_shares = 1 + (found.size_bytes() or 0) // SHARE_BYTES
    split = ray.remote(_split).options(num_returns=num_shares)
    shared = ray.remote(_dedup_parts.shared)
    runs = range(0, len(tables), BLOCKS_PER_SPLIT)
    shares = [split.remote(num_shares, *tables[at : at + BLOCKS_PER_SPLIT]) for at in runs]
    if num_shares == 1:
        shares = [[share] for share in shares]
    of_shares = [shared.remote(*parts) for parts in zip(*shares, strict=True)]
    return np.unique(np.concatenate([np.empty(0, np.int64), *ray.get(of_shares)]))


def _batches(ds: Dataset, function: Step, ids: Ids, columns: dict[str, str]) -> Iterator[pa.Table]:
    """What a function gives of the rows with these ids, in any order."""
    kwargs = {"function": function, "wanted": ray.put(ids), "columns": columns}
    found = ds.map_batches(_of_wanted, fn_kwargs=kwargs, **_IN_PLACE)
    for table in found.iter_batches(batch_size=None, batch_format="pyarrow"):
        if table.num_rows:
            yield table
