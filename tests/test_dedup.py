"""dedup: pairs, components and decisions equal their oracles; the promises of the rule hold."""

from __future__ import annotations

import errno
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles_dedup
from corpusmill import _core
from corpusmill._dedup_bands import bands_for, candidate_probability
from corpusmill._dedup_options import DecideOptions

families = st.integers(0, 10**6).map(lambda seed: documents.varied(40, seed))


def sets_of(docs: list[str], n: int) -> dict[int, frozenset[int]]:
    hashes = cm.ngram.hashes(docs, n=n).to_pylist()
    return {i: frozenset(row) for i, row in enumerate(hashes) if row is not None}


def shingles_of(docs: list[str], n: int) -> dict[int, tuple[int, ...]]:
    """Each as often as the document has it."""
    hashes = cm.ngram.hashes(docs, n=n).to_pylist()
    return {i: tuple(sorted(row)) for i, row in enumerate(hashes) if row is not None}


def signatures_of(docs: list[str], n: int) -> dict[int, list[int]]:
    rows = cm.dedup.signatures(docs, n=n).to_pylist()
    return {i: row for i, row in enumerate(rows) if row is not None}


def decided(table: pa.Table) -> dict[int, tuple[int, float]]:
    rows = table.to_pylist()
    return {row["dropped"]: (row["kept"], row["similarity"]) for row in rows}


@given(families, st.sampled_from([0.3, 0.5, 0.8, 1.0]), st.sampled_from([1, 2, 64]))
def test_pairs_equal_the_oracle(docs: list[str], threshold: float, most: int) -> None:
    signatures = cm.dedup.signatures([*docs, None], n=2)
    got = cm.dedup.pairs(
        signatures, threshold=threshold, bands=20, rows=3, max_comparisons=most, threads=2
    )
    expected = oracles_dedup.pairs(signatures_of(docs, 2), 20, 3, threshold, most)
    found = zip(*(got[name].to_pylist() for name in ("left", "right")), strict=True)
    assert dict(zip(found, got["similarity"].to_pylist(), strict=True)) == expected


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_components_equal_the_oracle(edges: list[tuple[int, int]]) -> None:
    left, right = [a for a, _ in edges], [b for _, b in edges]
    table = pa.table({"left": pa.array(left, pa.int64()), "right": pa.array(right, pa.int64())})
    assert cm.dedup.components(table, 20).to_pylist() == oracles_dedup.components(edges, 20)


@given(families, st.integers(1, 6))
def test_jaccard_equals_the_oracle(docs: list[str], n: int) -> None:
    sets = sets_of(docs, n)
    left = [i for i in range(len(docs)) for _ in range(0, len(docs), 5)]
    right = [j for _ in range(len(docs)) for j in range(0, len(docs), 5)]
    got = cm.dedup.jaccard(docs, {"left": left, "right": right}, n=n, threads=2).to_pylist()
    assert got == [
        oracles_dedup.jaccard(sets[i], sets[j]) for i, j in zip(left, right, strict=True)
    ]


@given(
    families,
    st.sampled_from(["exact", "signature", "none"]),
    st.sampled_from(["first", "longest", "column"]),
    st.sampled_from([0.4, 0.8]),
    st.sampled_from([1, 64]),
)
def test_decisions_equal_the_oracle(
    docs: list[str], verify: str, keep: str, threshold: float, most: int
) -> None:
    column = [float(len(doc) % 7) if doc else None for doc in docs]
    column[0] = float("nan")
    table = cm.dedup.decide(
        docs,
        n=2,
        verify=verify,
        keep=column if keep == "column" else keep,
        threshold=threshold,
        bands=20,
        rows=4,
        max_comparisons=most,
        threads=3,
    )
    sets, signatures = sets_of(docs, 2), signatures_of(docs, 2)
    units = sets if verify == "exact" else shingles_of(docs, 2)

    def accept(row: int, kept: int) -> float | None:
        alike = oracles_dedup.estimate(signatures[row], signatures[kept])
        if verify == "exact":
            alike = oracles_dedup.jaccard(sets[row], sets[kept])
        return alike if verify == "none" or alike >= threshold else None

    def preference(row: int) -> float:
        if keep == "column":
            value = column[row]
            return float("inf") if value is None or math.isnan(value) else -value
        return 0 if keep == "first" else -len(docs[row].encode())

    order = sorted(range(len(docs)), key=lambda i: (preference(i), i))
    expected = oracles_dedup.decide(
        units=units, signatures=signatures, order=order, bands=20, rows=4, most=most, accept=accept
    )
    assert decided(table) == expected


