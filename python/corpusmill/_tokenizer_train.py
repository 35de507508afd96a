"""_tokenizer_train: byte-level BPE learned from documents, or grown by what others hold.

Reads and writes no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from corpusmill import _arrow, _check, _core
from corpusmill._tokenizer_added import MAX_ID
from corpusmill._tokenizer_files import Loaded, joined
from corpusmill._tokenizer_parts import BYTES, Parts
from corpusmill._tokenizer_ranks import known, of_tokens

Corpus: TypeAlias = Any
"""A string column, or an iterable of such columns, which is read once."""

# Of a different piece, and of each of its bytes: in the tables, then as tokens with their places.
_PIECE_MEMORY, _BYTE_MEMORY = 64, 32


@dataclass(frozen=True)
class Learning:
    """How pairs are chosen, checked."""

    min_count: int
    max_token_bytes: int
    memory: int | None
    threads: int
    cache_bytes: int

    @classmethod
    def of(
        cls,
        *,
        min_count: int,
        max_token_bytes: int,
        memory: int | str | None,
        threads: int,
        cache_bytes: int,
    ) -> Learning:
        return cls(
            _check.whole("min_count", min_count, 1, 1 << 62),
            _check.whole("max_token_bytes", max_token_bytes, 1, 1 << 16),
            None if memory is None else _check.memory(memory),
            _check.threads(threads),
            _check.whole("cache_bytes", cache_bytes, 0, 1 << 40),
        )


class Learner:
    """A vocabulary that is learned when all documents have been added. See `Tokenizer.train`."""

    def __init__(
        self,
        vocab_size: int,
        *,
        pattern: str,
        special_tokens: Sequence[str],
        superwords: int,
        how: Learning,
    ) -> None:
        self._special = _checked_special(special_tokens)
        least = len(BYTES) + len(self._special)
        size = _check.whole("vocab_size", vocab_size, least, MAX_ID + 1)
        self._superwords = _check.whole("superwords", superwords, 0, size - least)
        self._size = size - len(self._special)
        known(pattern, "documents")
        patterns = [pattern, "lines"] if self._superwords else [pattern]
        bare = [bytes([byte]) for byte in BYTES]
        self._stages = [of_tokens(bare, name, 0) for name in patterns]
        self._how = how
        self._pieces = Pieces([stage.core for stage in self._stages], how)

    def add(self, column: Any, threads: int) -> None:
        """Threads may do so at once."""
        self._pieces.add(column, threads)

    def learned(self) -> Loaded:
        sizes = [self._size - self._superwords, self._size]
        grown = self._stages[0]
        for stage, pieces, size in zip(self._stages, self._pieces.counters, sizes, strict=False):
            grown = replace(grown, pattern=stage.pattern)
            grown = _grown(grown, pieces, size, self._special, self._how)
        ids = {token: grown.vocab_size + number for number, token in enumerate(self._special)}
        return replace(grown, vocab_size=grown.vocab_size + len(ids), special=ids)


def extended(
    loaded: Loaded, docs: Corpus, vocab_size: int, *, pattern: str | None, how: Learning
) -> Loaded:
    """See `Tokenizer.extended`."""
    if loaded.pattern is None:
        raise ValueError(f"{loaded.family} cannot be extended; byte-level BPE can")
    size = _check.whole("vocab_size", vocab_size, loaded.vocab_size, MAX_ID + 1)
    pattern = pattern or loaded.pattern
    known(pattern, "documents")
    cutter = loaded.core
    if pattern != loaded.pattern:
        cutter = Parts.of(loaded.core).loaded(pattern, 0).core
    pieces = Pieces([cutter], how)
    for column in columns(docs):
        pieces.add(column, how.threads)
    taken = [token.text for token in loaded.added]
    return _grown(replace(loaded, pattern=pattern), pieces.counters[0], size, taken, how)


class Pieces:
    """The pieces of documents as each of some tokenizers cuts them; ValueError beyond the memory."""

    def __init__(self, cutters: Sequence[_core.tokenizer.Tokenizer], how: Learning) -> None:
        self.counters = [_core.tokenizer.PieceCounter(cutter) for cutter in cutters]
        self._memory = how.memory

    def add(self, column: Any, threads: int) -> None:
        capsules = _arrow.strings(column).capsules
        for counter in self.counters:
            counter.add(capsules, threads)
        need = sum(_PIECE_MEMORY * c.size + _BYTE_MEMORY * c.num_bytes for c in self.counters)
        if self._memory is not None and need > self._memory:
            raise ValueError(
                f"memory: {self._memory:,} bytes are too little: the different pieces of the"
                f" documents so far take {need:,}; raise it, or train on a sample"
            )


def columns(docs: Corpus) -> Iterator[Any]:
    """One column is a corpus too."""
    alone = hasattr(docs, "__arrow_c_array__") or hasattr(docs, "__arrow_c_stream__")
    texts = isinstance(docs, (list, tuple)) and isinstance((*docs, None)[0], (str, type(None)))
    if alone or texts or isinstance(docs, str) or not isinstance(docs, Iterable):
        yield docs
    else:
        yield from docs


def _grown(
    loaded: Loaded,
    pieces: _core.tokenizer.PieceCounter,
    size: int,
    taken: Sequence[str],
    how: Learning,
) -> Loaded:
    """With tokens added as long as there are less than so many and pairs that are good.

    loaded      its pattern is that of the pieces
    """
    spelled, ends = joined([token.encode() for token in taken])
    learned = _core.tokenizer.train(
        loaded.core,
        pieces,
        np.frombuffer(spelled, np.uint8),
        np.array(ends, np.int64),
        size - loaded.vocab_size,
        how.min_count,
        how.max_token_bytes,
        loaded.vocab_size,
    ).reshape(-1, 2)
    parts = Parts.of(loaded.core).grown(learned, loaded.vocab_size)
    new = parts.loaded(loaded.pattern, how.cache_bytes)
    return replace(loaded, core=new.core, vocab_size=new.vocab_size, identity=new.identity)


def _checked_special(special_tokens: Sequence[str]) -> list[str]:
    if isinstance(special_tokens, str) or not all(isinstance(t, str) for t in special_tokens):
        raise TypeError("special_tokens: expected a sequence of str")
    special = list(special_tokens)
    if len(set(special)) < len(special) or "" in special:
        raise ValueError(f"special_tokens: expected different ones, none empty, got {special}")
    return special
