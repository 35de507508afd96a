"""test_scoring_models: Hugging Face models give the losses of their own logits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="scoring under models needs PyTorch")
transformers = pytest.importorskip("transformers", reason="these models are Hugging Face's")

import oracles_scoring
import scoring_models as tiny_models
from corpusmill import scoring
from corpusmill.scoring import layouts
from corpusmill.scoring.models import Model
from corpusmill.scoring.token_pass import Sequences, Sweep

CAUSAL = [family for family in tiny_models.FAMILIES if family != "BERT"]
LAYOUTS = {"OPT": "mask", "Bloom": "rows", "MPT": "rows", "Qwen3Next": "rows"}
V = tiny_models.V
BOS = 1


def documents(lengths: list[int]) -> list[list[int]]:
    source = np.random.default_rng(0)
    return [source.integers(3, V, length).tolist() for length in lengths]


def losses(table: Any) -> list[list[float] | None]:
    return table["token_nll"].to_pylist()


@pytest.fixture(scope="module")
def llama() -> Any:
    return tiny_models.module("Llama")


@pytest.mark.parametrize("family", CAUSAL)
def test_losses_are_those_of_the_models_own_logits(family: str) -> None:
    module = tiny_models.module(family)
    model = scoring.Model.of_module(module)
    assert model.layout == LAYOUTS.get(family, "positions")
    docs = documents([5, 60, 1, 0, 33, 2, 64, 17, 9])
    found = scoring.score(model, None, docs, tokens="float32", threads=1)
    for ids, of in zip(docs, losses(found), strict=True):
        plain = tiny_models.plain(module, [BOS, *ids]) if ids else []
        np.testing.assert_allclose(of, plain, atol=1e-4)
    assert found["tokens"].to_pylist() == list(map(len, docs))


def test_documents_of_a_row_are_scored_as_if_alone(llama: Any) -> None:
    model = scoring.Model.of_module(llama)
    docs = documents([3, 40, 11, 2, 25, 64, 7])
    together = losses(scoring.score(model, None, docs, tokens="float32"))
    for ids, of in zip(docs, together, strict=True):
        alone = losses(scoring.score(model, None, [ids], tokens="float32"))[0]
        np.testing.assert_allclose(of, alone, atol=1e-4)


def test_a_model_that_leaks_is_found_out(llama: Any) -> None:
    """Called with its defaults, a Hugging Face model makes a cache and no mask of positions."""

    def by_default(ids: Any, **given: Any) -> Any:
        return llama.model(input_ids=ids, **given).last_hidden_state

    def without_cache(ids: Any, **given: Any) -> Any:
        return by_default(ids, use_cache=False, **given)

    cpu = torch.device("cpu")
    with torch.inference_mode():
        for states, layout in ((by_default, "mask"), (without_cache, "positions")):
            every = ("positions", "mask", "rows")
            assert layouts.layout_of(states, V, 64, cpu, every) == layout
        bidirectional = tiny_models.module("BERT").bert
        with pytest.raises(ValueError, match="no causal language model"):
            layouts.layout_of(lambda ids: bidirectional(ids)[0], V, 64, cpu, ("rows",))


def test_a_head_that_is_not_understood_is_refused(llama: Any) -> None:
    class Odd(torch.nn.Linear):
        def forward(self, hidden: Any) -> Any:
            return 1.01 * super().forward(hidden)

    module = tiny_models.module("Llama")
    odd = Odd(32, V, bias=False)
    odd.weight = module.lm_head.weight
    module.lm_head = odd
    with pytest.raises(
        ValueError, match=r"differ from its own by [\d.]+, and 0.001 is allowed.*of_states"
    ):
        scoring.Model.of_module(module)
    with pytest.raises(ValueError, match="no output embedding"):
        scoring.Model.of_module(llama.model)


def test_what_is_no_model_is_told_from_what_is_no_causal_one() -> None:
    def states(ids: Any) -> Any:
        return torch.full((*ids.shape, 2), torch.nan)

    with pytest.raises(ValueError, match="hidden states of random tokens are NaN"):
        scoring.Model.of_states(states, torch.ones(9, 2), context=4)
    for weight in (np.ones((9, 2)), torch.ones(9), [[1.0]]):
        with pytest.raises(TypeError, match=r"weight: expected a tensor of torch, \[V, D\]"):
            scoring.Model.of_states(states, weight, context=4)  # type: ignore[arg-type]


def test_an_encoder_with_a_decoder_is_refused() -> None:
    config = transformers.T5Config(vocab_size=V, d_model=8, d_kv=4, d_ff=8, num_layers=1)
    with pytest.raises(
        ValueError, match=r"T5ForConditionalGeneration is an encoder.*Model.of_states"
    ):
        scoring.Model.of_module(transformers.T5ForConditionalGeneration(config))


def test_a_model_is_loaded_from_its_folder(llama: Any, tmp_path: Path) -> None:
    llama.save_pretrained(tmp_path / "llama")
    docs = documents([4, 30])
    kept = scoring.score(llama, None, docs, tokens="float32")
    assert scoring.score(tmp_path / "llama", None, docs, tokens="float32").equals(kept)
    half = scoring.Model.load(tmp_path / "llama", dtype="bfloat16")
    assert half.head.weight.dtype == torch.bfloat16
    assert half.layout == "positions"
    (found,) = losses(scoring.score(half, None, docs[1:], tokens="float32"))
    np.testing.assert_allclose(found, *of_states_in_float64(tmp_path / "llama", docs[1]))
    with pytest.raises(TypeError, match="model: expected a Model"):
        scoring.score(3, None, docs)


@torch.no_grad()
def of_states_in_float64(folder: Path, ids: list[int]) -> tuple[np.ndarray, float, float]:
    """Losses by the model's own bfloat16 states, from there on in float64; tolerances of docs/scoring.md."""
    module = transformers.LlamaForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).eval()
    given = torch.tensor([[BOS, *ids[:-1]]])
    states = module.model(input_ids=given, use_cache=False).last_hidden_state[0]
    logits = oracles_scoring.final_logits(
        states.double().numpy(), module.lm_head.weight.double().numpy()
    )
    nll = oracles_scoring.token_statistics(logits, np.array(ids))["nll"]
    return nll, 0.0, 2e-5 + 2e-6 * np.abs(logits).max()