@given(families)
def test_the_promises_of_the_rule(docs: list[str]) -> None:
    table = cm.dedup.decide(docs, n=2, threshold=0.6)
    sets, dropped = sets_of(docs, 2), set(table["dropped"].to_pylist())
    for row in table.to_pylist():
        assert row["kept"] not in dropped
        assert row["cluster"] == row["kept"]
        assert (
            row["similarity"]
            == oracles_dedup.jaccard(sets[row["dropped"]], sets[row["kept"]])
            >= 0.6
        )
        assert row["size"] == 1 + table["kept"].to_pylist().count(row["kept"])


@given(families)
def test_near_drops_whatever_exact_drops(docs: list[str]) -> None:
    exact = cm.dedup.duplicates(docs, method="exact").to_pylist()
    near = cm.dedup.duplicates(docs, method="near").to_pylist()
    assert exact == [docs.index(doc) < i for i, doc in enumerate(docs)]
    assert all(n or not e for e, n in zip(exact, near, strict=True))


def test_examples_by_hand() -> None:
    docs = ["a b c d e f", "A b, c d e f!", None, "!!!", "???", "", "", None, "one two", "One. Two"]
    dropped = cm.dedup.duplicates(docs)
    assert dropped.null_count == 0
    assert dropped.to_pylist() == [False, True] + [False] * 4 + [True, False, False, True]


def test_a_chain_does_not_drop_its_far_end() -> None:
    """Each document shares 8 of 10 words with the next; the first and last share none."""
    docs = [" ".join(f"w{i}" for i in range(start, start + 40)) for start in range(0, 40, 4)]
    table = cm.dedup.decide(docs, n=1, threshold=0.8, num_hashes=256)
    assert all(row["similarity"] >= 0.8 for row in table.to_pylist())
    assert table["dropped"].to_pylist() == [1, 3, 5, 7, 9]
    signatures = cm.dedup.signatures(docs, n=1, num_hashes=256)
    chained = cm.dedup.components(cm.dedup.pairs(signatures, threshold=0.7), len(docs))
    assert set(chained.to_pylist()) == {0}


@pytest.mark.parametrize("size", [1, 40, 2049])
def test_equal_sets_are_one_unit(size: int) -> None:
    """However often shingles repeat and however words are spelled; another set is another unit."""
    words = [f"w{i}" for i in range(size)]
    again = [*words, *(words[i * i % size] for i in range(300))]
    docs = [" ".join(words), "! ".join(again).upper(), " ".join([*again, "other"]), " ".join(again)]
    table = cm.dedup.decide(docs, n=1, num_hashes=8, bands=1, rows=8)
    rows = {row["dropped"]: row for row in table.to_pylist()}
    for twin in (1, 3):
        assert rows[twin]["kept"] == 0
        assert rows[twin]["similarity"] == 1.0
        assert rows[twin]["verified"] == "exact"


