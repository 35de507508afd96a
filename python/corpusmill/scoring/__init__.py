"""scoring: the loss of every token of a text under a language model, and what is made of it.

    score               documents under a causal language model, one row each
    compare             two models over the same tokens: differences of tokens and documents
    loss_matrix         the loss of each document, or domain, under each of several models
    pseudo_likelihood   documents under a masked language model
    tiny                a small language model, trained on documents in under a minute
    Model               what is scored with: a folder, a Hugging Face model, or any function

    token_statistics    of tokens whose logits are at hand
    linear_token_statistics     of tokens, from hidden states and the weight of a head
    document_statistics of documents, from those of their tokens
    corpus_perplexity   of a corpus, from those of its documents

    statistics          the statistics of a token: names, meanings, which level of the kernels gives
                    them

What a statistic is stands in docs/scoring.md. PyTorch and transformers are needed for models (extra
`score`), and imported when one of these is first asked for; Triton is, for GPUs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpusmill.scoring.comparison import Losses, compare, loss_matrix
    from corpusmill.scoring.documents import corpus_perplexity, document_statistics
    from corpusmill.scoring.masked import MaskedModel, pseudo_likelihood
    from corpusmill.scoring.models import Model
    from corpusmill.scoring.scorer import score
    from corpusmill.scoring.small import tiny
    from corpusmill.scoring.tokens import linear_token_statistics, token_statistics

_PLACES = {
    "Losses": "comparison",
    "MaskedModel": "masked",
    "Model": "models",
    "compare": "comparison",
    "corpus_perplexity": "documents",
    "document_statistics": "documents",
    "linear_token_statistics": "tokens",
    "loss_matrix": "comparison",
    "pseudo_likelihood": "masked",
    "score": "scorer",
    "tiny": "small",
    "token_statistics": "tokens",
}

__all__ = [
    "Losses",
    "MaskedModel",
    "Model",
    "compare",
    "corpus_perplexity",
    "document_statistics",
    "linear_token_statistics",
    "loss_matrix",
    "pseudo_likelihood",
    "score",
    "tiny",
    "token_statistics",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        found = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ModuleNotFoundError(
            f'corpusmill.scoring.{name} needs PyTorch: pip install "corpusmill[score]"',
            name="torch",
        ) from error
    return found
