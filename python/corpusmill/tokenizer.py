"""tokenizer: text as token ids and back: byte-level BPE, exact with tiktoken. Trains nothing yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import (
    _arrow,
    _check,
    _tokenizer_files,
    _tokenizer_ranks,
    _tokenizer_wordpiece,
    _tokens,
)
from corpusmill._tokenizer_files import Loaded
from corpusmill._tokenizer_ranks import PATTERNS
from corpusmill._tokenizer_report import report

__all__ = ["PATTERNS", "Ids", "Pattern", "Tokenizer", "report"]

Pattern: TypeAlias = Literal["gpt2", "cl100k", "llama3", "qwen2", "o200k", "tekken"]
Ids: TypeAlias = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]

CACHE_BYTES = 24 << 20
_LOADERS: dict[_tokenizer_files.Kind, Callable[..., Loaded]] = {
    "ranks": _tokenizer_ranks.load,
    "wordpiece": _tokenizer_wordpiece.load,
    "wordpiece json": _tokenizer_wordpiece.load_json,
}
_DTYPES = {"uint16": np.uint16, "uint32": np.uint32}


class Tokenizer:
    """Text as ids and back; made by `load` or `from_tokens`.

    Text is bytes of UTF-8. Special tokens that it spells, such as `<|endoftext|>`, are text. A byte
    that is no part of well-formed UTF-8 is a character of its own, neither letter, number nor space.
    Unchanging; threads may use one at once, and a forked process may go on with it.
    """

    def __init__(self, loaded: Loaded) -> None:
        self._core = loaded.core
        self.family = loaded.family
        self.pattern = loaded.pattern
        self.vocab_size = loaded.vocab_size
        self.unknown_id = loaded.unknown_id
        self._ids_are_ranks = loaded.ids_are_ranks

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        pattern: Pattern | None = None,
        lowercase: bool | None = None,
        strip_accents: bool | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> Tokenizer:
        """The tokenizer of a file, which tells by its content what it is, whatever its name.

        path            a file of ranks (`.tiktoken`; Llama 3 calls it `tokenizer.model`), a vocab.txt of
                        BERT, or a tokenizer.json whose model is WordPiece
        pattern         how text is cut into pieces before it is merged, where the file does not say:
                        nothing is guessed. "gpt2" also for r50k and p50k, "o200k" for gpt-oss
        lowercase       of a vocab.txt, which does not say: True for an uncased vocabulary
        strip_accents   of a vocab.txt; None: as lowercase
        cache_bytes     for the pieces that each thread remembers, kept from call to call; 0: none

        O(bytes of the vocabulary * length of its tokens).
        Raises OSError; ValueError if the file is damaged, lacks one of the 256 bytes, or is another.
        Source: tiktoken 0.14, Unicode 16.0.
        """
        file, cache = Path(path), _check.whole("cache_bytes", cache_bytes, 0, 1 << 40)
        kind = _tokenizer_files.kind(file)
        if kind not in _LOADERS:
            raise ValueError(f"{path}: this is a file of {kind}, which is not read")
        said = {"lowercase": lowercase, "strip_accents": strip_accents}
        options = {name: value for name, value in said.items() if value is not None}
        if options and kind != "wordpiece":
            raise ValueError(f"{next(iter(options))}: is for a vocab.txt; {path} says it itself")
        return cls(_LOADERS[kind](file, pattern, cache, **options))

    @classmethod
    def from_tokens(
        cls, tokens: Sequence[bytes], *, pattern: Pattern, cache_bytes: int = CACHE_BYTES
    ) -> Tokenizer:
        """Byte-level BPE of ranks: tokens are the bytes of each id, b"" for none; ids are ranks."""
        cache = _check.whole("cache_bytes", cache_bytes, 0, 1 << 40)
        return cls(_tokenizer_ranks.of_tokens(tokens, pattern, cache))

    def truncated(self, vocab_size: int, *, cache_bytes: int = CACHE_BYTES) -> Tokenizer:
        """The tokenizer of the first ids alone: that of a training which ended there.

        Of byte-level BPE whose ids are ranks. ValueError if it is another, or a byte is no token then.
        """
        if not self._ids_are_ranks or self.pattern is None:
            raise ValueError(
                "truncated: only byte-level BPE of ranks is a smaller one at its beginning"
            )
        size = _check.whole("vocab_size", vocab_size, 256, self.vocab_size)
        tokens = self.decode_batch(np.arange(size, dtype=np.uint32).reshape(-1, 1).tolist())
        return Tokenizer(
            _tokenizer_ranks.of_tokens(
                tokens.to_pylist(),
                self.pattern,
                _check.whole("cache_bytes", cache_bytes, 0, 1 << 40),
            )
        )

    @property
    def dtype(self) -> np.dtype[np.uint16] | np.dtype[np.uint32]:
        """Of ids: uint16 if all fit, else uint32."""
        return np.dtype(np.uint16 if self.vocab_size <= 1 << 16 else np.uint32)

    def encode(self, text: str) -> Ids:
        """The ids of one text. For many, `encode_batch` is faster."""
        if not isinstance(text, str):
            raise TypeError(f"text: expected str, got {type(text).__name__}")
        ids: Ids = self._encoded([text], 1, self.dtype.name)[1]
        return ids

    def encode_batch(
        self,
        docs: _arrow.Docs,
        *,
        dtype: Literal["uint16", "uint32"] | None = None,
        threads: int = 0,
    ) -> pa.Array:
        """The ids of each document.

        docs        N strings, null for none; read in place
        dtype       None: `Tokenizer.dtype`
        threads     0: as many as this process may use; the answer does not depend on it
        returns     large_list<uint16 or uint32>, N rows; null in, null out

        O(bytes * log bytes of the longest piece); memory for the ids, and up to 40 bytes for each of
        the longest piece. Raises TypeError if docs holds no strings, ValueError if ids do not fit dtype.

        >>> tokens = [bytes([byte]) for byte in range(256)] + [b"th", b"the"]
        >>> small = Tokenizer.from_tokens(tokens, pattern="gpt2", cache_bytes=0)
        >>> small.encode_batch(["the", None, "he"]).to_pylist()
        [[257], None, [104, 101]]
        """
        column = _arrow.strings(docs)
        offsets, ids = self._encoded(column, _check.threads(threads), self._checked(dtype))
        return _arrow.large_list(offsets, _arrow.primitive(ids), column.validity)

    def count(self, docs: _arrow.Docs, *, threads: int = 0) -> pa.Array:
        """How many ids `encode_batch` gives each document: int64, null for a null. No id is built."""
        column = _arrow.strings(docs)
        counts = self._core.count(column.capsules, _check.threads(threads))
        return _arrow.primitive(counts, column.validity)

    def decode(self, ids: Any) -> str:
        """The text of ids; U+FFFD for what of it is no UTF-8, as where it was cut within a character."""
        data = self._decoded(_tokens.tokens([list(ids)]))[0].as_py()
        assert isinstance(data, bytes)  # a list of one list is no null
        return data.decode(errors="replace")

    def decode_batch(self, ids: _tokens.TokenDocs) -> pa.Array:
        """The bytes of each list of ids: large_binary, null for a null.

        Of the ids of documents these are the documents: cast them to large_string. Lists that were cut
        may begin or end within a character. Raises ValueError naming the row of an id that is none.
        """
        return self._decoded(_tokens.tokens(ids))

    def _decoded(self, column: _tokens.Tokens) -> pa.Array:
        try:
            offsets, data = self._core.decode(column.capsules, column.item_bytes, column.signed)
        except IndexError as error:
            raise ValueError(str(error)) from None
        buffers = [column.validity, pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)

    def _encoded(self, docs: Any, threads: int, dtype: str) -> tuple[Any, Any]:
        encode = self._core.encode16 if dtype == "uint16" else self._core.encode32
        return encode(_arrow.strings(docs).capsules, threads)

    def _checked(self, dtype: str | None) -> str:
        if dtype is None:
            return str(self.dtype.name)
        if dtype not in _DTYPES:
            raise ValueError(f"dtype: expected 'uint16' or 'uint32', got {dtype!r}")
        if dtype == "uint16" and self.dtype.name != "uint16":
            raise ValueError(f"dtype: {self.vocab_size:,} ids do not fit uint16; pass 'uint32'")
        return dtype