@pytest.mark.parametrize("verify", ["signature", "none"])
@pytest.mark.parametrize("size", [1, 40, 2049])
def test_equal_shingles_with_their_repeats_are_one_unit_where_no_set_is_looked_at(
    size: int, verify: str
) -> None:
    """Equal sets whose repeats differ go, too: by the estimate, which is 1 for them."""
    words = [f"w{i}" for i in range(size)]
    again = [*words, *(words[i * i % size] for i in range(300))]
    docs = [" ".join(words), "! ".join(again).upper(), " ".join(again[::-1]), "; ".join(words)]
    table = cm.dedup.decide(docs, n=1, num_hashes=8, bands=1, rows=8, verify=verify)
    assert table["similarity"].to_pylist() == [1.0, 1.0, 1.0]
    assert table["kept"].to_pylist() == [0, 0, 0]
    assert table["verified"].to_pylist() == [verify, verify, "exact"]


def options_of(**changed: Any) -> DecideOptions:
    given = {
        "method": "near",
        "threshold": 0.8,
        "verify": "exact",
        "n": 2,
        "unit": "word",
        "num_hashes": 80,
        "seed": 0,
        "bands": 20,
        "rows": 4,
        "max_comparisons": 64,
    }
    return DecideOptions.checked(**(given | changed))


@given(
    families,
    st.sampled_from(["exact", "signature", "none"]),
    st.sampled_from([1, 64]),
    st.booleans(),
    st.sampled_from([0, 100, 5000]),
    st.integers(1, 41),
    st.booleans(),
)
def test_the_answer_is_the_same_out_of_core(  # noqa: PLR0917  hypothesis gives them so
    docs: list[str],
    verify: str,
    most: int,
    backwards: bool,
    memory: int,
    piece: int,
    by_buckets: bool,
) -> None:
    options = options_of(verify=verify, max_comparisons=most, threshold=0.5)
    order = np.arange(len(docs))[::-1].copy() if backwards else None
    slots, hashes = options.sketch([pa.array(docs).__arrow_c_array__()], 1)
    buckets, _ = options.sketch_buckets([pa.array(docs).__arrow_c_array__()], 1)

    def decided_with(folder: str, memory: int | None, piece: int, by_buckets: bool = False) -> Any:
        decider = options.decider(len(docs), order, threads=2, folder=folder, memory=memory)
        add, of = (decider.add_buckets, buckets) if by_buckets else (decider.add_rows, slots)
        width = len(of) // len(docs)
        for at in range(0, len(docs), piece):
            end = at + piece
            add([(hashes[2 * at : 2 * end], of[width * at : width * end])])
        candidates = decider.find_candidates()
        if verify != "exact":
            decider.add_signatures(candidates, candidates, slots)
        rows = decider.rows_to_verify()
        capsules = [pa.array(docs).__arrow_c_array__()]
        decider.add_sets(rows, rows, capsules, options.shingles, 2)
        return [part.tolist() for part in decider.decide()], decider.capped()

    with tempfile.TemporaryDirectory() as folder:
        found = decided_with(folder, memory, piece, by_buckets)
        assert found == decided_with("", None, len(docs))
        assert not list(Path(folder).iterdir())


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("verify", ["exact", "signature"])
def test_buckets_come_without_signatures_as_with_them(verify: str, threads: int) -> None:
    options = options_of(verify=verify, num_hashes=50, bands=9, rows=5, n=2, seed=3)
    docs = [*documents.varied(200, 7), None, "", *documents.varied(3, 8)]
    capsules = [pa.array(docs[:70]).__arrow_c_array__(), pa.array(docs[70:]).__arrow_c_array__()]
    slots, hashes = options.sketch(capsules, threads)
    expected = _core.dedup.buckets(slots, 50, 9, 5, 1).reshape(-1, 9)
    expected[docs.index(None)] = 0
    buckets, same_hashes = options.sketch_buckets(capsules, threads)
    assert np.array_equal(buckets.reshape(-1, 9), expected)
    assert np.array_equal(hashes, same_hashes)


