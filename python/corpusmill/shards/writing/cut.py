"""cut: rows whose text loses some of its bytes, as lines and as tables, and spans of it in characters.

Reads and writes no file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from corpusmill import _arrays, _arrow, _core, text
from corpusmill.shards import json_rows
from corpusmill.shards.errors import JobError
from corpusmill.shards.reading.pieces import Bytes
from corpusmill.shards.reading.string_columns import as_strings


def cut_lines(lines: Bytes, name: str, spans: pa.Array) -> Bytes:
    """Lines of which none is cut stay as they are, byte for byte."""
    from pyarrow import compute  # noqa: PLC0415  as long as importing corpusmill takes

    found = _core.jsonl.scan(lines, name, None, None)
    whole = _arrow.large_string(found["text_offsets"], found["text_data"])
    left = json_rows.values(_cut(whole, spans))
    cut = _arrays.of_numpy(_arrays.filled(spans.value_lengths()) > 0)
    left = compute.if_else(cut, left, pa.nulls(1, left.type)[0])
    return _core.jsonl.replace_field(lines, name, [left.__arrow_c_array__()])


def cut_table(table: pa.Table, name: str, spans: pa.Array) -> pa.Table:
    """The column keeps its type."""
    place = table.schema.get_all_field_indices(name)[-1]
    of = table.schema.field(place)
    whole = pa.chunked_array(as_strings(table.column(place)))
    left = _cut(whole, spans)
    left = left.dictionary_encode() if pa.types.is_dictionary(of.type) else left
    return table.set_column(place, of, left.cast(of.type))


def in_characters(texts: pa.ChunkedArray, spans: pa.Array) -> pa.Array:
    """Spans of bytes of these texts as spans of characters."""
    with _same_texts():
        return text.char_spans(texts, spans)


def _cut(texts: pa.Array | pa.ChunkedArray, spans: pa.Array) -> pa.Array:
    with _same_texts():
        return text.cut(texts, spans)


@contextmanager
def _same_texts() -> Iterator[None]:
    try:
        yield
    except ValueError as error:  # they fitted the texts that were read first
        raise JobError(f"an input has changed while the job ran: {error}") from None
