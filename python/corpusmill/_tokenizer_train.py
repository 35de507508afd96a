"""_tokenizer_train: byte-level BPE learned from documents, or grown by what others hold.

Reads and writes no files.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from corpusmill import _arrow, _check, _core
from corpusmill._tokenizer_files import MAX_ID, Loaded, joined
from corpusmill._tokenizer_ranks import PATTERNS, of_tokens

Corpus: TypeAlias = Any
"""A string column, or an iterable of such columns, which is read once."""

_PRINTED = (*range(33, 127), *range(161, 173), *range(174, 256))
BYTES = (*_PRINTED, *(byte for byte in range(256) if byte not in _PRINTED))
"""The bytes in the order of their ids, which is that of GPT-2: those that are printed come first."""

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
        self._pattern, self._how = pattern, how
        self._pieces = Pieces([pattern, "lines"] if self._superwords else [pattern], how)

    def add(self, column: Any, threads: int) -> None:
        """Threads may do so at once."""
        self._pieces.add(column, threads)

    def learned(self) -> Loaded:
        pieces, how = self._pieces.counters, self._how
        bare = of_tokens([bytes([byte]) for byte in BYTES], self._pattern, 0)
        bare = replace(bare, special=dict.fromkeys(self._special, -1))
        grown = _grown(bare, pieces[0], self._size - self._superwords, self._pattern, how)
        if self._superwords:
            grown = _grown(grown, pieces[1], self._size, "lines", how)
        ids = {token: grown.vocab_size + number for number, token in enumerate(self._special)}
        return replace(grown, vocab_size=grown.vocab_size + len(ids), special=ids)


def extended(
    loaded: Loaded, docs: Corpus, vocab_size: int, *, pattern: str, how: Learning
) -> Loaded:
    """See `Tokenizer.extended`."""
    size = _check.whole("vocab_size", vocab_size, loaded.vocab_size, MAX_ID + 1)
    pieces = Pieces([pattern], how)
    for column in columns(docs):
        pieces.add(column, how.threads)
    return _grown(loaded, pieces.counters[0], size, pattern, how)


class Pieces:
    """The pieces of documents as each of some patterns cuts them; ValueError beyond the memory."""

    def __init__(self, patterns: Sequence[str], how: Learning) -> None:
        for pattern in patterns:
            if pattern not in PATTERNS:
                known = ", ".join(PATTERNS)
                raise ValueError(f"pattern: expected one of {known}, got {pattern!r}")
        known_ones = _core.tokenizer.Pattern.__members__
        self.counters = [_core.tokenizer.PieceCounter(known_ones[name]) for name in patterns]
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
    loaded: Loaded, pieces: _core.tokenizer.PieceCounter, size: int, pattern: str, how: Learning
) -> Loaded:
    """With tokens added as long as there are less than so many and pairs that are good."""
    taken, taken_offsets = joined([token.encode() for token in loaded.special])
    learned = _core.tokenizer.train(
        loaded.core,
        pieces,
        np.frombuffer(taken, np.uint8),
        np.array(taken_offsets, np.int64),
        size - loaded.vocab_size,
        how.min_count,
        how.max_token_bytes,
        loaded.vocab_size,
    )
    parts = Parts.of(loaded.core)
    tokens = [*parts.tokens, *([b""] * (loaded.vocab_size - len(parts.tokens)))]
    for left, right in learned.reshape(-1, 2).tolist():
        tokens.append(tokens[left] + tokens[right])
    data, offsets = joined(tokens)
    core = _core.tokenizer.byte_bpe_of_merges(
        np.frombuffer(data, np.uint8),
        np.array(offsets, np.int64),
        np.concatenate([parts.merges.reshape(-1), learned]),
        parts.whole_pieces,
        _core.tokenizer.Pattern.__members__[pattern],
        how.cache_bytes,
    )
    return replace(loaded, core=core, vocab_size=len(tokens), pattern=pattern)


@dataclass(frozen=True)
class Parts:
    """A byte-level BPE taken apart."""

    tokens: list[bytes]  # by id, b"" for none
    merges: Any  # uint32, of each merge the two ids, in order; those alone that are ever done
    whole_pieces: bool  # a piece that is a token is not merged

    @classmethod
    def of(cls, core: _core.tokenizer.Tokenizer) -> Parts:
        data, offsets, merges, whole_pieces = _core.tokenizer.bpe_parts(core)
        ends = offsets.tolist()
        tokens = [data[begin:end] for begin, end in itertools.pairwise(ends)]
        return cls(tokens, merges.reshape(-1, 2), whole_pieces)


def _checked_special(special_tokens: Sequence[str]) -> list[str]:
    if isinstance(special_tokens, str) or not all(isinstance(t, str) for t in special_tokens):
        raise TypeError("special_tokens: expected a sequence of str")
    special = list(special_tokens)
    if len(set(special)) < len(special) or "" in special:
        raise ValueError(f"special_tokens: expected different ones, none empty, got {special}")
    return special
