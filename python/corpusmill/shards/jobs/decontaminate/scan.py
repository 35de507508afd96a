"""scan: the passes of a decontamination over texts: in how many rows each n-gram of benchmarks lies, for
rules that ask; then every row's place, and what of benchmarks is found in it.

Of a block, `found` is what is found in some rows, `slots` and `hashes` what all have of the texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow
from corpusmill import text as texts_of
from corpusmill.ngram import ContaminationIndex, ContaminationSeen
from corpusmill.shards.jobs.decontaminate.choices import Choices
from corpusmill.shards.jobs.decontaminate.found import (
    CONTAMINATED,
    CUT,
    EMPTIED,
    SPANS,
    TAGGED,
    Some,
)
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.state.store import Store
from corpusmill.shards.state.table import Table


class CountPass:
    """Counts in how many rows each n-gram of the index lies."""

    def __init__(self, shards: Sequence[Shard], index: ContaminationIndex, text: str) -> None:
        self._shards = shards
        self._index = index
        self._fields = Fields(text, None, None)
        self.meter = Meter("count", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, _: int, block: Block) -> None:
        found = block.rows(self._fields)
        self._index.count(_column(found.texts), threads=1)
        self.meter.add_rows(found.rows.num_rows + len(found.rows.rejected_reason))

    def finish(self, shard: int) -> None:
        """Nothing is left to do for a shard alone."""


class ScanPass:
    """Scans all blocks and looks their texts up in the index."""

    def __init__(
        self,
        shards: Sequence[Shard],
        store: Store,
        index: ContaminationIndex,
        choices: Choices,
        id_field: str,
    ) -> None:
        self._shards = shards
        self._store = store
        self._index = index
        self._choices = choices
        self._fields = Fields(choices.text, id_field, None)
        self.meter = Meter("scan", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        rows = found.rows
        some, seen = self._look_up(_column(found.texts))
        rows.found = some.packed()
        rows.slots = np.concatenate([seen.texts, seen.covered])
        rows.hashes = seen.shared.view(np.uint64)
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)

    def _look_up(self, docs: pa.ChunkedArray) -> tuple[Some, ContaminationSeen]:
        index, choices = self._index, self._choices
        found, seen = index.look_up(docs, threads=1)
        is_some = _any_in(found["found"])
        cuts = pa.nulls(len(is_some), SPANS)
        if choices.action == "cut":  # the janitor's rule does so where nothing is found too
            cuts = index.cuts(docs, found)
            is_some |= ~_arrays.valid(cuts) | _any_in(cuts)
        rows = np.flatnonzero(is_some)
        some = _arrow.primitive(rows)
        found, docs, cuts = found.take(some), docs.take(some), cuts.take(some)
        share, spans, texts = (found[name].combine_chunks() for name in ("share", "spans", "found"))
        became = [CONTAMINATED if choices.action == "drop" else TAGGED] * len(rows)
        if choices.action == "cut":
            words = texts_of.words(texts_of.cut(docs, cuts), threads=1)
            became = [
                CONTAMINATED if not cuttable else CUT if left else EMPTIED
                for cuttable, left in zip(
                    cuts.is_valid().to_pylist(), words.value_lengths().to_pylist(), strict=True
                )
            ]
        if choices.offsets == "chars":
            spans = texts_of.char_spans(docs, spans, threads=1)
        return Some(rows, became, share, spans, texts, cuts), seen


def seen_in(table: Table) -> Iterator[ContaminationSeen]:
    """What the rows of each block have of the texts."""
    for block in table.blocks():
        texts, covered = block.slots.reshape(2, -1)
        yield ContaminationSeen(texts, covered, block.hashes.view(np.int64))


def _column(texts: Sequence[pa.Array]) -> pa.ChunkedArray:
    return pa.chunked_array(texts, texts[0].type if texts else pa.large_string())


def _any_in(lists: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    array = lists.combine_chunks() if isinstance(lists, pa.ChunkedArray) else lists
    return _arrays.filled(array.value_lengths()) > 0
