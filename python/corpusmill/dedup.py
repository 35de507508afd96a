"""dedup: near-duplicates of a column of documents, from signatures to decisions.

    signatures  ->  pairs  ->  components          the steps, for those who want to look at them
    decide, duplicates                             the whole way, with the decision rule below
    passages                                       what stands in several documents, inside them
    Index                                          signatures kept from before, to look up new ones
    paragraphs                                     lines and paragraphs that repeat, as spans

The decision rule. Documents with equal shingle sets (where similarity is not exact: with the same
shingles, each as often) are one unit, for which its most preferred member stands. Units are visited in the order of preference (`keep`); each is compared with the kept
units that share a bucket with it, earliest first, and dropped for the first whose similarity reaches
`threshold`; else it is kept. So a dropped row always names a kept row that is at least `threshold`
similar to it, and chains of similar documents never drop unrelated text.

Reads no files: corpusmill.shards does. Choices that both need stand in _dedup_options.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from corpusmill import _arrays, _arrow, _check, _core, _dedup_decide, ngram
from corpusmill._dedup_bands import bands_for
from corpusmill._dedup_index import Index as Index  # noqa: PLC0414  given on
from corpusmill._dedup_inputs import pair_rows, signature_rows, signatures_of
from corpusmill._dedup_options import (
    DecideOptions,
    Keep,
    Method,
    Verify,
    check_max_comparisons,
    check_num_hashes,
    check_num_rows,
    check_seed,
)
from corpusmill._dedup_passages import passages as passages  # noqa: PLC0414  given on
from corpusmill._dedup_pieces import Piece as Piece  # noqa: PLC0414
from corpusmill._dedup_pieces import paragraphs as paragraphs  # noqa: PLC0414


def signatures(
    docs: _arrow.Docs,
    *,
    n: int = 5,
    unit: ngram.Unit = "word",
    num_hashes: int = 112,
    seed: int = 0,
    threads: int = 0,
) -> pa.Array:
    """The signature of each document: a fixed-size sketch of its set of shingles.

    The share of equal entries of two signatures estimates the Jaccard similarity J of their shingle
    sets without bias, with a standard error of at most about sqrt(J (1 - J) / num_hashes); of at
    most 0.87 of that for 128 hashes and unions of 30 to 400 shingles (tests/test_signatures.py).

    docs        N strings, or N lists of ready shingle hashes (list or large_list of uint64, from
                `ngram.hashes` or elsewhere; n and unit then say nothing); read in place
    n, unit     a shingle is n consecutive units; of fewer units, all of them; of none, the bytes
    returns     fixed_size_list<uint32>[num_hashes], N rows; null in, null out; an empty list of
                ready hashes gives a row of 2**32 - 1
    seed        another seed, other signatures; compare only those of one seed and num_hashes
    threads     0: as many as this process may use; the answer does not depend on it

    Definition 1, the same bits on every machine (csrc/dedup/signature.hpp). O(bytes).
    Source: Fast Similarity Sketching, Dahlgaard, Knudsen and Thorup, FOCS 2017.

    Raises TypeError if docs holds neither strings nor uint64 lists, ValueError if a number is out
    of range.

    >>> a, b = signatures(["The cat sat down.", "the cat SAT down"], n=2).to_pylist()
    >>> a == b
    True
    """
    num_hashes, seed = check_num_hashes(num_hashes), check_seed(seed)
    threads = _check.threads(threads)
    options = _core.dedup.SignatureOptions(ngram.shingle_options(n, unit), num_hashes, seed)
    return signatures_of(docs, options, num_hashes, seed, threads)


def similarity(left: pa.Array, right: pa.Array) -> pa.Array:
    """Estimated Jaccard similarity of each row of `left` with the same row of `right`.

    left, right     signatures of one seed and num_hashes, N rows each
    returns         double, N rows: the share of equal entries; null where either is null
    """
    a, b = signature_rows(left, "left"), signature_rows(right, "right")
    if a.num_hashes != b.num_hashes or len(left) != len(right):
        raise ValueError(
            f"left and right must agree in rows and num_hashes: {len(left)} x {a.num_hashes} and "
            f"{len(right)} x {b.num_hashes}"
        )
    values = _core.dedup.similarity(a.slots, b.slots, a.num_hashes)
    return _arrays.of_numpy(values, a.valid & b.valid)


def jaccard(
    docs: _arrow.Docs,
    pairs: Any,
    *,
    n: int = 5,
    unit: ngram.Unit = "word",
    threads: int = 0,
) -> pa.Array:
    """Exact Jaccard similarity of pairs of documents: |A & B| / |A | B| of their shingle sets.

    docs        N strings
    pairs       a table with integer columns `left` and `right`, rows of docs, such as `pairs` gives
    returns     double, one row per pair; null if either document is null

    Sets are of 64-bit shingle hashes. O(bytes of both documents) a pair.
    """
    column = _arrow.strings(docs)
    left, right = pair_rows(pairs, column.num_rows)
    options = ngram.shingle_options(n, unit)
    found = _core.dedup.jaccard(column.capsules, left, right, options, _check.threads(threads))
    valid = column.valid_mask()
    return _arrays.of_numpy(found, valid[left] & valid[right])


def pairs(
    signatures: pa.Array,
    *,
    bands: int | None = None,
    rows: int | None = None,
    threshold: float = 0.8,
    max_comparisons: int = 64,
    threads: int = 0,
) -> pa.Table:
    """Candidate pairs of similar documents: those whose signatures agree on all of a band.

    signatures      N rows of `signatures`; null rows pair with nothing
    bands, rows     bands * rows <= num_hashes. None: the largest rows for which, with
                    bands = num_hashes // rows, (1 - threshold**rows)**bands <= 0.02, that is at
                    most 2 % of pairs at the threshold are missed (18 x 6 for 112 slots at 0.8)
    threshold       least estimated similarity of a pair that is returned
    max_comparisons within a bucket, every row is paired with the first max_comparisons rows only,
                    which keeps a bucket of a million equal documents linear
    returns         table left, right (int64 rows, left < right), similarity (double, estimated),
                    ascending

    O(N * bands * (log N + max_comparisons)).
    """
    threshold = _check.share("threshold", threshold)
    max_comparisons = check_max_comparisons(max_comparisons)
    matrix = signature_rows(signatures, "signatures")
    check_num_rows(len(matrix.valid))
    chosen = bands_for(threshold, matrix.num_hashes, bands, rows)
    found = _core.dedup.pairs(
        matrix.slots,
        matrix.num_hashes,
        np.flatnonzero(matrix.valid).astype(np.uint32),
        *chosen,
        threshold,
        max_comparisons,
        _check.threads(threads),
    )
    columns = [_arrow.primitive(values) for values in found]
    return pa.Table.from_arrays(columns, ["left", "right", "similarity"])


def components(pairs: Any, num_docs: int) -> pa.Array:
    """Connected components of pairs: for each of num_docs rows the smallest row of its component.

    pairs       a table with integer columns `left` and `right`
    returns     int64, num_docs rows; a row without pairs is its own component

    Chains connect: two rows of a component need not be similar. To drop duplicates, `decide`.
    """
    num_docs = _check.whole("num_docs", num_docs, 0, 2**63 - 1)
    left, right = pair_rows(pairs, num_docs)
    return _arrow.primitive(_core.dedup.components(left, right, num_docs))


def decide(
    docs: _arrow.Docs,
    *,
    method: Method = "near",
    threshold: float = 0.8,
    verify: Verify = "exact",
    keep: Keep = "first",
    n: int = 5,
    unit: ngram.Unit = "word",
    num_hashes: int = 112,
    seed: int = 0,
    bands: int | None = None,
    rows: int | None = None,
    max_comparisons: int = 64,
    threads: int = 0,
) -> pa.Table:
    """Which documents to drop, and for which kept document each of them goes.

    docs            N strings; a null takes no part
    method          "near": by shingles and the rule at the head of this module; "exact": by equal
                    bytes (128-bit hash), for which the options on shingles and bands say nothing
    threshold       Jaccard similarity from which a document is dropped, 0 < threshold <= 1
    verify          how a candidate is compared: "exact", Jaccard of the shingle sets; "signature",
                    its estimate; "none", not at all, every candidate counts
    keep            the order of preference: "first" row, "longest" in UTF-8 bytes, or N numbers,
                    the largest first; null and NaN alike come last; ties go to the earlier row
    bands, rows     see `pairs`
    max_comparisons at most so many kept documents are looked at per document and bucket
    returns         table, one row per dropped document, ascending:
                    dropped, kept       int64 rows of docs
                    similarity          double, as `verify` measures it; 1 for those of one unit
                    verified            "exact" | "signature" | "none"
                    cluster             int64, the kept row
                    size                int64, documents of the cluster, the kept one included

    The answer does not depend on threads. Candidates are found with the probability that `pairs`
    states; what is dropped is never wrong in the sense of `verify`. O(bytes) for signals; at most
    bands * max_comparisons comparisons a document, each linear in its shingles; at most 2**32 - 2
    rows.

    Raises TypeError if docs holds no strings, ValueError if an option is out of range.
    """
    options = DecideOptions.checked(
        method=method,
        threshold=threshold,
        verify=verify,
        n=n,
        unit=unit,
        num_hashes=num_hashes,
        seed=seed,
        bands=bands,
        rows=rows,
        max_comparisons=max_comparisons,
    )
    return _dedup_decide.decide(_arrow.strings(docs), options, keep, _check.threads(threads))


def duplicates(docs: _arrow.Docs, **options: Any) -> pa.Array:
    """Which documents to drop: `decide` as a mask.

    docs        N strings
    options     those of `decide`
    returns     bool, N rows, never null: True = drop. A null document is not dropped.

    >>> duplicates(["a b c d e f", "A b, c d e f!", "g h i j k l"]).to_pylist()
    [False, True, False]
    """
    column = _arrow.strings(docs)
    mask = np.zeros(column.num_rows, np.bool_)
    mask[_arrow.numbers(decide(column, **options)["dropped"])] = True
    return _arrays.of_numpy(mask)
