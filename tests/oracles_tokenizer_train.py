"""oracles_tokenizer_train: byte-pair encoding learned by its definition, counting anew for each merge.

Imports nothing of ours.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

from tokenizers import Regex, Tokenizer, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

Merges = list[tuple[int, int]]

# The bytes in the order of their characters in GPT-2's alphabet.
_PRINTED = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
BYTES = [*_PRINTED, *(byte for byte in range(256) if byte not in _PRINTED)]
ID_OF_BYTE = {byte: number for number, byte in enumerate(BYTES)}


def pieces(texts: Iterable[str], pattern: str) -> Counter[bytes]:
    cut = pre_tokenizers.Split(Regex(pattern), "isolated")
    return Counter(piece.encode() for text in texts for piece, _ in cut.pre_tokenize_str(text))


def replaced(ids: Sequence[int], pair: tuple[int, int], new: int) -> list[int]:
    """Wherever the two stand side by side, from the left, there is the new one."""
    out: list[int] = []
    at = 0
    while at < len(ids):
        found = tuple(ids[at : at + 2]) == pair
        out.append(new if found else ids[at])
        at += 2 if found else 1
    return out


def encoded(piece: bytes, merges: Merges, first: int = 256) -> list[int]:
    ids = [ID_OF_BYTE[byte] for byte in piece]
    for number, pair in enumerate(merges):
        ids = replaced(ids, pair, first + number)
    return ids


def tokens(merges: Merges) -> list[bytes]:
    out = [bytes([byte]) for byte in BYTES]
    for left, right in merges:
        out.append(out[left] + out[right])
    return out


def learned(
    counts: Counter[bytes],
    num_merges: int,
    *,
    min_count: int = 1,
    longest: int = 256,
    taken: Sequence[bytes] = (),
    before: Merges = [],  # noqa: B006
) -> Merges:
    """The merges that follow those `before`."""
    words = {piece: encoded(piece, before) for piece in counts}
    merges = list(before)
    known = tokens(merges)
    while len(merges) < len(before) + num_merges:
        found: Counter[tuple[int, int]] = Counter()
        for piece, ids in words.items():
            for pair in itertools.pairwise(ids):
                found[pair] += counts[piece]
        good = {
            pair: count
            for pair, count in found.items()
            if count >= min_count
            and len(known[pair[0]] + known[pair[1]]) <= longest
            and known[pair[0]] + known[pair[1]] not in {*known[:256], *taken}
        }
        if not good:
            break
        best = min(good, key=lambda pair: (-good[pair], pair))
        merges.append(best)
        known.append(known[best[0]] + known[best[1]])
        words = {piece: replaced(ids, best, len(known) - 1) for piece, ids in words.items()}
    return merges[len(before) :]


def reference(texts: Iterable[str], pattern: str, vocab_size: int, min_count: int) -> Tokenizer:
    """What the library tokenizers learns."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=min_count,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
