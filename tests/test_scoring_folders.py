"""test_scoring_folders: a folder gives its whole model and its tokenizer, or says what it lacks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

torch = pytest.importorskip("torch", reason="scoring under models needs PyTorch")
transformers = pytest.importorskip("transformers", reason="these models are Hugging Face's")

import scoring_models as tiny_models
from corpusmill import scoring
from corpusmill.scoring import texts
from corpusmill.scoring.folders import tokenizer_of
from corpusmill.scoring.inputs import check_vocabulary
from corpusmill.scoring.small import byte_tokenizer
from corpusmill.tokenizer import Tokenizer

WORDS = ["<s>", "é", "the", "mill", "[UNK]"]


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folders") / "llama"
    tiny_models.module("Llama").save_pretrained(folder)
    return folder


def without(name: str) -> Callable[[Path], None]:
    """The weights, but for one of them."""

    def change(folder: Path) -> None:
        from safetensors.torch import load_file, save_file  # noqa: PLC0415

        weights = load_file(folder / "model.safetensors")
        del weights[name]
        save_file(weights, folder / "model.safetensors", {"format": "pt"})

    return change


def cut(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])


def wider(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"intermediate_size": 80}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("lm_head.weight"), r"lack 1 of those .*lm_head\.weight among them"),
        (without("model.layers.1.mlp.up_proj.weight"), r"lack 1 of those .*up_proj\.weight"),
        (wider, r"lack 6 of those that its config\.json asks for, or have them in other shapes"),
        (cut, "cannot be loaded: SafetensorError: Error while deserializing"),
        (lambda of: (of / "model.safetensors").unlink(), r"no file named model\.safetensors"),
        (lambda of: (of / "config.json").write_text("{"), "is not a valid JSON file"),
        (lambda of: (of / "config.json").write_text("{}"), "model_type"),
    ],
)
def test_what_a_model_lacks_is_not_made_up(
    llama: Path, tmp_path: Path, change: Callable[[Path], Any], message: str
) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(llama, folder)
    change(folder)
    with pytest.raises(ValueError, match=f"^model: .*{message}"):
        scoring.Model.load(folder)


def test_where_and_as_what_it_is_loaded_is_checked(llama: Path) -> None:
    with pytest.raises(ValueError, match="device: 'no such' cannot be used here"):
        scoring.Model.load(llama, device="no such")
    with pytest.raises(ValueError, match="dtype: expected float32, bfloat16, float16 or None"):
        scoring.Model.load(llama, dtype="int8")  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError, match=r"no folder with a config\.json"):
        scoring.Model.load(llama / "nothing")


def of_words() -> Any:
    """A backend of a kind that ours does not read."""
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415

    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, "[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.add_special_tokens(["<s>"])
    return made


def test_the_tokenizer_of_a_folder_is_found(tmp_path: Path) -> None:
    byte_tokenizer().save(tmp_path / "tokenizer.json")
    assert isinstance(tokenizer_of(tmp_path), Tokenizer)
    assert (
        tokenizer_of(tmp_path).fingerprint == tokenizer_of(tmp_path / "tokenizer.json").fingerprint
    )
    of_words().save(str(tmp_path / "tokenizer.json"))
    found = tokenizer_of(tmp_path)
    assert found("the mill<s>", add_special_tokens=False).input_ids == [2, 4]  # as text
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ValueError, match=r"tokenizer: .* has none that can be read .*name another"):
        tokenizer_of(tmp_path)


def test_special_tokens_behind_the_vocabulary_are_no_fault() -> None:
    """No text becomes one of them. Gemma 3's tokenizer has one that its models of text have not."""
    check_vocabulary(256, byte_tokenizer())
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=of_words())
    fast.add_special_tokens({"additional_special_tokens": ["<image>"]})
    check_vocabulary(5, fast)
    for size, tokenizer in ((255, byte_tokenizer()), (4, fast)):
        with pytest.raises(ValueError, match=f"it has {size + 1} ids and the model {size}"):
            check_vocabulary(size, tokenizer)


def test_bytes_that_are_no_text_are_counted_as_they_are() -> None:
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=of_words())
    data = [b"\xff\xff\xff\xff\xff mill", b"mill \xc3 the", b"\xed\xa0\x80 the"]
    docs = pa.array(data, pa.binary()).view(pa.string())
    found = texts.encoded(fast, docs, behind=True, threads=1)
    assert found.bytes is not None
    assert found.behind is not None
    assert found.bytes.tolist() == [len(of) for of in data]
    assert found.behind.tolist() == [4, 5, 3]
    assert np.diff(found.offsets).tolist() == [2, 3, 2]
