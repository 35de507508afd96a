"""encode_pass: the first pass of a tokenize job: every text as ids, kept in memory or in stage files.

Of a block, `found` is the ids of all documents, `slots` how many each has, `hashes` what `Account` sums up
and, in turn, a special token's place among `Encoding.spellings` and how often texts spell it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from corpusmill import _arrow
from corpusmill.shards.progress import Meter
from corpusmill.shards.reading.findings import Fields
from corpusmill.shards.reading.read import Block, Blocks, Shard
from corpusmill.shards.rows import MEAN_ROW, Ints, PackedRows
from corpusmill.shards.state.store import Store
from corpusmill.shards.state.table import Table
from corpusmill.shards.tokens.batch import Ids, TokenRows, copied
from corpusmill.shards.tokens.file import NONE, Form
from corpusmill.tokenizer import Tokenizer


class Account(NamedTuple):
    """Sums over documents."""

    documents: int
    tokens: int  # bos and eos among them
    text_bytes: int
    cut_documents: int  # for max_tokens
    cut_tokens: int

    @classmethod
    def total(cls, accounts: Iterable[Account]) -> Account:
        return cls(*map(sum, zip(cls(0, 0, 0, 0, 0), *accounts, strict=True)))


@dataclass(frozen=True)
class Encoding:
    """How a document becomes ids."""

    tokenizer: Tokenizer
    form: Form
    max_tokens: int | None

    @property
    def spellings(self) -> list[str]:
        """The special tokens, in an order that depends on nothing but them: a stage file outlives a run."""
        return sorted(self.tokenizer.special_tokens)

    @property
    def row_bytes(self) -> int:
        """What ids take of a row of the shortest that a block may have: an id for two bytes."""
        return self.form.dtype.itemsize * MEAN_ROW // 2 + 4

    def of(self, texts: Any) -> tuple[Ids, Ints, int, int]:
        """Ids of all texts, how many each has, and of how many texts how many ids were cut off."""
        found = self.tokenizer.encode_batch(texts, dtype=self.form.dtype.name, threads=1)
        begin, ids = _arrow.numbers(found.offsets), _arrow.numbers(found.values)
        whole = np.diff(begin)
        lengths = whole if self.max_tokens is None else np.minimum(whole, self.max_tokens)
        cut = int((lengths < whole).sum()), int((whole - lengths).sum())
        added = (self.form.bos != NONE) + (self.form.eos != NONE)
        if added or cut[0]:
            ids = self._around(ids, begin[:-1], lengths)
        return ids, lengths + added, *cut

    def spelled(self, texts: Sequence[Any]) -> list[int]:
        """Which special tokens texts spell, by their places, and how often each: in turn."""
        places = {token: place for place, token in enumerate(self.spellings)}
        counts: Counter[int] = Counter()
        for chunk in texts if places else ():
            for of in self.tokenizer.special_counts(chunk, threads=1).values.to_pylist():
                counts[places[of["token"]]] += of["count"]
        return [number for item in sorted(counts.items()) for number in item]

    def _around(self, ids: Ids, begin: Ints, lengths: Ints) -> Ids:
        """The first ids of each document, with what stands before and behind them."""
        given = [of for of in (self.form.bos, self.form.eos) if of != NONE]
        behind = np.concatenate([ids, np.array(given, ids.dtype)])
        at = [begin, begin + lengths]
        before = np.full(len(begin), len(ids))
        after = np.full(len(begin), len(behind) - 1)
        if self.form.bos != NONE:
            at = [before, before + 1, *at]
        if self.form.eos != NONE:
            at = [*at, after, after + 1]
        stretches = np.stack(at, axis=1).reshape(-1, 2)
        return copied(behind, stretches[:, 0], stretches[:, 1])


class EncodePass:
    """Scans all blocks and encodes their texts."""

    def __init__(
        self, shards: Sequence[Shard], store: Store, encoding: Encoding, wanted: Fields
    ) -> None:
        self._shards = shards
        self._store = store
        self._encoding = encoding
        self._fields = wanted
        self.meter = Meter("encode", sum(shard.input.size for shard in shards))

    def blocks(self, shard: int) -> Blocks:
        return self._shards[shard].first(self.meter.add_bytes, self._fields.names())

    def work(self, shard: int, block: Block) -> None:
        found = block.rows(self._fields)
        rows = found.rows
        parts = [self._encoding.of(chunk) for chunk in found.texts]
        none = np.empty(0, self._encoding.form.dtype)
        ids = parts[0][0] if len(parts) == 1 else np.concatenate([none, *(of[0] for of in parts)])
        rows.found = ids.view(np.uint8)
        rows.slots = np.concatenate([np.empty(0, np.uint32), *(of[1] for of in parts)]).astype(
            np.uint32
        )
        sums = (int(found.lengths.sum()), sum(of[2] for of in parts), sum(of[3] for of in parts))
        rows.hashes = np.array([*sums, *self._encoding.spelled(found.texts)], np.uint64)
        self._store.add(shard, block, rows)
        self.meter.add_rows(rows.num_rows + len(rows.rejected_reason))

    def finish(self, shard: int) -> None:
        self._store.end(shard)


def accounts(table: Table) -> list[Account]:
    """For each file."""

    def of_block(block: PackedRows) -> Account:
        found = block.signals()
        tokens = int(found.slots.sum(dtype=np.int64))
        return Account(found.num_rows, tokens, *map(int, found.hashes[:3]))

    return [Account.total(of_file) for of_file in table.of_blocks(of_block)]


def spelled(table: Table) -> Counter[int]:
    """The special tokens that texts spell, by their places among `Encoding.spellings`."""
    counts: Counter[int] = Counter()
    for found in table.blocks():
        for place, count in found.hashes[3:].reshape(-1, 2).tolist():
            counts[place] += count
    return counts


def lengths(table: Table) -> Iterator[tuple[int, Ints]]:
    """The first document of each block, and how many ids each of the block has."""
    for found in table.blocks():
        yield found.first_row, found.slots.astype(np.int64)


def documents(table: Table, dtype: npt.DTypeLike) -> Iterator[TokenRows]:
    """All documents in order, a block at a time, which is let go of behind it."""
    for block in (block for of_file in table.of_blocks(lambda block: block) for block in of_file):
        found = block.signals()
        ids = block.found().view(dtype)
        yield TokenRows.of_documents(ids, found.slots.astype(np.int64), found.first_row)
        block.let_go("hashes", "slots", "found")
