"""torch: datasets give the rows of shards, each once in an epoch, whoever reads. Needs torch, or skips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from corpusmill.shards import TokenShards
from test_tokenize_job import folder, run

torch = pytest.importorskip("torch", reason="needs PyTorch")
data = pytest.importorskip("torch.utils.data")
from corpusmill.torch import FIELDS, TokenDataset, TokenStream

assert folder  # the inputs
WHICH = ("input_ids", "document_ids")


@pytest.fixture(scope="module")
def out(folder, tmp_path_factory) -> Path:
    where = tmp_path_factory.mktemp("torch") / "out"
    run(folder, where, length=512, pack=True, pad=7, tokens_per_shard=9000)
    return where


def numbers(shards: TokenShards, rows: Iterator[dict[str, object]]) -> list[int]:
    """Which rows these are."""
    every = TokenDataset(shards, fields=WHICH)
    known = {_key(every[row]): row for row in range(len(shards))}
    assert len(known) == len(shards)
    return [known[_key(row)] for row in rows]


def _key(row: dict[str, object]) -> bytes:
    return b"".join(row[name].numpy().tobytes() for name in WHICH)


def test_fields_of_rows(out):
    shards, rows = TokenShards(out), TokenDataset(out, fields=FIELDS)
    assert len(rows) == len(shards)
    padded = [row for row in range(len(shards)) if shards.padding(row)]
    for number in [0, 1, padded[0], len(shards) - 1]:
        row = rows[number]
        filled = shards.padding(number)
        assert row["input_ids"].tolist() == shards[number].tolist()
        assert row["labels"].tolist() == shards[number].tolist()[: 512 - filled] + [-100] * filled
        assert row["position_ids"].tolist() == shards.positions(number).tolist()
        assert row["cu_seqlens"].tolist() == shards.cu_seqlens(number).tolist()
        sizes = np.diff(shards.cu_seqlens(number))
        assert row["document_ids"].tolist() == np.repeat(shards.documents(number), sizes).tolist()
    assert {name: of.dtype for name, of in row.items()} == {
        name: torch.int32 if name == "cu_seqlens" else torch.int64 for name in FIELDS
    }
    batch = next(iter(data.DataLoader(TokenDataset(shards), batch_size=4)))
    assert batch["input_ids"].shape == (4, 512)
    for wrong in ("input_ids", (), ("ids",)):
        with pytest.raises(ValueError, match="fields: expected some of"):
            TokenDataset(out, fields=wrong)


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize(("world", "workers"), [(1, 0), (3, 0), (2, 2)])
def test_every_row_once_in_an_epoch(out, seed, world, workers):
    shards = TokenShards(out)
    orders = []
    for epoch in range(2):
        parts = []
        for rank in range(world):
            stream = TokenStream(shards, fields=WHICH, seed=seed, rank=rank, world=world)
            stream.set_epoch(epoch)
            rows = data.DataLoader(stream, batch_size=None, num_workers=workers)
            parts.append(numbers(shards, rows))
            assert len(parts[-1]) == len(stream)
        assert sorted(sum(parts, [])) == list(range(len(shards)))  # noqa: RUF017  they are few
        orders.append(parts)
    assert (orders[0] == orders[1]) == (seed is None)
    if seed is None and not workers:
        assert orders[0] == [list(range(rank, len(shards), world)) for rank in range(world)]


def test_even_parts_are_equal(out):
    shards = TokenShards(out)
    world = next(count for count in range(2, 9) if len(shards) % count)
    options = {"fields": WHICH, "seed": 1, "world": world, "even": True}
    parts = [TokenStream(shards, rank=rank, **options) for rank in range(world)]
    found = [numbers(shards, iter(part)) for part in parts]
    assert {len(part) for part in found} == {len(shards) // world} == {len(part) for part in parts}
    assert len({row for part in found for row in part}) == len(shards) // world * world


def test_workers_that_live_on_see_the_epoch(out):
    stream = TokenStream(out, fields=WHICH, seed=5)
    loader = data.DataLoader(stream, batch_size=None, num_workers=1, persistent_workers=True)
    orders = []
    for epoch in (0, 1, 0):
        stream.set_epoch(epoch)
        orders.append(numbers(TokenShards(out), iter(loader)))
    assert orders[0] == orders[2] != orders[1]


@pytest.mark.parametrize("wrong", [{"rank": 2, "world": 2}, {"world": 0}, {"seed": -1}], ids=str)
def test_wrong_parts_are_refused(out, wrong):
    with pytest.raises(ValueError, match="expected a whole number"):
        TokenStream(out, **wrong)
