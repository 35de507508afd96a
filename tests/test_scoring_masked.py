"""test_scoring_masked: masked copies are scored as in a loop; a tiny model is trained and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="scoring under models needs PyTorch")
transformers = pytest.importorskip("transformers", reason="these models are Hugging Face's")

import scoring_models as tiny_models
from corpusmill import scoring
from corpusmill.scoring.small import byte_tokenizer

CLS, SEP, PAD, MASK = 1, 2, 3, 4
V = tiny_models.V
TEXTS = ["the mills", "", None, "milling the the mill s", "unknown s"]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415

    words = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "the", "mill", "##s", "##ing", "s"]
    numbers = {word: i for i, word in enumerate(words)}
    backend = Tokenizer(models.WordPiece(numbers, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("cls", "sep", "pad", "mask")}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=backend, **names)


@pytest.fixture(scope="module")
def bert() -> Any:
    return tiny_models.module("BERT")


@torch.no_grad()
def plain(module: Any, ids: list[int], words: list[int]) -> list[float]:
    """Of each token, masked with those behind it that are of its word, given all others.

    Without words nothing is masked.
    """
    found = []
    for at, token in enumerate(ids):
        copy = [
            MASK if words and place >= at and words[place] == words[at] else other
            for place, other in enumerate(ids)
        ]
        logits = module(input_ids=torch.tensor([[CLS, *copy, SEP]])).logits[0, at + 1]
        found.append(-float(logits.float().log_softmax(0)[token]))
    return found


@pytest.mark.parametrize("variant", ["within_word", "original", "maskless"])
def test_tokens_are_scored_one_by_one(bert: Any, tokenizer: Any, variant: Any) -> None:
    found = scoring.pseudo_likelihood(
        bert, tokenizer, TEXTS, variant=variant, tokens="float32", batch_tokens=20
    )
    ids = [[5, 6, 7], [], None, [6, 8, 5, 5, 6, 9], [0, 9]]
    words = [[0, 1, 1], [], None, [0, 0, 1, 2, 3, 4], [0, 1]]
    for of, word, text, row in zip(ids, words, TEXTS, found.to_pylist(), strict=True):
        if of is None:
            assert set(row.values()) == {None}
            continue
        words_of = {"within_word": word, "original": list(range(len(of))), "maskless": []}
        expected = plain(bert, of, words_of[variant])
        np.testing.assert_allclose(row["token_nll"], expected, atol=1e-4)
        assert row["nll_sum"] == pytest.approx(sum(expected), abs=1e-3)
        assert (row["tokens"], row["bytes"]) == (len(of), len(text))


def test_a_document_longer_than_the_context_is_read_in_pieces(bert: Any, tokenizer: Any) -> None:
    model = scoring.MaskedModel(bert, context=6)
    text = "mill s the " * 3  # nine tokens: pieces of four, the last one shifted back
    found = scoring.pseudo_likelihood(model, tokenizer, [text], tokens="float32")
    ids = [6, 9, 5] * 3
    parts = [ids[:4], ids[4:8], ids[5:9]]
    losses = [plain(bert, part, list(range(4))) for part in parts]
    expected = losses[0] + losses[1] + losses[2][3:]
    np.testing.assert_allclose(found["token_nll"][0].as_py(), expected, atol=1e-4)
    found = scoring.pseudo_likelihood(
        model, tokenizer, [text], variant="maskless", tokens="float32"
    )
    losses = [plain(bert, part, []) for part in parts]
    expected = losses[0] + losses[1] + losses[2][3:]
    np.testing.assert_allclose(found["token_nll"][0].as_py(), expected, atol=1e-4)


def test_a_model_that_mixes_padding_in_gets_none(tokenizer: Any) -> None:
    """It convolves, and no mask keeps what lies behind a text from its last tokens."""
    config = transformers.ConvBertConfig(
        vocab_size=V, hidden_size=32, embedding_size=32, intermediate_size=32,
        num_hidden_layers=1, num_attention_heads=4, max_position_embeddings=40,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = transformers.ConvBertForMaskedLM(config).eval()
        for parameter in module.parameters():
            torch.nn.init.normal_(parameter, 0.0, 0.4)
    model = scoring.MaskedModel(module)
    assert not model.pads
    found = scoring.pseudo_likelihood(model, tokenizer, TEXTS, tokens="float32")
    for text, nlls in zip(TEXTS, found["token_nll"].to_pylist(), strict=True):
        if text:
            told = tokenizer(text, add_special_tokens=False)
            expected = plain(module, told.input_ids, told.word_ids())
            np.testing.assert_allclose(nlls, expected, atol=1e-4)


def test_what_is_wrong_is_said(bert: Any, tokenizer: Any) -> None:
    bare = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer.backend_tokenizer)
    with pytest.raises(ValueError, match="this one has no MASK token"):
        scoring.pseudo_likelihood(bert, bare, TEXTS)
    with pytest.raises(ValueError, match="variant: expected one of 'within_word', 'original'"):
        scoring.pseudo_likelihood(bert, tokenizer, TEXTS, variant="l2r")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no causal language model"):
        scoring.score(bert, tokenizer, TEXTS)


def test_a_masked_model_is_loaded_from_its_folder(
    bert: Any, tokenizer: Any, tmp_path: Path
) -> None:
    bert.save_pretrained(tmp_path / "bert")
    found = scoring.pseudo_likelihood(tmp_path / "bert", tokenizer, TEXTS)
    assert found.equals(scoring.pseudo_likelihood(bert, tokenizer, TEXTS))
    roberta = transformers.RobertaForMaskedLM(
        transformers.RobertaConfig(
            vocab_size=20, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
            num_attention_heads=2, max_position_embeddings=10, pad_token_id=PAD,
        )
    )  # fmt: skip
    assert scoring.MaskedModel(roberta).context == 10 - PAD - 1


SIZES: dict[str, Any] = {"width": 32, "heads": 2, "context": 32, "batch_tokens": 256, "steps": 30}
SIZES["learning_rate"] = 1e-2


def test_a_tiny_model_learns_and_is_kept(tmp_path: Path) -> None:
    docs = ["abcabcabc" * 3, "xyz" * 9, None, "é"] * 4
    news: list[tuple[int, int]] = []
    made = scoring.tiny(docs, **SIZES, threads=1, progress=lambda *of: news.append(of))
    assert news == [(step + 1, 30) for step in range(30)]
    again = scoring.tiny(docs, **SIZES, threads=1)
    assert made.nll == again.nll < 3.0  # of 257, ln 257 = 5.5
    stats = ("tokens", "bytes", "nll_mean")
    scores = scoring.score(made.model, made.tokenizer, ["abcabc", "cbacba"], stats=stats)
    known, other = scores["nll_mean"].to_pylist()
    assert known < other
    assert scores["tokens"].to_pylist() == scores["bytes"].to_pylist() == [6, 6]
    made.save(tmp_path)
    kept = scoring.score(tmp_path, byte_tokenizer(), ["abcabc", "cbacba"], stats=stats)
    assert kept.equals(scores)


def test_a_tiny_model_leaves_random_numbers_alone_and_keeps_any_tokenizer(
    tokenizer: Any, tmp_path: Path
) -> None:
    state = torch.get_rng_state()
    made = scoring.tiny(TEXTS, tokenizer=tokenizer, **SIZES | {"steps": 1})
    assert torch.equal(torch.get_rng_state(), state)
    made.save(tmp_path)
    again = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert again(TEXTS[0]).input_ids == tokenizer(TEXTS[0]).input_ids


def test_a_tiny_model_learns_ids() -> None:
    ids = [[3, 1, 4, 1, 5] * 4, [], None]
    made = scoring.tiny(ids, tokenizer=None, **SIZES | {"steps": 1})
    assert made.model.vocab_size == 7  # and one more, before documents
    assert made.model.bos_id == 6
    found = scoring.score(made.model, None, ids)
    assert found["tokens"].to_pylist() == [20, 0, None]
    with pytest.raises(ValueError, match="docs: there is no token"):
        scoring.tiny([""], **SIZES)
    with pytest.raises(ValueError, match="width: expected a multiple of twice heads, 4, got 33"):
        scoring.tiny(["abc"], width=33, heads=2)
    for name in ("width", "heads", "layers"):
        with pytest.raises(ValueError, match=f"{name}: expected a whole number"):
            scoring.tiny(["abc"], **{name: 0})
