"""bench_scoring_gpu: its rows at sizes that can be interpreted, by a clock that runs work once."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="needs torch and triton")
pytest.importorskip("triton", reason="needs torch and triton")

from bench import scoring_gpu

TINY = scoring_gpu.Sizes(
    T=2, vocabularies=(70,), V=70, depths=(16,), V_memory=70, D_memory=16, copied=8, square=4
)


def once(work: scoring_gpu.Work) -> float:
    work()
    return 2.0


def test_every_row_is_measured_where_there_is_a_gpu_and_named_where_there_is_none() -> None:
    measured = list(scoring_gpu.rows(TINY, 1, once, "cpu"))
    named = list(scoring_gpu.unmeasured(TINY))
    assert {line.job for line in named} <= {line.job for line in measured}
    assert all(line.ours == scoring_gpu.MISSED and line.ratio is None for line in named)
    copies = [line for line in measured if line.job.startswith("from logits")]
    assert [line.ratio.middle for line in copies if line.ratio] == [140 * 2 / 32] * 3
