"""_tokenizer_sentencepiece: a .model of SentencePiece, BPE or Unigram. What is in one, C++ reads."""

from __future__ import annotations

from pathlib import Path

from corpusmill import _core
from corpusmill._tokenizer_files import Loaded


def load(path: Path, pattern: str | None, cache_bytes: int) -> Loaded:
    """ValueError saying where the file is damaged, or what of it is not supported."""
    if pattern is not None:
        raise ValueError(
            f"pattern: {path} is a model of SentencePiece, which cuts text by no pattern; leave it out"
        )
    try:
        return of_bytes(path.read_bytes(), cache_bytes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def of_bytes(data: bytes, cache_bytes: int) -> Loaded:
    """Of what the file holds."""
    core, is_bpe, size, controls, unknown = _core.tokenizer.sentencepiece(data, cache_bytes)
    special = dict(controls)
    for text, number in controls:
        if special[text] != number:
            raise ValueError(
                f"pieces {number} and {special[text]} are both the control token {text!r}"
            )
    family = "SentencePiece BPE" if is_bpe else "SentencePiece Unigram"
    return Loaded(core, family, size, special=special, unknown_id=unknown)