def test_what_was_asked_for_must_be_added() -> None:
    docs = pa.array(["a b c", "A b c!"])
    options = options_of()
    capsules = [docs.__arrow_c_array__()]
    slots, hashes = options.sketch(capsules, 1)
    decider = options.decider(2, None, threads=1)
    with pytest.raises(RuntimeError, match="find_candidates comes first"):
        decider.decide()
    decider.add_rows([(hashes[:2], slots[:80])])
    with pytest.raises(RuntimeError, match="rows 1 and on were never added"):
        decider.find_candidates()
    decider.add_rows([(hashes[2:], slots[80:])])
    assert decider.find_candidates().tolist() == [0, 1]
    decider.add_sets(np.array([1]), np.array([1]), capsules, options.shingles, 1)
    with pytest.raises(RuntimeError, match="row 0 was never added"):
        decider.decide()
    with pytest.raises(IndexError, match="there is no row 7"):
        decider.add_sets(np.array([7]), np.array([1]), capsules, options.shingles, 1)
    decider = options_of(verify="signature").decider(2, None, threads=1)
    decider.add_rows([(hashes, slots)])
    decider.find_candidates()
    with pytest.raises(RuntimeError, match="the signature of row 0 was never added"):
        decider.decide()


def test_scratch_space_that_cannot_be_had_is_an_error_with_its_place() -> None:
    options = options_of()
    slots, hashes = options.sketch([pa.array(["a b c"]).__arrow_c_array__()], 1)
    decider = options.decider(1, None, threads=1, folder="/no/such/folder", memory=0)
    with pytest.raises(OSError, match="/no/such/folder/scratch") as caught:
        decider.add_rows([(hashes, slots)])
    assert caught.value.errno == errno.ENOENT


def test_a_million_equal_rows_and_one_crowded_bucket_stay_linear() -> None:
    same = pa.array(["the same words again and again"]).take(pa.array([0] * 1_000_000))
    assert cm.dedup.decide(same).num_rows == 999_999
    shared = " ".join(f"s{i}" for i in range(50))
    crowd = [f"{shared} x{i}" for i in range(3000)]
    table = cm.dedup.decide(crowd, n=1, threshold=1.0, bands=100, rows=1)
    assert table.num_rows == 0


