"""joined: the one schema of the tables that several inputs flow into. Reads no rows."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from corpusmill.shards.errors import UsageError
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.read import Shard
from corpusmill.shards.writing.forms import Change
from corpusmill.shards.writing.target import Target


def check_joined(
    shards: Sequence[Shard], to: Target, change: Change, *, write_dropped: bool = False
) -> None:
    """UsageError if the rows that a job writes as tables fit not into one; `change`: of none of them."""
    joined_schema(shards, to, change)
    try:
        if write_dropped:
            joined_schema(shards, to, change.of_dropped())
    except UsageError as error:
        raise UsageError(
            f"write_dropped: dropped rows get no new field in the place of their own, and {error}; "
            "or give the new field another name, or do not join"
        ) from None


def joined_schema(
    shards: Sequence[Shard],
    to: Target,
    change: Change | None = None,
    of_lines: pa.Schema | None = None,
) -> pa.Schema | None:
    """The schema of the table that all inputs flow into; None if there is no such table.

    change      as the job has it; of_lines: the schema of lines once it is known

    Fields come in the order of their first appearance, and the metadata are those of the first
    input; what an input lacks is null there. UsageError if two inputs have a field of two types.
    """
    if not to.join or to.writes_lines(shards[0].input):
        return None
    schemas, change = [], change or Change()
    for shard in shards:
        schema = shard.facts().schema if shard.is_table else of_lines
        if schema:  # else the file cannot be read, or there are no rows yet
            schema = change.schema(schema, of_lines=not shard.is_table)
            schemas.append((shown(shard.input.name), schema))
    return _united(schemas)


def _united(schemas: Sequence[tuple[str, pa.Schema]]) -> pa.Schema:
    fields: dict[str, pa.Field] = {}
    first: dict[str, str] = {}  # the file that gave a field its type
    for name, schema in schemas:
        for of in schema:
            known = fields.get(of.name)
            if schema.get_field_index(of.name) < 0:
                raise UsageError(f"{name}: two columns are called {of.name!r}; it cannot be joined")
            if known is None or pa.types.is_null(known.type):
                fields[of.name], first[of.name] = of, name
            elif not (pa.types.is_null(of.type) or of.type.equals(known.type)):
                raise UsageError(
                    f"field {of.name!r} is {known.type} in {first[of.name]} and {of.type} in "
                    f"{name}; give it one type, or join files of one kind"
                )
    metadata = schemas[0][1].metadata if schemas else None
    return pa.schema([_nullable(of, schemas) for of in fields.values()], metadata)


def _nullable(of: pa.Field, schemas: Sequence[tuple[str, pa.Schema]]) -> pa.Field:
    """A field may be null if it is or may be in one of the inputs."""
    places = [(schema, schema.get_field_index(of.name)) for _, schema in schemas]
    return of.with_nullable(
        any(place < 0 or schema.field(place).nullable for schema, place in places)
    )
