"""tokenizer: text as token ids and back, exact with its references; trained, grown and saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

from corpusmill import (
    _check,
    _tokenizer_files,
    _tokenizer_json,
    _tokenizer_merges,
    _tokenizer_ranks,
    _tokenizer_sentencepiece,
    _tokenizer_tekken,
    _tokenizer_wordpiece,
)
from corpusmill._tokenizer_added import Stage
from corpusmill._tokenizer_encoding import Ids
from corpusmill._tokenizer_files import CACHE_BYTES, Loaded
from corpusmill._tokenizer_learned import Learned
from corpusmill._tokenizer_parts import Parts
from corpusmill._tokenizer_ranks import PATTERNS
from corpusmill._tokenizer_report import report

__all__ = ["PATTERNS", "Ids", "Pattern", "Tokenizer", "report"]

Pattern: TypeAlias = Literal[
    "gpt2",
    "cl100k",
    "llama3",
    "qwen2",
    "qwen35",
    "o200k",
    "tekken",
    "deepseek",
    "lines",
    "superbpe",
    "thousands",
    "superbpe128k",
]

_LOADERS: dict[_tokenizer_files.Kind, Callable[..., Loaded]] = {
    "ranks": _tokenizer_ranks.load,
    "sentencepiece": _tokenizer_sentencepiece.load,
    "json": _tokenizer_json.load,
    "tekken": _tokenizer_tekken.load,
    "vocab": _tokenizer_merges.load,
    "merges": _tokenizer_merges.load,
    "wordpiece": _tokenizer_wordpiece.load,
}


class Tokenizer(Learned):
    """Text as ids and back; made by `load`, `train` or `from_tokens`.

    Text is bytes of UTF-8. Special tokens that it spells, such as `<|endoftext|>`, are text, unless
    `allowed_special` names them or is "all". A byte that is no part of well-formed UTF-8 is a
    character of its own, neither letter, number nor space.
    Unchanging; threads may use one at once, and a forked process may go on with it.

    special_tokens      ids of special tokens by their spelling; `special_counts` counts them
    ignored             what a file asks for and is not done: truncation, padding, a post-processor that
                        would put tokens such as BOS around
    fingerprint         of all that decides ids: what has the same one gives the same
    unicode_version     by which characters are letters, numbers and spaces
    """

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        pattern: Pattern | None = None,
        special_tokens: Mapping[str, int] | None = None,
        lowercase: bool | None = None,
        strip_accents: bool | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> Tokenizer:
        """The tokenizer of a file, which tells by its content what it is, whatever its name.

        path            a file of ranks (`.tiktoken`; Llama 3 and 4: `tokenizer.model`),
                        `tokenizer.json` or `tekken.json`, one of `vocab.json` and `merges.txt`
                        that lie side by side, a model of SentencePiece, BPE or Unigram, or a
                        `vocab.txt` of BERT
        pattern         how text is cut into pieces before it is merged, where the file does not say:
                        nothing is guessed. "gpt2" also for r50k and p50k, "o200k" for gpt-oss and
                        Llama 4
        special_tokens  ids by spelling, of those that the file does not tell
        lowercase       of a vocab.txt, which does not say: True for an uncased vocabulary
        strip_accents   of a vocab.txt; None: as lowercase
        cache_bytes     for the pieces that each thread remembers, kept from call to call; 0: none

        O(bytes of the vocabulary * length of its tokens).
        Raises OSError; ValueError if the file is damaged, lacks one of the 256 bytes, or is another.
        Source: tiktoken 0.14, tokenizers 0.23.3, sentencepiece 0.2.3, Unicode 16.0.
        """
        file, cache = Path(path), _check.whole("cache_bytes", cache_bytes, 0, 1 << 40)
        kind, top = _tokenizer_files.kind(file)
        said = {"lowercase": lowercase, "strip_accents": strip_accents}
        options = {name: value for name, value in said.items() if value is not None}
        if options and kind != "wordpiece":
            raise ValueError(f"{next(iter(options))}: is for a vocab.txt; {path} says it itself")
        read = {} if top is None else {"top": top}  # so that it is parsed once
        loaded = _LOADERS[kind](file, pattern, cache, **options, **read)
        if not loaded.identity:
            loaded = replace(loaded, identity=_tokenizer_files.digest(file.read_bytes()))
        return cls(loaded, special_tokens)

    @classmethod
    def from_tokens(
        cls,
        tokens: Sequence[bytes],
        *,
        pattern: Pattern,
        special_tokens: Mapping[str, int] | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> Tokenizer:
        """Byte-level BPE of ranks: tokens are the bytes of each id, b"" for none; ids are ranks."""
        cache = _check.whole("cache_bytes", cache_bytes, 0, 1 << 40)
        return cls(_tokenizer_ranks.of_tokens(tokens, pattern, cache), special_tokens)

    def truncated(self, vocab_size: int, *, cache_bytes: int = CACHE_BYTES) -> Tokenizer:
        """The tokenizer of the first ids alone: that of a training which ended there.

        Of byte-level BPE whose ids are ranks, whatever its file: that is found out, which takes as long
        as loading. Without special tokens, whose ids stand for nothing then. ValueError if it is another,
        changes text first, has added tokens that are not special, or a byte is no token then.
        """
        if self.pattern is None:
            raise ValueError(
                "truncated: only byte-level BPE of ranks is a smaller one at its beginning;"
                f" this is {self.family}"
            )
        for token in self._added:
            if not token.special and token.stage != Stage.never:
                raise ValueError(
                    f"truncated: {token.text!r} is an added token that is not special, and would be"
                    " none of the smaller vocabulary; take a file of ranks (.tiktoken)"
                )
        parts = Parts.of(self._core)
        size = _check.whole("vocab_size", vocab_size, 256, self.vocab_size)
        cache = _check.whole("cache_bytes", cache_bytes, 0, 1 << 40)
        if why := parts.no_ranks(self.pattern):
            raise ValueError(
                f"truncated: {why}; take a file of ranks (.tiktoken), or train the smaller vocabulary"
            )
        return Tokenizer(_tokenizer_ranks.of_tokens(parts.tokens[:size], self.pattern, cache))
