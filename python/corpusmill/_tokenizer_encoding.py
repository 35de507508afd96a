"""_tokenizer_encoding: what a tokenizer does once it is there. Loads none; tokenizer.py does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import (
    _arrow,
    _check,
    _tokenizer_added,
    _tokenizer_columns,
    _tokenizer_files,
    _tokens,
)
from corpusmill._tokenizer_added import AllowedSpecial
from corpusmill._tokenizer_files import Loaded

Ids: TypeAlias = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]

MOST = (1 << 63) - 1
_DTYPES = {"uint16": np.uint16, "uint32": np.uint32}


class Encoding:
    """Documents as ids, what is told of them, and back."""

    def __init__(self, loaded: Loaded, special_tokens: Mapping[str, int] | None = None) -> None:
        self._loaded = loaded
        self._core = loaded.core
        self.family = loaded.family
        self.pattern = loaded.pattern
        self.unknown_id = loaded.unknown_id
        # Byte-level BPE can spell everything; other families have an id for the rest, and may not tell it.
        self.tells_unknown = loaded.unknown_id is not None or loaded.pattern is not None
        self.unicode_version = loaded.unicode_version
        self.ignored = tuple(loaded.ignored)
        given = _tokenizer_added.of_caller(special_tokens)
        of_file = [
            *(_tokenizer_added.Added(*item) for item in loaded.special.items()),
            *loaded.added,
        ]
        self._added = _tokenizer_added.joined(of_file, given)
        _tokenizer_added.check_places(self._core, given)
        self._core.add_tokens(self._added)
        ids = {token.text: token.id for token in self._added if token.special}
        self.special_tokens: Mapping[str, int] = MappingProxyType(ids)
        self.vocab_size = max([loaded.vocab_size, *(token.id + 1 for token in self._added)])
        self.fingerprint = _tokenizer_files.fingerprint(loaded, self._added)

    @property
    def dtype(self) -> np.dtype[np.uint16] | np.dtype[np.uint32]:
        """Of ids: uint16 if all fit, else uint32."""
        return np.dtype(np.uint16 if self.vocab_size <= 1 << 16 else np.uint32)

    def encode(
        self, text: str, *, allowed_special: AllowedSpecial = (), max_tokens: int | None = None
    ) -> Ids:
        """The ids of one text, as `encode_batch` gives them; for many, that is faster."""
        if not isinstance(text, str):
            raise TypeError(f"text: expected str, got {type(text).__name__}")
        allowed = _tokenizer_added.allowed(self._added, allowed_special)
        ids: Ids = self._encoded([text], allowed, max_tokens, 1, self.dtype.name)[1]
        return ids

    def encode_batch(
        self,
        docs: _arrow.Docs,
        *,
        allowed_special: AllowedSpecial = (),
        max_tokens: int | None = None,
        dtype: Literal["uint16", "uint32"] | None = None,
        threads: int = 0,
    ) -> pa.Array:
        """The ids of each document.

        docs            N strings, null for none; read in place
        allowed_special the special tokens that a document may ask for by spelling them; all others
                        are text
        max_tokens      of each document; what comes behind its last piece is not looked at
        dtype           None: `Tokenizer.dtype`
        threads         0: as many as this process may use; the answer does not depend on it
        returns         large_list<uint16 or uint32>, N rows; null in, null out

        O(bytes * log bytes of the longest piece); memory for the ids, and up to 40 bytes for each of
        the longest piece. Raises TypeError if docs holds no strings, ValueError if ids do not fit dtype.

        >>> tokens = [bytes([byte]) for byte in range(256)] + [b"th", b"the"]
        >>> small = Tokenizer.from_tokens(tokens, pattern="gpt2", cache_bytes=0)
        >>> small.encode_batch(["the", None, "he"]).to_pylist()
        [[257], None, [104, 101]]
        """
        column = _arrow.strings(docs)
        allowed = _tokenizer_added.allowed(self._added, allowed_special)
        offsets, ids = self._encoded(
            column, allowed, max_tokens, _check.threads(threads), self._checked(dtype)
        )
        return _arrow.large_list(offsets, _arrow.primitive(ids), column.validity)

    def count(
        self, docs: _arrow.Docs, *, allowed_special: AllowedSpecial = (), threads: int = 0
    ) -> pa.Array:
        """How many ids `encode_batch` gives each document: int64, null for a null. No id is built."""
        column = _arrow.strings(docs)
        allowed = _tokenizer_added.allowed(self._added, allowed_special)
        counts = self._core.count(column.capsules, allowed, _check.threads(threads))
        return _arrow.primitive(counts, column.validity)

    def special_counts(self, docs: _arrow.Docs, *, threads: int = 0) -> pa.Array:
        """Which special tokens each document spells, and how often.

        Those that `allowed_special="all"` would make more than text.
        returns     large_list<struct<token: dictionary<string>, count: int64>>, tokens in the order of
                    `special_tokens`; null for a null

        O(bytes) while few places look like one; nothing is encoded.
        """
        return _tokenizer_columns.special_counts(self._core, self._added, docs, threads)

    def offsets(
        self, docs: _arrow.Docs, *, allowed_special: AllowedSpecial = (), threads: int = 0
    ) -> pa.Array:
        """The bytes of its document that each token stands for, beside its id.

        returns     large_list<struct<id, begin: int64, end: int64>>, null for a null; ids are those of
                    `encode_batch`, and byte i belongs to a token if begin <= i < end

        A token may begin or end within a character. A blank that was put before a text has no width.
        Where NFC changed characters, bytes are told one by one while there are any; of a tokenizer.json of
        pieces, a token that has a part of a changed character has all of it.

        >>> small = Tokenizer.from_tokens([bytes([byte]) for byte in range(256)], pattern="gpt2")
        >>> small.offsets(["\u00e9"])[0].as_py()[1]
        {'id': 169, 'begin': 1, 'end': 2}
        """
        allowed = _tokenizer_added.allowed(self._added, allowed_special)
        return _tokenizer_columns.offsets(self._core, self.dtype.name, docs, allowed, threads)

    def chunk(
        self,
        docs: _arrow.Docs,
        n: int,
        *,
        stride: int | None = None,
        allowed_special: AllowedSpecial = (),
        threads: int = 0,
    ) -> pa.Table:
        """Windows of n tokens of each document's whole encoding.

        n           tokens of a window; the last one of a document may have fewer
        stride      tokens from the begin of one window to that of the next, 1 to n; None: n
        returns     row: int64, of the document; begin: int64, the window's first token in it; ids:
                    large_list. In order; a document without tokens has no window, and none holds
                    only what the one before it has
        """
        ids = self.encode_batch(docs, allowed_special=allowed_special, threads=threads)
        return _tokenizer_columns.windows(ids, n, stride)

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

    def _encoded(
        self, docs: Any, allowed: Any, max_tokens: int | None, threads: int, dtype: str
    ) -> tuple[Any, Any]:
        most = MOST if max_tokens is None else _check.whole("max_tokens", max_tokens, 0, MOST)
        encode = self._core.encode16 if dtype == "uint16" else self._core.encode32
        return encode(_arrow.strings(docs).capsules, allowed, most, threads)

    def _checked(self, dtype: str | None) -> str:
        if dtype is None:
            return str(self.dtype.name)
        if dtype not in _DTYPES:
            raise ValueError(f"dtype: expected 'uint16' or 'uint32', got {dtype!r}")
        if dtype == "uint16" and self.dtype.name != "uint16":
            raise ValueError(f"dtype: {self.vocab_size:,} ids do not fit uint16; pass 'uint32'")
        return dtype