def test_options_that_give_bands() -> None:
    assert bands_for(0.8, 112) == (18, 6)
    assert bands_for(0.7, 112) == (22, 5)
    assert bands_for(1.0, 112) == (1, 112)
    assert bands_for(0.8, 112, bands=14) == (14, 8)
    assert bands_for(0.8, 112, rows=8) == (14, 8)
    assert candidate_probability(0.8, 18, 6) == pytest.approx(1 - (1 - 0.8**6) ** 18)
    with pytest.raises(ValueError, match="use num_hashes=38 or more"):
        bands_for(0.1, 20)
    with pytest.raises(ValueError, match="bands \\* rows"):
        bands_for(0.8, 112, bands=15, rows=8)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "fuzzy"}, ValueError, "method: expected one of near, exact, got 'fuzzy'"),
        ({"verify": True}, ValueError, "verify: expected one of"),
        ({"threshold": 0}, ValueError, "threshold: expected 0 < threshold <= 1, got 0"),
        ({"threshold": float("nan")}, ValueError, "threshold: expected .*, got nan"),
        ({"threshold": "high"}, ValueError, "threshold: expected .*, got 'high'"),
        (
            {"num_hashes": 0},
            ValueError,
            "num_hashes: expected a whole number from 1 to 65536, got 0",
        ),
        ({"num_hashes": 12.0}, ValueError, "num_hashes: expected a whole number"),
        ({"seed": -1}, ValueError, "seed: expected a whole number"),
        ({"n": 2**62}, ValueError, "n: expected a whole number from 1 to 65536"),
        ({"n": True}, ValueError, "n: expected a whole number from 1 to 65536, got True"),
        ({"threads": -1}, ValueError, "threads: expected a whole number from 0 to 1024, got -1"),
        ({"bands": "many"}, ValueError, "bands: expected a whole number from 1 to 112"),
        ({"max_comparisons": 0}, ValueError, "max_comparisons: expected a whole number from 1"),
        ({"keep": "best"}, ValueError, "keep: expected 'first', 'longest' or numbers, got 'best'"),
        ({"keep": [1.0]}, ValueError, "keep: expected 2 numbers, one per row, got 1"),
        ({"keep": ["x", "y"]}, TypeError, "keep: expected numbers, got string"),
        (
            {"keep": 5},
            TypeError,
            "keep: expected 'first', 'longest' or a column of numbers, got int",
        ),
        ({"keep": [1, "a"]}, TypeError, "keep: expected .*, got list"),
    ],
)
def test_wrong_options(options: dict[str, object], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        cm.dedup.decide(["a", "b"], **options)


def test_large_integers_keep_their_order() -> None:
    docs = ["same text here"] * 4
    keep = pa.array([2**63 - 1, 2**63 - 2, None, -(2**63)], pa.int64())
    assert cm.dedup.decide(docs, keep=keep)["kept"].to_pylist() == [0, 0, 0]
    assert cm.dedup.decide(docs, keep=pa.array([1, 2**64 - 1, 0, 7], pa.uint64()))[
        "kept"
    ].to_pylist() == [1, 1, 1]


def test_numbers_that_are_not_there_come_last_in_row_order() -> None:
    docs = ["same text here"] * 4
    assert cm.dedup.decide(docs, keep=[None, float("nan"), 0, -1])["kept"].to_pylist() == [2] * 3
    assert cm.dedup.decide(docs, keep=[None, float("nan")] * 2)["kept"].to_pylist() == [0] * 3
    assert cm.dedup.decide(docs, keep=pa.nulls(4))["kept"].to_pylist() == [0] * 3


def test_a_stream_is_read_once() -> None:
    batch = pa.record_batch({"text": ["a b c d e", "a b c d e", "x"]})
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    assert cm.dedup.duplicates(reader).to_pylist() == [False, True, False]


def test_exact_needs_no_bands() -> None:
    docs = ["a", "a", "b"]
    assert cm.dedup.duplicates(docs, method="exact", threshold=0.01).to_pylist() == [0, 1, 0]


def test_pairs_of_a_million_equal_rows_take_memory_for_the_result_only() -> None:
    signatures = cm.dedup.signatures(["one and the same text"]).take(pa.array([0] * 100_000))
    assert cm.dedup.pairs(signatures, max_comparisons=2).num_rows == 2 * 100_000 - 3


def test_words_chosen_to_crowd_a_table_do_not_make_it_quadratic() -> None:
    """Words whose hashes agree in six low bits; found in seconds, they once took minutes."""
    numbers = np.char.add("w", np.arange(3_000_000).astype(str))
    hashes = cm.ngram.hashes(pa.array([" ".join(numbers)]), n=1)[0].values.to_numpy()
    chosen = " ".join(numbers[: len(hashes)][hashes & 63 == 0])
    table = cm.dedup.decide([chosen, chosen + " end"], n=1)
    assert table["dropped"].to_pylist() == [1]


def test_pairs_are_checked() -> None:
    with pytest.raises(ValueError, match="left has 9 rows and right 1"):
        cm.dedup.components({"left": [0] * 9, "right": [0]}, 3)
    with pytest.raises(TypeError, match="in 2 dimensions"):
        cm.dedup.components({"left": [[0, 1]], "right": [0]}, 3)
    with pytest.raises(TypeError, match="expected a table with columns left and right"):
        cm.dedup.components(None, 3)
    assert cm.dedup.jaccard(["a", None], {"left": [0], "right": [1]}).to_pylist() == [None]
    with pytest.raises(ValueError, match="rows 0 to 5 are not within the 3 documents"):
        cm.dedup.components(pa.table({"left": [0, 5], "right": [1, 1]}), 3)
    with pytest.raises(TypeError, match="expected a column of whole numbers"):
        cm.dedup.jaccard(["a"], {"left": [0.5], "right": [0]})
