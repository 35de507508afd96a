"""json_tables: lines of JSON as Arrow tables, and the one schema that fits all rows of a job.

Types are those that pyarrow's JSON reader finds in a block, but for strings that look like times:
they stay strings. What several blocks hold is widened: null to anything, int64 to double, struct to
the union of fields, list by its items. A field that is once a string and once a number has no
type: the job ends and says where. Whole numbers beyond int64 are read as doubles.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pyarrow as pa

from corpusmill import _arrays, _core
from corpusmill.shards.errors import JobError
from corpusmill.shards.reading.pieces import Bytes

MAX_DEPTH = 100
"""Arrays and objects in each other; pyarrow's reader takes time quadratic in it, and stack."""


class Conflict(JobError):
    """A field has values of two kinds."""


def schema_of(lines: Bytes, line_number: Callable[[int], int]) -> pa.Schema:
    """The schema of some lines; `line_number` says which line of the file one is, from 1."""
    found = _read(lines, None, line_number).schema
    return pa.schema([field.with_type(_settled(field.type)) for field in found])


def table_of(lines: Bytes, schema: pa.Schema, line_number: Callable[[int], int]) -> pa.Table:
    """The lines as a table of this schema, which fits them."""
    return _read(lines, schema, line_number) if lines else _arrays.no_rows(schema)


def widened(left: pa.Schema, right: pa.Schema) -> pa.Schema:
    """The narrowest schema that holds both, in the order of first appearance; or Conflict."""
    if left.equals(right):
        return left
    return pa.schema(list(_struct(pa.struct(list(left)), pa.struct(list(right)), "")))


def _widen(left: pa.DataType, right: pa.DataType, path: str) -> pa.DataType:
    if left.equals(right) or pa.types.is_null(right):
        return left
    if pa.types.is_null(left):
        return right
    if {left, right} == {pa.int64(), pa.float64()}:
        return pa.float64()
    if pa.types.is_struct(left) and pa.types.is_struct(right):
        return _struct(left, right, path)
    if pa.types.is_list(left) and pa.types.is_list(right):
        return pa.list_(_widen(left.value_type, right.value_type, f"{path}[]"))
    raise Conflict(f"field {path[1:]!r} holds {_named(left)} and {_named(right)}")


def _struct(left: pa.StructType, right: pa.StructType, path: str) -> pa.StructType:
    fields = {field.name: field.type for field in left}
    for field in right:
        known = fields.get(field.name, pa.null())
        fields[field.name] = _widen(known, field.type, f"{path}.{field.name}")
    return pa.struct(list(fields.items()))


def _settled(kind: pa.DataType) -> pa.DataType:
    """Times are strings again, and lists call their items as pyarrow does elsewhere."""
    if pa.types.is_timestamp(kind):
        return pa.string()
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _settled(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(_settled(kind.value_type))
    return kind


def _named(kind: pa.DataType) -> str:
    if pa.types.is_struct(kind):
        return "an object"
    if pa.types.is_list(kind):
        return "an array"
    names = {pa.bool_(): "true or false", pa.string(): "a string"}
    return names.get(kind, "a number")


def _read(lines: Bytes, schema: pa.Schema | None, line_number: Callable[[int], int]) -> pa.Table:
    from pyarrow import json  # noqa: PLC0415  only conversions need it

    deeper = _core.jsonl.first_deeper(lines, MAX_DEPTH)
    if deeper >= 0:
        raise JobError(
            f"line {line_number(deeper):,} is nested deeper than {MAX_DEPTH} arrays and objects, "
            "which no column can be"
        )
    reading = json.ReadOptions(use_threads=False, block_size=len(lines) + 1)
    parsing = json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    if schema is None:
        parsing = json.ParseOptions()
    try:
        return json.read_json(io.BytesIO(lines), read_options=reading, parse_options=parsing)
    except (pa.ArrowException, OverflowError) as error:
        told = str(error).removeprefix("JSON parse error: ")
        found = re.search(r"(.*) in row (\d+)$", told, re.DOTALL)
        if not found:
            raise JobError(f"in or after line {line_number(0):,}: {told}") from error
        raise Conflict(
            f"line {line_number(int(found[2])):,}: {found[1]}; no table holds that: mend the lines, or write JSON lines"
        ) from error
