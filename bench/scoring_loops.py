"""Documents under a small model, as contenders of bench.worker: packed by corpusmill, and padded as usual.

A Llama of two layers whose weights a seed draws, over a vocabulary learned from the documents: the same in each
process. Each says how many tokens it scored and the losses of its documents. Needs PyTorch and transformers
beside corpusmill.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

import corpusmill as cm

CONTEXT = 1024
SHARE = 8  # the loops get the first documents, one in so many
BATCH = 16  # documents of a batch with padding

_BOS, _VOCABULARY = 0, 4096
_MODEL = {
    "vocab_size": _VOCABULARY,
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": CONTEXT,
    "bos_token_id": _BOS,
}

Said = dict[str, Any]


@dataclass(frozen=True)
class Given:
    """The model, and documents as ids, none of them _BOS."""

    module: Any
    docs: list[list[int]]


def given(texts: list[str]) -> Given:
    """Of long documents as many tokens as the model's context takes."""
    from transformers import LlamaConfig, LlamaForCausalLM  # noqa: PLC0415  (seconds)

    torch.manual_seed(0)
    module = LlamaForCausalLM(LlamaConfig(**_MODEL)).eval()
    learned = cm.tokenizer.Tokenizer.train(texts, _VOCABULARY - 1, pattern="gpt2")
    docs = learned.encode_batch(texts).to_pylist()
    return Given(module, [[token + 1 for token in ids[: CONTEXT - 1]] for ids in docs])


def packed(of: Given, threads: int) -> Said:
    """Ours, by default."""
    table = cm.scoring.score(of.module, None, of.docs, stats=["nll_sum"], threads=threads)
    return _said(of.docs, table["nll_sum"].to_pylist())


def padded(of: Given, threads: int) -> Said:
    """Batches of documents as they come, padded to the longest, and the loss of whole logits."""
    docs = of.docs[: len(of.docs) // SHARE]
    return _said(docs, list(_losses(of.module, docs, threads)))


def sorted_padded(of: Given, threads: int) -> Said:
    """The same, longest first, so that little is padding."""
    docs = of.docs[: len(of.docs) // SHARE]
    order = sorted(range(len(docs)), key=lambda at: -len(docs[at]))
    found = _losses(of.module, [docs[at] for at in order], threads)
    return _said(docs, [nll for _, nll in sorted(zip(order, found, strict=True))])


def _said(docs: list[list[int]], nll: list[float]) -> Said:
    return {"tokens": sum(map(len, docs)), "nll": nll}


def _losses(module: Any, docs: list[list[int]], threads: int) -> Iterator[float]:
    torch.set_num_threads(threads)
    for begin in range(0, len(docs), BATCH):
        rows = [torch.tensor([_BOS, *ids]) for ids in docs[begin : begin + BATCH]]
        ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-100)
        inputs, targets, mask = ids.clamp(min=0)[:, :-1], ids[:, 1:], (ids >= 0)[:, :-1].long()
        with torch.inference_mode():
            logits = module(input_ids=inputs, attention_mask=mask, use_cache=False).logits
            losses = torch.nn.functional.cross_entropy(
                logits.flatten(0, 1), targets.flatten(), reduction="none"
            )
            yield from losses.view(targets.shape).sum(1).tolist()
