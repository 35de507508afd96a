"""tokenizers: the Rust library of Hugging Face. It reads no ranks: they are turned into its merges first."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

_CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def load(vocabulary: Path) -> Tokenizer:
    """Of a vocab.txt; or of a file of ranks, where each split of a token into two tokens is a merge."""
    if vocabulary.suffix == ".txt":
        return _bert(vocabulary)
    lines = (line.split() for line in vocabulary.read_bytes().splitlines())
    ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    spelled = {token: "".join(_LETTERS[byte] for byte in token) for token in ranks}
    merges = [
        (spelled[token[:at]], spelled[token[at:]])
        for token in sorted(ranks, key=ranks.__getitem__)
        for at in range(1, len(token))
        if token[:at] in ranks and token[at:] in ranks
    ]
    ids = {spelled[token]: rank for token, rank in ranks.items()}
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges, ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CL100K), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _bert(vocabulary: Path) -> Tokenizer:
    tokens = {line: number for number, line in enumerate(vocabulary.read_text().splitlines())}
    tokenizer = Tokenizer(models.WordPiece(vocab=tokens, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def lists(tokenizer: Tokenizer) -> Callable[[list[str]], object]:
    """Ids as lists; `encode_batch_fast` makes no offsets."""
    return lambda docs: [each.ids for each in tokenizer.encode_batch_fast(docs)]


def _letters() -> dict[int, str]:
    """GPT-2's spelling of bytes."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {byte: chr(byte) for byte in shown} | {b: chr(256 + i) for i, b in enumerate(hidden)}


_LETTERS = _letters()
