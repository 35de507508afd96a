"""_ray_files: files as Ray datasets whose rows are numbered when they are read. Behind corpusmill.ray."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import pyarrow as pa
import ray
import ray.data

from corpusmill.shards.numbered_json import fields_of, joined, tables_of
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.reading.numbered import line_parts, row_groups

Dataset: TypeAlias = "ray.data.Dataset"


def read_parquet(
    inputs: AnyPath | Sequence[AnyPath],
    *,
    columns: Sequence[str] | None = None,
    id: str = "doc_id",
) -> Dataset:
    """Parquet files as a dataset, a block for each row group, each row with its id; lazy.

    inputs      files, folders and globs, as `corpusmill.shards.dedup` has them and in its order; every
                worker must see them under the same absolute names
    columns     the columns to read; None: all
    id          the new column: int64, the file's number << 40 | the row's in the file

    Raises UsageError (a ValueError) for an input that is none, lacks a column, or has one called as
    the ids.
    """
    return _parts(row_groups(inputs, columns, id), _read)


def read_json(
    inputs: AnyPath | Sequence[AnyPath],
    *,
    columns: Sequence[str] | None = None,
    id: str = "doc_id",
) -> Dataset:
    """Files of JSON lines as a dataset, each row with its id. All lines are read now, for the types of
    their fields, and again when rows are asked for; packed files as a whole, others in parts.

    inputs      files, folders and globs as for `read_parquet`: .jsonl, plain, .gz, .zst, .bz2 or .xz
    columns     the fields to read; None: all. One that a row lacks is null, whole numbers among others
                are doubles, as in a table that `corpusmill convert` makes
    id          the new column: int64, the file's number << 40 | the byte at which the line begins

    Raises UsageError (a ValueError) for an input that is none or a field that is not there or called
    as the ids. Fails if a line holds no object, or a field values of two kinds.
    """
    parts = line_parts(inputs)
    remote = ray.remote(fields_of)
    found = ray.get([remote.remote(part, columns) for part in parts])
    schema = joined(parts, found, columns, id)
    return _parts(parts, _read_lines, schema=schema, id=id)


def _parts(parts: Sequence[Any], read: Callable[..., Any], **kwargs: Any) -> Dataset:
    """A dataset of what is read of each part; lazy."""
    listed = ray.data.from_items(list(parts), override_num_blocks=max(len(parts), 1))
    return listed.map_batches(read, fn_kwargs=kwargs, batch_size=1, batch_format="numpy")


# What runs in workers.


def _read(listed: dict[str, Any]) -> pa.Table:
    (group,) = listed["item"]
    return group.read()


def _read_lines(listed: dict[str, Any], schema: pa.Schema, id: str) -> Iterator[pa.Table]:
    (part,) = listed["item"]
    return tables_of(part, schema, id)
