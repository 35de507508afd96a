"""oracles_tokenizer_wordpiece: words as tokens by the definition, and BERT as the library tokenizers has it.

Imports nothing of ours.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

Rules = tuple[bool, bool, bool | None, bool]
"""clean_text, handle_chinese_chars, strip_accents, lowercase."""


def longest_first(word: str, vocab: Mapping[str, int], prefix: str, most: int) -> list[int] | None:
    """The ids of a word, each of the longest token that begins where the one before ended; None if
    there is none somewhere, or the word has more than `most` characters."""
    if len(word) > most:
        return None
    ids, at = [], 0
    while at < len(word):
        parts = [(prefix if at else "") + word[at:end] for end in range(len(word), at, -1)]
        found = next((part for part in parts if part in vocab), None)
        if found is None:
            return None
        ids.append(vocab[found])
        at += len(found) - (len(prefix) if at else 0)
    return ids


@functools.cache
def reference(
    tokens: Sequence[str],
    rules: Rules | None,
    prefix: str = "##",
    most: int = 100,
    *,
    cleanup: bool = True,
) -> Tokenizer:
    """tokens by id. Special tokens are text to it. rules: None for no normalizer."""
    vocab = {token: id_ for id_, token in enumerate(tokens)}
    made = Tokenizer(
        models.WordPiece(
            vocab,
            unk_token="[UNK]",
            continuing_subword_prefix=prefix,
            max_input_chars_per_word=most,
        )
    )
    if rules is not None:
        made.normalizer = normalizers.BertNormalizer(*rules)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece(prefix, cleanup)
    made.add_special_tokens(["[UNK]"])
    made.encode_special_tokens = True
    return made


def ids(reference: Tokenizer, docs: Sequence[str | None]) -> list[list[int] | None]:
    found = reference.encode_batch_fast([doc or "" for doc in docs], add_special_tokens=False)
    return [None if doc is None else row.ids for doc, row in zip(docs, found, strict=True)]
