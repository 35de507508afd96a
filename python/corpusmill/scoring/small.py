"""small: a small language model for those who have none, trained on documents. Scores nothing.

A Llama of two layers: its folder is loaded like any other. Over bytes, or the ids of a tokenizer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corpusmill import _check
from corpusmill.scoring import texts
from corpusmill.scoring.folders import TOKENIZER, quietly
from corpusmill.scoring.models import Model
from corpusmill.scoring.texts import AnyTokenizer
from corpusmill.scoring.token_pass import Progress, Sequences, torch_threads
from corpusmill.tokenizer import Tokenizer

BOS = "<bos>"


@dataclass(frozen=True)
class Tiny:
    """A model, the tokenizer it was trained by, and what it had learned.

    nll         the mean over the last steps' batches, nats per token
    """

    model: Model
    tokenizer: AnyTokenizer
    nll: float
    _module: Any

    def save(self, path: Any) -> None:
        """Writes a folder: config.json, model.safetensors, and the tokenizer's files."""
        import transformers  # noqa: PLC0415  seconds

        folder = Path(path)
        with quietly(transformers):
            self._module.save_pretrained(folder)
        if isinstance(self.tokenizer, Tokenizer):
            self.tokenizer.save(folder / TOKENIZER)
        elif self.tokenizer is not None:
            self.tokenizer.save_pretrained(folder)


def byte_tokenizer() -> Tokenizer:
    """Each byte is a token, in GPT-2's order, and there is one more, <bos>: 257 ids."""
    return Tokenizer.from_tokens(
        [bytes([byte]) for byte in range(256)], pattern="gpt2", special_tokens={BOS: 256}
    )


def tiny(
    docs: Any,
    *,
    tokenizer: AnyTokenizer = "bytes",
    bos: int | None = None,
    layers: int = 2,
    width: int = 128,
    heads: int = 4,
    context: int = 256,
    steps: int = 200,
    batch_tokens: int = 2048,
    learning_rate: float = 3e-3,
    seed: int = 0,
    threads: int = 0,
    progress: Progress | None = None,
) -> Tiny:
    """A transformer trained on documents: what there is to learn in under a minute on a CPU.

    docs            N strings, or lists of ids with tokenizer=None; nulls are left out
    tokenizer       "bytes": each byte is a token; or one of ours or a Hugging Face one
    bos             the token before each document; None: "<bos>" of bytes, that of the tokenizer,
                    or one more id
    layers, width, heads, context   of the model; width a multiple of twice heads
    steps           batches of batch_tokens, at rates that rise over a tenth of them and fall like a
                    cosine
    seed            of weights and batches. The same on the same machine with the same threads;
                    elsewhere to rounding
    progress        called after each step with steps done and steps in all

    O(steps * batch_tokens * layers * width * (width + context)).
    Raises ValueError naming the argument; also if there is no token to learn from.
    """
    used = byte_tokenizer() if isinstance(tokenizer, str) and tokenizer == "bytes" else tokenizer
    count = _check.whole("steps", steps, 1, 1 << 30)
    found = texts.encoded(used, docs, behind=False, threads=_check.threads(threads))
    before = _bos(used, bos)
    size = max(texts.vocab_size(used), int(found.ids.max(initial=-1)) + 1)
    before = size if before is None else before
    stream = Sequences.of(found, before).flat
    if not len(found.ids):
        raise ValueError("docs: there is no token in them to learn from")
    with torch.random.fork_rng(devices=[]), torch_threads(threads):
        torch.default_generator.manual_seed(_check.whole("seed", seed, 0, (1 << 63) - 1))
        module = _module(
            max(size, before + 1), before, layers=layers, width=width, heads=heads, context=context
        )
        length = min(_check.whole("context", context, 1, 1 << 20), len(stream) - 1)
        rows = max(1, _check.whole("batch_tokens", batch_tokens, 1, 1 << 30) // length)
        batches = _batches(torch.from_numpy(stream), length, rows, seed)
        nll = _train(module, batches, count, learning_rate, progress)
    return Tiny(Model.of_module(module), used, nll, module)


def _bos(tokenizer: AnyTokenizer, bos: int | None) -> int | None:
    """The token before documents; None: one that is not there yet."""
    if bos is not None:
        return _check.whole("bos", bos, 0, (1 << 31) - 1)
    if isinstance(tokenizer, Tokenizer):
        return tokenizer.special_tokens.get(BOS)
    return texts.prefix_id("default", tokenizer, None, None)


def _module(vocab_size: int, bos: int, *, layers: int, width: int, heads: int, context: int) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM  # noqa: PLC0415  seconds

    if _check.whole("width", width, 1, 1 << 20) % (2 * _check.whole("heads", heads, 1, 1 << 20)):
        raise ValueError(f"width: expected a multiple of twice heads, {2 * heads}, got {width}")
    _check.whole("layers", layers, 1, 1 << 10)
    config = LlamaConfig(
        vocab_size=vocab_size,
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        max_position_embeddings=context,
        bos_token_id=bos,
        eos_token_id=bos,
        pad_token_id=None,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config)


def _batches(
    stream: torch.Tensor, length: int, rows: int, seed: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Stretches of all documents, one behind the other; and what comes behind each input."""
    source = torch.Generator().manual_seed(seed)
    while True:
        begin = torch.randint(len(stream) - length, (rows, 1), generator=source)
        places = begin + torch.arange(length)
        yield stream[places], stream[places + 1]


def _train(
    module: Any,
    batches: Iterator[tuple[torch.Tensor, torch.Tensor]],
    steps: int,
    rate: float,
    progress: Progress | None,
) -> float:
    """The mean nll of the last tenth of the steps."""
    adam = torch.optim.AdamW(module.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.1)
    warm = max(1, steps // 10)
    found = []
    for step in range(steps):
        rises, falls = (step + 1) / warm, 0.5 * (1 + math.cos(math.pi * step / steps))
        for group in adam.param_groups:
            group["lr"] = rate * min(rises, falls)
        ids, targets = next(batches)
        logits = module(input_ids=ids, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        adam.step()
        adam.zero_grad()
        found.append(loss.item())
        if progress is not None:
            progress(step + 1, steps)
    return float(np.mean(found[-warm:]))
