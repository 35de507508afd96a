"""account: what a decontamination tells of its benchmarks: per document, per text, in all.

Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow
from corpusmill.ngram import ContaminationIndex
from corpusmill.shards.job import Job
from corpusmill.shards.jobs.decontaminate.scan import Found
from corpusmill.shards.ours import BENCHMARKS, DOCUMENTS, shown
from corpusmill.shards.reading.strings import StringColumn
from corpusmill.shards.state.out import OutFolder
from corpusmill.shards.state.table import Table

SLICE = 1 << 16
"""Rows of a row group."""


def write(
    job: Job,
    table: Table,
    index: ContaminationIndex,
    found: Found,
    became: Sequence[str],
) -> dict[str, Any]:
    """Writes documents.parquet and benchmarks.parquet; the sums, for the ledger.

    became      of each row found, what was done with it
    """
    files, lines, ids = table.places(found.rows)
    names = StringColumn.of([shown(shard.input.name) for shard in job.shards])
    place = {
        "file": names.take(files),
        "row": _arrow.primitive(lines),
        "id": ids.arrow(),
    }
    documents = pa.table({**place, "became": _arrays.of_texts(became)})
    for name in ("share", "spans", "found"):
        documents = documents.append_column(name, found.table.column(name))
    _write(job.out, DOCUMENTS, documents)
    texts = _texts(index.texts(), found, pa.StructArray.from_arrays(list(place.values()), [*place]))
    _write(job.out, BENCHMARKS, texts)
    return {"benchmarks": _sums(texts)}


def _texts(texts: pa.Table, found: Found, places: pa.Array) -> pa.Table:
    """Behind the texts the largest share of each that a document has, and all documents with one."""
    lists = found.table["found"].combine_chunks()
    pairs = lists.flatten()
    text, share = _arrow.numbers(pairs.field("text")), _arrow.numbers(pairs.field("share"))
    document = np.repeat(np.arange(len(found.rows)), _arrow.numbers(lists.value_lengths()))
    largest = np.zeros(texts.num_rows)
    np.maximum.at(largest, text, share)
    order = np.argsort(text, kind="stable")
    counts = np.bincount(text, minlength=texts.num_rows)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    documents = _arrow.large_list(offsets, places.take(_arrays.of_numpy(document[order])))
    return texts.append_column("share", _arrow.primitive(largest)).append_column(
        "documents", documents
    )


def _sums(texts: pa.Table) -> list[dict[str, Any]]:
    """Per benchmark its items, those of which a text can be found, and those found."""
    benchmarks, number = np.unique(texts["benchmark"].to_pylist(), return_inverse=True)
    items = np.array(texts["item"].to_pylist(), object)
    own = _arrow.numbers(texts["own"]) > 0
    hit = _arrays.filled(texts["documents"].combine_chunks().value_lengths()) > 0

    def count(of: npt.NDArray[np.bool_]) -> int:
        return len(set(items[of].tolist()))

    sums = []
    for i, benchmark in enumerate(benchmarks.tolist()):
        here = number == i
        num_items, num_found = count(here), count(here & hit)
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


def _write(out: OutFolder, name: str, table: pa.Table) -> None:
    """Fixed settings and no time, so equal tables give equal bytes."""
    from pyarrow import parquet  # noqa: PLC0415  as long as importing corpusmill takes

    with out.writing(name), out.create(name) as file:
        parquet.write_table(
            table.combine_chunks(),
            file,
            row_group_size=SLICE,
            compression="zstd",
            compression_level=3,
        )
        file.close()
        out.whole(name)