def test_a_model_keeps_its_mode_and_is_called_in_that_of_evaluation() -> None:
    module = tiny_models.module("GPT2")  # which has dropout
    docs = documents([30])
    kept = scoring.score(module, None, docs)
    model = scoring.Model.of_module(module.train())
    module.transformer.h[0].eval()
    assert scoring.score(model, None, docs).equals(kept)
    assert [module.training, module.transformer.h[0].training] == [True, False]
    assert not module.lm_head._forward_pre_hooks
    with pytest.raises(IndexError):  # behind the door: a place the model has not
        model._states(torch.full((1, 3), V))
    assert module.training
    assert not module.lm_head._forward_pre_hooks


def test_no_more_context_than_a_model_has() -> None:
    module = tiny_models.module("GPT2")
    assert scoring.Model.of_module(module, context=64).context == 64
    with pytest.raises(ValueError, match="context: expected a whole number from 1 to 64, got 65"):
        scoring.Model.of_module(module, context=65)
    assert scoring.Model.of_module(tiny_models.module("Bloom"), context=5000).context == 5000
    assert scoring.Model.of_module(tiny_models.module("MPT")).context == 64


def test_which_tokens_a_configuration_names() -> None:
    module = tiny_models.module("Llama")
    named: list[tuple[Any, int | None]] = [
        (3, 3),
        ([4, 5], 4),
        ([], None),
        (-1, None),
        (None, None),
    ]
    for said, kept in named:
        module.config.eos_token_id = said
        assert scoring.Model.of_module(module).eos_id == kept


def test_logits_that_are_no_numbers_are_named() -> None:
    module = tiny_models.module("GPT2")
    torch.nn.init.constant_(module.transformer.wpe.weight, torch.nan)
    with pytest.raises(ValueError, match=r"logits of GPT2LMHeadModel are NaN.*bfloat16 or float32"):
        scoring.Model.of_module(module)


def test_a_tokenizer_of_hugging_face_is_taken(llama: Any) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415

    words = ["<s>", "é", "the", "mill", "[UNK]"]
    backend = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, "[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>")
    texts = ["é the mill", "mill", None, ""]
    ids = [[1, 2, 3], [3], None, []]
    stats = ("tokens", "bytes", "nll_sum")
    found = scoring.score(llama, fast, texts, stats=stats)
    assert found["nll_sum"].equals(scoring.score(llama, None, ids, prefix=0)["nll_sum"])
    assert found["bytes"].to_pylist() == [11, 4, None, 0]
    found = scoring.score(llama, fast, texts, stats=stats, prefix="none")
    assert found["tokens"].to_pylist() == [2, 0, None, 0]
    assert found["bytes"].to_pylist() == [8, 0, None, 0]
    with pytest.raises(
        ValueError, match="prefix: neither tokenizer nor model says which token is its EOS"
    ):
        scoring.score(llama, fast, texts, prefix="eos")
    larger = transformers.PreTrainedTokenizerFast(tokenizer_object=backend)
    larger.add_tokens([f"new{i}" for i in range(V)])
    with pytest.raises(ValueError, match="tokenizer: it has 102 ids and the model 97"):
        scoring.score(llama, larger, texts)


def test_a_trial_reads_as_much_at_once_as_documents_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a model that has batches of many short windows alone, too."""
    read: list[int] = []

    def states(self: Model, ids: Any, positions: Any, *, shared: bool) -> Any:
        read.append(ids.numel())
        return whole(self, ids, positions, shared=shared)

    whole = Model.states
    monkeypatch.setattr(Model, "states", states)
    sweep = Sweep(stride=64, repeat_prefix=False, batch_tokens=200, threads=1)
    for family in ("Llama", "MPT", "Phi3"):
        model = Model.of_module(tiny_models.module(family))
        read.clear()
        sweep.try_batches(model, ("nll",), 10_000)
        tried = max(read)
        read.clear()
        for length in (2, 20, 31, 32, 64):
            starts = np.arange(0, 3001, length + 1)
            ids = np.zeros(starts[-1], np.int64)
            sweep.columns(model, Sequences(ids, starts, None), ("nll",))
        assert tried >= 0.95 * max(read)
