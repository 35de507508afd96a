"""numbered_json: parts of files of JSON lines as tables of one schema, each row with its id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa

from corpusmill import _arrow, _core
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.reading.numbered import Lines
from corpusmill.shards.writing.json_tables import schema_of, table_of, widened


def fields_of(part: Lines, columns: Sequence[str] | None) -> pa.Schema:
    """The fields of all its rows, or of these alone; JobError if one holds values of two kinds."""
    schema = pa.schema([])
    with _named(part.name):
        for lines, _ in part.read():
            if lines:
                schema = widened(schema, schema_of(_chosen(lines, columns), _from_one))
    return schema


def joined(
    parts: Sequence[Lines],
    found: Sequence[pa.Schema],
    columns: Sequence[str] | None,
    id: str,
) -> pa.Schema:
    """The fields of all parts, in the order of first appearance or as chosen.

    JobError if one holds values of two kinds; UsageError if one is not there, or called as the ids.
    """
    schema = pa.schema([])
    for part, fields in zip(parts, found, strict=True):
        with _named(part.name):
            schema = widened(schema, fields)
    chosen = schema.names if columns is None else list(columns)
    lacking = [column for column in chosen if column not in schema.names]
    if lacking:
        raise UsageError(f"columns: no field {lacking[0]!r}; there are {schema.names}")
    if id in chosen:
        raise UsageError(f"id: there is a field {id!r} already; name another")
    return pa.schema([schema.field(name) for name in chosen])


def tables_of(part: Lines, schema: pa.Schema, id: str) -> Iterator[pa.Table]:
    """Its rows as tables of this schema, which fits them, with their ids as a last column."""
    with _named(part.name):
        for lines, ids in part.read():
            table = table_of(_chosen(lines, schema.names), schema, _from_one)
            yield table.append_column(id, _arrow.primitive(ids))


def _chosen(lines: bytes, columns: Sequence[str] | None) -> bytes:
    if columns is None:
        return lines
    return _core.jsonl.project(lines, [(name, json.dumps(name)) for name in columns])


def _from_one(line: int) -> int:
    return line + 1


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Says of which part a JobError speaks."""
    try:
        yield
    except JobError as error:
        if str(error).startswith(name):
            raise
        raise JobError(f"{name}: {error}") from error
