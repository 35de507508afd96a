"""_tokenizer_signals: what tokenizers make of each document, as numbers. Sums nothing over documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _core

Ints: TypeAlias = npt.NDArray[np.int64]

OF_TEXT = ("bytes", "characters", "words")
OF_TOKENIZER = ("tokens", "unknown_tokens", "word_tokens", "whole_words")


class Counting(Protocol):
    """What is asked of a tokenizer."""

    @property
    def vocab_size(self) -> int: ...

    @property
    def unknown_id(self) -> int | None: ...

    def count(self, docs: _arrow.Docs, *, threads: int = 0) -> pa.Array: ...

    def encode_batch(self, docs: _arrow.Docs, *, threads: int = 0) -> pa.Array: ...


def signals(docs: _arrow.Strings, tokenizers: Sequence[Counting], threads: int) -> Ints:
    """A row for each document, of zeros for a null: OF_TEXT, then OF_TOKENIZER for each tokenizer.

    A word is one of `text.words`, as the document has it. Alone it is encoded with a blank before it
    and without, and the fewer tokens count: whole words are those of one token.
    """
    offsets, data = _core.text.normalize(docs.capsules, None, False, False, threads)  # end to end
    lists, begin, end = _core.text.word_spans(docs.capsules, threads)
    lengths = end - begin
    places = begin + np.repeat(offsets[:-1], np.diff(lists))
    # each with a line end behind it, which is none of its own
    words = _core.jsonl.gather(data.data, places, lengths, np.ones(len(places), np.bool_))
    bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths + 1)])
    distinct = _arrow.large_string(bounds, np.frombuffer(words, np.uint8)).dictionary_encode()
    number = _arrays.filled(distinct.indices)
    every = [word[:-1] for word in distinct.dictionary.to_pylist()]
    characters, num_words, _ = _core.text.counts(docs.capsules, threads)
    columns = [np.diff(offsets), characters, num_words]
    for tokenizer in tokenizers:
        of_word = _word_tokens(tokenizer, every, threads)
        columns += _tokens(tokenizer, docs, threads)
        columns += [_sums(of_word[number], lists), _sums(of_word[number] == 1, lists)]
    return np.stack(columns, axis=1)


def _word_tokens(tokenizer: Counting, words: list[str], threads: int) -> Ints:
    """Of each of some words, whatever stands before it."""
    alone, behind = (
        _arrays.filled(tokenizer.count(_arrays.of_texts(column), threads=threads))
        for column in (words, [f" {word}" for word in words])
    )
    fewer: Ints = np.minimum(alone, behind)
    return fewer


def _tokens(tokenizer: Counting, docs: _arrow.Strings, threads: int) -> list[Any]:
    """Of each document, and those among them that stand for what the tokenizer does not know."""
    if tokenizer.unknown_id is None:
        counts = _arrays.filled(tokenizer.count(docs, threads=threads))
        return [counts, np.zeros(len(counts), np.int64)]
    ids = tokenizer.encode_batch(docs, threads=threads)
    lists = _arrays.filled(ids.offsets)
    unknown = _arrays.filled(ids.values) == tokenizer.unknown_id
    return [np.diff(lists), _sums(unknown, lists)]


def _sums(values: npt.NDArray[Any], lists: Ints) -> Ints:
    """Over the values of each list."""
    up_to = np.concatenate([np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)])
    sums: Ints = up_to[lists[1:]] - up_to[lists[:-1]]
    return sums
