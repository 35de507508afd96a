"""test_scoring_score: documents under a model that is no more than a table of hidden states."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import oracles_scoring

torch = pytest.importorskip("torch", reason="scoring under models needs PyTorch")

from corpusmill import scoring
from corpusmill.scoring import comparison, layouts
from corpusmill.tokenizer import Tokenizer

BYTES = [bytes([byte]) for byte in range(256)] + [b"th", b"the", "é".encode()]
BOS = 259
V, D, CONTEXT = 260, 8, 12
SCALE, SOFTCAP = 0.7, 6.0


def made(context: int = CONTEXT, **more: Any) -> tuple[scoring.Model, Any]:
    """A model whose state is a sum over all ids before; and the plain way to its logits."""
    source = torch.Generator().manual_seed(0)
    table, weight = (torch.randn((V, D), generator=source) for _ in range(2))
    bias = torch.randn(V, generator=source)

    def states(ids: Any) -> Any:
        hidden = torch.zeros((*ids.shape, D))
        last = torch.zeros((len(ids), D))
        for at in range(ids.shape[1]):
            last = 0.5 * last + table[ids[:, at]]
            hidden[:, at] = last
        return hidden

    def logits(ids: list[int]) -> np.ndarray:
        hidden = states(torch.tensor([ids]))[0].numpy()
        return oracles_scoring.final_logits(hidden, weight.numpy(), bias.numpy(), SCALE, SOFTCAP)

    options = {"bias": bias, "scale": SCALE, "softcap": SOFTCAP, "context": context}
    return scoring.Model.of_states(states, weight, **options, **more), logits


def plain(logits: Any, ids: list[int]) -> dict[str, np.ndarray]:
    """Of ids[1:], each after those before it."""
    if len(ids) < 2:
        return dict.fromkeys((*oracles_scoring.FLOATS, *oracles_scoring.INTEGERS), np.zeros(0))
    return oracles_scoring.token_statistics(logits(ids[:-1]), np.array(ids[1:]))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_tokens(BYTES, pattern="gpt2", special_tokens={"<bos>": BOS})


TEXTS = ["the é", "", None, "t", "the the", "<bos>"]


def test_a_row_says_what_the_tokens_say(tokenizer: Tokenizer) -> None:
    model, logits = made()
    every = (
        "tokens",
        "bytes",
        "nll_sum",
        "nll_mean",
        "perplexity",
        "bits_per_byte",
        "entropy_mean",
        "rank_mean",
        "top1",
        "min_k",
        "min_k_pp",
        "el2n_mean",
    )
    found = scoring.score(model, tokenizer, TEXTS, stats=every, prefix=BOS, tokens="float32", k=0.5)
    assert found.column_names == [*every, "token_nll"]
    for text, row in zip(TEXTS, found.to_pylist(), strict=True):
        if text is None:
            assert set(row.values()) == {None}
            continue
        ids = tokenizer.encode(text).tolist()
        of = plain(logits, [BOS, *ids])
        assert (row["tokens"], row["bytes"]) == (len(ids), len(text.encode()))
        np.testing.assert_allclose(row["token_nll"], of["nll"], atol=1e-4)
        if not ids:
            assert row["nll_sum"] == 0
            assert row["nll_mean"] is row["perplexity"] is row["min_k"] is None
            continue
        low = sorted(of["nll"], reverse=True)[: max(1, len(ids) // 2)]
        expected = {
            "nll_sum": of["nll"].sum(),
            "nll_mean": of["nll"].mean(),
            "perplexity": np.exp(of["nll"].mean()),
            "bits_per_byte": of["nll"].sum() / np.log(2) / len(text.encode()),
            "entropy_mean": of["entropy"].mean(),
            "rank_mean": of["rank"].mean(),
            "min_k": -np.mean(low),
            "el2n_mean": of["el2n"].mean(),
        }
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=1e-4), name


def test_without_a_prefix_the_first_token_is_not_scored(tokenizer: Tokenizer) -> None:
    model, logits = made()
    for prefix in (None, "none", "default"):  # the model has neither BOS nor EOS
        found = scoring.score(model, tokenizer, TEXTS, prefix=prefix, tokens="float32").to_pylist()
        assert [row["tokens"] for row in found] == [2, 0, None, 0, 2, 4]
        assert [row["bytes"] for row in found] == [3, 0, None, 0, 4, 4]
        ids = tokenizer.encode("the the").tolist()
        np.testing.assert_allclose(found[4]["token_nll"], plain(logits, ids)["nll"], atol=1e-4)


def test_a_prefix_is_bos_or_else_eos(tokenizer: Tokenizer) -> None:
    kinds = {"default": (7, 9), "bos": (7, 7), "eos": (9, 9)}
    with_bos, logits = made(bos_id=7, eos_id=9)
    without, _ = made(eos_id=9)
    for prefix, chosen in kinds.items():
        for model, before in zip((with_bos, without), chosen, strict=True):
            if prefix == "bos" and model is without:
                with pytest.raises(ValueError, match="which token is its BOS; pass its id"):
                    scoring.score(model, tokenizer, ["t"], prefix="bos")
                continue
            (found,) = scoring.score(model, tokenizer, ["t"], prefix=prefix)["nll_sum"].to_pylist()
            assert found == pytest.approx(plain(logits, [before, ord("t")])["nll"][0], abs=1e-4)


@pytest.mark.parametrize("stride", [1, 5, 12, None])
@pytest.mark.parametrize("repeat", [False, True])
def test_a_document_longer_than_the_context_is_read_in_windows(
    stride: int | None, repeat: bool
) -> None:
    model, logits = made()
    ids = np.random.default_rng(1).integers(0, BOS, 100).tolist()
    found = scoring.score(
        model,
        None,
        [ids, ids[:3]],
        prefix=BOS,
        stride=stride,
        repeat_prefix=repeat,
        tokens="float32",
    )
    sequence, expected, predicted = [BOS, *ids], [], 0
    while predicted < len(ids):
        count = min(len(ids) - predicted, (stride or 6) if predicted else CONTEXT)
        end = predicted + count
        window = sequence[max(0, end - CONTEXT) : end]
        if repeat and predicted:
            window[0] = BOS
        expected += plain(logits, [*window, sequence[end]])["nll"][-count:].tolist()
        predicted = end
    np.testing.assert_allclose(found["token_nll"][0].as_py(), expected, atol=1e-4)
    assert found["tokens"].to_pylist() == [100, 3]
    assert found["bytes"].null_count == 2


def test_a_document_far_longer_than_a_batch(tokenizer: Tokenizer) -> None:
    model, logits = made(context=50)
    text = "the é " * 1000
    found = scoring.score(model, tokenizer, [text], prefix=BOS, stride=50, batch_tokens=8)
    ids = tokenizer.encode(text).tolist()
    assert found["tokens"].to_pylist() == [len(ids)]
    first = scoring.score(model, tokenizer, ["the é"], prefix=BOS)["nll_sum"][0].as_py()
    assert first == pytest.approx(plain(logits, [BOS, *ids[:3]])["nll"].sum(), abs=1e-4)


def test_columns_of_every_kind_and_no_document_at_all(tokenizer: Tokenizer) -> None:
    model, _ = made()
    kept = scoring.score(model, tokenizer, TEXTS, prefix=BOS)
    column = pa.chunked_array([pa.array(TEXTS[:2]), pa.array(["x", *TEXTS[2:]])[1:]])
    assert scoring.score(model, tokenizer, column, prefix=BOS).equals(kept)
    ids = tokenizer.encode_batch(TEXTS)
    sums = scoring.score(model, None, ids, prefix=BOS)["nll_sum"]
    assert sums.equals(kept["nll_sum"])
    sliced = scoring.score(model, None, pa.concat_arrays([ids[:1], ids])[1:], prefix=BOS)
    assert sliced["nll_sum"].equals(sums)
    assert scoring.score(model, tokenizer, [], prefix=BOS).num_rows == 0
    assert scoring.score(model, None, [[], None, []], prefix=BOS)["tokens"].to_pylist() == [
        0,
        None,
        0,
    ]


def test_half_precision_losses_are_rounded_ones(tokenizer: Tokenizer) -> None:
    model, _ = made()
    full, half = (
        scoring.score(model, tokenizer, TEXTS, prefix=BOS, tokens=kind)["token_nll"].chunk(0)
        for kind in ("float32", "float16")
    )
    assert half.type == pa.large_list(pa.float16())
    values = np.asarray(full.values).astype(np.float16)
    assert np.array_equal(np.asarray(half.values), values)


def test_a_model_whose_state_runs_on_gets_a_row_for_each_document() -> None:
    """It takes positions and masks, and does nothing with them."""
    model, _ = made()

    def states(ids: Any, **_: Any) -> Any:
        return model.states(ids, None, shared=False)

    every = ("positions", "mask", "rows")
    assert layouts.layout_of(states, V, CONTEXT, torch.device("cpu"), every) == "rows"
    with pytest.raises(ValueError, match="no causal language model"):  # it sees the last token
        layouts.layout_of(
            lambda ids: states(ids.flip(1)).flip(1), V, CONTEXT, torch.device("cpu"), every
        )


def test_perplexities_of_a_corpus_are_made_of_the_table(tokenizer: Tokenizer) -> None:
    table = scoring.score(made()[0], tokenizer, TEXTS, prefix=BOS)
    found = scoring.corpus_perplexity(table["nll_sum"], table["tokens"])
    rows = [row for row in table.to_pylist() if row["tokens"]]
    sums = sum(row["nll_sum"] for row in rows) / sum(row["tokens"] for row in rows)
    assert found["token_weighted"] == pytest.approx(np.exp(sums))
    means = np.exp(np.mean([row["nll_mean"] for row in rows]))
    assert found["document_averaged"] == pytest.approx(means)


def test_progress_counts_inputs() -> None:
    model, _ = made()
    news: list[tuple[int, int]] = []
    docs = [[1] * n for n in (3, 5, 20)]
    scoring.score(
        model, None, docs, prefix=BOS, batch_tokens=5, progress=lambda *of: news.append(of)
    )
    assert news[-1] == (news[0][1],) * 2
    assert [done for done, _ in news] == sorted({done for done, _ in news})


def test_what_is_wrong_is_said(tokenizer: Tokenizer) -> None:
    model, _ = made()
    small = scoring.Model.of_states(
        lambda ids: torch.zeros((*ids.shape, 2)), torch.ones(9, 2), context=4
    )
    for options, message in (
        ({"stats": ("loss",)}, "stats: expected some of tokens, bytes"),
        ({"tokens": "float8"}, "tokens: expected 'float16' or 'float32'"),
        ({"stride": 13}, "stride: expected a whole number from 1 to 12"),
        ({"prefix": "cls"}, "prefix: expected 'default', 'bos', 'eos', 'none' or an id"),
        ({"prefix": V}, "prefix: 260 is no id of the model"),
        ({"batch_tokens": 0}, "batch_tokens"),
        ({"threads": -1}, "threads"),
        ({"model": small}, "tokenizer: it has 259 ids and the model 9"),
        (
            {"model": small, "tokenizer": None, "docs": [[1], [2, 9]]},
            r"docs\[1\]: id 9 is none of the model",
        ),
    ):
        given = {"model": model, "tokenizer": tokenizer, "docs": ["the"]} | options
        with pytest.raises(ValueError, match=message):
            scoring.score(**given)
    for options in ({"docs": [[1]]}, {"tokenizer": None}, {"tokenizer": "gpt2"}):
        given = {"model": model, "tokenizer": tokenizer, "docs": ["the"]} | options
        with pytest.raises(TypeError):
            scoring.score(**given)


def without_states_of(lost: int) -> scoring.Model:
    """A model that overflows at an id, so that what comes next has no loss."""
    model, _ = made(bos_id=BOS)

    def states(ids: Any) -> Any:
        hidden = model.states(ids, None, shared=False)
        return torch.where(ids[..., None] == lost, torch.nan, hidden)

    return scoring.Model.of_states(states, model.head.weight, context=CONTEXT, bos_id=BOS)


def test_a_token_that_has_no_loss_is_not_counted_as_one(tokenizer: Tokenizer) -> None:
    broken, whole = without_states_of(ord("t")), made(bos_id=BOS)[0]
    stats = ("tokens", "bytes", "nll_sum", "bits_per_byte")
    rows = scoring.score(broken, tokenizer, ["atab", "aab"], stats=stats, tokens="float32")
    lost, kept = rows.to_pylist()
    assert (lost["tokens"], lost["bits_per_byte"]) == (3, None)
    assert np.isnan(lost["token_nll"]).tolist() == [False, False, True, False]
    assert kept["bits_per_byte"] == pytest.approx(kept["nll_sum"] / np.log(2) / 3)
    for models in ((broken, whole), (whole, broken)):  # a difference is of the same tokens
        row = scoring.compare(*models, tokenizer, ["atab"], tokens="float32").to_pylist()[0]
        assert row["tokens"] == 3
        assert row["difference"] == pytest.approx(np.nanmean(row["token_difference"]), abs=1e-5)
        losses = scoring.loss_matrix(models, tokenizer, ["atab", "aab"])
        assert losses.tokens.tolist() == [3, 3]
        assert losses.nll_mean[:, 0] == pytest.approx([row["nll_first"], row["nll_second"]])


def test_of_folders_one_model_is_in_memory_at_a_time(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier: list[Any] = []

    def load(*_: Any) -> Any:
        gc.collect()
        assert all(of() is None for of in earlier)
        model, _ = made(bos_id=BOS)
        earlier.append(weakref.ref(model))
        return model

    monkeypatch.setattr(comparison, "model_of", load)
    scoring.loss_matrix(["first", "second", "third"], tokenizer, TEXTS)
    assert len(earlier) == 3


def test_two_models_are_compared_token_by_token(tokenizer: Tokenizer) -> None:
    first, logits = made(bos_id=BOS)
    second, _ = made(context=40, bos_id=BOS)
    found = scoring.compare(first, second, tokenizer, TEXTS, tokens="float32")
    alone = [scoring.score(of, tokenizer, TEXTS, tokens="float32") for of in (first, second)]
    assert found["nll_first"].equals(alone[0]["nll_mean"])
    np.testing.assert_allclose(found["difference"].drop_null(), 0, atol=1e-5)  # no text is long
    long = [list(range(40))]
    row = scoring.compare(first, second, None, long, tokens="float32", stride=12).to_pylist()[0]
    whole = plain(logits, [BOS, *long[0]])["nll"]
    np.testing.assert_allclose(row["nll_second"], whole.mean(), atol=1e-4)
    assert row["difference"] == pytest.approx(row["nll_first"] - row["nll_second"])
    assert len(row["token_difference"]) == 40
    other = Tokenizer.from_tokens(BYTES[:-1], pattern="gpt2")
    with pytest.raises(ValueError, match="those of the models differ"):
        scoring.compare(first, second, [tokenizer, other], TEXTS)
    assert scoring.compare(first, second, [tokenizer, tokenizer], TEXTS).num_rows == len(TEXTS)


def test_a_matrix_has_a_row_for_each_model(tokenizer: Tokenizer) -> None:
    model, _ = made(bos_id=BOS)
    near, _ = made(context=1, bos_id=BOS)
    losses = scoring.loss_matrix({"far": model, "near": near}, tokenizer, TEXTS)
    assert (losses.models, losses.names) == (["far", "near"], None)
    table = scoring.score(model, tokenizer, TEXTS)
    kept = table["nll_sum"].fill_null(0).to_numpy()
    np.testing.assert_allclose(losses.nll_sum[0], kept, rtol=1e-6)
    domains = ["a", "b", "b", None, "a", "b"]
    by_domain = scoring.loss_matrix([model, near], tokenizer, TEXTS, domains=domains)
    assert by_domain.names == ["a", "b"]
    np.testing.assert_allclose(
        by_domain.nll_sum[0], [kept[0] + kept[4], kept[1] + kept[2] + kept[5]]
    )
    sizes = losses.tokens
    means = by_domain.nll_sum / [sizes[0] + sizes[4], sizes[1] + sizes[2] + sizes[5]]
    np.testing.assert_allclose(by_domain.nll_mean, means)
    with pytest.raises(ValueError, match="domains: expected 6"):
        scoring.loss_matrix([model], tokenizer, TEXTS, domains=["a"])
    with pytest.raises(ValueError, match="models: expected at least one"):
        scoring.loss_matrix([], tokenizer, TEXTS)
    with pytest.raises(TypeError, match="models: expected a dict of them by name, or a list"):
        scoring.loss_matrix("models/small", tokenizer, TEXTS)
