"""parts: the decision over a column in parts is the decision over the column, however it is cut."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpusmill as cm
from corpusmill import _core, _dedup_parts
from corpusmill._dedup_options import DecideOptions
from corpusmill._dedup_parts import Ids, Part
from documents import columns, varied

OPTIONS = {
    "method": "near",
    "threshold": 0.6,
    "verify": "exact",
    "n": 2,
    "unit": "word",
    "num_hashes": 64,
    "seed": 0,
    "bands": None,
    "rows": None,
    "max_comparisons": 4,
}


def decided(parts: list[Part], options: DecideOptions, shares: int) -> pa.Table:
    """As an engine does it: records are split, those of a share meet, then sketches, then texts."""
    split = [_dedup_parts.split([_dedup_parts.records(part, options)], shares) for part in parts]
    found = [_dedup_parts.shared(*of) for of in zip(*split, strict=True)]
    wanted = np.unique(np.concatenate(found))

    def texts(ids: Ids) -> list[pa.Table]:
        return [_dedup_parts.texts(part.of(ids)) for part in parts]

    sketches = [_dedup_parts.sketches(part.of(wanted), options) for part in parts]
    return _dedup_parts.decide(wanted, sketches, texts, options, folder="", memory=None, threads=1)


def check(docs: list[str | None], rows: int, shares: int, keep: str, **changed: object) -> int:
    """Compares with `decide`; parts come last first. The rows dropped."""
    chosen = {**OPTIONS, **changed}
    ids = np.cumsum(np.random.default_rng(1).integers(1, 1 << 40, len(docs)))
    scores = pa.array([float(i % 7) if i % 5 else None for i in range(len(docs))], pa.float64())
    table = pa.table({"t": pa.array(docs, pa.string()), "i": ids, "score": scores})
    parts = [Part(table.slice(at, rows), "t", "i", keep) for at in range(0, len(docs), rows)]
    found = decided(parts[::-1], DecideOptions.checked(**chosen), shares)
    expected = cm.dedup.decide(docs, keep=scores if keep == "score" else keep, **chosen)
    for name in expected.column_names:
        of_rows = expected[name].to_pylist()
        named = name in ("dropped", "kept", "cluster")
        assert found[name].to_pylist() == ([ids[row] for row in of_rows] if named else of_rows)
    return found.num_rows


@pytest.mark.parametrize("keep", ["first", "longest", "score"])
@pytest.mark.parametrize("verify", ["exact", "signature", "none"])
@pytest.mark.parametrize("method", ["near", "exact"])
def test_parts_are_decided_as_one(method: str, verify: str, keep: str) -> None:
    docs = [*varied(300), None, "", "", *varied(30)]
    assert check(docs, 70, 3, keep, method=method, verify=verify) > 50


@settings(max_examples=60)
@given(docs=columns.filter(len), rows=st.integers(1, 5), shares=st.integers(1, 4))
def test_cuts_and_shares_change_nothing(docs: list[str | None], rows: int, shares: int) -> None:
    check(docs, rows, shares, "first", n=1, threshold=0.3, num_hashes=16)


@pytest.mark.parametrize("threads", [1, 3])
def test_documents_share_a_bucket_where_their_signatures_agree_on_a_band(threads: int) -> None:
    signatures = cm.dedup.signatures(varied(200), n=2, num_hashes=50)
    slots = np.asarray(signatures.flatten()).reshape(-1, 50)
    names = _core.dedup.buckets(slots.ravel(), 50, 9, 5, threads).reshape(-1, 9)
    for band in range(9):
        _, by_slots = np.unique(slots[:, 5 * band : 5 * band + 5], axis=0, return_inverse=True)
        _, by_name = np.unique(names[:, band], return_inverse=True)
        pairs = np.unique(np.stack([by_slots.ravel(), by_name.ravel()]), axis=1)
        assert pairs.shape[1] == by_slots.max() + 1 == by_name.max() + 1
    assert np.array_equal(names & 15, np.tile(np.arange(9), (200, 1)))
