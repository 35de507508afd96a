"""scan: the pass of a decontamination: every row's place, and what of benchmarks is found in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from corpusmill import _arrays, _arrow
from corpusmill import text as texts_of
from corpusmill.ngram import ContaminationIndex
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
        kind = found.texts[0].type if found.texts else pa.large_string()
        rows.found = self._look_up(pa.chunked_array(found.texts, kind)).packed()
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)

    def _look_up(self, docs: pa.ChunkedArray) -> Some:
        index, choices = self._index, self._choices
        found = index.find(docs, threads=1)
        lengths = found["found"].combine_chunks().value_lengths()
        rows = np.flatnonzero(_arrays.filled(lengths) > 0)
        some = _arrow.primitive(rows)
        found, docs = found.take(some), docs.take(some)
        share, spans, texts = (column.combine_chunks() for column in found.itercolumns())
        became = [CONTAMINATED if choices.action == "drop" else TAGGED] * len(rows)
        cuts = pa.nulls(len(rows), SPANS)
        if choices.action == "cut":
            cuts = index.cuts(docs, spans)
            words = texts_of.words(texts_of.cut(docs, cuts), threads=1)
            became = [
                CONTAMINATED if not cuttable else CUT if left else EMPTIED
                for cuttable, left in zip(
                    cuts.is_valid().to_pylist(), words.value_lengths().to_pylist(), strict=True
                )
            ]
        if choices.offsets == "chars":
            spans = texts_of.char_spans(docs, spans, threads=1)
        return Some(rows, became, share, spans, texts, cuts)
