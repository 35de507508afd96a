"""texts: documents as token ids, by our tokenizers or Hugging Face's, and their bytes."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusmill import _arrays, _arrow, _check, _core, _tokens
from corpusmill.scoring.windows import Ints
from corpusmill.tokenizer import Tokenizer

AnyTokenizer: TypeAlias = Any
"""A `corpusmill.tokenizer.Tokenizer`, a Hugging Face one, or None: documents are lists of ids."""

_SURROGATES = re.compile("[\ud800-\udfff]")

Prefix: TypeAlias = Literal["default", "bos", "eos", "none"] | int | None
"""What stands before each document, itself not scored: a token, or nothing ("none" or None)."""


@dataclass(frozen=True)
class Encoded:
    """Documents as ids, one behind the other; document i has ids[offsets[i]:offsets[i + 1]].

    valid       which documents are not null; a null one has no ids
    bytes       of each, UTF-8; None where documents are ids
    behind      of these, those behind its first token; None if nobody asked
    words       for each id the number of its word in its document; None if nobody asked
    """

    ids: Ints
    offsets: Ints
    valid: npt.NDArray[np.bool_]
    bytes: Ints | None = None
    behind: Ints | None = None
    words: Ints | None = None

    @property
    def lengths(self) -> Ints:
        return np.diff(self.offsets)


def encoded(
    tokenizer: AnyTokenizer, docs: Any, *, behind: bool = False, words: bool = False, threads: int
) -> Encoded:
    """The ids of documents; no special token is added, and what spells one is text to ours.

    behind      whether to find the bytes behind first tokens, too
    words       whether to find words: of fast Hugging Face tokenizers
    TypeError if documents are not what the tokenizer takes.
    """
    if tokenizer is None:
        return _listed(docs)
    chunks = _arrow.string_chunks(docs)
    column = _arrow.Strings(*_arrow.imported(chunks))
    sizes = _core.core.byte_lengths(column.capsules).astype(np.int64)
    if isinstance(tokenizer, Tokenizer):
        ids, offsets, begins = _ours(tokenizer, column, behind, threads)
        after = _behind(offsets, sizes, begins)
        return Encoded(ids, offsets, column.valid_mask(), sizes, after)
    if not (callable(tokenizer) and hasattr(tokenizer, "convert_ids_to_tokens")):
        kind = type(tokenizer).__name__
        raise TypeError(
            f"tokenizer: expected a Tokenizer of ours or a Hugging Face one, or None, got {kind}"
        )
    found = _HuggingFace.of(tokenizer, chunks, behind or words)
    after = _behind(found.offsets, sizes, found.second() if behind else None)
    return Encoded(
        found.ids,
        found.offsets,
        column.valid_mask(),
        sizes,
        after,
        found.words() if words else None,
    )


def _behind(offsets: Ints, sizes: Ints, begins: Ints | None) -> Ints | None:
    """Bytes from these places on; none of documents that have one token."""
    return None if begins is None else np.where(np.diff(offsets) > 1, sizes - begins, 0)


def _listed(docs: Any) -> Encoded:
    """Lists of ids, copied into one array."""
    ids, lengths = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    valid = [np.zeros(0, np.bool_)]
    for chunk in _tokens.token_chunks(docs)[1]:
        items = chunk.cast(pa.large_list(pa.int64()))
        ids.append(_arrow.numbers(items.flatten()))
        lengths.append(_arrays.filled(items.value_lengths()))
        valid.append(_arrays.valid(chunk))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate(lengths))])
    return Encoded(np.concatenate(ids), offsets, np.concatenate(valid))


def _ours(
    tokenizer: Tokenizer, column: _arrow.Strings, behind: bool, threads: int
) -> tuple[Ints, Ints, Ints | None]:
    found = tokenizer.encode_batch(column, threads=threads)
    offsets = _arrow.numbers(found.offsets)
    ids = _arrow.numbers(found.values).astype(np.int64)
    if not behind:
        return ids, offsets, None
    places = tokenizer.offsets(column, threads=threads)
    begin = _arrow.numbers(places.values.field("begin"))
    return ids, offsets, _second(offsets, begin)


def _second(offsets: Ints, begin: Ints) -> Ints:
    """Where the second token of each document begins; 0 if it has none."""
    several = np.diff(offsets) > 1
    found = np.zeros(len(several), np.int64)
    found[several] = begin[offsets[:-1][several] + 1]
    return found


@dataclass(frozen=True)
class _HuggingFace:
    """What a Hugging Face tokenizer tells of texts: of bytes that are no UTF-8, as of U+FFFD each."""

    texts: list[str]  # such bytes as surrogates
    found: Any
    ids: Ints
    offsets: Ints

    @classmethod
    def of(cls, tokenizer: Any, chunks: list[pa.Array], told: bool) -> _HuggingFace:
        data = [of for chunk in chunks for of in chunk.cast(pa.large_binary()).to_pylist()]
        texts = ["" if of is None else of.decode(errors="surrogateescape") for of in data]
        if told and not getattr(tokenizer, "is_fast", False):
            raise ValueError(
                "tokenizer: a slow one does not tell where tokens and words end, which is needed "
                "without a prefix and for the variant 'within_word'; pass a fast tokenizer"
            )
        options = {"add_special_tokens": False, "verbose": False, "return_offsets_mapping": told}
        given = [_SURROGATES.sub("\ufffd", text) for text in texts]
        found = tokenizer(given, **options) if texts else {"input_ids": []}
        lists = found["input_ids"]
        offsets = np.concatenate([[0], np.cumsum([len(ids) for ids in lists], dtype=np.int64)])
        ids = np.fromiter((number for of in lists for number in of), np.int64, offsets[-1])
        return cls(texts, found, ids, offsets)

    def second(self) -> Ints:
        """The byte at which the second token of each text begins; 0 if it has none."""
        places = self.found["offset_mapping"] if self.texts else []
        begins = [
            len(text[: of[1][0]].encode(errors="surrogateescape")) if len(of) > 1 else 0
            for text, of in zip(self.texts, places, strict=True)
        ]
        return np.array(begins, np.int64)

    def words(self) -> Ints:
        """Of each id the number of its word; an id that is of none is a word by itself."""
        numbers = [
            -place - 1 if word is None else word
            for row in range(len(self.texts))
            for place, word in enumerate(self.found.word_ids(row))
        ]
        return np.array(numbers, np.int64)


def vocab_size(tokenizer: AnyTokenizer) -> int:
    """How many ids a tokenizer may give; 0 of none."""
    if tokenizer is None:
        return 0
    return int(tokenizer.vocab_size if isinstance(tokenizer, Tokenizer) else len(tokenizer))


def text_ids(tokenizer: AnyTokenizer) -> int:
    """One more than the greatest id that a text may become: special tokens may have greater ones."""
    size = vocab_size(tokenizer)
    if isinstance(tokenizer, Tokenizer):
        special = set(tokenizer.special_tokens.values())
    else:
        added = getattr(tokenizer, "added_tokens_decoder", {})
        special = {number for number, token in added.items() if token.special}
    while size - 1 in special:
        size -= 1
    return size


def fingerprint(tokenizer: AnyTokenizer) -> str:
    """Of all that decides ids, for ours; of its file, or its vocabulary, for another."""
    if tokenizer is None:
        return ""
    if isinstance(tokenizer, Tokenizer):
        return tokenizer.fingerprint
    backend = getattr(tokenizer, "backend_tokenizer", None)
    told = (
        json.dumps(tokenizer.get_vocab(), sort_keys=True) if backend is None else backend.to_str()
    )
    return hashlib.sha256(told.encode()).hexdigest()


def prefix_id(
    prefix: Prefix, tokenizer: AnyTokenizer, bos: int | None, eos: int | None
) -> int | None:
    """The token before each document; None for none.

    bos, eos    the model's; a Hugging Face tokenizer that has either is asked instead
    "default": BOS, or where there is none EOS, as lm-eval has it, or none. ValueError for one that
    is not there.
    """
    if prefix is None or prefix == "none":
        return None
    if not isinstance(prefix, str):
        return _check.whole("prefix", prefix, 0, (1 << 31) - 1)
    told = getattr(tokenizer, "bos_token_id", None), getattr(tokenizer, "eos_token_id", None)
    bos, eos = (bos, eos) if told == (None, None) else told
    if prefix == "default":
        return eos if bos is None else bos
    if prefix not in ("bos", "eos"):
        raise ValueError(
            f"prefix: expected 'default', 'bos', 'eos', 'none' or an id, got {prefix!r}"
        )
    found = bos if prefix == "bos" else eos
    if found is None:
        raise ValueError(
            f"prefix: neither tokenizer nor model says which token is its {prefix.upper()}; pass "
            "its id, or 'none'"
        )
    return found
