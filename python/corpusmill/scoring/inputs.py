"""inputs: what a caller of scoring gives, checked once: documents as ids, how they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpusmill import _arrays, _arrow, _check
from corpusmill.scoring import texts
from corpusmill.scoring.models import Model
from corpusmill.scoring.texts import AnyTokenizer, Encoded, Prefix
from corpusmill.scoring.token_pass import Sequences, Sweep
from corpusmill.scoring.windows import Ints, stride_of

BATCH_TOKENS = 4096


@dataclass(frozen=True)
class Prepared:
    """Documents, as sequences and as columns of a table."""

    docs: Encoded
    sequences: Sequences

    @property
    def tokens(self) -> Ints:
        """Scored ones of each document."""
        return self.sequences.scored

    @property
    def offsets(self) -> Ints:
        """Of documents in columns of tokens."""
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(self.tokens)])

    @property
    def bytes(self) -> Ints | None:
        """UTF-8 bytes of the scored tokens of each; None where documents are ids."""
        return self.docs.bytes if self.sequences.prefix is not None else self.docs.behind

    def column(self, values: Any) -> pa.Array:
        """A number of each document: null for a null one, and for one that has none (NaN)."""
        array = np.asarray(values)
        valid = self.docs.valid & ~np.isnan(array) if array.dtype.kind == "f" else self.docs.valid
        return _arrays.of_numpy(array, valid)

    def bytes_column(self) -> pa.Array:
        if self.bytes is None:
            return pa.nulls(len(self.tokens), pa.int64())
        return self.column(self.bytes)

    def lists(self, values: Any, kind: str) -> pa.Array:
        """Numbers of tokens as a list of each document."""
        items = _arrow.primitive(np.asarray(values).astype(kind))
        return _arrow.large_list(self.offsets, items, _arrays.bitmap(self.docs.valid))


def prepared(
    model: Model, tokenizer: AnyTokenizer, docs: Any, *, prefix: Prefix, threads: int
) -> Prepared:
    """The documents as the model is to read them. ValueError if the tokenizer is not its own."""
    check_vocabulary(model.vocab_size, tokenizer)
    before = prefix_of(model, tokenizer, prefix)
    found = texts.encoded(tokenizer, docs, behind=before is None, threads=threads)
    return Prepared(found, Sequences.of(found, before))


def prefix_of(model: Model, tokenizer: AnyTokenizer, prefix: Prefix) -> int | None:
    """The id before each document; None for none. ValueError if the model has it not."""
    before = texts.prefix_id(prefix, tokenizer, model.bos_id, model.eos_id)
    if before is not None and before >= model.vocab_size:
        raise ValueError(
            f"prefix: {before} is no id of the model; pass the id of its BOS, or 'none'"
        )
    return before


def check_vocabulary(vocab_size: int, tokenizer: AnyTokenizer) -> None:
    """ValueError if the tokenizer makes ids of texts that a model of this size has not."""
    size = texts.text_ids(tokenizer)
    if size > vocab_size:
        raise ValueError(
            f"tokenizer: it has {size:,} ids and the model {vocab_size:,}; pass the model's own"
        )


def sweep(
    model: Model, *, stride: int | None, repeat_prefix: bool, batch_tokens: int, threads: int
) -> Sweep:
    return Sweep(
        stride_of(stride, model.context),
        _check.flag("repeat_prefix", repeat_prefix),
        _check.whole("batch_tokens", batch_tokens, 1, 1 << 40),
        _check.threads(threads),
    )
