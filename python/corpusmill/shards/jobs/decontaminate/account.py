"""account: what a decontamination tells of its benchmarks: per document, per text, in all.

Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow
from corpusmill.ngram import ContaminationIndex
from corpusmill.shards.job import Job
from corpusmill.shards.jobs.decontaminate.found import FOUND, SPANS, FoundRows
from corpusmill.shards.jobs.decontaminate.scan import seen_in
from corpusmill.shards.jobs.places import PLACE, Places
from corpusmill.shards.ours import BENCHMARKS, DOCUMENTS
from corpusmill.shards.rows import Ints
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.state.table import Table

SLICE = 1 << 16
"""Rows of a row group."""

PAIR_BYTES = 32
"""Held for each pair of a row and a text found in it: both numbers, and their order by texts."""

SCHEMA = pa.schema(
    [
        *PLACE,
        ("became", pa.large_string()),
        ("share", pa.float64()),
        ("spans", SPANS),
        ("found", FOUND),
    ]
)
DOCUMENTS_OF_TEXT = pa.large_list(pa.struct(PLACE))


def write(job: Job, table: Table, index: ContaminationIndex, found: FoundRows) -> dict[str, Any]:
    """Writes documents.parquet and benchmarks.parquet; the sums, for the ledger.

    JobError if the budget has no room for a pair of numbers for each row and text found in it.
    """
    places = Places(job.shards, table)
    _write(job.out, DOCUMENTS, SCHEMA, _documents(places, found))
    texts = index.texts(seen_in(table))
    hits, rows = _pairs(job, found)
    order = np.argsort(hits, kind="stable")
    hits, rows = hits[order], rows[order]
    schema = texts.schema.append(pa.field("documents", DOCUMENTS_OF_TEXT))
    _write(job.out, BENCHMARKS, schema, _of_texts(places, texts, hits, rows))
    return {"benchmarks": _sums(texts)}


def _documents(places: Places, found: FoundRows) -> Iterator[pa.Table]:
    for block, some in found.all():
        of_rows = places.of(block.first_row + some.rows)
        columns = [*of_rows, _arrays.of_texts(some.became), *some[2:5]]
        yield pa.Table.from_arrays(columns, schema=SCHEMA)


def _pairs(job: Job, found: FoundRows) -> tuple[Ints, Ints]:
    """Of each row and text found in it, their numbers."""
    job.check_columns(sum(len(some.found.flatten()) for _, some in found.all()), PAIR_BYTES)
    texts, rows = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for block, some in found.all():
        texts.append(_arrow.numbers(some.found.flatten().field("text")))
        lengths = _arrow.numbers(some.found.value_lengths())
        rows.append(np.repeat(block.first_row + some.rows, lengths))
    return np.concatenate(texts), np.concatenate(rows)


def _of_texts(places: Places, texts: pa.Table, hits: Ints, rows: Ints) -> Iterator[pa.Table]:
    """The texts, a row group at a time, with the places of all rows that hold one."""
    for first in range(0, texts.num_rows, SLICE):
        part = texts.slice(first, SLICE)
        ends = np.searchsorted(hits, np.arange(first, first + part.num_rows + 1))
        of_rows = places.of(rows[ends[0] : ends[-1]])
        documents = pa.StructArray.from_arrays(of_rows, [name for name, _ in PLACE])
        yield part.append_column("documents", _arrow.large_list(ends - ends[0], documents))


def _sums(texts: pa.Table) -> list[dict[str, Any]]:
    """Per benchmark its items, those of which a text can be found, and those found."""
    benchmarks, number = np.unique(texts["benchmark"].to_pylist(), return_inverse=True)
    items = np.array(texts["item"].to_pylist(), object)
    own, is_found = _arrow.numbers(texts["own"]) > 0, _arrays.filled(texts["found"])

    def count(of: npt.NDArray[np.bool_]) -> int:
        return len(set(items[of].tolist()))

    sums = []
    for i, benchmark in enumerate(benchmarks.tolist()):
        here = number == i
        num_items, num_found = count(here), count(here & is_found)
        sums.append(
            {
                "benchmark": benchmark,
                "items": num_items,
                "findable": count(here & own),
                "found": num_found,
                "share": num_found / num_items,
            }
        )
    return sums


def _write(out: OutFolder, name: str, schema: pa.Schema, parts: Iterable[pa.Table]) -> None:
    """Fixed settings, no time, and row groups of SLICE rows, so equal rows give equal bytes."""
    from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

    waiting, num_rows = [_arrays.no_rows(schema)], 0
    with out.writing(name), out.create(name) as file:
        with parquet.ParquetWriter(file, schema, compression="zstd", compression_level=3) as writer:
            for part in parts:
                waiting.append(part)
                num_rows += part.num_rows
                if num_rows < SLICE:
                    continue
                whole = pa.concat_tables(waiting)
                num_rows %= SLICE
                full = whole.num_rows - num_rows
                writer.write_table(whole.slice(0, full).combine_chunks(), row_group_size=SLICE)
                waiting = [whole.slice(full)]
            writer.write_table(pa.concat_tables(waiting).combine_chunks())
        file.close()
        out.whole(name)
