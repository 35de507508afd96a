"""_tokenizer_delegated: Unigram and WordPiece, learned by the libraries that define them, as their files.

Chooses nothing itself and encodes nothing.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from corpusmill import _arrow, _check
from corpusmill._tokenizer_added import MAX_ID
from corpusmill._tokenizer_train import columns

FAMILIES = ("unigram", "wordpiece")

_BATCH = 1000  # documents that are Python strings at once
_UNIGRAM_THREADS = 16  # whose sums are added in turn: always as many, for the same pieces anywhere


def check(family: str, given: Mapping[str, Any]) -> None:
    """ValueError naming a family that is none, or an argument that is not for it."""
    if family not in FAMILIES:
        raise ValueError(f"family: expected bpe, {' or '.join(FAMILIES)}, got {family!r}")
    for name, value in given.items():
        if value:
            raise ValueError(f"{name}: is of family='bpe', not of {family!r}; see options")


def learned(
    family: str,
    docs: Any,
    vocab_size: int,
    special_tokens: Sequence[str],
    options: Mapping[str, Any],
) -> bytes:
    """The bytes of the file; ValueError with what the library says against it."""
    size = _check.whole("vocab_size", vocab_size, 1, MAX_ID + 1)
    library = {"unigram": "sentencepiece", "wordpiece": "tokenizers"}[family]
    try:
        module = importlib.import_module(library)
    except ImportError:
        raise ModuleNotFoundError(
            f"family={family!r} is learned by {library}, which is not there: "
            'pip install "corpusmill[train]"'
        ) from None
    train = _unigram if family == "unigram" else _wordpiece
    try:
        return train(module, _texts(docs), size, special_tokens, options)
    except (RuntimeError, OSError) as error:
        raise ValueError(f"{library}: {error}") from None


def check_name(path: Path, family: str) -> None:
    """ValueError if a model of SentencePiece would be named as a tokenizer.json is."""
    if family != "WordPiece" and path.suffix.lower() == ".json":
        raise ValueError(
            f"path: {path.name!r}: {family} is saved as a model of SentencePiece, which is no JSON;"
            f" name it {path.with_suffix('.model').name!r}"
        )


def _unigram(
    library: Any,
    texts: Iterable[str],
    vocab_size: int,
    special_tokens: Sequence[str],
    options: Mapping[str, Any],
) -> bytes:
    """Each line is a sentence, none too long."""
    model = io.BytesIO()
    library.SentencePieceTrainer.train(
        **{
            "sentence_iterator": (line for text in texts for line in text.split("\n") if line),
            "model_writer": model,
            "model_type": "unigram",
            "vocab_size": vocab_size,
            "control_symbols": list(special_tokens),
            "max_sentence_length": 1 << 30,
            "num_threads": _UNIGRAM_THREADS,
            "minloglevel": 2,
            **options,
        }
    )
    return model.getvalue()


def _wordpiece(
    library: Any,
    texts: Iterable[str],
    vocab_size: int,
    special_tokens: Sequence[str],
    options: Mapping[str, Any],
) -> bytes:
    """A tokenizer.json of BERT's kind."""
    tokenizer = library.Tokenizer(library.models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = library.normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = library.pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = library.decoders.WordPiece()
    trainer = library.trainers.WordPieceTrainer
    for name in options:
        if not hasattr(trainer, name):  # the library would print that it leaves it out
            raise ValueError(f"options: {name!r} is none of tokenizers' WordPieceTrainer")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    chosen = {
        "vocab_size": vocab_size,
        "special_tokens": [*special, *(token for token in special_tokens if token not in special)],
        "show_progress": False,
        **options,
    }
    tokenizer.train_from_iterator(texts, trainer(**chosen))
    return bytes(tokenizer.to_str(pretty=True), "utf-8") + b"\n"


def _texts(docs: Any) -> Iterator[str]:
    for column in columns(docs):
        for chunk in _arrow.string_chunks(column):
            for begin in range(0, len(chunk), _BATCH):
                texts = chunk.slice(begin, _BATCH).to_pylist()
                yield from (text for text in texts if text is not None)
