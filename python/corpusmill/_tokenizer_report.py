"""_tokenizer_report: how tokenizers do on the documents of a column, by group. Reads no files."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from corpusmill import _arrow, _check, _core
from corpusmill._tokenizer_signals import Counting, signals
from corpusmill._tokenizer_sums import Tally, keys


def report(
    docs: _arrow.Docs,
    tokenizers: Mapping[str, Counting],
    *,
    by: _arrow.Docs | None = None,
    parallel: _arrow.Docs | None = None,
    baseline: str | None = None,
    threads: int = 0,
) -> pa.Table:
    """What tokenizers make of documents, by language, source or whatever groups them.

    docs            N strings; a null is no document
    tokenizers      by the names that the report gives them
    by              the group of each document, N strings; null for none
    parallel        what pairs documents of different groups that say the same, N strings, as the number
                    of a sentence; null for none
    baseline        the group that the others are compared with, if documents are parallel
    threads         0: as many as this process may use; the answer does not depend on it
    returns         for each tokenizer a row of all documents, its group null, and one for each group:

    documents, bytes (UTF-8), characters (code points), words (`text.words`), tokens
    unknown_tokens      tokens that stand for what the vocabulary cannot spell; unknown_rate: of all
    bytes_per_token     compression; tokens_per_byte, tokens_per_character, tokens_per_word: of all tokens
    word_tokens         of the words alone, each with a blank before it or without, whichever is fewer;
                        fertility: their mean; whole_words, whole_word_share: words of one token
    premium             tokens of the group / tokens of the baseline, over the texts that both have;
                        parallel: how many those are

    What would be divided by nothing is null. O(bytes) for each tokenizer, and for each group over the
    rows; memory of several times the documents: `shards.tokenizers` takes them block by block.
    Raises TypeError if a column holds no strings, ValueError if columns differ in length, baseline is
    no group, or there are more than 10,000 groups.
    Source: fertility and words kept whole, Rust et al. (2021), "How Good is Your Tokenizer?"; premium,
    Petrov et al. (2023), "Language Model Tokenizers Introduce Unfairness Between Languages".
    """
    column = _arrow.strings(docs)
    groups = [None] * column.num_rows if by is None else _texts("by", by, column.num_rows)
    if (parallel is None) != (baseline is None):
        raise ValueError("parallel and baseline: pass both or neither")
    if baseline is not None and baseline not in groups:
        raise ValueError(f"baseline: no document has the group {baseline!r}")
    of_keys = None
    if parallel is not None:
        paired = _arrow.strings(parallel, "parallel")
        _check_length("parallel", paired, column.num_rows)
        of_keys = keys(paired)
    tally = Tally(tokenizers)
    counted = signals(column, list(tokenizers.values()), _check.threads(threads))
    there = column.valid_rows()
    of_rows = [groups[row] for row in there.tolist()]
    tally.add(counted[there], of_rows, None if of_keys is None else of_keys[there])
    return tally.table(baseline)


def _texts(name: str, values: _arrow.Docs, num_rows: int) -> list[str | None]:
    column = _arrow.strings(values, name)
    _check_length(name, column, num_rows)
    offsets, data = _core.text.normalize(column.capsules, None, False, False, 1)
    found: list[str | None] = _arrow.large_string(offsets, data, column.validity).to_pylist()
    return found


def _check_length(name: str, column: _arrow.Strings, num_rows: int) -> None:
    if column.num_rows != num_rows:
        raise ValueError(f"{name}: expected {num_rows} rows as in docs, got {column.num_rows}")
